"""Changes of files besides the judged images, and how they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.runtime.counts import counted, happened, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.changes.records import Kind

MOST_PARTS = 5  # of what is said of images, in a sentence


@dataclass(frozen=True, kw_only=True)
class FileChanges:
    """Changes besides the judged images, by path.

    Attributes:
        added: Files in the head alone: of other splits, unreadable images, masks, any others.
        removed: Files in the base alone.
        modified: Files of other content.
        described: Images whose split, groups, time, mask or further columns are others.
        described_in: In which of these they are.
        images: Those of these paths that are images of other splits, counted there.
        converted: Judged images of the base whose name with another ending is an added file.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    described: tuple[str, ...] = ()
    described_in: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    converted: tuple[tuple[str, str], ...] = ()

    @property
    def nothing(self) -> bool:
        """True when nothing besides the judged images changed."""
        return not (self.added or self.removed or self.modified or self.described)

    @property
    def names(self) -> tuple[str, ...]:
        """Every path that changed, each once, in this order of kinds."""
        return tuple(dict.fromkeys((*self.added, *self.removed, *self.modified, *self.described)))

    @property
    def sentence(self) -> str:
        """A sentence for each kind of change of other files; empty when nothing changed."""
        files = {"added": self.added, "removed": self.removed, "modified": self.modified}
        told = {*self.images, *(new for _, new in self.converted)}  # by other sentences
        counts = {kind: len(set(paths) - told) for kind, paths in files.items()}
        parts = []
        if any(counts.values()):
            parts.append(f"{counts_sentence(counts, 'other file')}.")
        spoilt = [old for old, new in self.converted if old == new]
        if spoilt:
            deed = f"kept by name, but can no longer be judged, such as {spoilt[0]}"
            parts.append(f"{happened(len(spoilt), 'image', deed)}.")
        others = [pair for pair in self.converted if pair[0] != pair[1]]
        if others:
            deed = f"converted to a file that is not judged, such as {' to '.join(others[0])}"
            parts.append(f"{happened(len(others), 'image', deed)}.")
        if self.described:
            be = "is" if len(self.described) == 1 else "are"
            images = counted(len(self.described), "image")
            what = ", ".join(self.described_in[:MOST_PARTS])
            left = len(self.described_in[MOST_PARTS:])
            what += f" and {counted(left, 'more column')}" if left else ""
            parts.append(f"{images} {be} described differently ({what}).")
        return " ".join(parts)


def counts_sentence(counts: Mapping[Kind, int] | Mapping[str, int], noun: str) -> str:
    """Numbers by deed: "2 images were added, 1 removed and 30 unchanged"."""
    (first, number), *rest = [(deed, n) for deed, n in counts.items() if n]
    return listed([happened(number, noun, first), *(f"{n:,} {deed}" for deed, n in rest)])
