"""Seeded samples: shares of classes, and what must not matter."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.data.sampling import balanced_sample, proportional_sample
from tests.sweeps import randomly

LABELS = [0] * 60 + [1] * 30 + [2] * 10


def drawn(dataset, count, *, seed=1):
    """Ids of a balanced sample."""
    return [dataset.ids[i] for i in balanced_sample(dataset, count, seed=seed)]


@pytest.mark.parametrize(
    ("count", "expected"), [(30, {0: 10, 1: 10, 2: 10}), (36, {0: 13, 1: 13, 2: 10})]
)
def test_a_balanced_sample_takes_as_many_of_each_class_as_there_are(
    dataset_of, count, expected
) -> None:
    """Rare classes are taken whole, and the others make up for what they lack."""
    dataset = dataset_of([None] * 100, LABELS)

    assert Counter(LABELS[i] for i in balanced_sample(dataset, count, seed=1)) == expected


@pytest.mark.parametrize("tie", ["hash", "class"])
def test_a_proportional_sample_keeps_the_shares(dataset_of, tie) -> None:
    """A fifth of the images holds a fifth of each class."""
    dataset = dataset_of([None] * 100, LABELS)

    found = proportional_sample(dataset, 20, seed=1, tie=tie)

    assert list(found.class_counts().values()) == [12, 6, 2]
    assert list(found.ids) == sorted(found.ids, key=dataset.ids.index)


@randomly(20)
@given(st.permutations(range(30)), st.integers(1, 29))
def test_the_order_of_the_dataset_does_not_matter(dataset_of, order, count) -> None:
    """Samples hang on the ids alone, and larger ones hold smaller ones."""
    dataset = dataset_of([None] * 30, [0] * 20 + [1] * 10)
    mixed = dataset.select(np.array(order))

    assert drawn(dataset, count) == drawn(mixed, count)
    assert set(drawn(dataset, count)) < set(drawn(dataset, count + 1))
    whole, part = (proportional_sample(dataset, n, seed=1).ids for n in (count + 1, count))
    assert set(part) < set(whole)
    assert set(part) == set(proportional_sample(mixed, count, seed=1).ids)


def test_an_image_without_a_label_is_not_explained(dataset_of) -> None:
    """It has no class to be explained for; a proportional sample may hold it."""
    dataset = replace(dataset_of([None] * 4, [0, 0, 1, 0]), labels=((0,), (), (1,), ()))

    assert sorted(balanced_sample(dataset, 9, seed=1)) == [0, 2]
    assert len(proportional_sample(dataset, 3, seed=1)) == 3


def test_names_that_are_no_text_have_a_place(dataset_of) -> None:
    """File names may hold bytes that are no UTF-8: surrogates in Python."""
    dataset = dataset_of([None] * 2, [0, 1], ids=["\udce9.png", "b.png"])

    assert sorted(balanced_sample(dataset, 2, seed=1)) == [0, 1]
