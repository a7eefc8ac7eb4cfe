"""Size, mode, colours, light and orientation of changed images: no direction is the bad one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.changes.turned import turn_of
from deri_gate.measuring.casts import COLOURS, TONES, in_words, tints, tones

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.changes.pair import DatasetPair

ALIKE = 2.0  # grey levels up to which an edited image has kept its colours, or its light
WAYS = {"colour": COLOURS, "intensity": TONES}  # what is told in words


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
    """Size, channels, colours and light of each image of base and head."""
    base, head = sides.base.evidence.images, sides.head.evidence.images
    area = np.log(base.height * base.width), np.log(head.height * head.width)
    aspect = np.log(base.width / base.height), np.log(head.width / head.height)
    yield Shape(about="size", columns=(area, aspect))
    channels = base.channels.astype(float), head.channels.astype(float)
    yield Shape(about="channels", columns=(channels,))
    was, now = tints(base.chroma), tints(head.chroma)
    yield Shape(about="colour", columns=_columns(was, now), trifle=ALIKE)
    was, now = tones(base.thumbnails), tones(head.thumbnails)
    yield Shape(about="intensity", columns=_columns(was, now), trifle=ALIKE)


def _columns(was: FloatArray, now: FloatArray) -> tuple[tuple[FloatArray, FloatArray], ...]:
    return tuple(zip(was.T, now.T, strict=True))


def difference_of(about: str, sides: DatasetPair, positions: IntArray) -> str:
    """Sentence on how images of the head differ from what they are held against, "" for none."""
    who = "it is" if len(positions) == 1 else "they are"
    if about == "orientation":
        turn = turn_of(sides, positions)
        fit = "It fits" if len(positions) == 1 else "They fit"
        return f"{fit} the base best if taken as {turn}." if turn else ""
    shape = next((shape for shape in sides.shapes if shape.about == about and about in WAYS), None)
    if shape is None:
        return ""
    was, now = (np.stack(side, axis=1) for side in zip(*shape.columns, strict=True))
    moved = in_words(_moved(was, now, sides, positions), WAYS[about])
    return f"On average {who} {moved}." if moved else ""


def _moved(was: FloatArray, now: FloatArray, sides: DatasetPair, positions: IntArray) -> FloatArray:
    """Mean difference of images of the head, shape (2,).

    Edited ones are compared with what they were, new ones with the images of their class.
    """
    (strata, own), usual = sides.strata, np.tile(was.mean(axis=0), (len(now), 1))
    for stratum in np.intersect1d(strata, own):
        usual[own == stratum] = was[strata == stratum].mean(axis=0)
    before, after = sides.matched.pairs.T
    usual[after] = was[before]
    return np.asarray((now - usual)[positions].mean(axis=0))
