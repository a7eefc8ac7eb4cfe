"""Colours of a batch: histograms against SciPy's distance."""

from __future__ import annotations

import numpy as np
import pytest
import scipy

from deri_gate.drift.colour import colour_rows, is_grey
from deri_gate.stats.permutation import DriftFeature

SHAPE = (16, 16, 2)


def stained(seed: int, count: int, *, red: float = 20, blue: float = -10) -> np.ndarray:
    """Codes of pictures of one stain: half of red and of blue less grey, 128 for none."""
    rng = np.random.default_rng(seed)
    own = rng.normal((red / 2, blue / 2), 4, (count, 1, 1, 2))
    return np.clip(128 + own + rng.normal(0, 6, (count, *SHAPE)), 0, 255).astype(np.uint8)


def test_the_distance_is_that_of_the_mean_histograms() -> None:
    """By SciPy, from all pixels, the mean of red and of blue, but for what lies between edges."""
    base, batch = stained(0, 40), stained(1, 30, red=34, blue=-2)
    rows = [colour_rows(side) for side in (base, batch)]
    feature = DriftFeature(
        name="colour", rows=np.concatenate(rows), weights=np.full(rows[0].shape[1], 2.0), power=1
    )
    ours = float(feature.distance(rows[1].mean(axis=0) - rows[0].mean(axis=0)))

    theirs = [
        2 * scipy.stats.wasserstein_distance(base[..., k].ravel(), batch[..., k].ravel())
        for k in (0, 1)
    ]
    assert ours == pytest.approx(np.mean(theirs), rel=0.03)


def test_rows_are_shares_below_each_edge() -> None:
    """One picture: half of it without a colour, half red by 20 levels; blue by none."""
    picture = np.full((1, *SHAPE), 128, np.uint8)
    picture[:, :8, :, 0] = 138
    red, blue = colour_rows(picture)[0].reshape(2, -1)
    edges = np.arange(64, 193, 2)

    assert red.tolist() == np.where(edges > 138, 1, np.where(edges > 128, 0.5, 0)).tolist()
    assert blue.tolist() == np.where(edges > 128, 1, 0).tolist()


def test_rows_do_not_depend_on_how_many_are_taken_at_once(monkeypatch) -> None:
    pictures = stained(2, 9)
    whole = colour_rows(pictures)
    monkeypatch.setattr("deri_gate.drift.colour.CHUNK", 4)

    assert (colour_rows(pictures) == whole).all()
    assert colour_rows(pictures[:0]).shape == (0, whole.shape[1])


def test_rounding_is_no_colour() -> None:
    grey = np.random.default_rng(0).integers(127, 130, (5, *SHAPE)).astype(np.uint8)
    coloured = grey.copy()
    coloured[3, 2, 2, 1] = 131

    assert is_grey(grey)
    assert is_grey(grey[:0])
    assert not is_grey(coloured)
