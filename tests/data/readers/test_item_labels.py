"""Labels of a dataset of a program are those of its items: what a training gets is judged."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

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
