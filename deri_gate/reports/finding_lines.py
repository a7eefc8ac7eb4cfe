"""Findings as lines to be rendered: those that say the same of many images are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deri_gate.schemas.metrics import FindingInfo

FEW = 5  # findings that say the same, up to which each has a line, and the image its name


@dataclass(frozen=True, kw_only=True)
class FindingLine:
    """Notice of one image, or the same of many.

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
    """A line for each finding, or one for many that say the same, in the order of the first."""
    paths = dict[tuple[str, str], list[str]]()
    for finding in findings:
        paths.setdefault((finding.kind, finding.detail), []).append(finding.path)
    return [
        FindingLine(kind=kind, path=path, detail=detail, further=0 if few else len(named) - 1)
        for (kind, detail), named in paths.items()
        for few in [len(named) <= FEW]
        for path in (named if few else named[:1])
    ]
