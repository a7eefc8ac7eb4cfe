"""Size, colour mode and colours of changed images, of which no direction is the bad one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.casts import cast_in_words, tints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.changes.pair import DatasetPair

TINTED = 2.0  # grey levels of red or blue up to which an edited image has kept its colours


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A property that may differ in any direction.

    Attributes:
        about: What it is called.
        columns: Values of all images of the base, shape (N,), and of the head, shape (n,); one
            such pair for each number that tells of it.
        trifle: Difference up to which an edited image is as it was.
    """

    about: str
    columns: tuple[tuple[FloatArray, FloatArray], ...]
    trifle: float = 0.0

    @property
    def both_ways(self) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Values of base and head, and with the other sign."""
        for base, head in self.columns:
            yield base, head
            yield -base, -head


def shapes_of(sides: DatasetPair) -> Iterator[Shape]:
    """Size, channels and colours of each image of base and head."""
    base, head = sides.base.evidence.images, sides.head.evidence.images
    pixels = np.log(base.height * base.width), np.log(head.height * head.width)
    yield Shape(about="size", columns=(pixels,))
    channels = base.channels.astype(float), head.channels.astype(float)
    yield Shape(about="channels", columns=(channels,))
    was, now = tints(base.chroma), tints(head.chroma)
    red_and_blue = tuple((was[:, k], now[:, k]) for k in (0, 1))
    yield Shape(about="colour", columns=red_and_blue, trifle=TINTED)


def cast_of(sides: DatasetPair, positions: IntArray) -> str:
    """Words for the mean cast of images of the head; empty where there is hardly one.

    Edited ones are compared with what they were, new ones with the images of their class.
    """
    was, now = (tints(side.evidence.images.chroma) for side in (sides.base, sides.head))
    (strata, own), usual = sides.strata, np.tile(was.mean(axis=0), (len(now), 1))
    for stratum in np.intersect1d(strata, own):
        usual[own == stratum] = was[strata == stratum].mean(axis=0)
    before, after = sides.matched.pairs.T
    usual[after] = was[before]
    return cast_in_words((now - usual)[positions].mean(axis=0))
