"""Files that are masks by their names and cannot be: nobody would judge them as images either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.data.masks import same_aspect
from deri_gate.features.mask_scan import masks_seen
from deri_gate.measuring.shares import UNUSABLE_MASK, Share, not_looked_at
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.explain.masks import MaskExplanations
    from deri_gate.features.mask_scan import SeenMask
    from deri_gate.measuring.evidence import Evidence


def mask_findings(explained: MaskExplanations | None, *sides: Evidence) -> Iterator[Finding]:
    """A finding for each image whose mask cannot be one, and for those that nothing scores.

    Every mask is read, not those of explained images alone.

    Args:
        explained: What the explanations found; what is named already is not named again.
        sides: The judged images, and those of the other splits, unreadable ones included.
    """
    named = {path: fault for side in sides for path, fault in _faults(side)}
    for path, fault in named.items():
        yield Finding(kind=UNUSABLE_MASK, path=path, detail=fault)
    if explained is not None:
        yield from (f for f in explained.findings if f.path not in named)


def unusable_masks(findings: Sequence[Finding], *sides: Evidence) -> Share:
    """Share of the images with a mask whose mask cannot be one: of the side that has most.

    Args:
        findings: All of the dataset.
        sides: The judged images, and those of the other splits: neither hides the other.
    """
    faulty = {f.path for f in findings if f.kind == UNUSABLE_MASK}
    masked = [_masked(side.whole) for side in sides]
    shares = [len(faulty & set(ids)) / len(ids) for ids in masked if ids]
    if not shares:
        return not_looked_at("no image has a mask")
    images = sum(len(side.whole) for side in sides)
    have = sum(map(len, masked))
    note = f"{counted(have, 'image')} of {images:,} have a mask" if have < images else ""
    return Share(value=max(shares), note=note)


def _faults(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Images whose mask has a fault, with the fault; empty masks have none: it may be healthy."""
    whole = evidence.whole
    if whole.masks is None:
        return
    having = np.flatnonzero(whole.masks >= 0)
    rows, which = np.unique(whole.masks[having], return_inverse=True)
    seen = list(masks_seen(whole.source, rows.tolist(), evidence.context))
    place = np.cumsum(evidence.scan.readable) - 1
    for position, mask in zip(having.tolist(), which.tolist(), strict=True):
        size = _size(evidence, int(place[position])) if evidence.scan.readable[position] else None
        if fault := _fault(seen[mask], size):
            yield whole.ids[position], fault


def _masked(whole: Dataset) -> list[str]:
    """Names of the images that have a mask."""
    have = [] if whole.masks is None else np.flatnonzero(whole.masks >= 0).tolist()
    return [whole.ids[i] for i in have]


def _size(evidence: Evidence, position: int) -> tuple[int, int]:
    table = evidence.images
    return int(table.height[position]), int(table.width[position])


def _fault(mask: SeenMask, size: tuple[int, int] | None) -> str:
    if mask.problem:
        return f"its mask cannot be read: {mask.problem}"
    if mask.picture:
        return "its mask is a picture, with more levels than a mask has: is it an image?"
    if size is not None and not same_aspect((mask.height, mask.width), size):
        fits = f"does not fit the image of {size[1]} x {size[0]} px"
        return f"its mask of {mask.width} x {mask.height} px {fits}"
    return ""
