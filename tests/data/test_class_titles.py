"""Names of the classes of published sets."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.data.class_titles import MEDMNIST, class_titles, titles_of
from deri_gate.data.readers.medmnist import read_npz


def test_they_are_those_of_the_package_medmnist() -> None:
    """The table against the package's own; a set of numbers has grades."""
    info = pytest.importorskip("medmnist.info", reason="needs the extra medmnist").INFO

    for name, own in MEDMNIST.items():
        published = info[name]["label"]
        assert len(own) == len(published)
        for i, title in enumerate(own):
            assert title in (published[str(i)], f"grade {published[str(i)]}")
    assert {n for n in info if not n.endswith("3d")} == MEDMNIST.keys()


@pytest.mark.parametrize("name", ["pneumoniamnist", "PneumoniaMNIST", "pneumoniamnist_224"])
def test_a_named_set_shows_names_beside_its_numbers(name: str) -> None:
    """By the name of its file; the number stays, as the data have it."""
    assert class_titles(name, ("0", "1")) == {"0": "0 (normal)", "1": "1 (pneumonia)"}


@pytest.mark.parametrize(
    ("name", "classes"),
    [("mine", ("0", "1")), ("pneumoniamnist", ("0", "2")), ("pneumoniamnist-cut", ("1",))],
    ids=["unknown set", "more classes than the set", "another name"],
)
def test_other_numbers_are_called_class(name: str, classes: tuple[str, ...]) -> None:
    """No name is guessed: not of another file, nor of numbers that the set does not have."""
    assert class_titles(name, classes) == {c: f"class {c}" for c in classes}


def test_names_stay_as_they_are() -> None:
    """Names of folders, and numbers that are not ASCII."""
    assert class_titles("bloodmnist", ("cat", "3a", "²")) == {"cat": "cat", "3a": "3a", "²": "²"}


def test_labels_of_the_file_stay(tmp_path) -> None:
    """The dataset has its numbers; only what is shown has words."""
    path = tmp_path / "breastmnist.npz"
    images = np.zeros((4, 28, 28), np.uint8)
    np.savez(path, train_images=images, train_labels=np.array([[0], [1], [0], [1]]))
    dataset = read_npz(path)

    assert dataset.classes == ("0", "1")
    assert titles_of(dataset) == ("0 (malignant)", "1 (normal, benign)")
