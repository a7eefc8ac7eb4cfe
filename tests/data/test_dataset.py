"""A dataset holds what millions of images say once."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from deri_gate.data.dataset import Column, Dataset

COUNT = 6


@pytest.fixture
def dataset() -> Dataset:
    """Every column there is, and labels that are made one by one, as readers make them."""
    texts = tuple(f"value {i}" for i in range(COUNT))
    return Dataset(
        name="all columns",
        ids=tuple(f"{i}.png" for i in range(COUNT)),
        classes=("cat", "dog"),
        labels=tuple(tuple([k, 1][: 1 + i // 4]) for i, k in enumerate([0, 1, 0, 1, 0, 0])),
        source=None,  # type: ignore[arg-type]  # nobody loads an image
        rows=np.arange(COUNT) + 10,
        splits=("train",) * COUNT,
        groups=texts,
        group_columns=(Column("patient", texts),),
        metadata=(Column("site", texts),),
        patients=Column("patient", texts),
        times=("",) * COUNT,
        masks=np.arange(COUNT) - 1,
    )


def columns(dataset: Dataset) -> dict[str, list]:
    """Each column as a list; of columns by name their values."""
    plain = {name: [*getattr(dataset, name)] for name in
             ("ids", "labels", "rows", "splits", "groups", "times", "masks")}  # fmt: skip
    named = (*dataset.group_columns, *dataset.metadata, dataset.patients)
    return plain | {f"{place} {one.name}": [*one.values] for place, one in enumerate(named)}


def test_labels_that_say_the_same_are_one_object(dataset) -> None:
    """A tuple for each of ten million images would take 640 MB."""
    assert dataset.labels == ((0,), (1,), (0,), (1,), (0, 1), (0, 1))
    assert len({id(label) for label in dataset.labels}) == 3


@pytest.mark.parametrize("index", [np.ones(COUNT, dtype=bool), np.arange(COUNT)])
def test_all_images_in_their_order_are_the_dataset_itself(dataset, index) -> None:
    assert dataset.select(index) is dataset


@pytest.mark.parametrize(
    "index",
    [
        np.arange(COUNT)[::-1],
        np.arange(COUNT) % 2 == 0,
        np.zeros(COUNT, dtype=bool),
        np.array([0, 1, 2, 3, 4, 4]),
        np.array([5]),
    ],
)
def test_a_choice_has_the_values_of_its_images(dataset, index) -> None:
    """In every column; all else is as it was."""
    chosen = dataset.select(index)
    positions = [*np.arange(COUNT)[index]]

    assert columns(chosen) == {
        name: [values[i] for i in positions] for name, values in columns(dataset).items()
    }
    others = [f.name for f in fields(Dataset) if f.name not in columns(dataset)]
    others = [name for name in others if name not in ("group_columns", "metadata", "patients")]
    assert [getattr(chosen, name) for name in others] == [getattr(dataset, name) for name in others]
