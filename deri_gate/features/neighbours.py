"""Exact nearest neighbours, in blocks, from nothing or from those of an earlier state."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from deri_gate import features
from deri_gate.runtime.device import device_kind
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.large_arrays import each_block
from deri_gate.runtime.threads import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.runtime.device import Device

VERSION = 1  # raised whenever the same vectors would have other neighbours
TOGETHER = 4_096  # vectors that one thread multiplies at once
BLOCK_BYTES = 256 * 2**20  # of similarities held at once
AT_ONCE = 2**24  # similarities with another set held at once
ROUNDING = 1e-6  # by which two products of the same unit vectors may differ
LONG = 8_192  # values of a row, from which on it pays to look at groups of them first
WORTH_CUDA = 20_000  # images from which on it pays to import torch and move to a device


def unit_vectors(features: FloatArray) -> FloatArray:
    """Vectors at unit length, shape (N, d): their dot product is the cosine; zeros stay zeros."""

    def scaled(rows: FloatArray) -> FloatArray:
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-12))

    return each_block(features, scaled, np.result_type(features, 1.0).name)


def nearest_neighbours(
    embeddings: FloatArray,
    k: int,
    *,
    device: Device = "auto",
    tick: Callable[[int], object] = lambda done: done,
) -> IntArray:
    """Positions of each vector's k nearest by cosine, nearest first, itself left out.

    Exact: every similarity is computed, a block of rows at a time, and forgotten.

    Args:
        embeddings: Unit vectors, shape (N, d), N > k.
        k: How many.
        device: "cpu" for none but the processor, else a GPU where there is one and it pays.
        tick: Told how many rows are done, block by block.

    Returns:
        Shape (N, k). On the CPU equally near ones come in the order of their positions.
    """
    return nearest_of_rows(embeddings, np.arange(len(embeddings)), k, device=device, tick=tick)


def updated_neighbours(
    embeddings: FloatArray,
    k: int,
    *,
    earlier: IntArray,
    origin: IntArray,
    device: Device = "auto",
) -> IntArray:
    """Update the neighbours of a set from those of an earlier one that has most of it.

    Only new images, and those that lost a neighbour, are compared with all; the others can have
    got a new image as neighbour, and nothing else: the cost is that of the change.

    Args:
        embeddings: Unit vectors, shape (N, d), N > k.
        k: How many.
        earlier: The earlier set's neighbours, shape (M, k).
        origin: Position in the earlier set of each of these, -1 for none, shape (N,). No two
            have the same.
        device: "cpu" for none but the processor, else a GPU where there is one and it pays.

    Returns:
        As above; of vectors equally near within rounding others may come first.
    """
    old = np.flatnonzero(origin >= 0)
    place = np.full(len(earlier), -1, dtype=np.int64)
    place[origin[old]] = old
    carried = place[earlier[origin[old]]]
    whole = (carried >= 0).all(axis=1)
    kept, new = old[whole], np.flatnonzero(origin < 0)
    nearest = np.empty((len(embeddings), k), dtype=np.int64)
    redo = np.sort(np.concatenate([new, old[~whole]]))
    nearest[redo] = nearest_of_rows(embeddings, redo, k, device=device)
    nearest[kept] = carried[whole]
    if not new.size:
        return nearest
    rows = max(1, BLOCK_BYTES // (4 * (len(new) + (k + 1) * embeddings.shape[1])))
    for start in range(0, len(kept), rows):
        some = kept[start : start + rows]
        fresh = embeddings[some] @ embeddings[new].T
        farthest = np.einsum("nd,nd->n", embeddings[nearest[some, -1]], embeddings[some])
        met = fresh.max(axis=1) >= farthest - ROUNDING
        nearest[some[met]] = _nearest_of(embeddings, some[met], nearest[some[met]], new, fresh[met])
    return nearest


def nearest_among(
    vectors: FloatArray,
    among: FloatArray,
    k: int,
    *,
    groups: tuple[IntArray, IntArray] | None = None,
) -> IntArray:
    """Positions of the k vectors of another set that are nearest to each by cosine, nearest first.

    Args:
        vectors: Unit vectors, shape (n, d).
        among: Unit vectors of the other set, shape (N, d), N >= k.
        k: How many.
        groups: Number of the group of each, of both sets; those of one group are left out.

    Returns:
        Shape (n, k); -1 where the other groups hold fewer than k.
    """
    nearest = np.empty((len(vectors), k), dtype=np.int64)
    rows = max(1, AT_ONCE // max(1, len(among)))
    for start in range(0, len(vectors), rows):
        some = slice(start, start + rows)
        alike = vectors[some] @ among.T
        if groups is not None:
            alike[groups[0][some, None] == groups[1]] = -np.inf
        nearest[some] = _nearest_of_likeness(alike, k)
    return nearest


def _nearest_of(
    embeddings: FloatArray, rows: IntArray, known: IntArray, new: IntArray, fresh: FloatArray
) -> IntArray:
    """The nearest among those known, shape (n, k), and new ones, as near as `fresh`, (n, m)."""
    k = known.shape[1]
    best = largest(fresh, min(k, len(new)))
    every = np.concatenate([known, new[best]], axis=1)
    alike = np.concatenate(
        [
            np.einsum("nkd,nd->nk", embeddings[known], embeddings[rows]),
            np.take_along_axis(fresh, best, axis=1),
        ],
        axis=1,
    )
    return nearest_first(every, alike)[:, :k]


def nearest_first(positions: IntArray, alike: FloatArray) -> IntArray:
    """Positions by likeness, equally near ones by position; both of shape (n, m)."""
    order = np.lexsort((positions, -alike), axis=1)
    return np.take_along_axis(positions, order, axis=1)


def nearest_of_rows(
    embeddings: FloatArray,
    positions: IntArray,
    k: int,
    *,
    device: Device,
    tick: Callable[[int], object] = lambda done: done,
    groups: IntArray | None = None,
) -> IntArray:
    """The k nearest among all of the vectors at these positions, shape (n, k).

    Those of the same group are left out; without groups each is one of its own.
    """
    if uses_cuda(device, len(positions)):
        near, alike = features.cuda_neighbours.nearest_on_cuda(
            embeddings, positions, k, groups=groups, tick=tick
        )
        return nearest_first(np.where(np.isneginf(alike), -1, near), alike)
    rows = rows_in_a_block(embeddings)
    nearest = _on_cpu(embeddings, k, groups)
    neighbours = np.empty((len(positions), k), dtype=np.int64)
    for start in range(0, len(positions), rows):
        some = positions[start : start + rows]
        neighbours[start : start + rows] = nearest(some)
        tick(len(some))
    return neighbours


def products(some: FloatArray, every: FloatArray) -> FloatArray:
    """Dot products of vectors with all others, shape (n, N), whatever the number of threads.

    Last bits depend on where the threads of the linear algebra divide the others, by processor.
    So these are divided here, and each part is multiplied by one thread. One vector is multiplied
    twice: its product alone is made in another way.
    """
    twice = some if len(some) != 1 else np.repeat(some, 2, axis=0)
    made = np.empty((len(twice), len(every)), dtype=np.result_type(some, every))

    def multiply(start: int) -> None:
        part = slice(start, start + TOGETHER)
        np.matmul(twice, every[part].T, out=made[:, part])

    with one_blas_thread() as threads:
        deque(map_in_order(multiply, range(0, len(every), TOGETHER), workers=threads), maxlen=0)
    return made[: len(some)]


def rows_in_a_block(embeddings: FloatArray) -> int:
    """Rows that are compared with all vectors at once."""
    return max(1, BLOCK_BYTES // (4 * len(embeddings)))


def _on_cpu(
    embeddings: FloatArray, k: int, groups: IntArray | None
) -> Callable[[IntArray], IntArray]:
    def nearest(some: IntArray) -> IntArray:
        alike = products(embeddings[some], embeddings)
        if groups is None:
            alike[np.arange(len(some)), some] = -np.inf
        else:
            alike[groups[some, None] == groups] = -np.inf
        return _nearest_of_likeness(alike, k)

    return nearest


def _nearest_of_likeness(alike: FloatArray, k: int) -> IntArray:
    """Columns of the k largest in each row, largest first; -1 for those of minus infinity."""
    best = largest(alike, k)
    near = np.take_along_axis(alike, best, axis=1)
    return nearest_first(np.where(np.isneginf(near), -1, best), near)


def largest(values: npt.NDArray[np.number], k: int) -> IntArray:
    """Positions of the k largest values of each row, in no order; shape (n, N) to (n, k).

    The k largest of a long row lie in the k groups of columns with the largest maxima, which are
    found many times faster than by sorting out all of the row.
    """
    rows, count = values.shape
    if count < LONG:
        return np.asarray(np.argpartition(-values, k - 1, axis=1)[:, :k])
    width = int(np.sqrt(count / k))
    whole = count // width * width
    highest = values[:, :whole].reshape(rows, -1, width).max(axis=2)
    groups = np.argpartition(highest, -k, axis=1)[:, -k:]
    inside = (groups[:, :, None] * width + np.arange(width)).reshape(rows, -1)
    rest = np.broadcast_to(np.arange(whole, count), (rows, count - whole))
    left = np.concatenate([inside, rest], axis=1)
    best = np.argpartition(np.take_along_axis(values, left, axis=1), -k, axis=1)[:, -k:]
    return np.asarray(np.take_along_axis(left, best, axis=1))


def uses_cuda(device: Device, count: int) -> bool:
    """True if a GPU compares so many images: it is there, and it pays."""
    return count >= WORTH_CUDA and device_kind(device) == "cuda"
