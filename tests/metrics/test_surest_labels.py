"""The surest labels as a measure of the others, and the length of the list of suspects."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from scipy.sparse import csr_array

from deri_gate.metrics.surest_labels import denied_at_least
from deri_gate.metrics.wrong_labels import FEW, MANY, NEARLY, _many


def sure_of_the_first(labels, count):
    """The first so many are surely of class 0; the others only by their neighbour, the last."""
    said = np.full((len(labels), 2), 0.5)
    said[:count] = 0.9, 0.1
    neighbours = np.full((len(labels), 1), len(labels) - 1)
    return neighbours, csr_array(np.eye(2)[labels]), said


@pytest.mark.parametrize("wrong", [0, 3, 20])
def test_the_bound_is_that_of_wilson(wrong):
    """The 20 surest of 100 images; SciPy's interval is the oracle."""
    labels = np.array([1] * wrong + [0] * (100 - wrong))
    expected = scipy.stats.binomtest(wrong, 20).proportion_ci(0.9, method="wilson").low

    assert denied_at_least(*sure_of_the_first(labels, 20)) == pytest.approx(expected, abs=1e-3)


def test_few_images_say_nothing():
    """Nine of 45 are all denied."""
    assert denied_at_least(*sure_of_the_first(np.array([1] * 9 + [0] * 36), 9)) == 0.0


def test_as_many_are_named_as_the_surest_deny():
    """13 of 100 labels are meant; of 7 it is not sure that they are many."""
    odds = np.full(100, NEARLY / 2)
    odds[:30] = 1.0

    assert _many(odds, 0.13) == 13
    assert _many(odds, MANY - 0.01) == 0


@pytest.mark.parametrize(("nearly", "named"), [(0, 40), (int(FEW * 40), 40), (11, 0)])
def test_all_denied_labels_are_named_where_classes_are_told_apart(nearly, named):
    """Few are nearly denied there; elsewhere many are, that are right."""
    odds = np.full(200, 2 * NEARLY)
    odds[:40], odds[40 : 40 + nearly] = 1.0, NEARLY / 2

    assert _many(odds, 0.0) == named


def test_denied_labels_that_are_few_are_left_to_the_other_rule():
    odds = np.full(200, 2 * NEARLY)
    odds[: int(MANY * 200) - 1] = 1.0

    assert _many(odds, 0.0) == 0
