"""Quantus 0.6.0 where it is right: one channel, and a batch of one for IROF."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from deri_gate.explain.quality.curves import removal_curves
from deri_gate.explain.quality.ordering import pixel_order, segment_order
from deri_gate.explain.quality.superpixels import superpixels_of

quantus = pytest.importorskip("quantus")


def scene() -> tuple[nn.Module, torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 5), nn.Tanh(), nn.Flatten(), nn.Linear(4 * 28 * 28, 3), nn.Softmax(dim=1)
    ).eval()
    maps = torch.stack([torch.randperm(32 * 32).reshape(32, 32) for _ in range(3)]).float()
    return model, torch.rand(3, 1, 32, 32), torch.arange(3), maps


@pytest.mark.filterwarnings("ignore")
def test_pixel_flipping_curves() -> None:
    model, images, targets, maps = scene()
    metric = quantus.PixelFlipping(
        features_in_step=128, perturb_baseline=0.3, normalise=False, disable_warnings=True
    )
    theirs = metric(
        model=model, x_batch=images.numpy(), y_batch=targets.numpy(), a_batch=maps[:, None].numpy()
    )
    (ours,) = removal_curves(
        model,
        images,
        targets,
        orders=[(pixel_order(maps, [0, 1, 2]), 8)],
        skip=torch.zeros(3, dtype=torch.bool),
        baseline=0.3,
    )

    np.testing.assert_allclose(ours.removal[:, 1:], theirs, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_irof_of_one_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the same superpixels; theirs is not normalised and leaves the unperturbed point out."""
    model, images, targets, maps = scene()
    segments = superpixels_of(images)
    monkeypatch.setattr(np, "trapz", np.trapezoid, raising=False)
    curves = []
    for row in range(3):
        monkeypatch.setattr(
            quantus.helpers.utils, "get_superpixel_segments", lambda row=row, **_: segments[row]
        )
        metric = quantus.IROF(
            perturb_baseline=0.3, normalise=False, return_aggregate=False, disable_warnings=True
        )
        one = slice(row, row + 1)
        curves.append(
            metric(
                model=model,
                x_batch=images[one].numpy(),
                y_batch=targets[one].numpy(),
                a_batch=maps[one, None].numpy(),
            )[0]
        )
    (ours,) = removal_curves(
        model,
        images,
        targets,
        orders=[(segment_order(maps, segments, [0, 1, 2]), None)],
        skip=torch.zeros(3, dtype=torch.bool),
        baseline=0.3,  # its "mean" is that of the picture perturbed so far, and drifts
    )

    for row, theirs in enumerate(curves):
        count = segments[row].max() + 1
        ratio = ours.removal[row, 1 : count + 1] / ours.removal[row, 0]
        assert theirs == pytest.approx(count - np.trapezoid(ratio), abs=1e-4)
