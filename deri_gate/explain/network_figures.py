"""Grad-CAM of a network and what is measured on its maps; loads torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from deri_gate.data.picture import model_input
from deri_gate.explain.paper import FIGURES, overlay
from deri_gate.explain.quality.gradcam import grad_cam
from deri_gate.explain.quality.maps import upsample
from deri_gate.explain.quality.quality import explanation_quality
from deri_gate.features.torch_threads import fixed_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture
    from deri_gate.explain.probe import ImageToExplain
    from deri_gate.metrics.profile import Profile
    from deri_gate.networks.checkpoints import TrainingSpec
    from deri_gate.networks.networks import Network


@fixed_threads()
def network_figures(
    sample: Sequence[ImageToExplain], network: Network, training: TrainingSpec, profile: Profile
) -> FloatArray:
    """A row an image, shape (M, figures): removal curves, overlap with edges, empty or not."""
    multilabel = training.dataset.multilabel

    def predict(batch: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = network.body(batch)
        return scores.sigmoid() if multilabel else scores.softmax(dim=1)

    targets = torch.tensor([image.target for image in sample])
    batch = prepared([image.picture for image in sample], network, training.budget.size)
    maps = network_maps(network, batch, targets)
    with torch.inference_mode():
        table = explanation_quality(
            predict, batch, targets, maps=maps, steps=profile.steps, keys=_keys(sample)
        )
    fine = upsample(maps, sample[0].picture.shape[:2]).numpy()
    table["overlay"] = [
        overlay(heat, image.picture) for heat, image in zip(fine, sample, strict=True)
    ]
    table.loc[table["degenerate"], "overlay"] = np.nan
    return table[list(FIGURES)].to_numpy(dtype=np.float64)


def prepared(pictures: Sequence[Picture], network: Network, size: int) -> torch.Tensor:
    """Pictures as the network's body takes them, shape (M, 3, size, size)."""
    small = np.stack([model_input(picture, size) for picture in pictures])
    return network.prepared(torch.from_numpy(small).to(network.device))


def network_maps(network: Network, batch: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Grad-CAM of the network at its last convolution that has more than one cell, (M, h, w)."""
    return grad_cam(network.body, batch, targets)


def _keys(sample: Sequence[ImageToExplain]) -> list[int]:
    """Keys that break ties among equally hot pixels: the image's content, not its place."""
    return [int(image.key[:8], 16) for image in sample]
