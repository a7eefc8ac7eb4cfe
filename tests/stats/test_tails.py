"""Likeness that is foretold from the tail of a sample, against what larger samples hold."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.stats.tails import FEW, WIDER, foretold, foretold_each


def likenesses(count, *, scale, seed=0):
    """Symmetric likenesses whose Fisher transform has an exponential tail."""
    generator = np.random.default_rng(seed)
    upper = np.triu(np.tanh(generator.exponential(scale, (count, count))), 1)
    return upper + upper.T


@pytest.mark.parametrize("share", [1e-4, 1e-5, 1e-6, 1e-8])
@pytest.mark.parametrize("scale", [0.05, 0.1])
def test_an_exponential_tail_is_foretold(scale, share):
    """By hand: a share p of exponential numbers lies above their mean times -log p."""
    every = np.ones((800, 800), dtype=bool)
    found = foretold(likenesses(800, scale=scale), share, every)

    assert np.arctanh(found) == pytest.approx(-scale * np.log(share), rel=0.1)


def test_pairs_that_cannot_count_raise_the_share_of_the_others():
    """Half of the pairs are told apart by colour, and are likest of all."""
    likeness = likenesses(800, scale=0.1)
    among = np.ones((800, 800), dtype=bool)
    among[:400, 400:] = among[400:, :400] = False
    likeness[~among] = 0.99
    found = foretold(likeness, 1e-5, among)

    assert np.arctanh(found) == pytest.approx(-0.1 * np.log(2e-5), rel=0.1)


@pytest.mark.parametrize("count", [0, 1, 20])
def test_of_few_pairs_nothing_is_foretold(count):
    assert foretold(np.ones((count, count)), 1e-3, np.ones((count, count), dtype=bool)) == 0.0


@pytest.mark.parametrize("few", [FEW, 15])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_tail_of_each_is_that_of_its_ordered_likeness(few, dtype):
    likeness = np.tanh(np.random.default_rng(0).normal(0, 0.3, (7, 4 * WIDER * few))).astype(dtype)
    share = few / likeness.shape[1] / WIDER**2
    near, there = np.arctanh(np.sort(likeness)[:, [-WIDER * few, -few]].T)

    found = foretold_each(likeness, share, few)
    np.testing.assert_allclose(found, np.tanh(there + 2 * (there - near)), rtol=1e-6)
    assert (foretold_each(likeness[:, 1:], share, few) == -1).all()
