"""Stability of explanations: likeness to the smoothed image's map, and the paper's areas."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.explain.probe import GRID, smoothed
from deri_gate.metrics.records import Explanations, PaperExplanations
from deri_gate.metrics.xai_stability import METRIC, paper_xai_stability, xai_stability


def explained(steadiness, **settings):
    steadiness = np.array(steadiness, dtype=float)
    grids = np.zeros((len(steadiness), GRID, GRID))
    return Explanations(
        **common(steadiness, **settings),
        targets=np.zeros(len(steadiness), dtype=int),
        on_edges=np.zeros(len(steadiness)),
        steadiness=steadiness,
        heat=grids,
    )


def explained_by_the_paper(irof, flipping, **settings):
    irof, flipping = np.array(irof, dtype=float), np.array(flipping, dtype=float)
    gap = np.full(len(irof), 0.1)
    return PaperExplanations(
        **common(irof, **settings),
        irof=irof,
        irof_gap=gap,
        pixel_flipping=flipping,
        pixel_flipping_gap=gap,
        overlay=gap,
    )


def common(values, *, images=None, positions=None):
    return {
        "images": images or len(values),
        "positions": np.arange(len(values)) if positions is None else np.array(positions),
        "degenerate": np.isnan(values),
    }


def value(answer, count):
    return float(answer.statistic(np.ones((1, count)))[0])


def test_the_paper_takes_the_areas_themselves():
    """Worked by hand: .8 and .4, so .6; the gaps do not matter."""
    found = explained_by_the_paper([0.9, 0.5], [0.7, 0.3])

    assert METRIC.paper.compute is paper_xai_stability
    assert value(paper_xai_stability(found), 2) == pytest.approx(0.6)


def test_the_value_is_the_mean_over_the_explained():
    """Images that were not explained, and empty maps, are left out."""
    values, places = [0.2, np.nan, 0.4], {"images": 5, "positions": [4, 2, 0]}
    ours = xai_stability(explained(values, **places))
    paper = paper_xai_stability(explained_by_the_paper(values, values, **places))
    for answer in (ours, paper):
        assert value(answer, 5) == pytest.approx(0.3)
        np.testing.assert_array_equal(answer.per_image, [0.4, np.nan, np.nan, np.nan, 0.2])
        assert answer.note == "3 images were explained, 1 of them with an empty map."


def test_the_image_far_below_the_others_is_blamed():
    """One whose explanation moves, among forty whose do not."""
    values = np.random.default_rng(0).uniform(0.85, 0.95, 40)
    values[11] = -0.4

    np.testing.assert_array_equal(xai_stability(explained(values)).suspects, [11])


def test_smoothing_takes_out_what_is_faint_and_keeps_edges():
    """A step of 100 levels stays as steep; texture of 4 levels is all but gone."""
    step = np.where(np.arange(128) < 64, 80.0, 180.0)[None, :, None] + np.zeros((128, 128, 3))
    faint = 4 * np.random.default_rng(0).choice([-1, 1], (128, 128, 1))
    calm = smoothed((step + faint).astype(np.uint8)).astype(float)

    assert calm[:, 20:40].std() < 1
    assert calm[:, 66].mean() - calm[:, 61].mean() > 90


def test_smoothing_what_is_smooth_changes_nothing():
    """An even image, whatever its size."""
    for side in (128, 224):
        even = np.full((side, side, 3), 90, np.uint8)

        np.testing.assert_array_equal(smoothed(even), even)
