"""The linear probe's explanations of a sample of the images: where they sit, and how firmly."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import cv2
import numpy as np

from deri_gate import explain
from deri_gate.errors import UnmeasurableError
from deri_gate.explain.kept_figures import kept_figures
from deri_gate.metrics.records import Explanations

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    import torch

    from deri_gate.arrays import BoolArray, FloatArray
    from deri_gate.data.dataset import Picture
    from deri_gate.features.encoder import Encoder
    from deri_gate.metrics.context import Context
    from deri_gate.metrics.profile import Profile
    from deri_gate.metrics.records import Probe

AT_ONCE = 64  # images explained and kept at a time
GRID = 16  # cells along a side of what is kept of a map
SIDE = 128  # px; the input size that the lengths below refer to
STEEP = 12.0  # grey levels a px, after smoothing; edges that large are burnt in more than grown
SMOOTH = 3.0  # sigma in px before edges are looked for
CALM = 4.0  # sigma in px of the filter that takes out what nobody sees
FAINT = 30.0  # grey levels; that filter keeps what differs by more
VERSION = 3  # raised whenever the same image, label and probe would give another row
FIGURES = ("on_edges", "steadiness", "degenerate")
WIDTH = len(FIGURES) + GRID * GRID  # of what is kept of an image


@dataclass(frozen=True, kw_only=True)
class ImageToExplain:
    """One image to explain."""

    position: int  # in the dataset
    key: str  # its content
    target: int  # the class to explain: its label
    picture: Picture  # prepared for the network

    @property
    def name(self) -> str:
        """Name of what is kept of it: its content and the class."""
        return f"{self.key}-{self.target}"


class HasDegenerate(Protocol):
    """Explanations of which it is known whether their maps are empty."""

    @property
    def degenerate(self) -> BoolArray: ...  # noqa: D102


Found = TypeVar("Found", bound=HasDegenerate)


@dataclass(frozen=True, kw_only=True)
class Explainer:
    """One network that can say where it looked.

    Attributes:
        identity: Identity of its training set, and of the preparation of its pictures.
        maps: From pictures as the profile prepares them, and classes (M,), to maps (M, h, w).
    """

    identity: str
    maps: Callable[[Sequence[Picture], torch.Tensor], torch.Tensor]


def probe_explainer(probe: Probe, encoder: Callable[[], Encoder], profile: Profile) -> Explainer:
    """The linear probe as an explainer; the encoder is made when first needed."""
    return Explainer(
        identity=f"{profile.network_hash}-{probe_hash(probe)}",
        maps=lambda pictures, targets: explain.probe_figures.probe_maps(
            pictures, targets, probe, encoder()
        ),
    )


def saying_something(found: Found) -> Found:
    """Return the explanations; raise if all of them are empty.

    Raises:
        UnmeasurableError: If no map carries information.
    """
    if found.degenerate.all():
        raise UnmeasurableError("no explanation carries information: every map is empty")
    return found


def explanations_of(
    sample: Sequence[ImageToExplain],
    *,
    images: int,
    probe: Probe,
    encoder: Callable[[], Encoder],
    context: Context,
) -> Explanations:
    """Explain the sample, or take from the store what is known of it.

    What is known depends on the image, the class and the probe, and so on all other images: it
    is kept for the second run of the same data, not for the first of changed data.

    Args:
        sample: What to explain.
        images: How many images the dataset has.
        probe: Whose classes to explain.
        encoder: Makes the network, when first needed.
        context: Whose profile has this encoder, and where figures are kept.
    """
    kind = f"explanation-{VERSION}-{context.profile.network_hash}-{probe_hash(probe)}"
    with context.machine.bar(len(sample), "explaining") as bar:
        table = kept_figures(
            sample,
            lambda one: one.name,
            lambda some: explain.probe_figures.figures(some, probe, encoder()),
            kind=kind,
            width=WIDTH,
            store=context.store,
            at_once=AT_ONCE,
            tick=bar.update,
        )
    return from_rows(table, sample, images=images)


def probe_hash(probe: Probe) -> str:
    """Identity of what a probe has learnt."""
    return hashlib.sha256(probe.weights.tobytes() + probe.bias.tobytes()).hexdigest()[:16]


def from_rows(table: FloatArray, sample: Sequence[ImageToExplain], *, images: int) -> Explanations:
    """The rows of `figures`, in the order of the sample, by name."""
    columns = dict(zip(FIGURES, table.T, strict=False))
    return Explanations(
        images=images,
        positions=np.array([image.position for image in sample], dtype=np.int64),
        targets=np.array([image.target for image in sample], dtype=np.int64),
        on_edges=columns["on_edges"],
        steadiness=columns["steadiness"],
        degenerate=columns["degenerate"] > 0,
        heat=table[:, len(FIGURES) :].reshape(-1, GRID, GRID),
    )


def strong_edges(picture: Picture) -> BoolArray:
    """Edges steeper than those of anatomy: text, rulers, markers, heat maps.

    The gradient of the smoothed image, the largest over the channels, so that colours of equal
    brightness have edges too. The limit is absolute: what is burnt in stands out against the
    same paper whatever the picture's own contrast, where a limit relative to the image would
    give every image equally many edges.

    Args:
        picture: Shape (H, W, 3), uint8.

    Returns:
        Shape (H, W).
    """
    scale = min(picture.shape[:2]) / SIDE
    smooth = cv2.GaussianBlur(picture, (0, 0), SMOOTH * scale).astype(np.float32)
    across = np.hypot(cv2.Sobel(smooth, -1, 1, 0), cv2.Sobel(smooth, -1, 0, 1)) / 8
    return np.asarray(across.max(axis=2) * scale > STEEP)


def smoothed(picture: Picture) -> Picture:
    """The image without the faint texture that nobody sees, its edges kept (bilateral filter)."""
    scale = min(picture.shape[:2]) / SIDE
    reach = 2 * round(1.5 * CALM * scale) + 1
    return np.asarray(cv2.bilateralFilter(picture, reach, FAINT, CALM * scale), dtype=np.uint8)


def share_on(heat: FloatArray, mask: npt.NDArray[np.bool_]) -> float:
    """Share of the heat that lies on a mask, 0 to 1; NaN for an empty map."""
    total = float(heat.sum())
    return float(heat[mask].sum()) / total if total > 0 else float("nan")
