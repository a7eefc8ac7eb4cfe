"""Pictures that are one: copied, saved again, cropped, written on, mirrored or turned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.features.candidates import CODE, close_pairs
from deri_gate.features.colours import colours_agree
from deri_gate.features.likeness import VIEWS, Likeness, contents_of, likeness_of
from deri_gate.features.orientations import upright_forms
from deri_gate.features.partial_copies import Proposals, partial_copies
from deri_gate.features.waves import WIDTH, oriented, relative_orientations, waves_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Pairs = IntArray  # shape (M, 2), positions, the first smaller
    Pictures = npt.NDArray[np.uint8]

SEARCHED = ((0, None), (0, 1), (4, None), (5, None))  # views of `VIEWS`: entries, and queries
ENTRIES, QUERIES = (0, 4, 5), (1,)
AT_ONCE = 2**14  # pairs confirmed at a time
WIDE = 100_000  # pictures up to which views are kept ready to be multiplied, twice as large
ONE_PICTURE = 0.998  # correlation of details from which two files hold one picture
MOST_APART = 2.0  # grey levels by which their thumbnails may differ then, on average
SHADING = 3.0  # sigma, in thumbnail pixels, of what is no detail
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
        partial: Further pairs, of which one lacks a part of the other; likeness of each.
    """

    pairs: Pairs
    likeness: FloatArray
    turns: IntArray
    distinct: BoolArray
    heads: IntArray
    partial: tuple[Pairs, FloatArray]

    @property
    def listed(self) -> NearDuplicates:
        """Pairs to name to people: without those that only simple pictures make, as strokes do.

        Those of which one lacks a part are among them. They do not count in the metric, which
        pools were measured without them.
        """
        more, likeness = self.partial
        known = _Found(self.pairs, self.likeness, self.turns).kept(self.distinct)
        found = _best([known, _Found(more, likeness, np.zeros(len(more), dtype=np.int64))])
        return _near(found, np.ones(len(found.pairs), dtype=bool), self.heads, _NOTHING)

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
        found = best[self.heads]
        return np.where(found < count, found, -1)


def near_duplicates(thumbnails: Pictures, colours: FloatArray) -> NearDuplicates:
    """Pairs of images that show one picture, enough of them to tell who is with whom.

    Images of the very same thumbnail go by the first of them.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        colours: Mean colours, see `mean_colours`, shape (N, 2).
    """
    if not len(thumbnails):
        return _near(_NONE, np.empty(0, dtype=bool), np.empty(0, dtype=np.int64), _NOTHING)
    first = first_of_equal(thumbnails, colours)
    heads = np.unique(first)
    copies = np.flatnonzero(first != np.arange(len(first)))
    parts = [_Found(np.stack([first[copies], copies], axis=1), np.ones(len(copies)), 0 * copies)]
    shown, tinted = thumbnails[heads], colours[heads]
    pictures = _Pictures(shown, tinted, likeness_of(shown, tinted))
    confirmed = (*_upright(pictures), *_turned(pictures))
    parts += [_Found(heads[found.pairs], found.likeness, found.turns) for found in confirmed]
    found = _best(parts)
    places = np.searchsorted(heads, first[found.pairs])
    distinct = pictures.likeness.crowding.distinct(places, found.likeness, found.turns > 0, shown)
    proposed = pictures.proposals.pairs
    more, likeness = partial_copies(proposed, shown, tinted, pictures.likeness.crowding.sample)
    return _near(found, distinct, first, (heads[more], likeness))


@dataclass(frozen=True)
class _Found:
    pairs: Pairs
    likeness: FloatArray
    turns: IntArray

    def kept(self, some: BoolArray | IntArray) -> _Found:
        return _Found(self.pairs[some], self.likeness[some], self.turns[some])


def _near(
    found: _Found, distinct: BoolArray, heads: IntArray, partial: tuple[Pairs, FloatArray]
) -> NearDuplicates:
    return NearDuplicates(
        pairs=found.pairs,
        likeness=found.likeness,
        turns=found.turns,
        distinct=distinct,
        heads=heads,
        partial=partial,
    )


_NOTHING = np.empty((0, 2), dtype=np.int64), np.empty(0)
_NONE = _Found(*_NOTHING, np.empty(0, dtype=np.int64))


@dataclass(frozen=True)
class _Pictures:
    """Different pictures, and the views of those that were looked at closely."""

    thumbnails: Pictures
    colours: FloatArray
    likeness: Likeness

    @cached_property
    def proposals(self) -> Proposals:
        """Images that each is likest to and not known to be one with."""
        return Proposals.of(len(self.thumbnails))

    @cached_property
    def _looked_at(self) -> BoolArray:
        return np.zeros(len(self.thumbnails), dtype=bool)

    @cached_property
    def _views(self) -> npt.NDArray[np.floating]:
        """Views of those that were looked at; rows of others take no memory."""
        wide = np.float32 if len(self.thumbnails) <= WIDE else np.float16
        return np.empty((len(self.thumbnails), len(VIEWS), WIDTH), dtype=wide)

    def view(self, positions: IntArray) -> npt.NDArray[np.floating]:
        """Views of pictures as vectors, shape (n, 11, 99); each is made once."""
        new = np.unique(positions[~self._looked_at[positions]])
        if new.size:
            self._views[new] = self.likeness.vectors(self.thumbnails[new])
            self._looked_at[new] = True
        return self._views[positions]

    def agreeing(self, pairs: Pairs) -> Pairs:
        """Pairs whose colours are those of one picture."""
        left, right = self.colours[pairs[:, 0]], self.colours[pairs[:, 1]]
        return pairs[colours_agree(left, right)]


def _upright(pictures: _Pictures) -> Iterator[_Found]:
    """Confirmed pairs of pictures as they are."""
    codes = {
        view: _codes(pictures, view)
        for view in {v for pair in SEARCHED for v in pair if v is not None}
    }
    look = pictures.likeness.look
    for entries, queries in SEARCHED:
        seen = None if queries is None else codes[queries]
        for here, there in close_pairs(codes[entries], seen, look):
            pairs = pictures.agreeing(np.sort(np.stack([here, there], axis=1), axis=1))
            for start in range(0, len(pairs), AT_ONCE):
                some = pairs[start : start + AT_ONCE]
                left, right = (pictures.view(some[:, side]) for side in (0, 1))
                same, likeness, best = pictures.likeness.confirmed(left, right)
                pictures.proposals.add(some[~same], best[~same])
                yield _Found(some, likeness, np.zeros(len(some), dtype=np.int64)).kept(same)


def _codes(pictures: _Pictures, view: int) -> npt.NDArray[np.float16]:
    window, as_in = VIEWS[view]
    waves = waves_of(pictures.thumbnails, window)
    return pictures.likeness.whitenings[as_in].coarse(waves, CODE).astype(np.float16)


def _turned(pictures: _Pictures) -> Iterator[_Found]:
    """Confirmed pairs of pictures of which one is mirrored or turned by quarters."""
    forms = upright_forms(pictures.thumbnails, pictures.likeness.crowding.sample)
    relative = relative_orientations()
    for here, there in close_pairs(forms.codes, None, forms.look):
        differ = forms.orientations[here] != forms.orientations[there]
        differ &= forms.owners[here] != forms.owners[there]
        pairs = np.stack([here[differ], there[differ]], axis=1)
        swap = forms.owners[pairs[:, 0]] > forms.owners[pairs[:, 1]]
        pairs[swap] = pairs[swap, ::-1]
        turns = relative[forms.orientations[pairs[:, 0]], forms.orientations[pairs[:, 1]]]
        some = _Found(forms.owners[pairs], np.zeros(len(pairs)), turns)
        left, right = (pictures.colours[some.pairs[:, side]] for side in (0, 1))
        yield from _confirmed_turned(pictures, some.kept(colours_agree(left, right)))


def _confirmed_turned(pictures: _Pictures, found: _Found) -> Iterator[_Found]:
    for start in range(0, len(found.pairs), AT_ONCE):
        some = found.kept(np.arange(start, min(start + AT_ONCE, len(found.pairs))))
        left, right = (pictures.thumbnails[some.pairs[:, side]] for side in (0, 1))
        same, likeness = pictures.likeness.turned(left, right, some.turns)
        yield _Found(some.pairs, likeness, some.turns).kept(same)


def _best(parts: list[_Found]) -> _Found:
    """Each pair once: as it is if that was confirmed, else in the likest orientation."""
    pairs = np.concatenate([part.pairs for part in parts])
    likeness = np.concatenate([part.likeness for part in parts]).astype(np.float64)
    turns = np.concatenate([part.turns for part in parts])
    order = np.lexsort((turns, -likeness, turns > 0, pairs[:, 1], pairs[:, 0]))
    found = _Found(pairs[order], likeness[order], turns[order])
    new = np.ones(len(pairs), dtype=bool)
    new[1:] = (found.pairs[1:] != found.pairs[:-1]).any(axis=1)
    return found.kept(new)


def first_of_equal(thumbnails: Pictures, colours: FloatArray) -> IntArray:
    """Position of the first thumbnail that is the same, and in the same colours, shape (N,)."""
    _, first, number = np.unique(contents_of(thumbnails), return_index=True, return_inverse=True)
    first = first[number]
    same = (thumbnails == thumbnails[first]).all(axis=(1, 2))
    same &= colours_agree(colours, colours[first])
    return np.where(same, first, np.arange(len(first)))


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
    for start in range(0, len(pairs), 4096):
        some = pairs[start : start + 4096]
        left, right = thumbnails[some[:, 0]], thumbnails[some[:, 1]]
        if turns is not None:
            right = turned_each(right, turns[start : start + 4096])
        alike = (details_of(left) * details_of(right)).sum(axis=1) >= ONE_PICTURE
        apart = np.abs(left.astype(np.float32) - right).mean(axis=(1, 2))
        same[start : start + 4096] = alike & (apart <= MOST_APART)
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
    vectors = levels.reshape(len(levels), -1)
    vectors -= vectors.mean(axis=1, keepdims=True)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    flat = length < FLAT * np.sqrt(vectors.shape[1])
    return np.asarray(np.where(flat, 0.0, vectors / np.maximum(length, 1e-9)))
