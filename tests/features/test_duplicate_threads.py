"""Near duplicates are the same, to the bit, whatever the number of threads that look for them."""

from __future__ import annotations

import threading
from dataclasses import fields
from functools import partial

import numpy as np
import pytest

from benchmarks.duplicate_scale import made
from deri_gate.features import near_duplicates as search
from deri_gate.features import overlay
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.near_duplicates import near_duplicates
from tests.sweeps import sampled

COUNT = 1500  # pictures, as the waves of 512 are made at once


def arrays_of(near):
    """All arrays of a result."""
    every = [getattr(near, one.name) for one in fields(near)]
    return [*every[:-2], *every[-2], *every[-1]]


@pytest.mark.parametrize("kind", sampled(["mixed", "films"]))
@pytest.mark.parametrize("exact", sampled([0, COUNT]))
def test_threads_change_no_bit(monkeypatch, kind, exact):
    monkeypatch.setattr(search, "EXACT", exact)
    monkeypatch.setattr("deri_gate.features.picture_set.EXACT", exact)
    data = made(kind, COUNT, seed=1)

    one, three = (
        near_duplicates(
            data.thumbnails, data.colours, partial(alike_in_cells, workers=workers), workers
        )
        for workers in (1, 3)
    )

    assert len(one.pairs)
    for alone, together in zip(arrays_of(one), arrays_of(three), strict=True):
        assert alone.dtype == together.dtype
        np.testing.assert_array_equal(alone, together)


def test_pictures_are_laid_over_each_other_by_several_threads(monkeypatch):
    """Two groups of pairs wait for each other, which one thread would never end."""
    both, laid_over = threading.Barrier(2, timeout=60), overlay._left_either_way

    def met(*given):
        both.wait()
        return laid_over(*given)

    monkeypatch.setattr(overlay, "_left_either_way", met)
    shown = made("films", 2 * overlay.AT_ONCE).thumbnails

    assert len(overlay.left_over(shown, shown[::-1], workers=2)) == len(shown)
