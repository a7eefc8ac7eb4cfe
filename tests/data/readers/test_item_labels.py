"""Labels of a dataset of a program are those of its items: what a training gets is judged."""

from __future__ import annotations

from collections import deque
from itertools import count
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import deri_gate
from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError

COUNT, NAMES = 12, ("cat", "dog")


class Items:
    """Twelve pictures, every second a dog."""

    classes = NAMES

    def __init__(self, label=lambda number: number % 2, **attributes) -> None:
        self.images = np.random.default_rng(3).integers(0, 256, (COUNT, 9, 7, 3)).astype(np.uint8)
        self.label = label
        self.__dict__ |= attributes

    def __len__(self) -> int:
        return COUNT

    def __getitem__(self, number: int):
        return self.images[number], self.label(number)


def loaded(held) -> list[str]:
    """Names of the labels, once every image was had."""
    dataset = open_dataset(held)
    for row in dataset.rows.tolist():
        dataset.source.load(row)
    return [dataset.classes[index] for (index,) in dataset.labels]


@pytest.mark.parametrize(
    "label",
    [
        int,
        np.int64,
        np.array,
        lambda number: [float(number == 0), float(number == 1)],
        lambda number: NAMES[number],
    ],
    ids=["int", "numpy", "array", "vector", "name"],
)
def test_one_label_may_be_written_in_two_ways(label) -> None:
    held = Items(lambda number: label(number % 2), targets=[i % 2 for i in range(COUNT)])

    assert loaded(held) == [NAMES[i % 2] for i in range(COUNT)]


def test_targets_that_the_items_do_not_have_are_an_error() -> None:
    """A wrapper that passes on `targets` hid five wrong labels, of which a training got each."""
    held = Items(
        lambda number: 0 if number < COUNT - 2 else 1, targets=[i % 2 for i in range(COUNT)]
    )

    with pytest.raises(DatasetError, match=r"item 1 is given the label 0, and had 1 in `targets`"):
        loaded(held)
    with pytest.raises(DatasetError, match="must agree"):
        deri_gate.measure(held, metrics="imbalance,sharpness")


def test_an_item_with_another_label_each_time_is_an_error() -> None:
    calls = count()

    with pytest.raises(DatasetError, match="is given the label"):
        loaded(Items(lambda _: next(calls) // 5 % 2))


def test_folders_are_trained_on_by_their_samples(tmp_path) -> None:
    """Labels that were mended in `targets` alone were judged, and those of `samples` trained on."""
    samples = [(str(tmp_path / f"{i}.png"), i % 2) for i in range(COUNT)]
    held = Items(samples=samples, targets=[label for _, label in samples])
    assert open_dataset(held).ids[1].endswith("1.png")

    held.targets[7] = 0
    with pytest.raises(DatasetError, match="item 7 has in `samples` the label 1, and had 0"):
        open_dataset(held)


def test_an_item_without_which_no_label_is_known_is_named() -> None:
    """A length beyond the items ended in their IndexError."""
    held = Items(lambda number: [0, 1, 0][number])
    with pytest.raises(DatasetError, match=r"item 3 cannot be had \(IndexError") as caught:
        open_dataset(held)

    assert "no label" in caught.value.fix


TURNED = [1 - i % 2 for i in range(COUNT)]  # no label is that of its number
SHUFFLED = np.random.default_rng(1).permutation(COUNT)


@pytest.mark.parametrize(
    "held_as",
    [
        lambda labels: pd.Series(labels, index=SHUFFLED),
        lambda labels: pd.Series(labels, index=np.arange(COUNT) + 700),
        lambda labels: pd.Series([NAMES[i] for i in labels], dtype="category", index=SHUFFLED),
        lambda labels: dict(enumerate(labels)).values(),
        deque,
        tuple,
        np.array,
        torch.tensor,
        lambda labels: [torch.tensor(i) for i in labels],
        lambda labels: np.eye(2)[labels],
    ],
)
def test_targets_are_had_in_their_order(held_as) -> None:
    """A filtered frame's column was asked by its numbers of rows, and some have no numbers."""
    held = Items(lambda number: TURNED[number], targets=held_as(TURNED))

    assert loaded(held) == [NAMES[i] for i in TURNED]


@pytest.mark.parametrize(
    "odd", [dict.fromkeys(range(COUNT), 0), lambda: [0] * COUNT, np.array(3), [0], None, 7]
)
def test_targets_that_are_no_labels_of_each_item_are_not_judged(odd) -> None:
    """Those of the items are: a dict gave its keys as labels, a method ended in a TypeError."""
    assert loaded(Items(targets=odd)) == [NAMES[i % 2] for i in range(COUNT)]


@pytest.mark.parametrize(
    "second",
    [
        {"boxes": [], "labels": [1]},
        (0, "scanner 3"),
        [{"box": 3}],
        np.zeros((9, 7), int),
        torch.zeros(1, 9, 7),
        Image.new("L", (7, 9)),
        SimpleNamespace(mask=3),
    ],
    ids=["dict", "tuple", "list of dict", "array", "tensor", "picture", "object"],
)
def test_targets_are_judged_where_items_have_a_mask_or_boxes(second) -> None:
    """They are no label, so they cannot be another."""
    held = Items(lambda _: second, targets=TURNED)

    assert loaded(held) == [NAMES[i] for i in TURNED]


@pytest.mark.parametrize("label", [7, "mouse", None, 0.5, [0, 1, 1], torch.tensor([1.0, 0.0])])
def test_the_item_with_another_label_is_named(label) -> None:
    """Though it be one that has no name."""
    held = Items(lambda number: label if number == 3 else number % 2, targets=[0, 1] * 6)

    with pytest.raises(DatasetError, match=r"item 3 is given the label"):
        loaded(held)


def test_lists_of_classes_may_be_tuples() -> None:
    targets = [[0, 1], [1]] * 6
    held = Items(lambda number: tuple(targets[number]), targets=targets)
    assert len(open_dataset(held)) == COUNT

    held.targets = [[0], [1]] * 6
    with pytest.raises(DatasetError, match="item 0 is given the label"):
        loaded(held)


@pytest.fixture
def pets(tmp_path):
    """Class folders of forty pictures."""
    for i in range(40):
        path = tmp_path / NAMES[i % 2] / f"{i:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("L", (9, 7), i).save(path)
    return str(tmp_path)


@pytest.mark.parametrize(
    "change", [lambda label: 1 - label, lambda _: 0, lambda label: NAMES[1 - label]]
)
def test_a_folder_whose_target_transform_gives_other_labels_is_refused(pets, change) -> None:
    """`samples` were judged, and what it makes of them is trained on."""
    with pytest.raises(DatasetError, match=r"has in `samples` the label .* and had"):
        open_dataset(image_folder(pets, target_transform=change))
    with pytest.raises(DatasetError, match=r"no label \(ZeroDivisionError"):
        open_dataset(image_folder(pets, target_transform=lambda label: 1 / label))


@pytest.mark.parametrize(
    "change", [torch.tensor, NAMES.__getitem__, lambda label: np.eye(2)[label], None]
)
def test_a_folder_whose_target_transform_writes_the_same_is_read(pets, change) -> None:
    found = open_dataset(image_folder(pets, target_transform=change))

    assert found.labels == ((0,),) * 20 + ((1,),) * 20


@pytest.mark.parametrize(
    "wrong", [lambda row, _: row == 0, lambda row, _: row == 39, lambda row, _: row > 15,
              lambda _, label: label == 1]
)  # fmt: skip
def test_a_folder_that_gives_other_labels_than_its_samples_is_refused(pets, wrong) -> None:
    """A subclass whose items are labelled by itself."""
    held = image_folder(pets)

    class Mended(type(held)):
        def __getitem__(self, row):
            image, label = super().__getitem__(row)
            return image, 1 - label if wrong(row, label) else label

    with pytest.raises(DatasetError, match=r"item \d+ is given the label"):
        open_dataset(Mended(pets))


def test_a_folder_is_asked_for_few_labels(pets) -> None:
    """An image that cannot be read is a finding, and items that are no pairs have no label."""
    asked, held = [], image_folder(pets)

    class Odd(type(held)):
        def __getitem__(self, row):
            asked.append(row)
            if row % 2:
                raise OSError
            return {"image": row}

    assert len(open_dataset(Odd(pets))) == 40
    assert asked[0] == 0
    assert asked[-1] == 39
    assert len(asked) < 12


def image_folder(folder, **options):
    """Folder of images as torchvision reads it, imported at need: it takes two seconds."""
    from torchvision import datasets

    return datasets.ImageFolder(folder, **options)
