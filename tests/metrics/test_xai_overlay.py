"""Explanations on edges and text: lift and overlap, and their means over the explained."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.explaining import Explanations, edge_lift, overlay
from deri_gate.metrics.xai_overlay import METRIC, paper_xai_overlay, xai_overlay


def explained(lift, overlap=None, *, images=None, positions=None):
    lift = np.array(lift, dtype=float)
    empty = np.zeros(len(lift))
    return Explanations(
        images=images or len(lift),
        positions=np.arange(len(lift)) if positions is None else np.array(positions),
        irof=empty,
        irof_gap=empty,
        pixel_flipping=empty,
        pixel_flipping_gap=empty,
        overlay=lift / 2 if overlap is None else np.array(overlap, dtype=float),
        edge_lift=lift,
        degenerate=np.isnan(lift),
    )


def bar():
    """Black, with a white bar on columns 24 to 25 of 32."""
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:, 24:26] = 255
    return picture


def column(start, stop):
    heat = np.zeros((32, 32))
    heat[:, start:stop] = 1.0
    return heat


@pytest.mark.parametrize(("definition", "scale"), [(xai_overlay, 1), (paper_xai_overlay, 0.5)])
def test_the_value_is_the_mean_over_the_explained(definition, scale):
    """Images that were not explained, and empty maps, are left out."""
    answer = definition(explained([1.2, np.nan, 1.4], images=5, positions=[4, 2, 0]))

    assert answer.statistic(np.ones((1, 5)))[0] == pytest.approx(1.3 * scale)
    np.testing.assert_allclose(
        answer.per_image, np.array([1.4, np.nan, np.nan, np.nan, 1.2]) * scale
    )
    assert answer.note == "3 images explained, 1 of them with an empty map"


def test_weights_count_images():
    """And a resample without any explained image has no value."""
    answer = xai_overlay(explained([0.2, 0.4], images=3, positions=[0, 2]))
    weights = np.array([[3, 0, 1], [0, 3, 0]], dtype=float)

    np.testing.assert_allclose(answer.statistic(weights), [0.25, np.nan])


def test_the_image_far_above_the_others_is_blamed():
    """One whose explanation sits on text, among forty that do not."""
    values = np.random.default_rng(0).uniform(0.9, 1.1, 40)
    values[17] = 4

    np.testing.assert_array_equal(xai_overlay(explained(values)).suspects, [17])


def test_even_heat_has_no_lift():
    """It lies on edges as much as chance has it: 1."""
    assert edge_lift(np.full((32, 32), 0.3), bar()) == pytest.approx(1.0)


def test_heat_off_the_edges_has_a_lift_of_0():
    """Nothing of it lies on the bar."""
    assert edge_lift(column(0, 10), bar()) == 0.0


def test_lift_worked_by_hand():
    """The gradient is strong on columns 23 to 26, of which 5 % of the pixels are taken."""
    heat = column(24, 26)
    lift = edge_lift(heat, bar())
    share = 1 / lift  # all of the heat is on edges, so that this is their share of the area

    assert 0.05 <= share <= 6 / 32  # at most the four columns and one to either side
    assert edge_lift(heat + column(0, 2), bar()) == pytest.approx(lift / 2)  # half of it off


def test_lift_does_not_see_the_scale_of_heat_or_contrast():
    """Whatever the units of either."""
    picture = np.random.default_rng(0).integers(0, 60, (24, 24, 3)).astype(np.uint8)
    heat = np.random.default_rng(1).random((24, 24))

    assert edge_lift(7 * heat, 4 * picture) == pytest.approx(edge_lift(heat, picture), rel=0.05)


def test_an_image_without_contrast_lifts_nothing():
    """No edge to seek: 1."""
    assert edge_lift(column(0, 4), np.full((32, 32, 3), 90, np.uint8)) == 1.0


def test_overlap_worked_by_hand():
    """The paper's: hot pixels and edges, each alone, together, and everywhere."""
    picture = bar()
    edges = cv2.dilate(cv2.Canny(picture[..., 0], 100, 200), np.ones((3, 3), np.uint8)) > 0

    assert 0 < edges.sum() <= 8 * 32
    assert overlay(column(0, 10), picture) == 0.0
    assert overlay(edges * 0.5, picture) == 1.0
    assert overlay(np.ones((32, 32)), picture) == edges.sum() / 32**2


def test_nothing_hot_and_no_edge_overlap_not_at_all():
    """0, not a division by zero."""
    assert overlay(np.zeros((8, 8)), np.full((8, 8, 3), 99, np.uint8)) == 0.0


@pytest.mark.parametrize("figure", [edge_lift, overlay])
def test_reading_a_marker_worsens_it(figure):
    """Known damage: as the heat moves onto a letter, either figure rises."""
    picture = np.zeros((32, 32, 3), np.uint8)
    cv2.putText(picture, "R", (2, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255))
    heat = np.zeros((32, 32))
    heat[18:30, 18:30] = 1
    values = [figure(np.roll(heat, -shift, (0, 1)), picture) for shift in (0, 10, 16)]

    assert values[0] < values[1] < values[2]
    assert METRIC.better == "lower"


def test_the_paper_reads_its_overlap_the_other_way():
    """IoU with Canny edges, of which more is better."""
    assert METRIC.paper.compute is paper_xai_overlay
    assert METRIC.paper.better == "higher"
    assert METRIC.paper.high == 1.0
