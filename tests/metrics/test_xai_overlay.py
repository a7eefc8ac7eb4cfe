"""Explanations on edges and text: the overlap, and the mean over the explained."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.explaining import Explanations, overlay
from deri_gate.metrics.xai_overlay import METRIC, xai_overlay


def explained(overlap, *, images=None, positions=None):
    values = np.array(overlap, dtype=float)
    empty = np.zeros(len(values))
    return Explanations(
        images=images or len(values),
        positions=np.arange(len(values)) if positions is None else np.array(positions),
        irof=empty,
        irof_gap=empty,
        pixel_flipping=empty,
        pixel_flipping_gap=empty,
        overlay=values,
        degenerate=np.isnan(values),
    )


def test_the_value_is_the_mean_over_the_explained():
    """Images that were not explained, and empty maps, are left out."""
    answer = xai_overlay(explained([0.2, np.nan, 0.4], images=5, positions=[4, 2, 0]))

    assert answer.statistic(np.ones((1, 5)))[0] == pytest.approx(0.3)
    np.testing.assert_array_equal(answer.per_image, [0.4, np.nan, np.nan, np.nan, 0.2])
    assert answer.note == "3 images explained, 1 of them with an empty map"


def test_weights_count_images():
    """And a resample without any explained image has no value."""
    answer = xai_overlay(explained([0.2, 0.4], images=3, positions=[0, 2]))
    weights = np.array([[3, 0, 1], [0, 3, 0]], dtype=float)

    np.testing.assert_allclose(answer.statistic(weights), [0.25, np.nan])


def test_the_image_far_above_the_others_is_blamed():
    """One whose explanation sits on text, among forty that do not."""
    values = np.random.default_rng(0).uniform(0.04, 0.06, 40)
    values[17] = 0.6

    np.testing.assert_array_equal(xai_overlay(explained(values)).suspects, [17])


def test_overlap_worked_by_hand():
    """Hot: the left half, 8 x 16. Edges: what Canny finds, widened by a pixel."""
    picture = np.zeros((16, 16, 3), np.uint8)
    picture[:, 12:] = 255
    edges = cv2.dilate(cv2.Canny(picture[..., 0], 100, 200), np.ones((3, 3), np.uint8)) > 0
    heat = np.zeros((16, 16))
    heat[:, :8] = 1.0
    rightmost = np.zeros((16, 16))
    rightmost[edges] = 0.5

    assert 0 < edges.sum() <= 4 * 16
    assert overlay(heat, picture) == 0.0
    assert overlay(rightmost, picture) == 1.0
    assert overlay(np.ones((16, 16)), picture) == edges.sum() / 256


def test_nothing_hot_and_no_edge_overlap_not_at_all():
    """0, not a division by zero."""
    assert overlay(np.zeros((8, 8)), np.full((8, 8, 3), 99, np.uint8)) == 0.0


def test_reading_a_marker_worsens_it():
    """Known damage: the same edges, and more of the heat on them."""
    picture = np.zeros((32, 32, 3), np.uint8)
    cv2.putText(picture, "R", (2, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255))
    heat = np.zeros((32, 32))
    heat[18:30, 18:30] = 1
    values = [overlay(np.roll(heat, -shift, (0, 1)), picture) for shift in (0, 10, 16)]

    assert values[0] < values[1] < values[2]
    assert METRIC.better == "lower"


def test_the_paper_reads_it_the_other_way():
    """The same number, of which more is better."""
    assert METRIC.paper.compute is xai_overlay
    assert METRIC.paper.better == "higher"
