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
    block_step,
    grain,
    noise_artifacts,
    paper_noise_artifacts,
)

REAL = ["camera", "coins", "astronaut", "cat", "coffee"]  # the moon has JPEG blocks already


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
    """Grain, plus twice the block step."""
    levels = jpeg(photos["camera"], 20)
    parts = grain(levels.astype(np.float32)) + BLOCK_WEIGHT * block_step(levels.astype(np.float32))

    assert noise_artifacts(levels) == pytest.approx(parts, rel=1e-12)


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
