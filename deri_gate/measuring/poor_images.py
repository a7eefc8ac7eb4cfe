"""Datasets most of whose images hold little: few grey levels, little detail for their size, noise.

Limits on the metrics lie beyond the worst honest dataset, and honest ones are dark, small or smooth
in one way each. An image that is so in a way in which hardly any honest image is, counts here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.other_splits import rows_by_split
from deri_gate.measuring.shares import Share, not_looked_at
from deri_gate.runtime.counts import counted
from deri_gate.runtime.figures import percent

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.image_table import ImageTable
    from deri_gate.measuring.evidence import Evidence
    from deri_gate.metrics.profile import Profile

LEVELS = 64  # of 256 from the darkest pixel to the brightest: a quarter
# Pixels of detail, and what share of the side they are, below which a picture is blurred. A small
# picture has lost what a network needs with the first pair, a large one with the second: of 351
# honest pictures of 224 px and more none is below it.
BLURRED = ((12.0, 0.3), (48.0, 0.1))
# Steps between thumbnail lines: pictures of 8 x 8 repeated pixels have 0.78 to 2, nine tenths of
# the images of each honest dataset 0.38 at most.
GRIDDED = 0.65
LEAST_STEPS = 1.0  # grey levels, summed over the lines: of less contrast nothing is told
AT_ONCE = 4096  # thumbnails that are worked on at once
GRAIN = 10.0  # grey levels of noise or block steps
LEAST = 20  # images of another split, of fewer a share tells little
SMALLEST = 16  # pixels of the shorter side; below, every edge is as rough as noise


@dataclass(frozen=True, kw_only=True)
class Poverty:
    """One way in which images hold little.

    Attributes:
        name: Name of the share.
        shows: True for the images that are so, from the table of images, shape (N,).
        words: What they do, in words after their number.
    """

    name: str
    shows: Callable[[ImageTable], BoolArray]
    words: str


def _is_faint(table: ImageTable) -> BoolArray:
    return np.asarray(table.span < LEVELS)


def _is_hollow(table: ImageTable) -> BoolArray:
    detail = table.values["resolution"]
    blurred = np.zeros(len(detail), dtype=bool)
    for least, of_side in BLURRED:
        blurred |= (detail < least) & (detail < of_side * _sides(table))
    return np.asarray(blurred | (_gridding(table.thumbnails) > GRIDDED))


def _gridding(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Gridding of the steps: 0 where lines beside each other hold as many, up to 2, shape (N,).

    Pixels that were repeated leave steps at their borders and nowhere else, along both axes.
    """
    gridding = np.empty(len(thumbnails))
    for start in range(0, len(thumbnails), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        levels = thumbnails[rows].astype(np.float32)
        gridding[rows] = np.minimum(*(_on_a_grid(levels, axis) for axis in (1, 2)))
    return gridding


def _on_a_grid(levels: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    steps = np.abs(np.diff(levels, axis=axis)).mean(axis=3 - axis)
    beside = np.abs(steps[:, 1:-1] - (steps[:, :-2] + steps[:, 2:]) / 2).sum(axis=1)
    return np.asarray(beside / np.maximum(steps.sum(axis=1), LEAST_STEPS))


def _is_grainy(table: ImageTable) -> BoolArray:
    return np.asarray((table.values["noise_artifacts"] > GRAIN) & (_sides(table) >= SMALLEST))


def _sides(table: ImageTable) -> IntArray:
    return np.minimum(table.height, table.width)


POVERTIES = (
    Poverty(
        name="faint_share",
        shows=_is_faint,
        words="too dark, too bright or washed out: "
        f"from darkest to brightest within {LEVELS} of 256 grey levels",
    ),
    Poverty(
        name="hollow_share",
        shows=_is_hollow,
        words="blurred or enlarged: less detail than "
        + " or ".join(
            f"{least:g} pixels and {percent(of_side)} of their size" for least, of_side in BLURRED
        )
        + ", or few large pixels",
    ),
    Poverty(
        name="grainy_share",
        shows=_is_grainy,
        words=f"with noise or block steps of more than {GRAIN:g} grey levels",
    ),
)


def poor_shares(
    table: ImageTable, profile: Profile, others: Evidence | None = None
) -> dict[str, Share]:
    """Shares of the images that hold little, by name: of the split that has most of them.

    Args:
        table: The judged images that could be read.
        profile: The definitions by which they were measured.
        others: The images of the other splits; None when there are none.
    """
    if profile.definitions == "paper":
        unknown = not_looked_at("the paper's definitions measure detail and noise otherwise")
        return {poverty.name: unknown for poverty in POVERTIES}
    return {poverty.name: _share_of(poverty, table, others) for poverty in POVERTIES}


def _share_of(poverty: Poverty, table: ImageTable, others: Evidence | None) -> Share:
    if not len(table.keys):
        return not_looked_at("no image could be read")
    shares = [_told(poverty, poverty.shows(table))]
    if others is not None:
        poor = poverty.shows(others.images)
        splits = rows_by_split(others).items()
        shares += [_told(poverty, poor[i], f" of {name}") for name, i in splits if i.sum() >= LEAST]
    return max(shares, key=lambda share: share.value or 0.0)


def _told(poverty: Poverty, poor: BoolArray, where: str = "") -> Share:
    count, total = int(poor.sum()), counted(len(poor), "image")
    told = f"{count:,} of {total}{where} {poverty.words}" if count else ""
    return Share(value=count / len(poor), note=told)
