"""Groups of images from pairs of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray, IntArray

    Pairs = IntArray  # shape (M, 2), positions, the first smaller


def groups_of_pairs(pairs: Pairs, count: int) -> IntArray:
    """Number of the group each image is in, in order of first appearance; -1 when alone."""
    if not len(pairs):
        return np.full(count, -1, dtype=np.int64)
    links = scipy.sparse.csr_array(
        (np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count)
    )
    component = scipy.sparse.csgraph.connected_components(links, directed=False)[1]
    alone = np.bincount(component, minlength=count)[component] == 1
    return _renamed(np.where(alone, -1, component))


def anchored_groups(pairs: Pairs, likeness: FloatArray, count: int) -> IntArray:
    """Number of the group each image is in, in order of first appearance; -1 when alone.

    Every group has an anchor that all its members are pairs of: a chain of pictures, each a little
    like the next, does not become one group. Every image of a pair is in a group.

    Args:
        pairs: Shape (M, 2), each once.
        likeness: Likeness of each pair, shape (M,).
        count: Number of images.
    """
    links = _links(pairs, likeness, count)
    degrees = np.diff(links.indptr)
    order = np.argsort(-degrees, kind="stable")[: np.count_nonzero(degrees)]
    stars = _Stars(links, np.full(count, -1, dtype=np.int64), {})
    left = [image for image in order.tolist() if not stars.opened(image)]
    for image in left:
        stars.join(image)
    return _renamed(stars.anchor)


def _links(pairs: Pairs, likeness: FloatArray, count: int) -> scipy.sparse.csr_array:
    both = np.concatenate([pairs, pairs[:, ::-1]])
    weights = np.concatenate([likeness, likeness]).astype(np.float64)
    links = scipy.sparse.csr_array((weights, (both[:, 0], both[:, 1])), shape=(count, count))
    links.sort_indices()
    return links


@dataclass(frozen=True)
class _Stars:
    """Groups that are being made.

    Attributes:
        links: Likeness of pairs, both ways.
        anchor: Anchor of the group that each image is in, -1 before it is in one, shape (N,).
        members: By anchor, all images of its group.
    """

    links: scipy.sparse.csr_array
    anchor: IntArray
    members: dict[int, list[int]]

    def opened(self, image: int) -> bool:
        """Open a group with this image and its free pairs; False if it has no free ones."""
        if self.anchor[image] >= 0:
            return True
        pairs = self._pairs(image)[0]
        free = pairs[self.anchor[pairs] < 0].tolist()
        if free:
            self._group(image, [image, *free])
        return bool(free)

    def join(self, image: int) -> None:
        """Put an image into a group with its likest pair, when all its pairs are in some.

        It takes that pair out of its group, or, if it is one of two there or the anchor, becomes
        one more with the pair as anchor.
        """
        pairs, likeness = self._pairs(image)
        other = int(pairs[np.argmax(likeness)])
        old = int(self.anchor[other])
        members = self.members[old]
        if other == old:
            self._group(old, [*members, image])
        elif len(members) > 2:  # noqa: PLR2004
            members.remove(other)
            self._group(other, [other, image])
        else:
            del self.members[old]
            self._group(other, [*members, image])

    def _pairs(self, image: int) -> tuple[IntArray, FloatArray]:
        """Images that it is a pair with, and how like each is."""
        own = slice(*self.links.indptr[image : image + 2])
        return np.asarray(self.links.indices[own], dtype=np.int64), self.links.data[own]

    def _group(self, anchor: int, members: list[int]) -> None:
        self.members[anchor] = members
        self.anchor[members] = anchor


def _renamed(anchor: IntArray) -> IntArray:
    """Numbers in order of first appearance, from the anchors."""
    groups = np.full(len(anchor), -1, dtype=np.int64)
    grouped = anchor >= 0
    _, first, renamed = np.unique(anchor[grouped], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    groups[grouped] = rank[renamed]
    return groups
