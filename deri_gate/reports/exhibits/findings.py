"""Files that could not be read, with the reason, and images that a finding names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED
from deri_gate.reports.exhibits.records import (
    MOST_NAMES,
    MOST_TILES,
    Exhibit,
    ImageRef,
    Tile,
    TileRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.data.dataset import Finding
    from deri_gate.reports.exhibits.side import MeasuredSide


@dataclass(frozen=True, kw_only=True)
class FindingKind:
    """Findings of one kind as a reader sees them."""

    about: tuple[str, ...]
    title: str
    advice: str


KINDS = {
    "unreadable": FindingKind(
        about=("unreadable_share",),
        title="Files that cannot be read",
        advice="Export or copy them again, or remove them.",
    ),
    UNJUDGED: FindingKind(
        about=("unjudged_share",),
        title="Images that were not judged",
        advice="Move them to where they are read, unpack archives, or exclude them.",
    ),
    "missing_label": FindingKind(
        about=("missing_labels",),
        title="Images without a label",
        advice="Label them, or leave them out.",
    ),
    "unusable_mask": FindingKind(
        about=("unusable_masks",),
        title="Images with an invalid mask",
        advice="Look at the mask: rename it if it is an image, or save it again.",
    ),
    "constant": FindingKind(
        about=("constant_share",),
        title="Empty pictures",
        advice="Export them again, or remove them.",
    ),
    "uniform": FindingKind(
        about=("uniform_share",),
        title="Images that repeat a part of another",
        advice="Look for a frame, a caption or a broken export that they share.",
    ),
    "divided": FindingKind(
        about=("divided_share",),
        title="Images that look damaged beside the others of their class",
        advice="Check how they were acquired or exported, and do the same as for the others.",
    ),
    "narrow_range": FindingKind(
        about=("narrow_share",),
        title="Images that use few of their grey levels",
        advice="Set the window or the range of the export, or read them with --range set.",
    ),
    "privacy": FindingKind(
        about=("private_share", "traced_share"),
        title="Files that name a person, a place or a device",
        advice="Remove the tags before the files are shared.",
    ),
}
OF_PAIRS = {  # kinds with an exhibit of their own, which shows both images
    "contradiction": ("contradictions", "conflicting_copies"),
    "likely_contradiction": ("likely_contradictions",),
}


def shares_of(kind: str) -> tuple[str, ...]:
    """Shares that count the findings of a kind."""
    return KINDS[kind].about if kind in KINDS else OF_PAIRS.get(kind, ())


def finding_exhibits(findings: Sequence[Finding], side: MeasuredSide) -> Iterator[Exhibit]:
    """An exhibit a kind of finding: pictures where there are some, names and reasons otherwise."""
    for name, kind in KINDS.items():
        own = [f for f in findings if f.kind == name]
        if own:
            yield _of_kind(name, kind, own, side)


def _of_kind(name: str, kind: FindingKind, own: Sequence[Finding], side: MeasuredSide) -> Exhibit:
    seen = [f for f in own if f.path in side.position][:MOST_TILES]
    tiles = tuple(Tile(image=ImageRef(id=f.path), facts=(f.detail,)) for f in seen)
    shown = {f.path for f in seen}
    left = [f for f in own if f.path not in shown][:MOST_NAMES]
    return Exhibit(
        name=f"findings.{name}",
        about=kind.about,
        title=kind.title,
        advice=kind.advice,
        count=len(own),
        noun="file",
        rows=(TileRow(tiles=tiles),) if tiles else (),
        others=tuple(f"{f.path}: {f.detail}" for f in left),
    )
