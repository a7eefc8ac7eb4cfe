"""Likely pairs that are laid over each other are the likest of all, though few are looked at."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.duplicate_scale import made
from deri_gate.features import overlaid_copies
from deri_gate.features.likeness import likeness_of
from deri_gate.features.picture_set import PictureSet
from tests.sweeps import sampled

BLOCK, MOST = 16, 20


@pytest.mark.parametrize("kind", ["mixed", "films"])
@pytest.mark.parametrize("seed", sampled(range(3)))
def test_the_likest_are_those_of_looking_at_every_pair_in_every_view(monkeypatch, kind, seed):
    monkeypatch.setattr(overlaid_copies, "BLOCK", BLOCK)
    monkeypatch.setattr(overlaid_copies, "MOST", MOST)
    data, looked_at = made(kind, 1000, seed), list[int]()
    thumbnails, colours = data.thumbnails, data.colours
    pictures = PictureSet(thumbnails, colours, likeness_of(thumbnails, colours))
    pairs = np.sort(np.random.default_rng(seed).integers(0, 1000, (600, 2)), axis=1)
    pairs = np.concatenate([pairs[pairs[:, 0] < pairs[:, 1]], np.array([*data.planted])])
    every = overlaid_copies._apart(np.arange(len(pairs)), pairs, pictures)
    order = np.argsort(-every[1], kind="stable")[:MOST]

    def noted(rows, *given):
        looked_at.extend(rows)
        return look(rows, *given)

    look = overlaid_copies._apart
    monkeypatch.setattr(overlaid_copies, "_apart", noted)
    rows, likeness = overlaid_copies._likest(pairs, pictures)

    assert len(rows) >= 5
    np.testing.assert_array_equal(rows, every[0][order])
    np.testing.assert_array_equal(likeness, every[1][order])
    assert len(looked_at) < 0.3 * len(pairs)
