"""Quality of explanations: gaps to the inverse order, and the paper's plain areas."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.explaining import Explanations
from deri_gate.metrics.xai_stability import METRIC, paper_xai_stability, xai_stability


def explained(irof, flipping, *, gaps, images=None, positions=None):
    irof, flipping = np.array(irof, dtype=float), np.array(flipping, dtype=float)
    return Explanations(
        images=images or len(irof),
        positions=np.arange(len(irof)) if positions is None else np.array(positions),
        irof=irof,
        irof_gap=np.array(gaps[0], dtype=float),
        pixel_flipping=flipping,
        pixel_flipping_gap=np.array(gaps[1], dtype=float),
        overlay=np.zeros(len(irof)),
        edge_lift=np.ones(len(irof)),
        degenerate=np.isnan(irof),
    )


def value(answer, count):
    return float(answer.statistic(np.ones((1, count)))[0])


def test_ours_is_the_mean_of_the_gaps():
    """Worked by hand: (.2 + .4) / 2 = .3 and (-.1 + .1) / 2 = 0, so .15."""
    found = explained([0.9, 0.9], [0.9, 0.9], gaps=([0.2, -0.1], [0.4, 0.1]))

    assert value(xai_stability(found), 2) == pytest.approx(0.15)


def test_the_paper_takes_the_areas_themselves():
    """Worked by hand: .8 and .4, so .6; the gaps do not matter."""
    found = explained([0.9, 0.5], [0.7, 0.3], gaps=([0, 0], [0, 0]))

    assert METRIC.paper.compute is paper_xai_stability
    assert value(paper_xai_stability(found), 2) == pytest.approx(0.6)


@pytest.mark.parametrize("definition", [xai_stability, paper_xai_stability])
def test_the_value_is_the_mean_over_the_explained(definition):
    """Images that were not explained, and empty maps, are left out."""
    values = [0.2, np.nan, 0.4]
    found = explained(values, values, gaps=(values, values), images=5, positions=[4, 2, 0])
    answer = definition(found)

    assert value(answer, 5) == pytest.approx(0.3)
    np.testing.assert_array_equal(answer.per_image, [0.4, np.nan, np.nan, np.nan, 0.2])
    assert answer.note == "3 images explained, 1 of them with an empty map"


def test_explanations_without_information_are_worth_nothing():
    """Removing the hottest first hurts as much as removing it last: 0, however large the area."""
    areas = [0.95] * 4

    assert value(xai_stability(explained(areas, areas, gaps=([0] * 4, [0] * 4))), 4) == 0.0


def test_the_image_far_below_the_others_is_blamed():
    """One whose explanation is worse than its inverse, among forty that are not."""
    gaps = np.random.default_rng(0).uniform(0.3, 0.35, 40)
    gaps[11] = -0.4
    found = explained(gaps, gaps, gaps=(gaps, gaps))

    np.testing.assert_array_equal(xai_stability(found).suspects, [11])
