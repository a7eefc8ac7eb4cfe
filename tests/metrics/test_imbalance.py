"""Class balance: Gini-Simpson, where a person can check it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deri_gate.metrics.imbalance import imbalance


def value(membership):
    return float(imbalance(membership).statistic(np.ones((1, membership.shape[0])))[0])


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
    found = imbalance(membership_of([0, 0, 1])).statistic(np.array([[3.0, 0.0, 1.0]]))

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
    values = [value(membership_of([0] * 20 + [1] * kept)) for kept in (20, 10, 2)]

    assert values[0] > values[1] > values[2]
