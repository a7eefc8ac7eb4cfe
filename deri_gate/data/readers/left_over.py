"""Files of a folder that are no part of the dataset read from it: each is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED

if TYPE_CHECKING:
    from collections.abc import Collection

    from deri_gate.data.dataset import Dataset
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
