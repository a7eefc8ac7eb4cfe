"""Density and coverage: the paper's formulas by brute force, and their direction."""

import numpy as np
import pytest

from deri_gate.drift.coverage import density_and_coverage, expected_coverage
from deri_gate.features.neighbours import nearest_neighbours


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def found(real, fake, k=5, **more):
    rng = np.random.default_rng(0)
    return density_and_coverage(real, fake, nearest_neighbours(real, 10), rng=rng, k=k, **more)


def brute_force(real, fake, k):
    """By distances, sorted row by row, as the paper writes it."""
    density, covered = 0, 0
    for i, x in enumerate(real):
        others = np.sort(np.linalg.norm(np.delete(real, i, axis=0) - x, axis=1))
        inside = np.linalg.norm(fake - x, axis=1) <= others[k - 1]
        density += inside.sum()
        covered += inside.any()
    return density / (k * len(fake)), covered / len(real)


@pytest.mark.parametrize("k", [1, 3, 5])
def test_agrees_with_brute_force(k):
    rng = np.random.default_rng(k)
    real, fake = unit(rng.normal(size=(80, 6))), unit(rng.normal(size=(50, 6)) + 0.3)

    ours = found(real, fake, k)

    assert (ours.density, ours.coverage) == pytest.approx(brute_force(real, fake, k), abs=1e-6)


@pytest.mark.parametrize("batch", [10, 100, 400])
def test_from_one_source_density_is_one_and_coverage_as_expected(batch):
    rng = np.random.default_rng(batch)
    several = [
        found(unit(rng.normal(size=(200, 5))), unit(rng.normal(size=(batch, 5)))) for _ in range(30)
    ]

    assert np.mean([one.density for one in several]) == pytest.approx(1, abs=0.08)
    assert np.mean([one.coverage for one in several]) == pytest.approx(
        several[0].expected_coverage, abs=0.02
    )


def test_a_batch_from_elsewhere_is_in_no_neighbourhood():
    rng = np.random.default_rng(0)
    real = unit(rng.normal(size=(100, 8)) + 5)

    away = found(real, -real[:40])

    assert (away.density, away.coverage) == (0, 0)


def test_a_batch_of_one_corner_covers_little():
    """All of it lies in the baseline, but in one place of it."""
    rng = np.random.default_rng(0)
    real = unit(rng.normal(size=(300, 3)))
    corner = real[real[:, 0] > 0.9]
    batch = unit(np.repeat(corner, 10, axis=0) + 0.01 * rng.normal(size=(10 * len(corner), 3)))

    ours = found(real, batch)

    assert ours.density > 0.5
    assert ours.coverage < 0.3 * ours.expected_coverage


def test_some_balls_stand_for_all():
    """A third of them, drawn fifty times: the mean is that of all."""
    rng = np.random.default_rng(0)
    real, fake = unit(rng.normal(size=(300, 5))), unit(rng.normal(size=(100, 5)) + 0.3)
    neighbours = nearest_neighbours(real, 10)
    every = found(real, fake)
    some = [density_and_coverage(real, fake, neighbours, rng=rng, balls=100) for _ in range(50)]

    assert np.mean([one.density for one in some]) == pytest.approx(every.density, rel=0.05)
    assert np.mean([one.coverage for one in some]) == pytest.approx(every.coverage, abs=0.02)


def test_expected_coverage_by_hand():
    """k = 1, two against two: 1 - (2 - 1) / (2 + 2 - 1)."""
    assert expected_coverage(2, 2, k=1) == pytest.approx(2 / 3)
