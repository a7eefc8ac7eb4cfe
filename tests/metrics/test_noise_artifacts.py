"""Noise and artifacts: sigma of the grain, steps between JPEG blocks, and real damage."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, laplace
from skimage.restoration import estimate_sigma

from deri_gate.metrics.noise_artifacts import (
    BLOCK_WEIGHT,
    METRIC,
    block_steps,
    grain,
    noise_artifacts,
    paper_noise_artifacts,
    quiet_grain,
)

REAL = ["camera", "coins", "astronaut", "cat", "coffee"]  # the moon has JPEG blocks already


def block_step(levels, **how):
    return float(block_steps(levels[None], **how)[0])


def jpeg(picture, quality):
    ok, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert ok
    return cv2.imdecode(content, cv2.IMREAD_UNCHANGED)


def with_noise(picture, sigma, seed=0):
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).round().astype(np.uint8)


def ramp(shape=(64, 96)):
    y, x = np.mgrid[: shape[0], : shape[1]]
    return (40 + 1.3 * x + 0.7 * y).astype(np.float32)


@pytest.mark.parametrize("sigma", [1.0, 4.0, 16.0])
def test_grain_is_the_sigma_of_white_noise(sigma):
    """On a slanted plane, within 5 %."""
    noise = np.random.default_rng(1).normal(0, sigma, (200, 200)).astype(np.float32)
    plane = np.add.outer(np.linspace(0, 99, 200), np.linspace(0, 50, 200)).astype(np.float32)

    assert grain(plane + noise) == pytest.approx(sigma, rel=0.05)


def test_grain_agrees_with_wavelets(photos):
    """scikit-image estimates sigma from wavelets: both see the noise added to a photo."""
    noisy = with_noise(photos["moon"], 12).astype(np.float32)

    assert grain(noisy) == pytest.approx(estimate_sigma(noisy), rel=0.1)


def test_grain_worked_by_hand():
    """A lone pixel of 6 in 3 x 3 gives a residual of 24, and 24 sqrt(pi / 2) / 6."""
    levels = np.zeros((3, 3), np.float32)
    levels[1, 1] = 6

    assert grain(levels) == pytest.approx(4 * np.sqrt(np.pi / 2), rel=1e-6)


@pytest.mark.parametrize("shape", [(1, 1), (2, 9), (9, 2)])
def test_too_small_for_grain_is_clean(shape):
    """The mask does not fit, so nothing is claimed."""
    assert noise_artifacts(np.full(shape, 7, np.uint8)) == 0.0


def test_smooth_gradients_have_no_block_step():
    """Steps across block edges are then as large as those beside them."""
    assert block_step(ramp()) == pytest.approx(0.0, abs=1e-4)


def test_block_step_worked_by_hand():
    """Flat 8 x 8 blocks that differ by 10 to the right and by 0 downwards: half the edges."""
    levels = np.repeat(np.tile(np.arange(3) * 10.0, (24, 1)), 8, axis=1).astype(np.float32)

    assert block_step(levels) == pytest.approx(5.0)


def test_steps_between_blocks_do_not_count_as_blocks():
    """The same steps, four pixels off the grid, are the picture's own."""
    levels = np.repeat(np.tile(np.arange(3) * 10.0, (24, 1)), 8, axis=1)[:, 4:]

    assert block_step(levels.astype(np.float32)) == 0.0


@pytest.mark.parametrize("name", REAL)
def test_strong_compression_leaves_block_steps(photos, name):
    """JPEG at quality 15 steps at the edges of its blocks, far more than the original."""
    clean = photos[name]
    before, after = (
        block_step(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float32))
        if p.ndim == 3
        else block_step(p.astype(np.float32))
        for p in (clean, jpeg(clean, 15))
    )

    assert after > before + 1.0


@pytest.mark.parametrize("name", REAL)
def test_rises_with_noise(photos, name):
    """The damage it is there to see, step by step."""
    values = [noise_artifacts(with_noise(photos[name], s)) for s in (0, 4, 8, 16)]

    assert np.all(np.diff(values) > 0)


@pytest.mark.parametrize("name", REAL)
def test_rises_under_compression(photos, name):
    """JPEG at quality 30 takes grain away and adds steps that weigh more."""
    assert noise_artifacts(jpeg(photos[name], 30)) > noise_artifacts(photos[name])


def test_adds_its_two_parts(photos):
    """Grain where the picture is quiet, plus twice the block step, two standard errors taken off."""
    levels = jpeg(photos["camera"], 20)
    steps = block_step(levels, by_chance=2.0)

    assert steps < block_step(levels)
    assert noise_artifacts(levels) == pytest.approx(
        quiet_grain(levels) + BLOCK_WEIGHT * steps, rel=1e-12
    )


@pytest.mark.parametrize("sigma", [3.0, 10.0])
def test_quiet_grain_is_near_the_sigma_of_white_noise(sigma):
    """The tenth percentile of means over 25 pixels is .7 of it, in any size of picture."""
    for side in (40, 200):
        noise = np.random.default_rng(1).normal(128, sigma, (side, side)).round().astype(np.uint8)

        assert quiet_grain(noise) == pytest.approx(0.7 * sigma, rel=0.15)


def test_quiet_grain_worked_by_hand():
    """Pieces of 5 x 5: with one lone pixel of 6 in a single piece the others are quiet."""
    levels = np.zeros((7, 7), np.float32)
    levels[3, 3] = 6
    residuals = 6 * (4 + 4 * 2 + 4 * 1)  # the mask's sizes, all within the one piece

    assert quiet_grain(levels) == pytest.approx(residuals / 25 * np.sqrt(np.pi / 2) / 6, rel=1e-6)
    assert quiet_grain(np.pad(levels, ((0, 0), (0, 5)))) < quiet_grain(levels)


def test_pieces_in_strips_are_those_of_the_whole(photos, monkeypatch):
    """Large pictures are measured in strips, to bound memory; the number is the same."""
    levels = photos["camera"][:203, :204]
    whole = quiet_grain(levels)
    monkeypatch.setattr("deri_gate.data.picture.LARGE", 1000)
    monkeypatch.setattr("deri_gate.data.picture.STRIP", 3000)

    assert quiet_grain(levels) == whole


@pytest.mark.parametrize("name", REAL)
def test_fine_content_is_no_grain(photos, name):
    """Of a picture at 224, 64 and 28 px ours differs by less than grain over the whole does."""
    small = [
        cv2.resize(photos[name], (side, side), interpolation=cv2.INTER_AREA)
        for side in (224, 64, 28)
    ]
    grey = [p if p.ndim == 2 else cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in small]
    seen = METRIC.on_scale(np.array([noise_artifacts(p) for p in small]))

    assert np.ptp(seen) < np.ptp([np.log(grain(p)) for p in grey])


def test_turning_does_not_matter(photos):
    """Rows and columns of whole blocks count alike."""
    picture = jpeg(photos["camera"], 20)

    assert noise_artifacts(np.ascontiguousarray(picture.T)) == pytest.approx(
        noise_artifacts(picture), rel=1e-6
    )


def test_the_paper_definition_agrees_with_scipy(photos):
    """Mean absolute Laplacian after a 3 x 3 Gaussian of OpenCV's default width, 0.8."""
    picture = photos["camera"]
    blurred = gaussian_filter(picture.astype(float), 0.8, mode="mirror", radius=1).round()
    oracle = np.abs(laplace(blurred, mode="mirror")).mean()

    assert paper_noise_artifacts(picture) == pytest.approx(oracle, rel=0.05)
    assert METRIC.paper.of_image is paper_noise_artifacts
