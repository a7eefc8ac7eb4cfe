"""Copies that lack a part are found by a quick look and confirmed by a closer one."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.duplicate_scale import made
from deri_gate.features import partial_copies as search
from deri_gate.features.likeness import likeness_of
from deri_gate.features.picture_set import PictureSet
from tests.sweeps import sampled


@pytest.mark.parametrize("kind", sampled(["mixed", "films"]))
def test_the_quick_look_leaves_out_no_copy(monkeypatch, kind):
    data = made(kind, 600)
    copies = data.thumbnails[:150].copy()
    copies[:75, :, :10] = 255  # written over
    copies[75:, :30] = copies[75:, 2:]  # moved up, as if cut at the top
    thumbnails = np.concatenate([data.thumbnails, copies])
    colours = np.full((len(thumbnails), 2), np.nan)
    pictures = PictureSet(thumbnails, colours, likeness_of(thumbnails, colours))
    firsts = np.random.default_rng(0).integers(0, 600, 2000)
    pairs = np.stack([np.append(np.arange(150), firsts), 600 + np.arange(2150) % 150], axis=1)

    quick = search.partial_copies(pairs, pictures)
    monkeypatch.setattr(search, "ROUNDING", 3.0)  # every pair is looked at closely
    whole = search.partial_copies(pairs, pictures)

    assert len(quick[0]) >= 20
    for one, other in zip(quick, whole, strict=True):
        np.testing.assert_array_equal(one, other)
