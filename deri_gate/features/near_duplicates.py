"""Near duplicates: candidates from an index of perceptual hashes, confirmed on thumbnails."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np
import scipy

from deri_gate.features.crowded import crowded_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray

    Pairs = IntArray  # shape (M, 2), positions, the first smaller
    Hashes = npt.NDArray[np.uint64]

BITS = 64
DISTANCE = 6  # bits in which the hashes of near duplicates may differ; they are confirmed
ALIKE = 0.95  # correlation of thumbnails without their coarse shading, from which two are one
SHADING = 3.0  # sigma, in thumbnail pixels, of what counts as coarse shading
FLAT = 1.0  # grey levels of detail below which correlation would compare rounding
ONE_PICTURE = 0.998  # the same, from which two files hold one picture
MOST_APART = 2.0  # grey levels by which their thumbnails may differ then, on average
MOST = 256  # different images of one hash whose pairs are listed; more are compared in blocks
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


def near_duplicates(
    thumbnails: npt.NDArray[np.uint8], *, distance: int, confirm: bool = True
) -> Pairs:
    """Pairs of images that show the same, enough of them to connect every group.

    Images of the very same thumbnail go by the first of them: a thousand blank images cost a
    thousand comparisons, not half a million. Of different images with one hash, which real sets
    do not have by the hundred, the first 256 are compared.

    Args:
        thumbnails: Shape (N, 32, 32), uint8.
        distance: Bits in which the hashes of a pair may differ.
        confirm: Whether thumbnails must agree as well, see `confirmed`.
    """
    first = first_of_equal(thumbnails)
    parts = [np.stack([first, np.arange(len(first))], axis=1)[first != np.arange(len(first))]]
    heads = np.unique(first)
    hashes = perceptual_hashes(thumbnails[heads])
    rank = rank_among_equal(hashes)
    parts += _crowded(heads, hashes, rank, thumbnails, distance=distance, confirm=confirm)
    heads, hashes = heads[rank < MOST], hashes[rank < MOST]
    for left, right in band_mates(hashes, distance + 1):
        near = np.bitwise_count(hashes[left] ^ hashes[right]) <= distance
        pairs = np.sort(np.stack([heads[left[near]], heads[right[near]]], axis=1), axis=1)
        pairs = np.unique(pairs, axis=0)
        parts.append(pairs[confirmed(pairs, thumbnails)] if confirm else pairs)
    return np.unique(np.concatenate(parts), axis=0)


def _crowded(
    heads: IntArray,
    hashes: Hashes,
    rank: IntArray,
    thumbnails: npt.NDArray[np.uint8],
    *,
    distance: int,
    confirm: bool,
) -> list[Pairs]:
    """Pairs of images whose hash more have than are listed pair by pair."""
    late = np.flatnonzero(rank >= MOST)
    if not confirm:  # whoever has the same hash has the same mates
        first, number = np.unique(hashes, return_index=True, return_inverse=True)[1:]
        return [np.stack([heads[first[number[late]]], heads[late]], axis=1)]
    found = crowded_pairs(
        hashes,
        late,
        distance=distance,
        vectors=lambda some: details_of(thumbnails[heads[some]]),
        alike=ALIKE,
    )
    pairs = [heads[some] for some in found]
    return [some[confirmed(some, thumbnails)] for some in pairs]


def first_of_equal(thumbnails: npt.NDArray[np.uint8]) -> IntArray:
    """Position of the first thumbnail that is the same, for each, shape (N,)."""
    seen: dict[bytes, int] = {}
    return np.array([seen.setdefault(t.tobytes(), i) for i, t in enumerate(thumbnails)], dtype=int)


def rank_among_equal(hashes: Hashes) -> IntArray:
    """Number of earlier images with the same hash, for each, shape (N,)."""
    order = np.argsort(hashes, kind="stable")
    starts = np.searchsorted(hashes[order], hashes[order], side="left")
    rank = np.empty(len(hashes), dtype=np.int64)
    rank[order] = np.arange(len(hashes)) - starts
    return rank


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


def confirmed(pairs: Pairs, thumbnails: npt.NDArray[np.uint8]) -> BoolArray:
    """True for pairs that show the same: equal thumbnails, or details that correlate at 0.95.

    Coarse shading is taken out first: it makes chest films of two patients correlate at 0.9,
    where their details do at 0.7. On eleven real sets most copies saved again as JPEG stay
    above 0.95, and nearly all unrelated images stay below.
    """
    keep = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), 4096):
        some = pairs[start : start + 4096]
        left, right = thumbnails[some[:, 0]], thumbnails[some[:, 1]]
        equal = (left == right).all(axis=(1, 2))
        alike = (details_of(left) * details_of(right)).sum(axis=1) >= ALIKE
        keep[start : start + 4096] = equal | alike
    return keep


def saved_again(pairs: Pairs, thumbnails: npt.NDArray[np.uint8]) -> BoolArray:
    """True for pairs of one picture, saved in another format, size or quality; shape (M,).

    Stricter than `confirmed`: on eleven real sets no pair of different labels is taken for one
    unless its pixels are equal. Most images from 50 px stay one picture down to JPEG quality 75;
    at 28 px only what hardly changes a pixel does.

    Args:
        pairs: Positions, shape (M, 2).
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
    """
    same = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), 4096):
        some = pairs[start : start + 4096]
        left, right = thumbnails[some[:, 0]], thumbnails[some[:, 1]]
        alike = (details_of(left) * details_of(right)).sum(axis=1) >= ONE_PICTURE
        apart = np.abs(left.astype(np.float32) - right).mean(axis=(1, 2))
        same[start : start + 4096] = alike & (apart <= MOST_APART)
    return same


def details_of(thumbnails: npt.NDArray[np.uint8]) -> FloatArray:
    """Unit vectors of what is left without coarse shading; zeros for flat pictures."""
    levels = thumbnails.astype(np.float32)
    for picture in levels:
        picture -= cv2.GaussianBlur(picture, (0, 0), SHADING)  # noqa: PLW2901  # in place
    vectors = levels.reshape(len(levels), -1)
    vectors -= vectors.mean(axis=1, keepdims=True)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    flat = length < FLAT * np.sqrt(vectors.shape[1])
    return np.asarray(np.where(flat, 0.0, vectors / np.maximum(length, 1e-9)))


def near_groups(
    thumbnails: npt.NDArray[np.uint8], *, distance: int, confirm: bool = True
) -> IntArray:
    """Number of the group of near duplicates each image is in, -1 when alone, shape (N,)."""
    pairs = near_duplicates(thumbnails, distance=distance, confirm=confirm)
    return groups_of_pairs(pairs, len(thumbnails))


def groups_of_pairs(pairs: Pairs, count: int) -> IntArray:
    """Number of the group each image is in, in order of first appearance; -1 when alone."""
    links = scipy.sparse.csr_array(
        (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count)
    )
    component = scipy.sparse.csgraph.connected_components(links, directed=False)[1]
    alone = np.bincount(component, minlength=count)[component] == 1
    groups = np.full(count, -1, dtype=np.int64)
    _, first, renamed = np.unique(component[~alone], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    groups[~alone] = rank[renamed]
    return groups
