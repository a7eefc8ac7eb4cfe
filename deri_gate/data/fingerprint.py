"""Identity of a dataset: hashes of contents, names and labels, the keys of cached results."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.data.dataset import Dataset


def fingerprint_of(
    dataset: Dataset, keys: Sequence[str], others: Mapping[str, str] | None = None
) -> str:
    """Identity of a dataset's images with their names and labels, whatever their order.

    Args:
        dataset: Whose names and labels count.
        keys: Content hash of each image.
        others: By path, the content of other files that lie in it: masks, unreadable images.
    """
    lines = sorted(
        "\t".join([name, key, *(dataset.classes[c] for c in label)])
        for name, key, label in zip(dataset.ids, keys, dataset.labels, strict=True)
    )
    lines += [f"\t{path}\t{content}" for path, content in sorted((others or {}).items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def arrangement_of(dataset: Dataset, keys: Sequence[str]) -> str:
    """Identity of a dataset's images in this order, with their classes and groups.

    What is kept of a dataset as a whole goes by it: rows are in that order, columns in the order
    of the classes.

    Args:
        dataset: Whose order, classes and groups count.
        keys: Content hash of each image.
    """
    said = repr((dataset.ids, tuple(keys), dataset.classes, dataset.labels, dataset.groups))
    return hashlib.sha256(said.encode()).hexdigest()
