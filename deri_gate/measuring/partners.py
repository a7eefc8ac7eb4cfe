"""Partner of each near duplicate: the image that it is likest, and the kind of copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.hashes import firsts_of
from deri_gate.features.near_duplicates import saved_again
from deri_gate.features.orientations import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import BoolArray, IntArray
    from deri_gate.measuring.copies import Images

SAME_FILE, SAME_PIXELS, SAVED_AGAIN, EDITED = "same file", "same pixels", "saved again", "edited"
NEXT_SLICE = "next slice or second shot"  # what it looks like: no copy, and in no group
DUPLICATE_KINDS = (
    SAME_FILE, SAME_PIXELS, SAVED_AGAIN, EDITED, *sorted({*WORDS} - {""}), NEXT_SLICE,
)  # fmt: skip  # surest first


@dataclass(frozen=True, kw_only=True)
class Partners:
    """Partners of near duplicates.

    Attributes:
        positions: Image of its group that each is likest; for those in none, the one that it looks
            like a second shot of; -1 for those without, shape (N,).
        kinds: Kind of each copy, one of `DUPLICATE_KINDS`; "" for those without.
    """

    positions: IntArray
    kinds: tuple[str, ...]


def partners_of(images: Images, keys: Sequence[str]) -> Partners:
    """Find the partner of each near duplicate: in its group, or what it is a second shot of.

    Args:
        images: The images.
        keys: Hash of the content of each, by which equal files are told from equal pixels.
    """
    duplicates, groups = images.listed_duplicates, images.listed_groups
    copies = ~images.second_shots
    inside = (groups[duplicates.pairs[:, 0]] == groups[duplicates.pairs[:, 1]]) | ~copies
    pairs, turns = duplicates.pairs[inside], duplicates.turns[inside]
    kinds = _kinds(images, keys, pairs, turns)
    kinds[~copies[inside]] = DUPLICATE_KINDS.index(NEXT_SLICE)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    order = np.lexsort((both[:, 1], -np.tile(duplicates.likeness[inside], 2), np.tile(kinds, 2)))
    order = order[np.argsort(both[order, 0], kind="stable")]
    image, first = np.unique(both[order, 0], return_index=True)
    positions = np.full(len(images.ids), -1, dtype=np.int64)
    positions[image] = both[order[first], 1]
    words = np.full(len(images.ids), "", dtype=object)
    words[image] = np.array(DUPLICATE_KINDS, dtype=object)[np.tile(kinds, 2)[order[first]]]
    return Partners(positions=positions, kinds=tuple(words.tolist()))


def _kinds(images: Images, keys: Sequence[str], pairs: IntArray, turns: IntArray) -> IntArray:
    """Number in `DUPLICATE_KINDS` of how the two of each pair differ, shape (M,)."""
    turned = [DUPLICATE_KINDS.index(word) if word else 0 for word in WORDS]
    as_it_is = np.where(
        saved_again(pairs, images.thumbnails), _number(SAVED_AGAIN), _number(EDITED)
    )
    return np.select(
        [_are_equal(keys, pairs), _are_equal(images.shown, pairs), turns == 0],
        [_number(SAME_FILE), _number(SAME_PIXELS), as_it_is],
        np.array(turned, dtype=np.int64)[turns],
    )


def _are_equal(hashes: Sequence[str], pairs: IntArray) -> BoolArray:
    """True for pairs of images with one hash, shape (M,)."""
    first = firsts_of(hashes)
    return np.asarray(first[pairs[:, 0]] == first[pairs[:, 1]])


def _number(kind: str) -> int:
    return DUPLICATE_KINDS.index(kind)
