"""Perceptual hashes, and the groups of images that they alone take for one."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.features.groups import groups_of_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import IntArray

    Hashes = npt.NDArray[np.uint64]

BITS = 64
AT_ONCE = 2**22  # pairs compared at a time


def perceptual_hashes(thumbnails: npt.NDArray[np.uint8]) -> Hashes:
    """64 bits an image, the same as imagehash.phash gives, first bit highest; shape (N,).

    Whether each of the 8 x 8 lowest coefficients of the cosine transform exceeds their median.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
    """
    hashes = np.empty(len(thumbnails), dtype=np.uint64)
    for start in range(0, len(thumbnails), 4096):
        some = thumbnails[start : start + 4096]
        waves = scipy.fftpack.dct(
            scipy.fftpack.dct(some, axis=1), axis=2
        )  # imagehash's, to the bit
        low = waves[:, :8, :8].reshape(len(some), BITS)
        bits = low > np.median(low, axis=1, keepdims=True)
        hashes[start : start + 4096] = np.packbits(bits, axis=1).view(">u8").ravel()
    return hashes


def hash_groups(thumbnails: npt.NDArray[np.uint8], *, distance: int) -> IntArray:
    """Number of the group of images whose hashes are close, -1 when alone, shape (N,).

    Groups are whatever is connected by pairs: the rule of the paper, which hashes alone decide.
    Of images with one hash, all that follow go with the first of them.

    Args:
        thumbnails: Shape (N, 32, 32), uint8.
        distance: Bits in which the hashes of a pair may differ.
    """
    hashes = perceptual_hashes(thumbnails)
    different, heads, number = np.unique(hashes, return_index=True, return_inverse=True)
    parts = [np.stack([heads[number], np.arange(len(hashes))], axis=1)]
    for left, right in band_mates(different, distance + 1):
        near = np.bitwise_count(different[left] ^ different[right]) <= distance
        parts.append(np.stack([heads[left[near]], heads[right[near]]], axis=1))
    pairs = np.concatenate(parts)
    return groups_of_pairs(pairs[pairs[:, 0] != pairs[:, 1]], len(hashes))


def band_mates(hashes: Hashes, bands: int) -> Iterator[tuple[IntArray, IntArray]]:
    """Positions of hashes that agree on one of the bands, a bounded number at a time."""
    edges = np.linspace(0, BITS, bands + 1).astype(int)
    for low, high in pairwise(edges):
        band = (hashes >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        sizes = np.unique(band[order], return_counts=True)[1]
        ends = np.repeat(np.cumsum(sizes), sizes)  # where each one's bucket ends
        mates = ends - np.arange(len(order)) - 1  # later ones in the same bucket
        yield from _later_mates(order, mates)


def _later_mates(order: IntArray, mates: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    total = np.cumsum(mates)
    start = 0
    while start < len(order):
        done = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, done + AT_ONCE, side="right")))
        counts = mates[start:stop]
        left = np.repeat(np.arange(start, stop), counts)
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        yield order[left], order[left + 1 + offsets]
        start = stop
