"""The benchmark of QGE's claim: what it computes where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.scripts import benchmark


@pytest.fixture(scope="module")
def bench():
    return benchmark("quality_gap")


def test_on_an_additive_network_the_gap_keeps_the_whole_order(bench):
    """There the inverse is worth 1 minus the value, so the gap is 2 value - 1: tau is 1."""
    torch.manual_seed(0)
    weights = torch.rand(8, 8)
    weights /= weights.sum()

    def predict(batch):
        there = (batch[:, 0] - 0.5).abs() > 0.1  # what is removed becomes the mean, 0.5
        share = (there * weights).sum((1, 2)).double()
        return torch.stack([share, 1 - share], dim=1)

    scene = bench.Scene(
        name="additive",
        predict=predict,
        images=torch.stack([(torch.randperm(64) % 2).float().reshape(1, 8, 8) for _ in range(3)]),
        targets=torch.zeros(3, dtype=torch.int64),
    )
    kept = bench.order_kept(scene, "pixel flipping", explanations=12, seed=1)

    np.testing.assert_allclose(kept.gap, 1.0)
    assert (kept.random < 0.8).all()


def test_one_random_explanation_costs_half_of_the_order(bench):
    """Of normal values: half of the variance is the other's, so tau is 2/pi arcsin(1/sqrt 2)."""
    value = np.random.default_rng(0).normal(size=60)

    assert bench._against_random(value) == pytest.approx(0.5, abs=0.08)
