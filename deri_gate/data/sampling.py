"""Seeded samples of the images, stratified by class, that hang on the images' ids alone.

Each class is a queue in the order of a hash of seed and id. So the order of the dataset does not
matter, a larger sample holds a smaller one, and another image more or less leaves most of a sample
as it was. An image of several classes counts for its first.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset

UNLABELLED = -1  # the class of images without one
Tie = Literal["class", "hash"]


def seeded_hash(name: str, seed: int) -> bytes:
    """A hash that puts names into a random order; they may hold lone surrogates."""
    return hashlib.sha256(f"{seed}\t{name}".encode("utf-8", "surrogatepass")).digest()


def spread_sample(positions: IntArray, most: int) -> IntArray:
    """So many of the positions at most, evenly spread over them."""
    if len(positions) <= most:
        return positions
    return positions[np.linspace(0, len(positions) - 1, most).astype(np.int64)]


def class_queues(dataset: Dataset, *, seed: int) -> dict[int, list[int]]:
    """Positions of the images of each class, in the order of their hashes."""
    queues: dict[int, list[int]] = {}
    for position in _seeded_order(dataset.ids, seed).tolist():
        own = dataset.labels[position]
        queues.setdefault(own[0] if own else UNLABELLED, []).append(position)
    return queues


@lru_cache(maxsize=2)  # of a dataset and its base: one run draws four samples of each
def _seeded_order(ids: tuple[str, ...], seed: int) -> IntArray:
    """Positions of ids in the order of their hashes."""
    order = sorted(range(len(ids)), key=lambda i: seeded_hash(ids[i], seed))
    return np.array(order, dtype=np.int64)


def balanced_sample(dataset: Dataset, count: int, *, seed: int) -> list[int]:
    """Positions of so many labelled images at most: class after class gives its next one."""
    turns = [
        (turn, k, position)
        for k, queue in class_queues(dataset, seed=seed).items()
        if k != UNLABELLED
        for turn, position in enumerate(queue)
    ]
    return [position for *_, position in sorted(turns)[:count]]


def proportional_sample(
    dataset: Dataset, count: int | None, *, seed: int, tie: Tie = "hash"
) -> Dataset:
    """At most so many images: each class gives its share, but one image at least if there is room.

    Args:
        dataset: The images to draw from, which keep their order.
        count: Images at most; all when None.
        seed: Seed of the order within each class.
        tie: Order of images that stand equally far ahead in their queues.
    """
    if count is None or len(dataset) <= count:
        return dataset
    turns = [
        (turn / len(queue), k if tie == "class" else seeded_hash(dataset.ids[i], seed), i)
        for k, queue in class_queues(dataset, seed=seed).items()
        for turn, i in enumerate(queue)
    ]
    return dataset.select(np.sort([position for *_, position in sorted(turns)[:count]]))
