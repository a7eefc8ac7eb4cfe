"""Explanations on edges and text: share of heat and overlap, and their means over the explained."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.data.picture import grey
from deri_gate.explain.paper import overlay
from deri_gate.explain.probe import GRID, share_on, strong_edges
from deri_gate.metrics.records import Explanations, PaperExplanations
from deri_gate.metrics.xai_overlay import METRIC, paper_xai_overlay, xai_overlay


def explained(shares, *, images=None, positions=None):
    """Both definitions' explanations with these shares; the paper's overlap is half of it."""
    shares = np.array(shares, dtype=float)
    empty = np.zeros(len(shares))
    common = {
        "images": images or len(shares),
        "positions": np.arange(len(shares)) if positions is None else np.array(positions),
        "degenerate": np.isnan(shares),
    }
    ours = Explanations(
        **common,
        targets=np.zeros(len(shares), dtype=int),
        on_edges=shares,
        steadiness=empty,
        heat=np.zeros((len(shares), GRID, GRID)),
    )
    paper = PaperExplanations(
        **common, irof=empty, irof_gap=empty, pixel_flipping=empty, pixel_flipping_gap=empty,
        overlay=shares / 2,
    )  # fmt: skip
    return ours, paper


def bar():
    """Black, with a white bar on columns 96 to 103 of 128."""
    picture = np.zeros((128, 128, 3), np.uint8)
    picture[:, 96:104] = 255
    return picture


def column(start, stop):
    heat = np.zeros((128, 128))
    heat[:, start:stop] = 1.0
    return heat


def test_the_value_is_the_mean_over_the_explained():
    """Images that were not explained, and empty maps, are left out."""
    ours, paper = explained([0.2, np.nan, 0.4], images=5, positions=[4, 2, 0])
    for answer, scale in ((xai_overlay(ours), 1), (paper_xai_overlay(paper), 0.5)):
        assert answer.statistic(np.ones((1, 5)))[0] == pytest.approx(0.3 * scale)
        np.testing.assert_allclose(
            answer.per_image, np.array([0.4, np.nan, np.nan, np.nan, 0.2]) * scale
        )
        assert answer.note == "3 images were explained, 1 of them with an empty map."


def test_weights_count_images():
    """And a resample without any explained image has no value."""
    answer = xai_overlay(explained([0.2, 0.4], images=3, positions=[0, 2])[0])
    weights = np.array([[3, 0, 1], [0, 3, 0]], dtype=float)

    np.testing.assert_allclose(answer.statistic(weights), [0.25, np.nan])


def test_the_image_far_above_the_others_is_blamed():
    """One whose explanation sits on text, among forty that do not."""
    values = np.random.default_rng(0).uniform(0.1, 0.12, 40)
    values[17] = 0.6

    np.testing.assert_array_equal(xai_overlay(explained(values)[0]).suspects, [17])


def test_strong_edges_are_those_of_the_bar():
    """Along its height, within three sigma of its sides, and nowhere else."""
    edges = strong_edges(bar())

    assert edges[:, 94:98].all()
    assert edges[:, 102:106].all()
    assert not edges[:, :86].any()
    assert not edges[:, 114:].any()


def test_edges_of_colour_count_where_brightness_is_equal():
    """Red beside a green of the same grey level."""
    picture = np.zeros((128, 128, 3), np.uint8)
    picture[:, :64, 0] = 255
    picture[:, 64:, 1] = 130

    assert grey(picture)[0, 0] == pytest.approx(grey(picture)[0, 127], abs=1)
    assert strong_edges(picture)[:, 64].all()


def test_gentle_slopes_and_noise_are_no_edges():
    """A slope of 4 levels a pixel and noise of sigma 20: anatomy and a bad sensor."""
    ramp = np.minimum(255, 4 * np.arange(128))[None, :, None] + np.zeros((128, 128, 3))
    noise = np.random.default_rng(0).normal(128, 20, (128, 128, 1)) + np.zeros(3)

    assert not strong_edges(ramp[:, :60].astype(np.uint8)).any()
    assert strong_edges(noise.clip(0, 255).astype(np.uint8)).mean() < 0.01


def test_edges_scale_with_the_input():
    """The same picture at twice the size has about the same share of edges."""
    large = bar().repeat(2, axis=0).repeat(2, axis=1)

    assert strong_edges(large).mean() == pytest.approx(strong_edges(bar()).mean(), abs=0.01)


def test_the_share_of_heat_worked_by_hand():
    """All of it, half of it, none of it; an empty map has no share."""
    mask = column(10, 20) > 0

    assert share_on(column(10, 20), mask) == 1.0
    assert share_on(7 * column(15, 25), mask) == pytest.approx(0.5)
    assert share_on(column(30, 40), mask) == 0.0
    assert np.isnan(share_on(np.zeros((128, 128)), mask))


def test_overlap_worked_by_hand():
    """The paper's: hot pixels and edges, each alone, together, and everywhere."""
    picture = bar()
    edges = cv2.dilate(cv2.Canny(picture[..., 0], 100, 200), np.ones((3, 3), np.uint8)) > 0

    assert 0 < edges.sum() <= 14 * 128
    assert overlay(column(0, 10), picture) == 0.0
    assert overlay(edges * 0.5, picture) == 1.0
    assert overlay(np.ones((128, 128)), picture) == edges.sum() / 128**2


def test_nothing_hot_and_no_edge_overlap_not_at_all():
    """0, not a division by zero."""
    assert overlay(np.zeros((8, 8)), np.full((8, 8, 3), 99, np.uint8)) == 0.0


@pytest.mark.parametrize(
    "figure", [lambda heat, picture: share_on(heat, strong_edges(picture)), overlay]
)
def test_reading_a_marker_worsens_it(figure):
    """Known damage: as the heat moves onto a letter, either figure rises."""
    picture = np.zeros((128, 128, 3), np.uint8)
    cv2.putText(picture, "R", (8, 56), cv2.FONT_HERSHEY_SIMPLEX, 2, (255, 255, 255), 6)
    heat = np.zeros((128, 128))
    heat[72:120, 72:120] = 1
    values = [figure(np.roll(heat, -shift, (0, 1)), picture) for shift in (0, 40, 64)]

    assert values[0] < values[1] < values[2]
    assert METRIC.better == "lower"


def test_the_paper_reads_its_overlap_the_other_way():
    """IoU with Canny edges, of which more is better."""
    assert METRIC.paper.compute is paper_xai_overlay
    assert METRIC.paper.better == "higher"
    assert METRIC.paper.high == 1.0
