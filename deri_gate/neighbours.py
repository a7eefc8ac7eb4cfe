"""Exact nearest neighbours, in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.dataset import IntArray
    from deri_gate.metric import FloatArray

BLOCK_BYTES = 256 * 2**20  # of similarities held at once
LONG = 8_192  # values of a row, from which on it pays to look at groups of them first
WORTH_CUDA = 20_000  # images from which on it pays to import torch and move to a device


def nearest_neighbours(
    embeddings: FloatArray,
    k: int,
    *,
    device: str = "auto",
    tick: Callable[[int], object] = lambda done: done,
) -> IntArray:
    """Positions of each vector's k nearest by cosine, nearest first, itself left out.

    Exact: every similarity is computed, a block of rows at a time, and forgotten.

    Args:
        embeddings: Unit vectors, shape (N, d), N > k.
        k: How many.
        device: "cuda" to use one, "cpu" not to, "auto" where there is one and it pays.
        tick: Told how many rows are done, block by block.

    Returns:
        Shape (N, k). On the CPU equally near ones come in the order of their positions.
    """
    count = len(embeddings)
    rows = max(1, BLOCK_BYTES // (4 * count))
    block = _on_cuda(embeddings, k) if _has_cuda(device, count) else _on_cpu(embeddings, k)
    found = np.empty((count, k), dtype=np.int64)
    for start in range(0, count, rows):
        stop = min(start + rows, count)
        found[start:stop] = block(start, stop)
        tick(stop - start)
    return found


def _on_cpu(embeddings: FloatArray, k: int) -> Callable[[int, int], IntArray]:
    def block(start: int, stop: int) -> IntArray:
        alike = embeddings[start:stop] @ embeddings.T
        alike[np.arange(stop - start), np.arange(start, stop)] = -np.inf
        nearest = np.sort(largest(alike, k), axis=1)
        order = np.argsort(-np.take_along_axis(alike, nearest, axis=1), axis=1, kind="stable")
        return np.take_along_axis(nearest, order, axis=1)

    return block


def largest(values: FloatArray, k: int) -> IntArray:
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


def _on_cuda(embeddings: FloatArray, k: int) -> Callable[[int, int], IntArray]:
    import torch  # noqa: PLC0415

    every = torch.from_numpy(np.ascontiguousarray(embeddings)).to("cuda")

    def block(start: int, stop: int) -> IntArray:
        alike = every[start:stop] @ every.T
        alike[torch.arange(stop - start), torch.arange(start, stop)] = -torch.inf
        return np.asarray(alike.topk(k, dim=1).indices.cpu().numpy())

    return block


def _has_cuda(device: str, count: int) -> bool:
    if device == "cpu" or (device == "auto" and count < WORTH_CUDA):
        return False
    import torch  # noqa: PLC0415

    return bool(torch.cuda.is_available())
