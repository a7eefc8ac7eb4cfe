"""Exact nearest neighbours, in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from deri_gate.dataset import IntArray
    from deri_gate.metric import FloatArray

BLOCK_BYTES = 256 * 2**20  # of similarities held at once


def nearest_neighbours(embeddings: FloatArray, k: int, *, device: str = "auto") -> IntArray:
    """Positions of each vector's k nearest by cosine, nearest first, itself left out.

    Exact: every similarity is computed, a block of rows at a time, and forgotten.

    Args:
        embeddings: Unit vectors, shape (N, d), N > k.
        k: How many.
        device: "cuda" to use one, "cpu" not to, "auto" where there is one and it pays.

    Returns:
        Shape (N, k). Among equally near ones the order is that of their positions.
    """
    count = len(embeddings)
    rows = max(1, BLOCK_BYTES // (4 * count))
    found = np.empty((count, k), dtype=np.int64)
    block = _on_cuda if _has_cuda(device, count) else _on_cpu
    for start in range(0, count, rows):
        found[start : start + rows] = block(embeddings, start, min(rows, count - start), k)
    return found


def _on_cpu(embeddings: FloatArray, start: int, rows: int, k: int) -> IntArray:
    alike = embeddings[start : start + rows] @ embeddings.T
    alike[np.arange(rows), np.arange(start, start + rows)] = -np.inf
    nearest = np.sort(np.argpartition(-alike, k - 1, axis=1)[:, :k], axis=1)
    order = np.argsort(-np.take_along_axis(alike, nearest, axis=1), axis=1, kind="stable")
    return np.take_along_axis(nearest, order, axis=1)


def _on_cuda(embeddings: FloatArray, start: int, rows: int, k: int) -> IntArray:
    import torch  # noqa: PLC0415

    every = torch.from_numpy(embeddings).to("cuda")
    alike = every[start : start + rows] @ every.T
    alike[torch.arange(rows), torch.arange(start, start + rows)] = -torch.inf
    return np.asarray(alike.topk(k, dim=1).indices.cpu().numpy())


def _has_cuda(device: str, count: int) -> bool:
    """Torch is imported only for sets large enough to repay it."""
    if device == "cpu" or (device == "auto" and count < 20_000):  # noqa: PLR2004
        return False
    import torch  # noqa: PLC0415

    return bool(torch.cuda.is_available())
