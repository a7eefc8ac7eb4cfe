"""The paper's figures of explanations: overlap with edges, and what removing pixels does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.explaining import explained_note, probe_hash, probe_maps
from deri_gate.picture import grey

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch

    from deri_gate.dataset import BoolArray, IntArray, Picture
    from deri_gate.encoder import Encoder
    from deri_gate.engine import Machine
    from deri_gate.explaining import Explained
    from deri_gate.metric import FloatArray
    from deri_gate.probes import Probe
    from deri_gate.profile import Profile
    from deri_gate.store import Store

AT_ONCE = 16  # images explained and kept at a time
HOT = 0.5  # share of its maximum from which on a map's pixel counts as hot
CANNY = (100, 200)  # gradient thresholds of the paper's edge mask, in grey levels
VERSION = 1  # raised whenever the same image, label and probe would give other figures
FIGURES = (
    "irof",
    "irof_gap",
    "pixel_flipping",
    "pixel_flipping_gap",
    "overlay",
    "degenerate",
)


@dataclass(frozen=True, kw_only=True)
class PaperExplanations:
    """Figures of the explained images; NaN where a map carries no information.

    Attributes:
        images: How many images the dataset has.
        positions: Which of them were explained, shape (M,).
        irof: Area over the curve as superpixels go, hottest first, 0 to 1.
        irof_gap: The same minus that of the inverse order, -1 to 1.
        pixel_flipping: Area over the curve as pixels go, 0 to 1.
        pixel_flipping_gap: The same minus that of the inverse order.
        overlay: IoU of the hot part of the map and the image's edges by Canny, 0 to 1.
        degenerate: Whether a map is all zero, constant, or not finite.
    """

    images: int
    positions: IntArray
    irof: FloatArray
    irof_gap: FloatArray
    pixel_flipping: FloatArray
    pixel_flipping_gap: FloatArray
    overlay: FloatArray
    degenerate: BoolArray

    def spread(self, values: FloatArray) -> FloatArray:
        """Values of the explained among all images, NaN for the others, shape (N,)."""
        every = np.full(self.images, np.nan)
        every[self.positions] = values
        return every

    @property
    def note(self) -> str:
        """How many images were explained, and how many in vain."""
        return explained_note(self.degenerate)


def paper_explanations_of(
    sample: Sequence[Explained],
    *,
    images: int,
    probe: Probe,
    encoder: Callable[[], Encoder],
    profile: Profile,
    store: Store,
    machine: Machine,
) -> PaperExplanations:
    """Explain the sample, or take from the store what is known of it.

    What is known depends on the image, the class and the probe, and so on all other images: it
    is kept for the second run of the same data, not for the first of changed data.

    Args:
        sample: What to explain.
        images: How many images the dataset has.
        probe: Whose classes to explain.
        encoder: Makes the network, when first needed.
        profile: Says the number of steps.
        store: Where figures are kept, a few images at a time: a killed run goes on there.
        machine: Says whether progress is shown.
    """
    digest = probe_hash(probe)
    kind = f"paper-explanation-{VERSION}-{profile.steps}-{profile.encoder_hash}-{digest}"
    names = [f"{one.key}-{one.target}" for one in sample]
    kept = store.get(kind, names)
    new = [one for one, name in zip(sample, names, strict=True) if name not in kept]
    with machine.bar(len(new), "explaining") as bar:
        for start in range(0, len(new), AT_ONCE):
            some = new[start : start + AT_ONCE]
            rows = zip(some, _figures(some, probe, encoder(), profile), strict=True)
            fresh = {f"{one.key}-{one.target}": row.tobytes() for one, row in rows}
            store.put(kind, fresh)
            kept |= fresh
            bar.update(len(some))
    table = np.array([np.frombuffer(kept[name]) for name in names]).reshape(-1, len(FIGURES))
    columns = dict(zip(FIGURES, table.T, strict=True))
    degenerate = columns.pop("degenerate") > 0
    positions = np.array([one.position for one in sample], dtype=np.int64)
    return PaperExplanations(images=images, positions=positions, degenerate=degenerate, **columns)


def _figures(
    sample: Sequence[Explained], probe: Probe, encoder: Encoder, profile: Profile
) -> FloatArray:
    """A row an image, columns as `FIGURES`, double precision."""
    import torch  # noqa: PLC0415  # seconds, only when something is to be explained

    from deri_gate.explanations.maps import upsample  # noqa: PLC0415
    from deri_gate.explanations.quality import explanation_quality  # noqa: PLC0415

    head = torch.from_numpy(probe.weights).to(encoder.device)
    bias = torch.from_numpy(probe.bias).to(encoder.device)

    def predict(batch: torch.Tensor) -> torch.Tensor:
        batch = batch.contiguous(memory_format=torch.channels_last)
        scores = encoder.feature_maps(batch).mean(dim=(2, 3)) @ head.T + bias
        return scores.sigmoid() if probe.multilabel else scores.softmax(dim=1)

    targets = torch.tensor([one.target for one in sample])
    with torch.inference_mode():
        batch = encoder.normalised(np.stack([one.picture for one in sample]))
        maps = probe_maps([one.picture for one in sample], targets, probe, encoder)
        table = explanation_quality(
            predict, batch, targets, maps=maps, steps=profile.steps, keys=_keys(sample)
        )
        fine = upsample(maps, (profile.input_size, profile.input_size)).cpu().numpy()
    table["overlay"] = [overlay(heat, one.picture) for heat, one in zip(fine, sample, strict=True)]
    table.loc[table["degenerate"], "overlay"] = np.nan
    return table[list(FIGURES)].to_numpy(dtype=np.float64)


def _keys(sample: Sequence[Explained]) -> list[int]:
    """What breaks ties among equally hot pixels: the image's content, not its place."""
    return [int(one.key[:8], 16) for one in sample]


def overlay(heat: FloatArray, picture: Picture) -> float:
    """IoU of the hot part of a heat map with the edges and text of its image.

    Args:
        heat: Shape (H, W), 0 to 1.
        picture: Shape (H, W, 3), uint8.

    Returns:
        0 to 1; 0 where the image has no edge.
    """
    edges = cv2.dilate(cv2.Canny(grey(picture), *CANNY), np.ones((3, 3), np.uint8)) > 0
    hot = heat >= HOT
    either = np.count_nonzero(edges | hot)
    return float(np.count_nonzero(edges & hot) / either) if either else 0.0
