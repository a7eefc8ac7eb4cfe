"""Files and images that are no part of the dataset that is judged: each is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import UNJUDGED, OtherFiles, split_counts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from deri_gate.arrays import BoolArray
    from deri_gate.data.dataset import Dataset, Finding
    from deri_gate.data.readers.listing import Listing

PACKED = "an archive, arrays or a film, which is not looked at"
_IMAGE = "an image beside the files that were read"
_LINK = "a link to a folder outside, which is not followed"


def with_left_over(dataset: Dataset, listing: Listing, parts: Collection[str]) -> Dataset:
    """The dataset with a finding on each other file of its folder.

    Args:
        dataset: What was read.
        listing: All files of the folder.
        parts: Paths of the files that it was read from, and of those that are told already.
    """
    own = frozenset(parts)
    listing.forget(own)
    for path in listing.images:
        if path not in own:
            listing.pass_over(path, _IMAGE)
    for path in listing.holders:
        if path not in own:
            listing.ignore(path, PACKED, UNJUDGED)
    for link in listing.unfollowed:
        listing.ignore(link.path, _LINK, UNJUDGED)
    left = Counter(dict(dataset.reading.left_out)) + listing.left_out
    return replace(
        dataset,
        findings=(*dataset.findings, *sorted(listing.findings, key=lambda f: (f.path, f.kind))),
        reading=replace(dataset.reading, left_out=tuple(sorted(left.items()))),
    )


def without_images(
    dataset: Dataset, left: BoolArray, kind: str, findings: Iterable[Finding]
) -> Dataset:
    """The dataset without some images. They stay files of it: a change of one is a change, too.

    Args:
        dataset: All images.
        left: True for images that are left out, (N,).
        kind: What they are counted as.
        findings: What is told of them.
    """
    positions = np.flatnonzero(left).tolist()
    kept = dataset.select(~left)
    others = dataset.other_files or OtherFiles(source=dataset.source, paths=(), rows=())
    left_out = Counter(dict(dataset.reading.left_out)) + Counter({kind: len(positions)})
    return replace(
        kept,
        findings=(*dataset.findings, *findings),
        other_files=replace(
            others,
            paths=(*others.paths, *(dataset.ids[i] for i in positions)),
            rows=(*others.rows, *(int(dataset.rows[i]) for i in positions)),
        ),
        reading=replace(
            dataset.reading,
            left_out=tuple(sorted(left_out.items())),
            splits=split_counts(kept.splits or ()),
        ),
    )
