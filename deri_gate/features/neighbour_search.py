"""Nearest neighbours of many images: candidates by few directions, compared in all of them.

Exact search takes the square of the images. From `EXACT_BELOW` on, most of that is spared: by its
leading directions each image gets `CANDIDATES`, of which the nearest are chosen exactly. With very
many images, candidates are looked for only in lists of images that lie together. How many of the
true neighbours are found is measured on a sample; where it is too few, the search is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.candidate_index import (
    CANDIDATES,
    ListIndex,
    WholeIndex,
    leading_directions,
    lists_of,
    nearest_by,
)
from deri_gate.features.neighbours import ROUNDING, nearest_of_rows, uses_cuda

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.candidate_index import CandidateIndex
    from deri_gate.runtime.device import Device

EXACT_BELOW = 30_000  # images, up to which every pair is compared
LISTS_FROM = 150_000  # images, from which on candidates are looked for in lists
SAMPLE = 1_000  # images whose neighbours are found exactly, too
WANTED = 0.998  # share of the sample's neighbours that a way must find to be taken
LEAST = 0.995  # share that the whole search must have found
DIRECTIONS = (128, 256)
PROBES = (8, 16, 32, 64, 128)  # lists that are looked through for those of one list
SEED = 0


@dataclass(frozen=True, kw_only=True)
class NeighbourSearch:
    """Neighbours, and how many of the true ones are among them.

    Attributes:
        positions: Positions of each vector's k nearest by cosine, nearest first, shape (N, k).
        recall: Share of the true neighbours found for a sample; None where every pair was
            compared.
    """

    positions: IntArray
    recall: float | None = None


def search_neighbours(
    embeddings: FloatArray,
    k: int,
    *,
    device: Device = "auto",
    tick: Callable[[int], object] = lambda done: done,
) -> NeighbourSearch:
    """Find each vector's k nearest by cosine, itself left out.

    Args:
        embeddings: Unit vectors, shape (N, d), N > k.
        k: How many.
        device: "cpu" for none but the processor, else a GPU where there is one and it pays.
        tick: Told how many rows are done, block by block.

    Returns:
        The neighbours; exact for fewer than `EXACT_BELOW` images, and on a GPU.
    """
    count, every = len(embeddings), np.arange(len(embeddings))
    if count < EXACT_BELOW or k >= CANDIDATES or uses_cuda(device, count):
        exact = nearest_of_rows(embeddings, every, k, device=device, tick=tick)
        return NeighbourSearch(positions=exact)
    sample = np.sort(np.random.default_rng(SEED).permutation(count)[:SAMPLE])
    true = nearest_of_rows(embeddings, sample, k, device="cpu")
    index = _index_for(embeddings, sample, true)
    if index is not None:
        nearest = nearest_by(index, embeddings, every, k, tick=tick)
        recall = _recall(embeddings, sample, true, nearest[sample])
        if recall >= LEAST:
            return NeighbourSearch(positions=nearest, recall=recall)
    return NeighbourSearch(
        positions=nearest_of_rows(embeddings, every, k, device=device, tick=tick)
    )


def _index_for(embeddings: FloatArray, sample: IntArray, true: IntArray) -> CandidateIndex | None:
    """The cheapest way that finds enough for the sample; None if only comparing all does."""
    k = true.shape[1]

    def finds_enough(index: CandidateIndex) -> bool:
        nearest = nearest_by(index, embeddings, sample, k)
        return _recall(embeddings, sample, true, nearest) >= WANTED

    axes = leading_directions(embeddings, max(DIRECTIONS))
    for number in DIRECTIONS:
        low = embeddings @ axes[:, :number]
        whole = WholeIndex(low=low)
        if not finds_enough(whole):
            continue
        if len(embeddings) < LISTS_FROM:
            return whole
        lists = lists_of(low)
        ways = (ListIndex(low=low, lists=lists, probes=probes) for probes in PROBES)
        return next((way for way in ways if finds_enough(way)), whole)
    return None


def _recall(embeddings: FloatArray, rows: IntArray, true: IntArray, nearest: IntArray) -> float:
    """Share of the found neighbours that are as near as the farthest true one, or nearer."""
    own = embeddings[rows]
    farthest = np.einsum("nd,nd->n", embeddings[true[:, -1]], own)
    near = np.einsum("nkd,nd->nk", embeddings[np.maximum(nearest, 0)], own)
    return float(np.mean((near >= farthest[:, None] - ROUNDING) & (nearest >= 0)))
