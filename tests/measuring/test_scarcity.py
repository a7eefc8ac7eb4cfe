"""Classes of few images beside the others: sizes worked by hand, and a class that was cut."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.dataset import NO_LABEL
from deri_gate.data.readers import judged_split, open_dataset
from deri_gate.measuring.scarcity import class_sizes_of


@pytest.fixture
def sizes_of(dataset_of):
    """Classes of so many images each; the pictures do not matter."""

    def build(*sizes, names=None):
        labels = np.repeat(np.arange(len(sizes)), sizes).tolist()
        data = dataset_of([np.zeros((2, 2, 3), np.uint8)] * len(labels), labels)
        known = names or [f"class{k}" for k in range(len(sizes))]
        vars(data)["classes"] = tuple(known)
        return class_sizes_of(data)

    return build


@pytest.mark.parametrize(
    ("sizes", "scarcity"),
    [
        ((120, 120, 120, 120, 120, 4), 0.8),  # 4 of 20
        ((120, 120, 8), 0.6),  # 8 of 20, and a third of a fifth of 120
        ((100, 100, 9), 0.55),
        ((100, 100, 10), 0.5),
        ((100, 100, 19), 0.05),
        ((100, 100, 20), 0.0),  # enough to be tested
        ((60, 60, 12), 0.0),  # a fifth of the others
        ((100, 9), 0.55),  # the other class alone is typical
        ((5000, 5000, 40), 0.2),  # 40 of 1 %
        ((5000, 5000, 20), 0.6),
        ((7, 6, 5), 0.0),  # a small dataset
        ((1000, 500, 250, 125, 60, 30), 0.0),  # a long tail
    ],
)
def test_values_worked_by_hand(sizes_of, sizes, scarcity) -> None:
    assert sizes_of(*sizes).share.value == pytest.approx(scarcity)


@pytest.mark.parametrize(
    ("sizes", "asked"), [((120, 120, 8), 20), ((60, 60, 7), 12), ((5000, 5000, 40), 50)]
)
def test_a_scarce_class_says_how_many_images_are_asked_for(sizes_of, sizes, asked) -> None:
    """With so many it is scarce no longer, with one fewer it still is."""
    *others, _ = sizes

    assert f", and {asked} are asked for;" in sizes_of(*sizes).share.note
    assert sizes_of(*others, asked).share.value == 0
    assert sizes_of(*others, asked - 1).share.value > 0


@pytest.mark.parametrize("sizes", [(9, 4, 7, 7, 1), (3, 3, 8, 1, 1, 12), (5, 2), (4, 0, 4, 2)])
def test_the_typical_other_is_the_median_without_the_class(sizes_of, sizes) -> None:
    found = [one.typical for one in sizes_of(*sizes).classes]

    beside = [[n for j, n in enumerate(sizes) if j != i and n] for i in range(len(sizes))]
    assert found == [float(np.median(others)) for others in beside]


def test_each_scarce_class_is_named_with_its_number(sizes_of) -> None:
    found = sizes_of(4, 120, 12, 120, 120)

    assert [(f.kind, f.path) for f in found.findings()] == [
        ("thin_class", "class0"),
        ("thin_class", "class2"),
    ]
    assert "4 images" in found.findings()[0].detail
    assert "120" in found.findings()[0].detail
    assert "class0" in found.share.note


def test_a_class_without_images_warns_and_no_more(sizes_of) -> None:
    """A list of categories is often longer than the data; only above 0.75 a set fails."""
    found = sizes_of(30, 30, 0)

    assert found.share.value == 0.5
    assert "no image" in found.findings()[0].detail


@pytest.mark.parametrize(("held_out", "scarcity"), [(0, 0.5), (1, 1.0), (12, 1.0)])
def test_a_class_that_only_other_splits_have_is_no_mere_name(
    dataset_of, held_out, scarcity
) -> None:
    """One image of it in this split was 0.95, and failed; none was 0.5, and only warned."""

    def of(*sizes):
        labels = np.repeat(np.arange(3), sizes).tolist()
        pictures = [np.zeros((2, 2, 3), np.uint8)] * len(labels)
        return dataset_of(pictures, labels, classes=("a", "b", "c"))

    share = class_sizes_of(of(200, 200, 0), of(5, 5, held_out)).share
    one = class_sizes_of(of(200, 200, 1), of(5, 5, held_out)).share

    assert (one.value, share.value) == (0.95, scarcity)
    assert share.note.endswith(f"; the other splits have {held_out}") is (held_out > 0)


def test_images_without_a_label_are_no_class(sizes_of) -> None:
    assert sizes_of(100, 100, 3, names=("a", "b", NO_LABEL)).share.value == 0.0


def test_one_class_is_beside_no_other(sizes_of) -> None:
    found = sizes_of(4)

    assert found.share.value is None
    assert "only one class" in found.share.reason
    assert sizes_of(1).findings()[0].path == "class0"  # a single image is told all the same


@pytest.mark.parametrize(
    ("empty", "scarcity"),
    [
        ("", 0.0),
        ("train/bird", 0.5),  # a class that has no image anywhere
        ("test/bird", 0.5),
        ("test/cat", 0.0),  # it has images in the split that is judged
    ],
)
def test_a_class_folder_without_images_is_a_class_that_has_none(tmp_path, empty, scarcity) -> None:
    """A folder of a class is a name, as one in an .npz file is; so it warns, and no more."""
    for split, names in (("train", ("cat", "cow")), ("test", ("cow",))):
        for name in names:
            for number in range(6):
                path = tmp_path / split / name / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(np.full((4, 4), 40 * number, np.uint8)).save(path)
    if empty:
        (tmp_path / empty).mkdir()
    share = class_sizes_of(judged_split(open_dataset(str(tmp_path)))).share

    assert share.value == scarcity
    assert ("class bird has no image" in share.note) is (scarcity > 0)
