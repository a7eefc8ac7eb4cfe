"""Content hashes, by path, of all that a dataset holds besides its readable images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from deri_gate.errors import UnreadableImageError

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray
    from deri_gate.data.dataset import Dataset, Source


@runtime_checkable
class DigestSource(Protocol):
    """A source of files of any size and kind."""

    def digest(self, row: int) -> str:
        """Hash of a file's bytes; a word instead where they cannot be had."""


def content_of(source: Source, row: int) -> str:
    """Identity of a file's content, whether it is an image or not.

    Args:
        source: Where it lies.
        row: Its row there.

    Returns:
        The hash of its bytes, or why they cannot be had.
    """
    if isinstance(source, DigestSource):
        return source.digest(row)
    try:
        return source.load(row).key
    except UnreadableImageError as error:
        return f"unreadable: {error.what}"


def mask_content(dataset: Dataset, position: int) -> str:
    """Identity of the content of an image's mask; "" where it has none."""
    row = dataset.mask_row(position)
    return content_of(dataset.source, row) if row >= 0 else ""


def other_contents(dataset: Dataset, readable: BoolArray) -> dict[str, str]:
    """By path, the content of each file that is no readable image, sorted.

    Args:
        dataset: The dataset, unreadable images included.
        readable: Whether each image could be read, shape (N,).
    """
    others = dataset.other_files
    found = (
        {}
        if others is None
        else {
            path: content_of(others.source, row)
            for path, row in zip(others.paths, others.rows, strict=True)
        }
    )
    for i in np.flatnonzero(~readable).tolist():
        found[dataset.ids[i]] = content_of(dataset.source, int(dataset.rows[i]))
    return dict(sorted(found.items()))
