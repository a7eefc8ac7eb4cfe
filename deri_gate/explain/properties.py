"""Properties of whole pictures and files that give a class away: size, format, noise, colour."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.explain.telling import FEW, ROUNDING, SOME, cost_of, told_above
from deri_gate.stats.intervals import wilson_lower_bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.image_table import ImageTable

LET_THROUGH = (0.0, FEW, 0.02, SOME)  # shares of other images, of kinds that are a class's
COLOURED = 4  # mean distance from grey, in levels of chroma, from which on a picture has colours
# Noise in grey levels that all but a twentieth of the pictures have, above which it tells how much
# of a picture is black or white, where noise is cut off; honest datasets have 4 at most.
NOISY, QUIET = 8, 5
# Unevenness of grey levels that all but a twentieth of the pictures have, above which it tells how
# many levels a picture shows; of honest datasets malaria cells have 1.05, the others less.
GAPPED = 1.25
ROUGH = 0.3  # grey levels added to differences of pixels: rounding makes as much


@dataclass(frozen=True, kw_only=True)
class Property:
    """Property of pictures, and how much of it a subject may have.

    Attributes:
        name: For people.
        values: Value of each image, shape (N,).
        named: Whether values are names of kinds, which have no order.
        allowance: Strength that classes may have by their subjects alone.
        subject: Whether subjects themselves differ in it, as in colour: no mark then.
        finish: Whether it is of the finest detail, which sources of whole classes differ in: no
            mark of a class that most of the picture tells as well.
    """

    name: str
    values: FloatArray | IntArray
    named: bool = False
    allowance: float = 0.0
    subject: bool = False
    finish: bool = False

    def strength(self, of_class: BoolArray) -> float:
        """Share of a class's images that it tells from all but few others, less the allowance."""
        told = _by_kind if self.named else _by_order
        return wilson_lower_bound(told(self.values, of_class) - self.allowance, int(of_class.sum()))


def properties_of(table: ImageTable, sample: IntArray) -> list[Property]:
    """List the properties of some images.

    Args:
        table: A row an image.
        sample: Positions of the images.
    """
    height, width = table.height[sample], table.width[sample]
    levels = table.thumbnails[sample].reshape(len(sample), -1).astype(np.float64)
    chroma = table.chroma[sample].reshape(len(sample), -1, 2).astype(np.float64) - 128
    noise = table.acquisition["noise_floor"][sample]
    grey = np.abs(chroma).mean(axis=(1, 2)) < COLOURED
    return [
        Property(name="size", values=height * 2**31 + width, named=True),
        Property(name="size", values=height * width),
        Property(name="shape", values=width / height),
        Property(
            name="file format or compression",
            values=table.acquisition["coding"][sample],
            named=True,
        ),
        Property(name="colour in grey pictures", values=grey.astype(np.int64), named=True),
        Property(
            name="noise",
            values=noise,
            allowance=0.3,
            subject=bool(np.percentile(noise, QUIET) > NOISY),
        ),
        *compression_properties(table.acquisition[sample]),
        *handling_properties(table.appearance[sample]),
        Property(name="brightness", values=levels.mean(axis=1), subject=True),
        Property(name="contrast", values=levels.std(axis=1), subject=True),
        *colour_properties(table.chroma[sample]),
    ]


def compression_properties(acquisition: npt.NDArray[np.void]) -> list[Property]:
    """The waves that blocks of 8 x 8 lack, and the steps between them, as clipped ones have, too.

    Args:
        acquisition: Columns as the table of images has them, shape (N,).
    """
    return [
        Property(name="traces of compression", values=acquisition[trace], allowance=0.2)
        for trace in ("grid", "blocks")
    ]


def colour_properties(chroma: npt.NDArray[np.uint8]) -> list[Property]:
    """Mean of either channel of colour.

    Args:
        chroma: Colours of small pictures, shape (N, 16, 16, 2).
    """
    means = chroma.reshape(len(chroma), -1, 2).astype(np.float64).mean(axis=1)
    return [Property(name="colour", values=mean, subject=True) for mean in means.T]


def handling_properties(signs: npt.NDArray[np.void]) -> list[Property]:
    """Signs of a program in the pixels: levels bent, pictures resampled, sharpened or smoothed.

    Args:
        signs: Columns as `Appearance` has them, shape (N,).
    """
    second, fourth = (signs["steps"][..., order].astype(np.float64) + ROUGH for order in (1, 2))
    finest = (second / fourth).max(axis=1)
    uneven = signs["uneven"]
    levels = partial(
        Property,
        name="gaps among the grey levels",
        values=uneven,
        subject=bool(np.percentile(uneven, QUIET) > GAPPED),
    )
    return [
        levels(allowance=0.1, finish=True),
        levels(allowance=0.3),
        Property(
            name="lines that do not fit", values=signs["interlacing"], allowance=0.3, finish=True
        ),
        Property(name="lack of the finest detail", values=finest, allowance=0.3, finish=True),
        Property(
            name="single pixels that stand out", values=signs["spikes"], allowance=0.3, finish=True
        ),
    ]


def _by_order(values: FloatArray | IntArray, of_class: BoolArray) -> float:
    """The best share beyond a bound, upwards or downwards."""
    signed = values.astype(np.float64)
    return max(told_above(signed, of_class), told_above(-signed, of_class))


def _by_kind(values: FloatArray | IntArray, of_class: BoolArray) -> float:
    """Best share told by kinds, chosen on one half of the images and judged on the other."""
    kinds = np.unique(values, return_inverse=True)[1]
    count = int(kinds.max()) + 1
    turn = np.zeros(len(of_class), dtype=np.int64)
    for some in (of_class, ~of_class):
        turn[some] = np.arange(int(some.sum())) % 2
    told = np.zeros(len(LET_THROUGH))
    for inside, others, chosen in _halves(kinds, of_class, turn, count):
        told += [(inside[kind] - others[kind]).sum() / 2 for kind in chosen]
    return float((told - cost_of(np.array(LET_THROUGH), int((~of_class).sum()))).max())


def _halves(
    kinds: IntArray, of_class: BoolArray, turn: IntArray, count: int
) -> Iterator[tuple[FloatArray, FloatArray, list[IntArray]]]:
    """Shares of the kinds in one half, with those chosen on the other at each rate."""

    def shares(some: BoolArray) -> FloatArray:
        return np.bincount(kinds[some], minlength=count) / max(1, int(some.sum()))

    for half in (0, 1):
        seen, judged = turn != half, turn == half
        inside, others = shares(of_class & seen), shares(~of_class & seen)
        better = np.flatnonzero(inside > others)
        order = better[np.argsort(others[better] / inside[better], kind="stable")]
        passed = np.cumsum(others[order])
        chosen = [order[passed <= rate + ROUNDING] for rate in LET_THROUGH]
        yield shares(of_class & judged), shares(~of_class & judged), chosen
