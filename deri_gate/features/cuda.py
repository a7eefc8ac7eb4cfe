"""Nearest neighbours on a GPU; loads torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import FloatArray, IntArray


def is_there() -> bool:
    """Tell if there is a GPU that torch can use."""
    return bool(torch.cuda.is_available())


def nearest_on_cuda(
    embeddings: FloatArray, k: int, groups: IntArray | None
) -> Callable[[IntArray], IntArray]:
    """Function from rows to their nearest others, at most one batch on the GPU at a time.

    Args:
        embeddings: Unit vectors, shape (N, D).
        k: Neighbours of each.
        groups: Group of each image, or None; images of its own group are left out.
    """
    every = torch.from_numpy(np.ascontiguousarray(embeddings)).to("cuda")
    belongs = None if groups is None else torch.from_numpy(groups).to("cuda")

    def nearest(some: IntArray) -> IntArray:
        own = torch.from_numpy(some).to("cuda")
        alike = every[own] @ every.T
        if belongs is None:
            alike[torch.arange(len(some)), own] = -torch.inf
        else:
            alike[belongs[own, None] == belongs] = -torch.inf
        near, best = alike.topk(k, dim=1)
        return np.asarray(best.where(~near.isneginf(), -1).cpu().numpy())

    return nearest
