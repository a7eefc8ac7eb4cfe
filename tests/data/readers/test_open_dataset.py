import json
import pickle

import pytest

from deri_gate.data.readers import judged_split, open_dataset
from deri_gate.errors import DatasetError
from tests.sweeps import sampled


@pytest.mark.parametrize("spec", sampled(["no/such/place", "foo:bar", "missing.csv"], 0))
def test_what_is_not_there(spec: str) -> None:
    """What, where, and what there could be."""
    with pytest.raises(
        DatasetError, match=f"^{spec}: there is no such file.* A dataset is a folder"
    ):
        open_dataset(spec)


def test_an_empty_name() -> None:
    """It does not stand for the current folder."""
    with pytest.raises(DatasetError, match=r"^no dataset is named. A dataset is a folder"):
        open_dataset("")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("data.zip", "is an archive. Unpack it"),
        ("train.tar.gz", "is an archive. Unpack it"),
        ("labels.XLSX", "is a spreadsheet. Save it as CSV"),
        ("a.pkl", "is a pickle, which could run any program"),
        ("camelyon.h5", "is a container of arrays. Export"),
        ("scan.nii.gz", "is one image. Name the folder"),
        ("list.txt", "is a list without columns. Write a CSV"),
        ("data.xyz", "is not a dataset. A dataset is a folder"),
        ("noending", "is not a dataset. A dataset is a folder"),
        ("x.json", "is JSON of no kind that is read. Write JSON lines"),
    ],
)
def test_a_file_of_another_kind(tmp_path, name, what) -> None:
    """Named for what it is, with the way out."""
    path = tmp_path / name
    path.write_bytes(b"[]")

    with pytest.raises(DatasetError, match=f"{name}: {what}"):
        open_dataset(path)


@pytest.mark.parametrize("filler", [0, 9_000_000])
def test_annotations_of_coco(tmp_path, filler) -> None:
    """Recognised by their sections, however large the file is."""
    path = tmp_path / "instances.json"
    images = [{"id": 1, "file_name": "a.jpg", "note": "x" * filler}]
    path.write_text(json.dumps({"images": images, "annotations": [], "categories": []}))

    with pytest.raises(DatasetError, match=r"object detection annotations .COCO.. The gate judges"):
        open_dataset(path)


def test_each_form_is_opened(pets, save_npz) -> None:
    """By its kind, whether a path or a text, in capitals or not."""
    manifest = pets / "M.CSV"
    manifest.write_text("path,label\ncat/a.png,x\n")

    assert open_dataset(str(pets)).name == "pets"
    assert open_dataset(manifest).ids == ("cat/a.png",)
    assert open_dataset(save_npz()).ids[0] == "train/000000"


def test_the_name_of_the_current_folder(pets, monkeypatch) -> None:
    """Not a dot."""
    monkeypatch.chdir(pets)

    assert open_dataset(".").name == "pets"


def test_train_is_judged_unless_another_is_named(save_npz) -> None:
    """By any of a split's names."""
    npz = open_dataset(save_npz())
    arrays = {name.replace("train", "val"): value for name, value in npz_arrays(npz).items()}
    dataset = open_dataset(save_npz(**arrays))

    assert set(judged_split(dataset).splits or ()) == {"train"}
    assert set(judged_split(dataset, "Validation").splits or ()) == {"val"}
    with pytest.raises(DatasetError, match=r"has no split 'test'. It has train, val"):
        judged_split(dataset, "test")


def npz_arrays(dataset) -> dict:
    import numpy as np

    with np.load(dataset.source.path) as file:
        return dict(file)


def test_without_splits_all_is_judged(pets) -> None:
    """And none can be named."""
    dataset = open_dataset(pets)

    assert judged_split(dataset) is dataset
    with pytest.raises(DatasetError, match="pets: has no splits"):
        judged_split(dataset, "train")


def test_every_source_is_picklable_and_reads_the_same(pets, save_npz) -> None:
    """Workers read for themselves."""
    for dataset in (open_dataset(pets), open_dataset(save_npz())):
        key = dataset.source.load(1).key
        copy = pickle.loads(pickle.dumps(dataset.source))

        assert copy == dataset.source
        assert copy.load(1).key == key
        assert len(pickle.dumps(dataset.source)) < 500


def test_a_misspelt_path_is_told_with_the_one_beside_it(pets) -> None:
    """All forms that there are do not help with one wrong letter."""
    meant = pets.with_name("Thorax Röntgen")
    pets.rename(meant)

    with pytest.raises(DatasetError, match=r"Did you mean '.*Thorax Röntgen'\?$"):
        open_dataset(str(meant.with_name("Thorax Rontgen")))
    with pytest.raises(DatasetError, match="A dataset is a folder"):
        open_dataset(str(meant.with_name("zzz")))
    with pytest.raises(DatasetError, match="A dataset is a folder"):
        open_dataset(str(meant / "no such folder" / "scans"))


@pytest.mark.parametrize(("there", "asked"), [("2026-11-30", "2026-12-07"), ("week9", "week10")])
def test_the_batch_before_is_not_meant_by_the_next(pets, there, asked) -> None:
    """Last week's batch was offered in place of the one that had not come."""
    pets.rename(pets.with_name(there))

    with pytest.raises(DatasetError, match=r"no such file or folder\. A dataset is"):
        open_dataset(pets.with_name(asked))
