"""Class balance: Gini-Simpson over its best value, where a person can check it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deri_gate.metrics.imbalance import imbalance, paper_imbalance


def value(membership, metric=paper_imbalance):
    return float(metric(membership).statistic(np.ones((1, membership.shape[0])))[0])


@pytest.mark.parametrize("count", [2, 3, 5, 10, 100])
def test_balanced_classes_are_balanced_however_many(count, membership_of):
    """A pair as much as a hundred, which the paper's words put at .5 and .99."""
    labels = list(range(count)) * 3

    assert value(membership_of(labels), imbalance) == pytest.approx(1.0, abs=1e-9)
    assert value(membership_of(labels)) == pytest.approx(1 - 1 / count)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([7], 0.0), ([3, 1], 6 / 8), ([8, 1, 1], 0.34 * 3 / 2), ([5, 5, 0], 3 / 4)],
)
def test_balance_worked_by_hand(counts, expected, membership_of):
    """Over 1 - 1/K; a class without an image is one of the K."""
    labels = np.repeat(np.arange(len(counts)), counts).tolist()
    found = value(membership_of(labels, classes=len(counts)), imbalance)

    assert found == pytest.approx(expected, abs=1e-12)


def test_a_class_of_a_tenth_is_worse_for_two_classes_than_for_ten(membership_of):
    """Nine to one is far from the best that two classes can be."""
    binary = value(membership_of([0] * 9 + [1]), imbalance)

    assert binary == pytest.approx(0.36)
    assert binary < value(membership_of(list(range(10))), imbalance)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [([7], 0.0), ([5, 5], 0.5), ([3, 1], 6 / 16), ([2, 2, 2, 2], 0.75), ([8, 1, 1], 0.34)],
)
def test_values_worked_by_hand(counts, expected, membership_of):
    """1 minus the sum of squared shares."""
    labels = np.repeat(np.arange(len(counts)), counts).tolist()

    assert value(membership_of(labels)) == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
@settings(deadline=None)
def test_is_the_chance_that_two_draws_differ(membership_of, labels):
    """All ordered pairs, with return, counted one by one."""
    labels = np.array(labels)
    differ = (labels[:, None] != labels[None, :]).mean()

    assert value(membership_of(labels.tolist(), classes=5)) == pytest.approx(differ, abs=1e-6)


def test_an_image_of_two_classes_counts_in_both(membership_of):
    """Sizes 2 and 1 from two images: 1 - 4/9 - 1/9."""
    assert value(membership_of([(0, 1), (0,)])) == pytest.approx(4 / 9)


def test_weights_count_images(membership_of):
    """Bootstrap counts 3, 0, 1 leave shares of 3/4 and 1/4."""
    found = paper_imbalance(membership_of([0, 0, 1])).statistic(np.array([[3.0, 0.0, 1.0]]))

    assert found[0] == pytest.approx(6 / 16)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.permutations(range(5)))
@settings(deadline=None)
def test_order_and_names_of_classes_do_not_matter(membership_of, labels, names):
    """Shuffling the images and renaming the classes changes nothing."""
    renamed = [names[k] for k in reversed(labels)]

    assert value(membership_of(renamed, classes=5)) == pytest.approx(
        value(membership_of(labels, classes=5)), abs=1e-9
    )


def test_falls_as_a_class_is_cut_down(membership_of):
    """Known damage, step by step."""
    for metric in (imbalance, paper_imbalance):
        values = [value(membership_of([0] * 20 + [1] * kept), metric) for kept in (20, 10, 2)]

        assert values[0] > values[1] > values[2]
