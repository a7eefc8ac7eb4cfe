"""Pictures that are one: copied, saved again, cropped, written on, mirrored or turned."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.features.augmented_copies import augmented_copies
from deri_gate.features.candidates import CODE, EXACT, close_pairs, first_look
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.colours import colours_agree
from deri_gate.features.found_pairs import (
    NO_PAIRS,
    FoundPairs,
    batched_pairs,
    best_of,
    pairs_once,
)
from deri_gate.features.likeness import INSIDE_TOO, contents_of, likeness_of
from deri_gate.features.many_pictures import plausible_of_many, turned_of_many
from deri_gate.features.orientations import upright_forms
from deri_gate.features.overlaid_copies import overlaid_copies
from deri_gate.features.partial_copies import partial_copies
from deri_gate.features.picture_set import PictureSet, in_halves
from deri_gate.features.waves import oriented
from deri_gate.runtime.large_arrays import chosen_rows
from deri_gate.runtime.threads import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.cells import CellSpread

    Pairs = IntArray  # shape (M, 2), positions, the first smaller
    Pictures = npt.NDArray[np.uint8]

VERSION = 6  # of the pairs that are found; part of the key under which they are kept
SEARCHED = ((0, None), (0, 1), (4, None), (5, None))  # views of `VIEWS`: entries, and queries
FAR = 0.53  # likeness in the leading directions that pairs have
MOST_PROPOSED = 20_000  # pairs of which one may lack a part of the other that are looked at
ONE_PICTURE = 0.998  # correlation of details from which two files hold one picture
MOST_APART = 2.0  # grey levels by which their thumbnails may differ then, on average
SHADING = 3.0  # sigma, in thumbnail pixels, of what is no detail
AT_ONCE = 4096  # pairs that are compared at once
FLAT = 1.0  # grey levels of detail below which correlation would compare rounding


@dataclass(frozen=True, kw_only=True)
class NearDuplicates:
    """Pairs of images that show one picture.

    Attributes:
        pairs: Positions, the first smaller, each pair once, in order; shape (M, 2).
        likeness: How like they are, up to 1, shape (M,).
        turns: Orientation in which the second shows what the first does, 0 as it is, shape (M,).
        distinct: True for pairs more alike than either is like other pictures of the set, (M,).
        heads: First image with the very same thumbnail, for each image, shape (N,). Only that
            one is a pair of others.
        partial: Further pairs, of which one lacks a part of the other, or that are one picture
            when laid over each other; likeness of each.
        augmented: Further pairs, of which one was turned by some angle, enlarged, or moved.
    """

    pairs: Pairs
    likeness: FloatArray
    turns: IntArray
    distinct: BoolArray
    heads: IntArray
    partial: tuple[Pairs, FloatArray]
    augmented: tuple[Pairs, FloatArray]

    @cached_property
    def listed(self) -> NearDuplicates:
        """Pairs to name to people: without those that only simple pictures make, as strokes do.

        The further ones are among them. They do not count in the metric, which pools were
        measured without them.
        """
        known = FoundPairs(self.pairs, self.likeness, self.turns).kept(self.distinct)
        pairs = best_of([known, *map(_unturned, (self.partial, self.augmented))])
        return _near(pairs, np.ones(len(pairs.pairs), dtype=bool), self.heads)

    def first_among(self, others: BoolArray) -> IntArray:
        """Position of the first of some images that shows what each does, shape (N,); -1 for none.

        Args:
            others: True for those images, shape (N,).
        """
        count = len(self.heads)
        lowest = np.full(count, count, dtype=np.int64)
        np.minimum.at(lowest, self.heads[others], np.flatnonzero(others))
        best = lowest.copy()
        np.minimum.at(best, self.pairs[:, 0], lowest[self.pairs[:, 1]])
        np.minimum.at(best, self.pairs[:, 1], lowest[self.pairs[:, 0]])
        first = best[self.heads]
        return np.where(first < count, first, -1)


@one_blas_thread()
def near_duplicates(
    thumbnails: Pictures,
    colours: FloatArray,
    spread: CellSpread = alike_in_cells,
    workers: int = 1,
) -> NearDuplicates:
    """Pairs of images that show one picture, enough of them to tell who is with whom.

    Images of the very same thumbnail go by the first of them.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        colours: Mean colours, see `mean_colours`, shape (N, 2).
        spread: Place where many pictures are compared.
        workers: Threads for all else; 0 for as many as there are processors. The pairs are the
            same.
    """
    if not len(thumbnails):
        return _near(NO_PAIRS, np.empty(0, dtype=bool), np.empty(0, dtype=np.int64))
    first = first_of_equal(thumbnails, colours)
    heads = np.unique(first)
    copies = np.flatnonzero(first != np.arange(len(first)))
    parts = [
        FoundPairs(np.stack([first[copies], copies], axis=1), np.ones(len(copies)), 0 * copies)
    ]
    shown, tinted = thumbnails, colours  # a copy of all would double the memory
    if copies.size:
        shown = chosen_rows(thumbnails, first == np.arange(len(first)))
        tinted = colours[heads]
    pictures = PictureSet(shown, tinted, likeness_of(shown, tinted), workers)
    confirmed = (*_upright(pictures, spread), *_turned(pictures, spread))
    parts += [FoundPairs(heads[pairs.pairs], pairs.likeness, pairs.turns) for pairs in confirmed]
    pairs = best_of(parts)
    places = np.searchsorted(heads, first[pairs.pairs])
    distinct = pictures.likeness.crowding.distinct(
        places, pairs.likeness, pairs.turns > 0, shown, workers=workers
    )
    proposed = pictures.proposals.likest(MOST_PROPOSED, places)
    proposed = proposed[pictures.agree(proposed)]
    partial = _unknown(proposed, pictures)
    augmented, how_like = augmented_copies(pictures, places, spread)
    further = (heads[partial.pairs], partial.likeness), (heads[augmented], how_like)
    return _near(pairs, distinct, first, *further)


def _unknown(proposed: Pairs, pictures: PictureSet) -> FoundPairs:
    """Copies among likely pairs that are not known to be one: partial ones, and overlaid ones."""
    found = (look(proposed, pictures) for look in (partial_copies, overlaid_copies))
    return best_of([*map(_unturned, found)])


def _unturned(found: tuple[Pairs, FloatArray]) -> FoundPairs:
    pairs, likeness = found
    return FoundPairs(pairs, likeness, np.zeros(len(pairs), dtype=np.int64))


_NOTHING = NO_PAIRS.pairs, NO_PAIRS.likeness


def _near(
    pairs: FoundPairs,
    distinct: BoolArray,
    heads: IntArray,
    partial: tuple[Pairs, FloatArray] = _NOTHING,
    augmented: tuple[Pairs, FloatArray] = _NOTHING,
) -> NearDuplicates:
    return NearDuplicates(
        pairs=pairs.pairs,
        likeness=pairs.likeness,
        turns=pairs.turns,
        distinct=distinct,
        heads=heads,
        partial=partial,
        augmented=augmented,
    )


def _upright(pictures: PictureSet, spread: CellSpread) -> Iterator[FoundPairs]:
    """Confirmed pairs of pictures as they are."""
    many = len(pictures.thumbnails) > EXACT
    parts = plausible_of_many(pictures, spread) if many else _plausible(pictures)
    for batch in _once(parts, pictures):
        views = pictures.views.of(batch.pairs)
        same, likeness, best = pictures.likeness.confirmed(views[:, 0], views[:, 1])
        pictures.proposals.add(batch.pairs[~same], best[~same])
        yield replace(batch, likeness=likeness).kept(same)


def _once(parts: Iterable[FoundPairs], pictures: PictureSet) -> Iterator[FoundPairs]:
    """Pairs of like colours, each once, in batches."""
    for batch in batched_pairs(pairs_once(parts, len(pictures.thumbnails))):
        yield batch.kept(pictures.agree(batch.pairs))


def _plausible(pictures: PictureSet) -> Iterator[FoundPairs]:
    """Pairs whose leading directions leave it open that they are one."""
    for batch in batched_pairs(_alike(pictures)):
        plausible = batch.likeness >= FAR
        pictures.proposals.add(batch.pairs[~plausible], batch.likeness[~plausible])
        yield batch.kept(plausible)


def _alike(pictures: PictureSet) -> Iterator[FoundPairs]:
    """Pairs of pictures as they are that may be one, a bounded number at a time."""
    codes = {
        view: pictures.codes(view, CODE, in_halves)
        for view in {v for pair in SEARCHED for v in pair if v is not None}
    }
    for entries, queries in SEARCHED:
        seen = None if queries is None else codes[queries]
        for here, there, likeness in close_pairs(codes[entries], seen, pictures.likeness.look):
            pairs = np.sort(np.stack([here, there], axis=1), axis=1)
            alike = FoundPairs(pairs, likeness, np.zeros(len(pairs), dtype=np.int64))
            yield alike.kept(pictures.agree(pairs))


def _turned(pictures: PictureSet, spread: CellSpread) -> Iterator[FoundPairs]:
    """Confirmed pairs of pictures of which one is mirrored or turned by quarters."""
    many = len(pictures.thumbnails) > EXACT
    parts = turned_of_many(pictures, spread) if many else _alike_turned(pictures)
    for batch in _once(parts, pictures):
        likeness = pictures.likeness_turned(batch.pairs, batch.turns)
        alike = likeness >= pictures.likeness.limits.turned
        likest = replace(batch, likeness=likeness).kept(alike)
        yield likest.kept(pictures.insides_turned(likest.pairs, likest.turns) >= INSIDE_TOO)


def _alike_turned(pictures: PictureSet) -> Iterator[FoundPairs]:
    """Pairs of pictures of which one may be the other, turned; a bounded number at a time."""
    sample = pictures.likeness.crowding.sample
    forms = upright_forms(pictures.thumbnails, sample, coded=in_halves)
    agree = np.ones((len(sample), len(sample)), dtype=bool)
    shown = forms.codes[np.searchsorted(forms.owners, sample)]  # the first form of each
    look = first_look(shown, len(pictures.thumbnails), agree)
    for here, there, likeness in close_pairs(forms.codes, None, look):
        yield forms.pairs(here, there, likeness)


def first_of_equal(thumbnails: Pictures, colours: FloatArray) -> IntArray:
    """Position of the first thumbnail that is the same, and in the same colours, shape (N,)."""
    _, first, number = np.unique(contents_of(thumbnails), return_index=True, return_inverse=True)
    first = first[number]
    later = np.flatnonzero(first != np.arange(len(first)))
    for start in range(0, len(later), AT_ONCE):
        own = later[start : start + AT_ONCE]
        same = (thumbnails[own] == thumbnails[first[own]]).all(axis=(1, 2))
        same &= colours_agree(colours[own], colours[first[own]])
        first[own[~same]] = own[~same]
    return np.asarray(first)


def saved_again(pairs: Pairs, thumbnails: Pictures, turns: IntArray | None = None) -> BoolArray:
    """True for pairs of one picture, saved in another format, size or quality; shape (M,).

    Stricter than to be near duplicates: on eleven real sets no pair of different labels is taken
    for one unless its pixels are equal. Most images from 50 px stay one picture down to JPEG
    quality 75; at 28 px only what hardly changes a pixel does.

    Args:
        pairs: Positions, shape (M, 2).
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        turns: Orientation of the second of each pair; None for none.
    """
    same = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), AT_ONCE):
        some = pairs[start : start + AT_ONCE]
        left, right = thumbnails[some[:, 0]], thumbnails[some[:, 1]]
        if turns is not None:
            right = turned_each(right, turns[start : start + AT_ONCE])
        near = np.abs(left.astype(np.float32) - right).mean(axis=(1, 2)) <= MOST_APART
        details = details_of(left[near]) * details_of(right[near])  # of few, as they take longer
        same[start : start + AT_ONCE][near] = details.sum(axis=1) >= ONE_PICTURE
    return same


def turned_each(thumbnails: Pictures, orientations: IntArray) -> Pictures:
    """Each thumbnail in the orientation given for it; shape (N, 32, 32)."""
    turned = np.empty_like(thumbnails)
    for orientation in np.unique(orientations).tolist():
        own = orientations == orientation
        turned[own] = oriented(thumbnails[own], orientation)
    return turned


def details_of(thumbnails: Pictures) -> FloatArray:
    """Unit vectors of what is left without coarse shading; zeros for flat pictures."""
    levels = thumbnails.astype(np.float32)
    for picture in levels:
        picture -= cv2.GaussianBlur(picture, (0, 0), SHADING)  # noqa: PLW2901  # in place
    vectors = levels.reshape(len(levels), levels.shape[1] * levels.shape[2])
    vectors -= vectors.mean(axis=1, keepdims=True)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    flat = length < FLAT * np.sqrt(vectors.shape[1])
    return np.asarray(np.where(flat, 0.0, vectors / np.maximum(length, 1e-9)))
