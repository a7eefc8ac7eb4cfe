"""Findings as lines to be rendered: those that say the same of several images are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deri_gate.schemas.metrics import FindingInfo


@dataclass(frozen=True, kw_only=True)
class FindingLine:
    """Notice of one image, or the same of several.

    Attributes:
        kind: Kind of the findings.
        path: The first image.
        detail: What is said of each.
        further: Number of the others.
    """

    kind: str
    path: str
    detail: str
    further: int

    @property
    def others(self) -> str:
        """Words on the others, to be put after the first; empty without others."""
        return f" and {self.further:,} more" if self.further else ""


def finding_lines(findings: Iterable[FindingInfo]) -> list[FindingLine]:
    """A line for each kind and detail, in the order of the first finding of each."""
    paths = dict[tuple[str, str], list[str]]()
    for finding in findings:
        paths.setdefault((finding.kind, finding.detail), []).append(finding.path)
    return [
        FindingLine(kind=kind, path=named[0], detail=detail, further=len(named) - 1)
        for (kind, detail), named in paths.items()
    ]
