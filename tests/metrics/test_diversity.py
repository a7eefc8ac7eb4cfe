"""Diversity: equal to the mean over all pairs, without making them."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from deri_gate.errors import UnmeasurableError
from deri_gate.metrics import diversity as module
from deri_gate.metrics.diversity import diversity


def units(count, *, dimensions=7, seed=0, spread=1.0):
    vectors = np.random.default_rng(seed).normal(1, spread, (count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def value(vectors):
    return float(diversity(vectors).statistic(np.ones((1, len(vectors))))[0])


def over_all_pairs(vectors, weights):
    """Each pair of different images counts as often as both were drawn together."""
    pairs = list(combinations(range(len(vectors)), 2))
    distances = [1 - float(vectors[i].astype(float) @ vectors[j].astype(float)) for i, j in pairs]
    return np.average(distances, weights=[weights[i] * weights[j] for i, j in pairs])


@pytest.mark.parametrize(("count", "seed"), [(2, 0), (5, 1), (60, 2)])
def test_agrees_with_scipy(count, seed):
    """SciPy's pdist makes every pair."""
    vectors = units(count, seed=seed)

    assert value(vectors) == pytest.approx(pdist(vectors.astype(float), "cosine").mean(), abs=1e-6)


@given(st.lists(st.integers(0, 4), min_size=3, max_size=12), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_bootstrap_weights_are_counts(counts, seed):
    """An image drawn twice is not compared with itself; all pairs say what is left."""
    weights = np.array(counts, dtype=float)
    if np.count_nonzero(weights) < 2:
        weights[:2] = 1
    vectors = units(len(counts), seed=seed)
    found = diversity(vectors).statistic(np.array([weights, np.ones(len(counts))]))

    assert found[0] == pytest.approx(over_all_pairs(vectors, weights), abs=1e-6)
    assert found[1] == pytest.approx(over_all_pairs(vectors, np.ones(len(counts))), abs=1e-6)


def test_a_resample_of_one_image_has_no_value():
    """NaN, which the interval leaves out, and no warning."""
    assert np.isnan(diversity(units(3)).statistic(np.array([[3.0, 0.0, 0.0]]))[0])


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        ([[1, 0], [1, 0]], 0.0),  # alike
        ([[1, 0], [0, 1]], 1.0),  # unrelated
        ([[1, 0], [-1, 0]], 2.0),  # opposite
        ([[1, 0], [0, 1], [-1, 0]], 4 / 3),  # 1, 2 and 1
    ],
)
def test_values_worked_by_hand(vectors, expected):
    """Where a person can check it."""
    assert value(np.array(vectors, np.float32)) == pytest.approx(expected, abs=1e-12)


def test_a_single_image_is_unmeasurable():
    """It differs from nothing, which is not the same as no diversity."""
    with pytest.raises(UnmeasurableError, match="single image"):
        diversity(units(1))


def test_blocks_change_nothing(monkeypatch):
    """However few images are summed at a time."""
    vectors = units(50)
    whole = value(vectors)
    monkeypatch.setattr(module, "BLOCK", 7)

    assert value(vectors) == pytest.approx(whole, abs=1e-12)


def test_order_and_rotation_do_not_matter():
    """Shuffling the images or turning the space keeps every distance."""
    vectors = units(30)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(7, 7)))[0]

    assert value(vectors[::-1]) == pytest.approx(value(vectors), abs=1e-9)
    assert value((vectors @ turn).astype(np.float32)) == pytest.approx(value(vectors), abs=1e-6)


def test_falls_as_images_come_closer():
    """Known damage: less spread, less diversity."""
    values = [value(units(40, spread=s)) for s in (1.0, 0.5, 0.1)]

    assert values[0] > values[1] > values[2]
