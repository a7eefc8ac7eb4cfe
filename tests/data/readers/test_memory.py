"""Datasets that a program holds are judged as the same pictures in files are."""

from __future__ import annotations

import io
import pickle
from pathlib import Path  # noqa: TC003 - annotations of fixtures
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, Subset, TensorDataset

import deri_gate
from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.memory_images import loaded
from deri_gate.data.readers.memory_labels import label_names
from deri_gate.data.readers.options import ReadOptions
from deri_gate.errors import DatasetError, UnreadableImageError

NAMES = ("cat", "dog")
COUNT = 12
CLASS_OF = [NAMES[i % 2] for i in range(COUNT)]


@pytest.fixture
def pictures() -> np.ndarray:
    """Twelve pictures in colour, 9 x 7, no two alike."""
    return np.random.default_rng(3).integers(0, 256, (COUNT, 9, 7, 3)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path, pictures) -> Path:
    """PNG files in class folders of the same pictures; even ones are cats."""
    for i, picture in enumerate(pictures):
        path = tmp_path / "pets" / NAMES[i % 2] / f"{i:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return tmp_path / "pets"


class Items(Dataset):
    """What a program of anybody has: an image and a number."""

    classes = NAMES

    def __init__(self, images) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int):
        return self.images[number], number % 2


class Maite:
    """The protocol of MAITE: image with channels first, one-hot target, metadata of the datum."""

    metadata = {"id": "pets", "index2label": {0: "cat", 1: "dog"}}  # noqa: RUF012

    def __init__(self, images) -> None:
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, number: int):
        target = np.eye(2, dtype=np.float32)[number % 2]
        about = {"id": number, "scanner": "AB"[number % 2], "box": {"x": number}}
        return np.moveaxis(self.images[number], 2, 0), target, about


class HuggingFace:
    """The part of `datasets.Dataset` that is used."""

    class Image:
        def __init__(self, decode: bool = True) -> None:
            self.decode = decode

    class ClassLabel:
        names = NAMES

    class Value:
        """One text or number an image."""

    class List:
        """Several values an image."""

    def __init__(self, images, feature=None, *, of="train", **columns) -> None:
        self.images, self.split, self.columns = images, of, columns
        self.features = {"picture": feature or self.Image(), "label": self.ClassLabel()}
        self.features |= dict.fromkeys(columns, self.Value()) | {"boxes": self.List()}

    def with_format(self, form):
        assert form is None
        return self

    def __len__(self) -> int:
        return len(self.images)

    def cast_column(self, name, feature):
        assert name == "picture"
        return HuggingFace(self.images, feature, of=self.split, **self.columns)

    def __getitem__(self, asked):
        if asked == "label":
            return [i % 2 for i in range(len(self.images))]
        if asked in self.columns:
            return self.columns[asked]
        assert not self.features["picture"].decode  # files are read as they are
        written = io.BytesIO()
        Image.fromarray(self.images[asked]).save(written, "PNG")
        return {"picture": {"bytes": written.getvalue(), "path": None}, "label": asked % 2}


class FiftyOne:
    """The part of a view of FiftyOne that is used."""

    name = "pets"

    def __init__(self, folder: Path) -> None:
        self.paths = sorted(folder.rglob("*.png"), key=lambda path: path.name)

    def iter_samples(self):
        return iter(self.paths)

    def get_field_schema(self):
        kinds = {"StringField": ("id", "filepath", "patient_id"), "ListField": ("tags", "boxes"),
                 "EmbeddedDocumentField": ("ground_truth",)}  # fmt: skip
        return {name: type(kind, (), {})() for kind, names in kinds.items() for name in names}

    def values(self, field: str):
        return {
            "patient_id": [f"p{i % 4}" for i in range(len(self.paths))],
            "tags": [["new", "left"]] * len(self.paths),
            "boxes": [[{"x": 1}]] * len(self.paths),
            "filepath": list(map(str, self.paths)),
            "ground_truth.label": [path.parent.name for path in self.paths],
        }[field]


def frame_of(folder: Path) -> pd.DataFrame:
    paths = sorted(folder.rglob("*.png"))
    return pd.DataFrame({"path": paths, "label": [path.parent.name for path in paths]})


def image_folder(folder, *, training=False):
    """Folder of images as torchvision reads it, imported at need: it takes two seconds."""
    from torchvision import datasets, transforms

    steps = transforms.Compose([transforms.RandomCrop(5), transforms.ToTensor()])
    return datasets.ImageFolder(str(folder), steps if training else None)


FORMS = {
    "data frame": lambda folder, _: frame_of(folder),
    "arrays": lambda _, pictures: (pictures, CLASS_OF),
    "mapping": lambda _, pictures: {"images": list(pictures), "labels": CLASS_OF},
    "pictures of Pillow": lambda _, pictures: Items([Image.fromarray(p) for p in pictures]),
    "ImageFolder": lambda folder, _: image_folder(folder),
    "ImageFolder for training": lambda folder, _: image_folder(folder, training=True),
    "tensors, whole": lambda _, pictures: Items(torch.from_numpy(pictures).permute(0, 3, 1, 2)),
    "tensors, fractions": lambda _, pictures: Items(
        torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255
    ),
    "subset": lambda _, pictures: Subset(Items(pictures), range(COUNT)),
    "list of pairs": lambda _, pictures: list(zip(pictures, CLASS_OF, strict=True)),
    "MAITE": lambda _, pictures: Maite(pictures),
    "Hugging Face": lambda _, pictures: HuggingFace(pictures),
    "FiftyOne": lambda folder, _: FiftyOne(folder),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_pictures_and_labels(folder, pictures, form, monkeypatch) -> None:
    """As the class folders: level by level, and class by class."""
    monkeypatch.chdir(folder.parent)
    found, plain = open_dataset(FORMS[form](folder, pictures)), open_dataset(folder)
    assert found.classes == plain.classes == NAMES

    def contents(dataset):
        return sorted(
            (dataset.labels[i], dataset.source.load(int(row)).decode().tobytes())
            for i, row in enumerate(dataset.rows)
        )

    assert contents(found) == contents(plain)
    assert len(set(found.ids)) == COUNT


def test_values_and_verdict_are_those_of_the_folder(folder, pictures, tmp_path) -> None:
    """`check` and `compare` take them; the metrics of pixels agree to the last digit."""
    asked = {"metrics": "sharpness,exposure,duplicates,imbalance"}
    arrays = (pictures, CLASS_OF)
    ours = deri_gate.check(arrays, out=tmp_path / "a", name="pets", **asked)
    theirs = deri_gate.check(folder, base=arrays, out=tmp_path / "b", **asked)
    drifted = deri_gate.compare(arrays, baseline=folder, out=tmp_path / "c", **asked)

    def values(report):
        return {name: one.value for name, one in report.metrics.metrics.items()}

    assert values(ours) == values(theirs)
    assert drifted.metrics.dataset.images == COUNT


def test_splits_and_groups_come_along(pictures) -> None:
    """By array, or a dataset for each split as Hugging Face has them."""
    held = {
        "images": pictures, "labels": np.arange(COUNT) % 2,
        "splits": ["train", "test"] * 6, "groups": [f"patient {i // 3}" for i in range(COUNT)],
    }  # fmt: skip
    found = open_dataset(held)
    by_split = open_dataset({"test": (pictures[:4], [0] * 4), "train": (pictures[4:], [1] * 8)})

    assert found.splits == ("train",) * 6 + ("test",) * 6
    assert found.groups[:2] == ("patient 0", "patient 0")
    first = by_split.source.load(int(by_split.rows[0])).decode()
    assert (by_split.splits[0], by_split.splits[-1]) == ("train", "test")
    np.testing.assert_array_equal(first, pictures[4])


def test_splits_of_one_name_are_refused(pictures) -> None:
    """1 and "1" have one name as text: the images of the first were read by nobody."""
    with pytest.raises(DatasetError, match="two splits are named '1'"):
        open_dataset({1: (pictures[:6], [0, 1] * 3), "1": (pictures[6:], [0, 1] * 3)})


@pytest.mark.parametrize("kind", [list, np.array, pd.Series])
def test_splits_and_groups_may_be_of_any_kind(pictures, kind) -> None:
    held = {
        "images": pictures, "labels": CLASS_OF, "splits": kind(["train", "test"] * 6),
        "groups": kind([f"patient {i // 3}" for i in range(COUNT)]),
    }  # fmt: skip
    found = open_dataset(held)

    assert found.splits == ("train",) * 6 + ("test",) * 6
    assert found.groups[:2] == ("patient 0", "patient 0")


def test_images_of_pandas_are_had_by_position(pictures):
    """As its labels are: shuffled rows keep their numbers, and images went to other labels."""
    rows = np.random.default_rng(2).permutation(COUNT)
    images = pd.Series(list(pictures))[rows]
    found = open_dataset({"images": images, "labels": list(map(str, rows))})

    for i in range(COUNT):
        label = int(found.classes[found.labels[i][0]])
        np.testing.assert_array_equal(found.source.load(found.rows[i]).values, pictures[label])


@pytest.mark.parametrize("missing", ["", " ", "NA", None, float("nan"), pd.NA])
def test_splits_that_are_all_missing_are_none(pictures, missing):
    """As in a table."""
    held = {"images": pictures, "labels": CLASS_OF, "splits": [missing] * COUNT}

    assert open_dataset(held).splits is None


def test_images_without_a_label_may_be_a_split(pictures):
    """As datasets for learning with few labels have it."""
    parts = dict.fromkeys(("train", "unlabeled"), (pictures, CLASS_OF))

    assert set(open_dataset(parts).splits) == {"train", "unlabeled"}


def test_groups_of_a_part_come_along(pictures) -> None:
    """A patient in two splits is a leak, however the splits are held."""
    parts = {
        split: {"images": pictures[rows], "labels": CLASS_OF[rows], "groups": ["patient 7"] * 4}
        for split, rows in (("train", slice(4)), ("test", slice(4, 8)))
    }
    found = open_dataset(parts | {"val": (pictures[8:], CLASS_OF[8:])})

    assert found.splits == ("train",) * 4 + ("val",) * 4 + ("test",) * 4
    assert found.groups == ("patient 7",) * 4 + ("",) * 4 + ("patient 7",) * 4


def test_a_frame_is_read_as_the_manifest_of_its_columns(folder, monkeypatch) -> None:
    """With the same options, notes and errors."""
    monkeypatch.chdir(folder.parent)
    frame = frame_of(folder).rename(columns={"path": "file_id", "label": "dx"})
    frame["file_id"] = [
        path.relative_to(folder).with_suffix("").as_posix() for path in frame["file_id"]
    ]
    options = ReadOptions.of(
        columns={"path": "file_id", "label": "dx"}, root=str(folder), suffix=[".png"]
    )  # fmt: skip
    frame.to_csv("pets.csv", index=False)

    assert open_dataset(frame, options=options).ids == open_dataset("pets.csv", options=options).ids
    with pytest.raises(DatasetError, match="no column"):
        open_dataset(frame.drop(columns="file_id"))


class Unlucky(Items):
    """Gives another crop each time."""

    def __getitem__(self, number: int):
        self.turn = getattr(self, "turn", 0) + 1
        return self.images[number][self.turn % 2 :], 0


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (Unlucky, "another image each time"),
        (lambda images: (images, [0] * 3), "12 images and 3 labels"),
        (lambda images: {"images": images, "label": [0] * COUNT}, "has 'label'"),
        (lambda images: {"images": images, "labels": [0] * COUNT, "splits": ["train"]}, "1 splits"),
        (lambda images: (images, [None] * COUNT), "has no label"),
        (lambda images: (images[:0], []), "holds no images"),
        (lambda images: (images, [object()] * COUNT), "a label is object"),
        (lambda images: (images, [0.5] * COUNT), "a label is float"),
        (lambda images: {"images": images, "labels": [0] * COUNT, "splits": ["train", ""] * 6},
         "image 1 has no split, and 5 more"),
        (lambda images: {"images": images, "labels": [0] * COUNT, "splits": ["train", None] * 6},
         "image 1 has no split"),
        (lambda images: {"images": images, "labels": [0] * COUNT, "splits": ["train", "a"] * 5
                         + ["test|train"] * 2}, "image 10 has several splits, and 1 more"),
        (lambda images: {"train": {"images": images, "labels": [0] * COUNT, "splits": ["a"] * 12}},
         "'train' has splits itself"),
        (lambda _: {"train": pd.DataFrame({"path": ["a.png"], "label": [1]})}, "or a data frame"),
        (lambda _: {"train": "pets"}, "is a path"),
        (lambda images: (iter(images), [0] * COUNT), "images have no length"),
        (lambda images: (images, np.array(3)), "labels have no length"),
        (lambda images: (images, dict.fromkeys(range(COUNT), "a")), "labels are dict"),
        (lambda images: {"images": images, "splits": 3}, "splits have no length"),
        (lambda images: {"images": images, "groups": set(range(COUNT))}, "groups are set"),
        (lambda _: {"images": None}, "images have no length"),
        (lambda images: (images, [[2.5, 1.0]] * COUNT), "a label is float"),
        (lambda images: (images, [[np.nan, 0.5]] * COUNT), "has no label"),
        (lambda _: pd.DataFrame([["a.png", 1, 1]], columns=["path", "label", "label"]),
         "two columns of one name"),
        (iter, "is no dataset"),
        (lambda _: 7, "int is no dataset"),
        (lambda _: {}, "holds no split"),
        (lambda _: SimpleNamespace(cast_column=None, features={}), "streams its rows"),
        (lambda _: TensorDataset(torch.zeros(3)), "not a pair"),
        (lambda _: SimpleNamespace(__getitem__=None), "SimpleNamespace"),
        (lambda _: pd.DataFrame({"path": ["a.png", 3], "label": [1, 2]}), "read as a table"),
    ],
)  # fmt: skip
def test_what_is_no_dataset_says_why(pictures, held, said) -> None:
    with pytest.raises(DatasetError, match=said):
        open_dataset(held(pictures))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (np.full((4, 4), 300), "values from 300 to 300"),
        (np.array([[-2.1, 2.6]]), "without normalisation"),
        (np.full((4, 4), 200.0), r"float64 values from 200 to 200.*astype\('uint8'\)"),
        (np.full((4, 4), 200.5), "without normalisation"),
        (np.full((4, 4), np.nan), "values from nan"),
        (np.zeros((2, 4, 4, 3)), "has the shape"),
        (np.zeros((5, 5, 5)), "has the shape"),
        (np.zeros((0, 4)), "no image"),
        (np.array([["a"]]), "no image"),
        (None, "no image"),
        (b"", "holds 0 bytes"),
        ("missing.png", "No such file"),
        ({"bytes": None, "path": None}, "no image"),
    ],
)  # fmt: skip
def test_what_is_no_image_is_unreadable(raw, said) -> None:
    """A finding of that image; the others are judged."""
    with pytest.raises(UnreadableImageError, match=said):
        loaded(raw, "x")


def test_levels_worked_by_hand() -> None:
    """Black and white as bits, fractions, whole numbers of other types; what is clear is white."""
    bits = np.array([[False, True]])
    clear = np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], dtype=np.uint8)
    for raw in (bits, bits.astype(float), bits.astype(np.int64) * 255, torch.tensor([[0.0, 1.0]])):
        assert loaded(raw, "x").decode().tolist() == [[0, 255]]

    assert loaded(clear, "x").decode().tolist() == [[[255, 255, 255], [0, 0, 0]]]
    assert loaded(np.array([[0.5]]), "x").decode().tolist() == [[128]]
    assert loaded(np.array([[65535, 0]], dtype=np.uint16), "x").decode().tolist() == [[255, 0]]


@pytest.mark.parametrize(
    ("labels", "names", "expected"),
    [
        (["a", "b"], None, [("a",), ("b",)]),
        ([1, 0], NAMES, [("dog",), ("cat",)]),
        (torch.tensor([1, 0]), {0: "x", 1: "y"}, [("y",), ("x",)]),
        (np.array([[1], [0]]), None, [("1",), ("0",)]),
        (np.array([[0.1, 0.9]]), NAMES, [("dog",)]),
        (np.eye(3, dtype=int)[[2, 0]], None, [("2",), ("0",)]),
        (torch.nn.functional.one_hot(torch.tensor([0, 2])), None, [("0",), ("2",)]),
        (np.array([[True, True], [False, True]]), None, [("0", "1"), ("1",)]),
        ([[0, 1], [1]], None, [("0", "1"), ("1",)]),
        ([[0, 1], [1, 2]], None, [("0", "1"), ("1", "2")]),
        ([[2.0, 5.0]], None, [("2", "5")]),
        ([[2.0, 5.0], [0.0, 1.0]], None, [("2", "5"), ("0", "1")]),
        ([[0.3, 0.7], [0.0, 1.0]], None, [("1",), ("1",)]),
        ([None, [0, 1, 0], [1, 0, 0]], None, [(), ("1",), ("0",)]),
        ([[0, 1, 0], float("nan"), [], [1, 0, 0]], None, [("1",), (), (), ("0",)]),
        ([[float("nan")] * 2, [1, 0]], NAMES, [(), ("cat",)]),
        (np.array([[1, 1], [0, 0]]), NAMES, [("cat", "dog"), ()]),
        ([["dog", "cat"], []], None, [("cat", "dog"), ()]),
        ([None, float("nan"), ""], None, [(), (), ()]),
        (pd.Series([1, None], dtype="Int64"), NAMES, [("dog",), ()]),
    ],
)  # fmt: skip
def test_labels_in_any_form(labels, names, expected) -> None:
    assert label_names(labels, names) == expected


@pytest.mark.parametrize("number", [-1, 2])
def test_a_number_without_a_name_is_an_error(number) -> None:
    """Not the last class, and not a class of its own."""
    with pytest.raises(DatasetError, match="has no name"):
        label_names([number], NAMES)


def test_a_broken_item_is_a_finding_and_the_source_pickles(pictures) -> None:
    """Workers of Ray get a copy of it."""
    found = open_dataset(([*pictures[:-1], None], CLASS_OF))
    copy = pickle.loads(pickle.dumps(found.source))

    np.testing.assert_array_equal(copy.load(3).decode(), pictures[3])
    with pytest.raises(UnreadableImageError):
        copy.load(COUNT - 1)
    with pytest.raises(IndexError):
        copy.load(-1)


UNREAD = "columns without text, numbers or times are not looked at: "


def test_columns_of_hugging_face_are_looked_at(pictures) -> None:
    """Patients in training and test leak, whatever holds the images."""
    patients, raw = [f"p{i % 4}" for i in range(COUNT)], [b"x"] * COUNT
    parts = {
        "train": HuggingFace(pictures, patient_id=patients, raw=raw),
        "test": HuggingFace(pictures[:2], of="test", patient_id=patients[:2], age=[7, 7.5]),
    }
    dataset = open_dataset(parts)

    assert dataset.reading.group_column == "column patient_id"
    assert dataset.groups == (*patients, "p0", "p1")
    assert dataset.columns["age"] == ("",) * COUNT + ("7", "7.5")
    assert dataset.reading.notes == (UNREAD + "'raw', 'boxes'",)

    split = ["train"] * 10 + ["test"] * 2
    assert open_dataset(HuggingFace(pictures, of=None, split=split)).splits == tuple(split)


def test_fields_of_fiftyone_are_looked_at(folder) -> None:
    dataset = open_dataset(FiftyOne(folder))

    assert dataset.reading.group_column == "column patient_id"
    assert dict(dataset.metadata) == {"tags": ("new|left",) * COUNT}
    assert dataset.reading.notes == (UNREAD + "'boxes'",)


def test_metadata_of_maite_is_looked_at(pictures) -> None:
    dataset = open_dataset(Maite(pictures))

    assert dataset.columns["scanner"] == ("A", "B") * (COUNT // 2)
    assert dataset.reading.notes == (UNREAD + "'box'",)
