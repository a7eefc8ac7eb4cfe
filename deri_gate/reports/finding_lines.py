"""Findings as lines to be rendered: those that say the same of many images are one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from deri_gate.schemas.metrics import FindingInfo

FEW = 5  # findings that say the same, up to which each has a line, and the image its name
NAMED = 3  # images that a line of many names


@dataclass(frozen=True, kw_only=True)
class FindingLine:
    """Notice of one image, or the same of many.

    Attributes:
        kind: Kind of the findings.
        paths: The image, or the first of many.
        detail: What is said of each.
        further: Number of the others.
    """

    kind: str
    paths: tuple[str, ...]
    detail: str
    further: int

    @property
    def count(self) -> int:
        """Number of the findings."""
        return len(self.paths) + self.further

    def named(self, written: Callable[[str], str]) -> str:
        """The images, such as "a.png, b.png, c.png and 40 more", each written by a function."""
        names = ", ".join(map(written, self.paths))
        return f"{names} and {self.further:,} more" if self.further else names


def finding_lines(findings: Iterable[FindingInfo]) -> list[FindingLine]:
    """A line for each finding, or one for many that say the same, in the order of the first."""
    paths = dict[tuple[str, str], list[str]]()
    for finding in findings:
        paths.setdefault((finding.kind, finding.detail), []).append(finding.path)
    return [
        FindingLine(kind=kind, paths=tuple(shown), detail=detail, further=further)
        for (kind, detail), named in paths.items()
        for shown, further in (
            [([path], 0) for path in named]
            if len(named) <= FEW
            else [(named[:NAMED], len(named) - NAMED)]
        )
    ]


def some_lines(lines: Sequence[FindingLine], most: int) -> list[FindingLine]:
    """So many of the lines at most, in their order: one of each kind before a second of any.

    Args:
        lines: All of them.
        most: Their number at most; more only where there are more kinds.
    """
    seen = Counter[str]()
    turns = list[int]()
    for line in lines:
        turns.append(seen[line.kind])
        seen[line.kind] += 1
    by_turn = sorted(range(len(lines)), key=turns.__getitem__)
    return [lines[i] for i in sorted(by_turn[: max(most, len(seen))])]
