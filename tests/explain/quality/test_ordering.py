"""The order in which parts go, against plain sorting with ties from SciPy's interpolation."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.interpolate import RegularGridInterpolator

from deri_gate.explain.quality.batching import forward_batch
from deri_gate.explain.quality.ordering import content_keys, pixel_order, segment_order

HEIGHT, WIDTH, KEYS = 9, 12, [7, 2**63, 0]


def plateaus() -> torch.Tensor:
    """Maps with many ties, over other ranges than 0 to 1; the last has a value that is no number."""
    maps = torch.from_numpy(np.random.default_rng(1).integers(-2, 4, (3, HEIGHT, WIDTH))).float()
    maps[2, 4, 5] = torch.nan
    return maps


def ties(key: int) -> np.ndarray:
    """Normal draws on a grid of 8 x 8, and the straight lines between them."""
    grid = np.random.default_rng(key).standard_normal((8, 8))
    between = RegularGridInterpolator((np.arange(8), np.arange(8)), grid)
    rows, columns = np.linspace(0, 7, HEIGHT), np.linspace(0, 7, WIDTH)
    return between(np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1))


def test_pixels_go_by_value_and_then_by_the_smooth_field() -> None:
    maps = plateaus()
    order = pixel_order(maps, KEYS)

    for values, key, ranks in zip(maps.nan_to_num(nan=0).numpy(), KEYS, order.ranks, strict=True):
        rows = sorted(zip(-values.ravel(), ties(key).ravel(), range(values.size), strict=True))
        assert ranks.flatten()[[pixel for *_, pixel in rows]].tolist() == list(range(values.size))
    assert order.units.tolist() == [HEIGHT * WIDTH] * 3


def test_superpixels_go_by_mean_and_then_by_the_field_s_mean() -> None:
    """Six blocks, and in the second image three, of maps that are constant within them."""
    blocks = np.kron(np.arange(6).reshape(2, 3), np.ones((5, 4)))[:HEIGHT].astype(np.int64)
    segments = np.stack([blocks, blocks // 2, blocks])
    levels = np.array([0.5, 0.0, 1.0, 0.0, 0.0, 0.5])
    order = segment_order(torch.from_numpy(levels[segments]), segments, KEYS)

    for ids, key, ranks in zip(segments, KEYS, order.ranks.numpy(), strict=True):
        names = range(ids.max() + 1)
        best = sorted(names, key=lambda s: (-levels[s], ties(key)[ids == s].mean()))
        assert [set(ranks[ids == s].tolist()) for s in best] == [{turn} for turn in names]
    assert order.units.tolist() == [6, 3, 6]


def test_an_image_s_order_does_not_depend_on_the_others() -> None:
    maps = plateaus()
    together = pixel_order(maps, KEYS).ranks

    for row in range(3):
        alone = pixel_order(maps[row : row + 1], KEYS[row : row + 1]).ranks
        assert torch.equal(alone[0], together[row])


def test_a_key_too_few_is_no_order() -> None:
    with pytest.raises(ValueError, match="shorter"):
        pixel_order(plateaus(), KEYS[:1])


def test_equal_images_have_equal_keys() -> None:
    images = torch.rand(2, 1, 4, 4).repeat(2, 1, 1, 1)
    one, other, *again = content_keys(images)

    assert [one, other] == again
    assert one != other


@pytest.mark.parametrize(("side", "images"), [(1, 64), (28, 64), (40, 40), (64, 16), (512, 16)])
def test_small_images_go_many_at_a_time_however_many_there_are(side: int, images: int) -> None:
    for count in (1, 3):
        assert forward_batch(torch.zeros(count, 3, side, side)) == images
