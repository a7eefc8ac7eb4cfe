"""Stability: 1 for maps that stay, lower for maps that move, the same in any company."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr

from deri_gate.errors import DeriGateError
from deri_gate.explain.quality.stability import likeness, map_stability


def shaky(images: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Curvature of the image: noise shows in it; class 1 has only the smooth part."""
    smooth = torch.nn.functional.avg_pool2d(images, 4).mean(dim=1)
    rough = images[:, :, ::4, ::4].mean(dim=1) - smooth
    return torch.where(targets[:, None, None] == 1, smooth, rough).relu()


def scene(count: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    coarse = torch.rand(count, 3, 4, 4)
    images = torch.nn.functional.interpolate(coarse, (24, 24), mode="bilinear")
    return images, torch.arange(count) % 2


def test_likeness_agrees_with_scipy() -> None:
    torch.manual_seed(1)
    one, other = torch.rand(8, 5, 4), torch.rand(8, 5, 4)
    oracle = [pearsonr(a.ravel(), b.ravel()).statistic for a, b in zip(one, other, strict=True)]

    np.testing.assert_allclose(likeness(one, other), oracle, atol=1e-6)


def test_likeness_does_not_see_scale_and_offset() -> None:
    maps = torch.rand(3, 4, 4)

    np.testing.assert_allclose(likeness(maps, 3 * maps + 1), 1.0, atol=1e-6)
    np.testing.assert_allclose(likeness(maps, -maps), -1.0, atol=1e-6)


def test_a_degenerate_map_is_nan_and_a_lost_one_0() -> None:
    maps = torch.rand(2, 4, 4)
    maps[0] = 0.0

    assert np.isnan(likeness(maps, torch.rand(2, 4, 4))).tolist() == [True, False]
    assert likeness(maps[1:], torch.full((1, 4, 4), torch.nan)).tolist() == [0.0]


def test_equals_a_loop_over_copies() -> None:
    """One image and one copy at a time."""
    images, targets = scene()
    keys = [11, 12, 13, 14, 15, 16]

    found = map_stability(shaky, images, targets, keys=keys, copies=3, sigma=0.02)

    for row, key in enumerate(keys):
        image, target = images[row : row + 1], targets[row : row + 1]
        alike = []
        for copy in range(3):
            rng = np.random.default_rng([key, copy])
            noise = torch.from_numpy(rng.standard_normal((3, 24, 24), dtype=np.float32))
            shaken = shaky(image + 0.02 * noise, target)
            alike.append(pearsonr(shaky(image, target).ravel(), shaken.ravel()).statistic)
        assert found.mean[row] == pytest.approx(np.mean(alike), abs=1e-6)
        assert found.worst[row] == pytest.approx(np.min(alike), abs=1e-6)


def test_more_noise_is_less_stable_and_rough_maps_less_than_smooth_ones() -> None:
    images, targets = scene()
    steps = [map_stability(shaky, images, targets, sigma=s).mean for s in (0.001, 0.01, 0.1)]

    assert steps[0].mean() > steps[1].mean() > steps[2].mean()
    assert steps[1][targets == 1].min() > steps[1][targets == 0].max()


def test_maps_that_do_not_look_at_the_image_are_perfectly_stable() -> None:
    """Stability alone is no virtue, which is why it is reported beside faithfulness."""
    images, targets = scene()
    fixed = torch.rand(5, 5)

    found = map_stability(lambda x, _: fixed.expand(len(x), 5, 5), images, targets)

    np.testing.assert_allclose(found.worst, 1.0)


@pytest.mark.parametrize("order", [[3, 0], [5], [4, 3, 2, 1, 0, 5]])
def test_company_and_order_do_not_matter(order: list[int]) -> None:
    images, targets = scene()
    whole = map_stability(shaky, images, targets)
    some = map_stability(shaky, images[order], targets[order])

    np.testing.assert_allclose(some.mean, whole.mean[order], rtol=0, atol=1e-6)


def test_known_maps_are_not_asked_for_again() -> None:
    images, targets = scene()
    asked = []

    def explain(batch: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        asked.append(len(batch))
        return shaky(batch, classes)

    known = map_stability(
        explain, images, targets, maps=shaky(images, targets), copies=2, batch_size=4
    )

    assert asked == [4, 4, 4]
    np.testing.assert_allclose(known.mean, map_stability(shaky, images, targets, copies=2).mean)


def test_no_copies_is_a_clear_error() -> None:
    with pytest.raises(DeriGateError, match="0 copies"):
        map_stability(shaky, *scene(), copies=0)
