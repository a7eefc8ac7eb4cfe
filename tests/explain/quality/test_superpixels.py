"""Superpixels cover every image there can be, always in the same way."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deri_gate.errors import DeriGateError
from deri_gate.explain.quality.superpixels import superpixels, superpixels_of

RNG = np.random.default_rng(0)
IMAGES = {
    "quadrants": np.kron(np.array([[0, 90], [160, 250]]), np.ones((20, 20))).astype(np.uint8),
    "noise": RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8),
    "constant": np.full((28, 28, 3), 128, dtype=np.uint8),
    "black": np.zeros((28, 28), dtype=np.uint8),
    "floats": RNG.random((28, 30, 3), dtype=np.float32),
    "one channel": RNG.random((28, 30, 1), dtype=np.float32),
    "tiny": RNG.integers(0, 256, (3, 4, 3), dtype=np.uint8),
    "one pixel": np.zeros((1, 1, 3), dtype=np.uint8),
    "thin": RNG.integers(0, 256, (1, 200), dtype=np.uint8),
}


@pytest.mark.parametrize("name", IMAGES)
def test_ids_are_contiguous_from_0_and_always_the_same(name: str) -> None:
    image = IMAGES[name]

    labels = superpixels(image)

    assert labels.shape == image.shape[:2]
    assert np.unique(labels).tolist() == list(range(labels.max() + 1))
    np.testing.assert_array_equal(labels, superpixels(image.copy()))


@pytest.mark.parametrize("name", ["noise", "constant", "black", "floats", "thin"])
def test_no_image_collapses_to_a_few(name: str) -> None:
    """Plain SLIC merges noise into a single region, and then no order can be judged."""
    assert superpixels(IMAGES[name]).max() + 1 >= 13


def test_regions_follow_the_picture() -> None:
    """Hardly a region lies across an edge."""
    image = IMAGES["quadrants"]
    labels = superpixels(image)

    pure = [len(np.unique(image[labels == s])) == 1 for s in range(labels.max() + 1)]

    assert np.mean(pure) > 0.9


def test_few_pixels_are_each_their_own() -> None:
    np.testing.assert_array_equal(superpixels(IMAGES["tiny"]), np.arange(12).reshape(3, 4))


def test_grey_is_the_same_with_one_channel_and_with_three() -> None:
    grey = IMAGES["quadrants"]

    np.testing.assert_array_equal(superpixels(grey), superpixels(np.stack([grey] * 3, -1)))


def test_network_inputs_are_taken_over_their_own_range() -> None:
    """Normalising for a network moves no border."""
    image = RNG.integers(0, 256, (40, 40, 3)).astype(np.float32)
    image[0, 0], image[0, 1] = 0, 255
    inputs = torch.from_numpy((image - 127) / 128).permute(2, 0, 1)[None]

    found = superpixels_of(torch.cat([inputs, torch.zeros_like(inputs)]))

    assert (found[0] == superpixels(image / 255)).mean() > 0.99
    assert found[1].max() > 12  # the constant one


def test_what_is_no_image_is_a_clear_error() -> None:
    with pytest.raises(DeriGateError, match="superpixels of shape"):
        superpixels(np.zeros((4, 4, 5)))
    with pytest.raises(DeriGateError, match="0 superpixels"):
        superpixels(np.zeros((4, 4)), 0)
