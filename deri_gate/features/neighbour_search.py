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
    WholeIndex,
    along_directions,
    evenly_spread,
    leading_directions,
    nearest_by,
)
from deri_gate.features.list_index import ListIndex, lists_of
from deri_gate.features.neighbours import ROUNDING, nearest_of_rows, uses_cuda
from deri_gate.features.rough_look import CANDIDATES
from deri_gate.features.row_search import CandidateSearch, ExactSearch, in_this_process

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.candidate_index import CandidateIndex
    from deri_gate.features.row_search import Spread
    from deri_gate.runtime.device import Device

VERSION = 5  # of the search of more images, raised whenever it would find others
EXACT_BELOW = 30_000  # images, up to which every pair is compared
LISTS_FROM = 150_000  # images, from which on candidates are looked for in lists
SAMPLE = 1_000  # images whose neighbours are found exactly, too
WANTED = 0.998  # share of the sample's neighbours that a way must find to be taken
OF_LISTS = 0.997  # the same of lists, each of which leaves some out; all images take hours there
LEAST = 0.995  # share that the whole search must have found
DIRECTIONS = (128, 256, 384)  # with fewer than are needed, a million would be compared in pairs
PROBES = (8, 16, 32, 64, 128, 256)  # lists that are looked through for an image
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
    spread: Spread = in_this_process,
) -> NeighbourSearch:
    """Find each vector's k nearest by cosine, itself left out.

    Args:
        embeddings: Unit vectors, shape (N, d), N > k.
        k: How many.
        device: "cpu" for none but the processor, else a GPU where there is one and it pays.
        tick: Told how many rows are done, block by block.
        spread: Where the rows are looked up on processors; does not change the answer.

    Returns:
        The neighbours; exact for fewer than `EXACT_BELOW` images, and on a GPU.
    """
    every = np.arange(len(embeddings))
    return _searched(embeddings, every, k, groups=None, device=device, tick=tick, spread=spread)


def search_elsewhere(
    embeddings: FloatArray,
    k: int,
    *,
    groups: IntArray,
    known: IntArray,
    device: Device = "auto",
    tick: Callable[[int], object] = lambda done: done,
    spread: Spread = in_this_process,
) -> NeighbourSearch:
    """Find each vector's k nearest by cosine among those of other groups.

    Only images that have one of their own group among their neighbours are compared anew.

    Args:
        embeddings: Unit vectors, shape (N, d), N > k.
        k: How many.
        groups: Number of the group of each, shape (N,).
        known: Neighbours whatever their group, shape (N, k).
        device: "cpu" for none but the processor, else a GPU where there is one and it pays.
        tick: Callback with the rows that are done; those that keep their neighbours count.
        spread: Where the rows are looked up on processors; does not change the answer.

    Returns:
        The neighbours, -1 where the other groups hold fewer than k, and how many of the true ones
        of those compared anew are among them.
    """
    nearest = known.copy()
    redo = np.flatnonzero((groups[known] == groups[:, None]).any(axis=1))
    tick(len(nearest) - len(redo))
    search = _searched(embeddings, redo, k, groups=groups, device=device, tick=tick, spread=spread)
    nearest[redo] = search.positions
    return NeighbourSearch(positions=nearest, recall=search.recall)


def _searched(
    embeddings: FloatArray,
    rows: IntArray,
    k: int,
    *,
    groups: IntArray | None,
    device: Device,
    tick: Callable[[int], object],
    spread: Spread,
) -> NeighbourSearch:
    """Neighbours of some rows; exact where that costs little, or a sample shows the need."""
    few = len(embeddings) < EXACT_BELOW or (groups is not None and len(rows) <= SAMPLE)
    if uses_cuda(device, len(rows)):
        near = nearest_of_rows(embeddings, rows, k, device=device, tick=tick, groups=groups)
        return NeighbourSearch(positions=near)
    exact = ExactSearch(embeddings=embeddings, k=k, groups=groups)
    if not few and k < CANDIDATES:
        search = _by_index(exact, rows, tick, spread)
        if search is not None:
            return search
    return NeighbourSearch(positions=spread(exact, rows, tick))


def _by_index(
    exact: ExactSearch, rows: IntArray, tick: Callable[[int], object], spread: Spread
) -> NeighbourSearch | None:
    """Neighbours of some rows among candidates; None where too few of the true ones are found."""
    embeddings, groups = exact.embeddings, exact.groups
    sample = np.sort(np.random.default_rng(SEED).permutation(len(rows))[:SAMPLE])
    true = in_this_process(exact, rows[sample])
    index = _index_for(embeddings, rows[sample], true, groups)
    if index is None:
        return None
    search = CandidateSearch(index=index, embeddings=embeddings, k=exact.k, groups=groups)
    nearest = spread(search, rows, tick)
    short = np.flatnonzero(nearest[:, -1] < 0)  # too few candidates, or too few of other groups
    nearest[short] = spread(exact, rows[short], lambda done: done)
    recall = _recall(embeddings, rows[sample], true, nearest[sample])
    return NeighbourSearch(positions=nearest, recall=recall) if recall >= LEAST else None


def _index_for(
    embeddings: FloatArray, sample: IntArray, true: IntArray, groups: IntArray | None
) -> CandidateIndex | None:
    """The cheapest way that finds enough for the sample; None if only comparing all does."""
    trial = _Trial(embeddings=embeddings, sample=sample, true=true, groups=groups)
    axes = leading_directions(embeddings, max(DIRECTIONS))
    for number in DIRECTIONS:
        low = along_directions(embeddings, evenly_spread(axes[:, :number]))
        whole = WholeIndex(low=low, groups=groups)
        nearest = trial.nearest(whole)
        if trial.recall(nearest) < WANTED:
            continue
        return whole if len(embeddings) < LISTS_FROM else trial.by_lists(whole, nearest)
    return None


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """A sample by which ways to find neighbours are tried.

    Attributes:
        embeddings: Unit vectors, shape (N, d).
        sample: Positions of the sample, ascending, shape (n,).
        true: Its true neighbours, shape (n, k).
        groups: Number of the group of each image, whose images are left out; None to leave none.
    """

    embeddings: FloatArray
    sample: IntArray
    true: IntArray
    groups: IntArray | None

    def nearest(self, way: CandidateIndex) -> IntArray:
        """Neighbours of the sample that a way finds, shape (n, k)."""
        k = self.true.shape[1]
        return nearest_by(way, self.embeddings, self.sample, k, groups=self.groups)

    def recall(self, nearest: IntArray) -> float:
        """Share of the true neighbours that were found."""
        return _recall(self.embeddings, self.sample, self.true, nearest)

    def by_lists(self, whole: WholeIndex, nearest: IntArray) -> CandidateIndex:
        """The way by the fewest lists that finds enough; among all images if none does.

        Few need a trial. What is found among all images is found in any lists that hold it, as it
        has fewer rivals there. What no list holds is not found.

        Args:
            whole: The way among all images.
            nearest: What it finds for the sample, shape (n, k).
        """
        lists = lists_of(whole.low)
        found, held = (
            lists.distances(whole.low[self.sample], some) for some in (nearest, self.true)
        )
        for probes in PROBES:
            way = ListIndex(low=whole.low, lists=lists, probes=probes, groups=self.groups)
            if self.recall(np.where(held < probes, self.true, -1)) < OF_LISTS:
                continue
            surely = self.recall(np.where(found < probes, nearest, -1)) >= OF_LISTS
            if surely or self.recall(self.nearest(way)) >= OF_LISTS:
                return way
        return whole


def _recall(embeddings: FloatArray, rows: IntArray, true: IntArray, nearest: IntArray) -> float:
    """Share of the true neighbours, or of ones as near, that were found; 1 if there are none."""
    own = embeddings[rows]
    alike, near = (
        np.where(some < 0, -np.inf, np.einsum("nkd,nd->nk", embeddings[some], own))
        for some in (true, nearest)
    )
    farthest = np.where(true < 0, np.inf, alike).min(axis=1)
    wanted = np.count_nonzero(true >= 0, axis=1)
    found = np.count_nonzero(near >= farthest[:, None] - ROUNDING, axis=1)
    return float(np.minimum(found, wanted).sum() / max(1, wanted.sum()))
