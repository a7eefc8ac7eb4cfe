"""Records that metrics ask for: a probe, explanations; arrays and no network."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.metrics.base import Answer, WeightedMean, outliers
from deri_gate.runtime.counts import happened

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class SampleFigures:
    """Figures of some of the images.

    Attributes:
        images: How many images the dataset has.
        positions: Which of them have figures, shape (M,).
    """

    images: int
    positions: IntArray

    def spread(self, values: FloatArray) -> FloatArray:
        """Values of these images among all, NaN for the others, shape (N,)."""
        return spread_over(self.images, self.positions, values)


@dataclass(frozen=True, kw_only=True)
class Explanations(SampleFigures):
    """Figures of the explained images; NaN where a map carries no information.

    Attributes:
        targets: The class that was explained, shape (M,).
        on_edges: Share of the heat on strong edges of the image, 0 to 1.
        steadiness: Likeness of the map to that of the smoothed image, -1 to 1.
        degenerate: Whether a map is all zero, constant, or not finite.
        heat: The maps on a grid, shape (M, GRID, GRID), 0 or more.
    """

    targets: IntArray
    on_edges: FloatArray
    steadiness: FloatArray
    degenerate: BoolArray
    heat: FloatArray

    @property
    def note(self) -> str:
        """Note on the number of explained images and of degenerate maps."""
        return explained_note(self.degenerate)


def spread_over(count: int, positions: IntArray | BoolArray, values: FloatArray) -> FloatArray:
    """Values of the images at these positions, or in this mask, among `count`; NaN for others."""
    every = np.full(count, np.nan)
    every[positions] = values
    return every


def explained_note(degenerate: BoolArray) -> str:
    """Note on the number of explained images and of degenerate maps."""
    said, vain = happened(len(degenerate), "image", "explained"), int(degenerate.sum())
    return f"{said}, {vain} of them with an empty map." if vain else f"{said}."


@dataclass(frozen=True, kw_only=True)
class PaperExplanations(SampleFigures):
    """Figures of the explained images, means over the networks whose map says something.

    NaN where none does; pixels and superpixels are also NaN where no network knows the class.

    Attributes:
        irof: Area over the curve as superpixels go, hottest first, 0 to 1.
        irof_gap: IROF minus that of the inverse order, -1 to 1.
        pixel_flipping: Area over the curve as pixels go, 0 to 1.
        pixel_flipping_gap: Pixel flipping minus that of the inverse order.
        overlay: IoU of the hot part of the map and the image's edges by Canny, 0 to 1.
        degenerate: Whether every network's map is all zero, constant, or not finite.
        networks: How many were asked.
        empty: How many of all maps are degenerate.
    """

    irof: FloatArray
    irof_gap: FloatArray
    pixel_flipping: FloatArray
    pixel_flipping_gap: FloatArray
    overlay: FloatArray
    degenerate: BoolArray
    networks: int = 1
    empty: int = 0

    @property
    def note(self) -> str:
        """Note on the number of explained images, networks and empty maps."""
        said = explained_note(self.degenerate)
        if self.networks == 1:
            return said
        maps = self.networks * len(self.positions)
        return f"{said} {self.networks} networks made {maps} maps, of which {self.empty} are empty."


def explained_answer(
    explanations: Explanations | PaperExplanations, figures: FloatArray, *, worse: int
) -> Answer:
    """Mean of a figure of the explained images, with its outliers.

    Args:
        explanations: The explained images.
        figures: The figure of each, shape (M,).
        worse: -1 when low figures are bad, +1 when high ones are.

    Raises:
        UnmeasurableError: If no map carries information.
    """
    if np.isnan(figures).all():
        raise UnmeasurableError("no explained image could be judged")
    values = explanations.spread(figures)
    return Answer(
        statistic=WeightedMean(values),
        per_image=values,
        suspects=outliers(values, worse=worse),
        note=explanations.note,
    )


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A linear classifier on pooled features, and what it says of images it has not seen.

    Attributes:
        weights: Weights of the features, shape (K, d); classes without an image have zeros.
        bias: Shape (K,).
        out_of_fold: Class probabilities of each image from a probe fitted without it, (N, K).
        multilabel: Whether classes are independent (sigmoid) or exclude each other (softmax).
    """

    weights: FloatArray
    bias: FloatArray
    out_of_fold: FloatArray
    multilabel: bool

    def to_bytes(self) -> bytes:
        """The probe as an npz file."""
        file = io.BytesIO()
        np.savez(
            file,
            weights=self.weights,
            bias=self.bias,
            out_of_fold=self.out_of_fold,
            multilabel=np.array(self.multilabel),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Probe:
        """The probe that `to_bytes` wrote."""
        with np.load(io.BytesIO(raw), allow_pickle=False) as file:
            return cls(
                weights=file["weights"],
                bias=file["bias"],
                out_of_fold=file["out_of_fold"],
                multilabel=bool(file["multilabel"]),
            )
