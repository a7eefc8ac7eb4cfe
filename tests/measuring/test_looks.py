"""Looks of pictures, on scales that can be checked by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.labelled_looks import LabelledLooks
from deri_gate.measuring.looks import looks_of


@pytest.fixture
def looks(evidence_of, dataset_of):
    def make(pictures):
        found = evidence_of(dataset_of(pictures, [i % 2 for i in range(len(pictures))]))
        return looks_of(found.images)

    return make


def test_brightness_contrast_and_colour_have_their_scales(looks):
    """Black, white, halves of both, and pure red."""
    halves, red = np.zeros((32, 32, 3), np.uint8), np.zeros((32, 32, 3), np.uint8)
    halves[16:], red[..., 0] = 255, 255
    found = looks([np.zeros((32, 32), np.uint8), np.full((32, 32), 255, np.uint8), halves, red])

    np.testing.assert_allclose(found.brightness, [0, 1, 0.5, 0.299], atol=0.01)
    np.testing.assert_allclose(found.contrast, [0, 0, 0.5, 0], atol=0.01)
    np.testing.assert_allclose(found.colourfulness[:3], 0, atol=0.01)
    assert found.colourfulness[3] > 0.1


def test_tints_are_what_red_and_blue_have_beyond_the_brightness(looks):
    """Grey, pure red, pure blue and yellow; luma counts red .299, blue .114."""
    pure = np.zeros((4, 32, 32, 3), np.uint8)
    pure[0], pure[1, ..., 0], pure[2, ..., 2], pure[3, ..., :2] = 90, 255, 255, 255
    found = looks([*pure])

    np.testing.assert_allclose(found.red_tint, [0, 0.701, -0.114, 0.114], atol=0.01)
    np.testing.assert_allclose(found.blue_tint, [0, -0.299, 0.886, -0.886], atol=0.01)


@pytest.mark.parametrize(("width", "share"), [(0, 0.0), (8, 1 - (16 / 32) ** 2)])
def test_the_share_of_a_border_is_its_area(looks, width, share):
    """A frame of one level around content."""
    picture = np.random.default_rng(0).integers(40, 255, (32, 32)).astype(np.uint8)
    if width:
        picture[:width] = picture[-width:] = 0
        picture[:, :width] = picture[:, -width:] = 0
    found = looks([picture, picture])

    assert found.border_share[0] == pytest.approx(share, abs=0.09)  # the thumbnail rings beside it


@pytest.mark.parametrize("level", [0, 255])
@pytest.mark.parametrize("side", [28, 64, 224])
def test_a_border_of_15_percent_is_half_of_the_area_at_any_size(looks, photos, side, level):
    """At 28 px a thumbnail is larger than the picture, and rings beside the border."""
    deep = round(0.15 * side)
    picture = cv2.resize(photos["camera"], (side, side), interpolation=cv2.INTER_AREA)
    picture[:deep] = picture[-deep:] = picture[:, :deep] = picture[:, -deep:] = level
    found = looks([picture, picture])

    assert found.border_share[0] == pytest.approx(1 - (1 - 2 * deep / side) ** 2, abs=0.12)


@pytest.mark.parametrize("sigma", [1, 5, 25, 40])
@pytest.mark.parametrize("side", [28, 64, 224])
def test_noise_reads_the_deviation_that_was_added(looks, side, sigma):
    """On a smooth picture, whose own second difference is next to nothing."""
    along = np.linspace(90, 160, side)
    noise = np.random.default_rng(side).normal(0, sigma, (6, side, side))
    pictures = list(np.clip(np.round(along + noise), 0, 255).astype(np.uint8))

    assert np.mean(looks(pictures).noise) == pytest.approx(sigma, rel=0.03, abs=0.1)


def test_enlarged_pictures_have_the_resolution_that_they_came_from(looks, photos):
    """A half and a quarter of the detail; blur rises with it."""
    fine = photos["camera"]
    half, quarter = (
        cv2.resize(
            cv2.resize(fine, (512 // f, 512 // f), interpolation=cv2.INTER_AREA), (512, 512),
            interpolation=cv2.INTER_CUBIC,
        )
        for f in (2, 5)
    )  # fmt: skip
    found = looks([fine, half, quarter])

    np.testing.assert_array_equal(found.effective_resolution, [1, 0.5, 0.25])
    assert found.blur[0] < found.blur[1] < found.blur[2]


def test_medians_of_classes_and_sources_are_taken_off():
    """Two classes and two sources with levels of their own, worked by hand; one image differs."""
    classes, sources = np.arange(80) % 2, np.arange(80) // 2 % 2
    values = (10.0 * classes + 3.0 * sources)[:, None].copy()
    values[7] += 5
    looks = LabelledLooks(values=values, strata=[classes, sources])
    found = looks.centred(np.ones(80, dtype=bool), small=20)[:, 0]

    assert found[7] - found[3] == pytest.approx(5)
    assert np.ptp(np.delete(found, 7)) == 0


def test_blocks_change_no_number(looks, random_pictures, monkeypatch):
    """Many images are worked on some at a time."""
    pictures = random_pictures(7)
    whole = looks(pictures)
    monkeypatch.setattr("deri_gate.measuring.looks.AT_ONCE", 3)
    parts = looks(pictures)

    for name in ("brightness", "contrast", "colourfulness", "border_share"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
