"""Heat maps of the linear probe and what is measured on them; loads torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from deri_gate.explain.probe import GRID, share_on, smoothed, strong_edges
from deri_gate.explain.quality.maps import class_maps, degenerate, upsample
from deri_gate.explain.quality.stability import likeness
from deri_gate.features.torch_threads import fixed_threads

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import FloatArray
    from deri_gate.data.dataset import Picture
    from deri_gate.explain.probe import ImageToExplain
    from deri_gate.features.encoder import Encoder
    from deri_gate.metrics.records import Probe


@fixed_threads()
def figures(sample: Sequence[ImageToExplain], probe: Probe, encoder: Encoder) -> FloatArray:
    """A row an image, shape (M, WIDTH): the figures, then the heat on the grid.

    Two forward passes an image: of itself, and of itself smoothed.
    """
    pictures = [image.picture for image in sample]
    targets = torch.tensor([image.target for image in sample])
    with torch.inference_mode():
        maps = probe_maps(pictures, targets, probe, encoder)
        calm = probe_maps([smoothed(picture) for picture in pictures], targets, probe, encoder)
        steadiness = likeness(maps, calm)
        fine = upsample(maps, pictures[0].shape[:2]).cpu().numpy()
        coarse = upsample(maps, (GRID, GRID)).cpu().numpy()
        empty = degenerate(maps).cpu().numpy()
    shares = [
        np.nan if vain else share_on(heat, strong_edges(picture))
        for heat, picture, vain in zip(fine, pictures, empty, strict=True)
    ]
    head = np.stack([shares, np.where(empty, np.nan, steadiness), empty], axis=1)
    heat_rows = np.nan_to_num(coarse).reshape(len(sample), -1)
    return np.concatenate([head, heat_rows], axis=1).astype(np.float64)


def probe_maps(
    pictures: Sequence[Picture], targets: torch.Tensor, probe: Probe, encoder: Encoder
) -> torch.Tensor:
    """Heat maps of the probe for these classes, shape (M, h, w), 0 to 1."""
    head = torch.from_numpy(probe.weights).to(encoder.device)
    batch = encoder.normalised(np.stack(pictures))
    features = torch.cat([encoder.feature_maps(some) for some in torch.split(batch, encoder.batch)])
    return class_maps(features, head[targets.to(encoder.device)])
