"""Copies that were augmented before they were stored: turned, mirrored, enlarged or moved.

Neither whole pictures nor their upright forms are alike then. So all are compared by what no turn
changes, and by what no shift changes. A pair that needs no turn may be the next slice, or a second
shot. It has to be one picture when laid over each other.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.byte_products import ONE, in_bytes
from deri_gate.features.candidates import EXACT
from deri_gate.features.cell_blocks import COLUMNS, ComparedViews
from deri_gate.features.details import repeats, spread_of, without_shading
from deri_gate.features.found_pairs import NO_PAIRS, FoundPairs, best_of, joined
from deri_gate.features.groups import groups_of_pairs
from deri_gate.features.moved_copies import moved_copies, moved_onto, one_of_those_that_fit
from deri_gate.features.ring_waves import (
    ring_waves,
    seen_at,
    shows_enough,
    strengths_of,
    turned_likeness,
)
from deri_gate.features.set_look import TELLS, Asked, SetLook, pairs_mirrored_or_not, seldom_reached
from deri_gate.features.shiftless import ShiftlessSpread
from deri_gate.features.turnless import WIDTH, TurnlessSpread
from deri_gate.runtime.engine import map_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.byte_products import Bytes
    from deri_gate.features.cell_blocks import Alike, Cell
    from deri_gate.features.cells import CellSpread
    from deri_gate.features.picture_set import PictureSet

    Commons = tuple[TurnlessSpread, ShiftlessSpread]
    Pictures = npt.NDArray[np.uint8]

ZOOMS = (1.0, 1.12, 1.25)  # by which one of two may be enlarged
FEWEST = 10.0  # waves that count in a picture; round ones and blank ones have less
CROSSWISE = 0.05  # least part of the slopes across the main ones; a straight edge has none
UPRIGHT = 9.0  # degrees up to which a second shot may be turned
FITTING = 0.8  # correlation along rings, at the best turn, that a copy has
SPREAD = 0.35  # share of a picture over which details are spread, where few pictures are there
FIRMLY = 0.92  # that which is asked where few pictures tell what others have
AS_WELL = 0.02  # correlation by which a turn is no better than none
MOST = 10_000  # upright pairs that are laid over each other, the likest: 15 seconds
FEW = 3  # pictures of which two may be told from a third
BLOCK = 1024  # pairs at a time
AT_ONCE = 256  # pictures whose waves a processor's cache holds
AT_ONCE_PAIRS = 2**15  # pairs whose vectors are held
WITHOUT_TORCH = 10_000  # pictures that are compared without torch before it would be loaded
TURNED = Asked(least=0.5, false=0.0005, false_of_one=0.03)
MOVED = Asked(least=0.3, false=0.06, false_of_one=2.0)  # they are looked at more closely then


def augmented_copies(
    pictures: PictureSet, known: IntArray, spread: CellSpread
) -> tuple[IntArray, FloatArray]:
    """Pairs of pictures of which one was turned, mirrored, enlarged or moved before it was stored.

    Args:
        pictures: All pictures of the set.
        known: Pairs that are known to be one, shape (K, 2).
        spread: Place where many pictures are compared.

    Returns:
        Those that are one picture, and how like they are; more than either is like others.
    """
    if len(pictures.thumbnails) < FEW:
        return NO_PAIRS.pairs, NO_PAIRS.likeness
    shown = pictures.thumbnails[pictures.likeness.crowding.sample]
    sample = [strengths_of(shown, zoom) for zoom in ZOOMS]
    commons = TurnlessSpread.of(sample[0]), ShiftlessSpread.of(sample[0])
    asks = [
        [
            SetLook.of(commons[kind], zoom, asked, pictures, (sample[0], seen))
            for kind, asked in enumerate((TURNED, MOVED))
        ]
        for zoom, seen in zip(ZOOMS, sample, strict=True)
    ]
    groups = groups_of_pairs(known, len(pictures.thumbnails))
    alike = _alike(pictures, commons, asks, groups, spread)
    turned, moved = (best_of([NO_PAIRS, *parts]) for parts in zip(*alike, strict=True))
    turned = turned.kept(_many_waves(turned.pairs, pictures.thumbnails))
    turned = turned.kept(_no_second_shots(turned, pictures, asks[0][0].different()))
    moved = moved_copies(moved, commons[1], pictures, ZOOMS, asks[0][1].different())
    found = best_of([turned, moved])
    found = found.kept(_telling(found.pairs, pictures.thumbnails))
    return found.pairs, found.likeness


def _alike(
    pictures: PictureSet,
    commons: Commons,
    asks: list[list[SetLook]],
    groups: IntArray,
    spread: CellSpread,
) -> Iterator[list[FoundPairs]]:
    """Pairs that may be turned, and those that may be moved, zoom by zoom."""
    plain = _codes(commons, ZOOMS[0], pictures)

    def seen_larger(zoom: float, of_kinds: list[SetLook]) -> list[FoundPairs]:
        larger = plain if zoom == ZOOMS[0] else _codes(commons, zoom, pictures)
        found = []
        for kind, asked in enumerate(of_kinds):
            look = _Look(asked, plain[kind], larger[kind], groups, pictures)
            parts = (look.confirmed(pairs) for pairs in _near(look, spread))
            found.append(joined([NO_PAIRS, *parts]))
        return found

    return map(seen_larger, ZOOMS, asks)  # the vectors of a zoom are dropped before the next


@dataclass(frozen=True)
class _Look:
    """A look at all pictures of a set.

    Attributes:
        asks: How like two pictures have to be.
        plain: Vectors of the pictures as bytes, shape (N, d).
        larger: Those of the pictures seen larger.
        groups: Number of the group of known copies of each picture, -1 when alone, shape (N,).
        pictures: The pictures.
    """

    asks: SetLook
    plain: Bytes
    larger: Bytes
    groups: IntArray
    pictures: PictureSet

    @cached_property
    def limits(self) -> FloatArray:
        """Likeness that each picture asks for, NaN before it is known, shape (N,)."""
        return np.full(len(self.plain), np.nan)

    def confirmed(self, pairs: IntArray) -> FoundPairs:
        """Pairs that are more alike than either is like others, of a bounded number."""
        own = self.groups[pairs]
        pairs = pairs[(own[:, 0] < 0) | (own[:, 0] != own[:, 1])]
        pairs = pairs[self.pictures.agree(pairs)]
        new = np.unique(pairs[np.isnan(self.limits[pairs])])
        self.limits[new] = self.asks.own_limits(new, self.pictures.thumbnails)
        here, there = pairs.T
        kept = self.asks.common.kept
        likeness = np.maximum(
            pairs_mirrored_or_not(self.plain[here], self.larger[there], kept),
            pairs_mirrored_or_not(self.larger[here], self.plain[there], kept),
        ) / np.float32(ONE)
        found = FoundPairs(pairs, likeness, np.zeros(len(pairs), dtype=np.int64))
        return found.kept(likeness >= self.limits[pairs].max(axis=1))


def _codes(commons: Commons, zoom: float, pictures: PictureSet) -> Bytes:
    """Vectors of all pictures as bytes, shape (2, N, 128): those of a kind in one piece."""

    def codes_of(some: slice) -> Bytes:
        strengths = strengths_of(pictures.thumbnails[some], zoom)
        return in_bytes(np.stack([common.vectors(strengths) for common in commons]))

    count = len(pictures.thumbnails)
    places = [slice(start, start + AT_ONCE) for start in range(0, count, AT_ONCE)]
    codes = np.empty((len(commons), count, WIDTH), dtype=np.int8)
    parts = map_in_order(codes_of, places, workers=pictures.workers)
    for some, made in zip(places, parts, strict=True):
        codes[:, some] = made
    return codes


def _near(look: _Look, spread: CellSpread) -> Iterator[IntArray]:
    """Pairs that reach the limit of a look, a bounded number at a time; some come again."""
    kept = look.asks.common.kept
    views = ComparedViews(
        entries=look.plain,
        queries=None if look.asks.zoom == ZOOMS[0] else look.larger,
        least=look.asks.limit,
        brief=look.asks.asked is MOVED,  # a limit so low would ask for many cells
        known=np.full(len(look.plain), np.inf, dtype=np.float32),  # pairs alone are asked for
        kept=kept if kept < look.plain.shape[1] else None,
        in_floats=len(look.plain) < WITHOUT_TORCH and "torch" not in sys.modules,
    )
    many = len(look.plain) > EXACT
    for block in spread([views]) if many else _all_with_all(views, look.pictures.workers):
        pairs = np.sort(block.pairs, axis=1)
        for start in range(0, len(pairs), AT_ONCE_PAIRS):
            yield pairs[start : start + AT_ONCE_PAIRS]


def _all_with_all(views: ComparedViews, workers: int) -> Iterator[Alike]:
    """Pairs of all pictures that are alike, block by block; each once where both are seen alike."""
    every = np.arange(len(views.entries), dtype=np.int32)
    starts = range(0, len(every), COLUMNS)
    cells: Iterator[Cell] = (
        (every if views.queries is not None else every[start:], every[start : start + COLUMNS])
        for start in starts
    )
    blocks = map_in_order(lambda cell: [*views.blocks(cell)], cells, workers=workers)
    return chain.from_iterable(blocks)


def _many_waves(pairs: IntArray, thumbnails: Pictures) -> BoolArray:
    """True for pairs of which both show more than a round spot, an edge or a shade, shape (M,).

    A round spot looks as every other of its size does, whatever the turn; and so does an edge.
    """
    return _of_both(pairs, thumbnails, lambda some: shows_enough(some, FEWEST, CROSSWISE))


def _telling(pairs: IntArray, thumbnails: Pictures) -> BoolArray:
    """True for pairs of no patterns, whose details are spread far where few pictures are there.

    Single shapes are like others of their kind, which few pictures do not tell.
    """
    least = SPREAD * min(1.0, TELLS / len(thumbnails))

    def tells(some: Pictures) -> BoolArray:
        return ~repeats(some) & (spread_of(without_shading(some)) >= least)

    return _of_both(pairs, thumbnails, tells)


def _of_both(
    pairs: IntArray, thumbnails: Pictures, holds: Callable[[Pictures], BoolArray]
) -> BoolArray:
    """True for pairs of which something holds for both pictures; each is asked once, shape (M,)."""
    positions, ends = np.unique(pairs, return_inverse=True)
    starts = range(0, len(positions), BLOCK)
    parts = (thumbnails[positions[start : start + BLOCK]] for start in starts)
    every = np.concatenate([np.empty(0, dtype=bool), *map(holds, parts)])
    return np.asarray(every[ends.reshape(-1, 2)].all(axis=1))


def _no_second_shots(found: FoundPairs, pictures: PictureSet, different: IntArray) -> BoolArray:
    """True for pairs that fit when turned, or are one picture when laid over each other."""
    different = different[_many_waves(different, pictures.thumbnails)]
    seldom = seldom_reached(_fits_of(different, pictures)[:, 0])
    turned, least, *at = _fits_of(found.pairs, pictures).T
    few = min(1.0, TELLS / len(pictures.thumbnails))
    asked = max(FITTING + (FIRMLY - FITTING) * few, seldom)
    fit, still = turned >= asked, turned - least <= AS_WELL
    upright = np.flatnonzero(fit & still)
    upright = upright[np.argsort(-found.likeness[upright], kind="stable")][:MOST]
    kept = fit & ~still
    kept[upright] = _laid_over(found.pairs[upright], np.stack(at, axis=1)[upright], pictures)
    return np.asarray(kept)


def _fits_of(pairs: IntArray, pictures: PictureSet) -> FloatArray:
    """Places in which all pairs are likest, see `_fit_of`, shape (M, 5)."""
    parts = (pairs[start : start + BLOCK] for start in range(0, len(pairs), BLOCK))
    fit_of = partial(_fit_of, thumbnails=pictures.thumbnails)
    return np.concatenate(
        [np.empty((0, 5)), *map_in_order(fit_of, parts, workers=pictures.workers)]
    )


def _fit_of(pairs: IntArray, thumbnails: Pictures) -> FloatArray:
    """Places in which pairs are likest without much of a turn, shape (M, 5).

    Each has the correlation at the best of all turns and mirrors, that at the best of the least
    turns, the degrees of that one, and how many times larger the first and the second are seen.
    """
    left, right = thumbnails[pairs.T]
    turned, best = np.full(len(pairs), -1.0), np.full((len(pairs), 4), -1.0)
    for own, theirs in (*((z, 1.0) for z in ZOOMS), *((1.0, z) for z in ZOOMS[1:])):
        waves = ring_waves(left, own)
        mirrored = turned_likeness(waves, ring_waves(right[:, :, ::-1], theirs), UPRIGHT)
        highest, least, degrees = turned_likeness(waves, ring_waves(right, theirs), UPRIGHT)
        turned = np.max([turned, mirrored[0], highest], axis=0)
        rows = least > best[:, 0]
        best[rows] = np.stack(np.broadcast_arrays(least, degrees, own, theirs), axis=1)[rows]
    return np.column_stack([turned, best])


def _laid_over(pairs: IntArray, fits: FloatArray, pictures: PictureSet) -> BoolArray:
    """True for pairs that are one picture when laid over each other as they fit, shape (M,)."""
    left, right = (pictures.thumbnails[own] for own in pairs.T)
    for i, (degrees, own, theirs) in enumerate(fits.tolist()):
        left[i], right[i] = seen_at(left[i], own), seen_at(right[i], theirs, degrees)
    return one_of_those_that_fit(*moved_onto(left, right), pictures.workers)
