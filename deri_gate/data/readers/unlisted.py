"""Images beside those that a table lists: named in another column, or in no row at all."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED, Finding
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.places import slashed
from deri_gate.data.signatures import claims_image
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from deri_gate.data.readers.places import Place
    from deri_gate.data.readers.tables import Table

HALF = 0.5


@dataclass(frozen=True, kw_only=True)
class Unlisted:
    """Findings and words on images that a table does not list."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def unlisted(
    table: Table, columns: Sequence[int], place: Place, known: Collection[str], *, told: bool
) -> Unlisted:
    """Findings and words on images beside those of a table.

    Args:
        table: The table.
        columns: Positions of its other columns that may name images.
        place: Where its files lie.
        known: Paths of the images and masks that are read.
        told: Whether each file that no row names is told anyway.
    """
    return Unlisted(
        findings=tuple(_named_elsewhere(table, columns, place, known)),
        notes=() if told else _in_no_row(place, known),
    )


def _named_elsewhere(
    table: Table, columns: Sequence[int], place: Place, known: Collection[str]
) -> Iterator[Finding]:
    """A finding on each image that is there and that only another column names."""
    for column in columns:
        cells = [*dict.fromkeys(filter(None, table.columns[column]))]
        if not _are_images(cells):
            continue
        detail = f"named in the column {path_text(table.header[column])} alone"
        written = map(place.plain, slashed(cells, place) or cells)
        for path in dict.fromkeys(path for one in written for path in place.candidates(one)):
            if path not in known and place.leads_in(path) and place.has(path):
                yield Finding(kind=UNJUDGED, path=path_text(path), detail=detail)


def _are_images(cells: Collection[str]) -> bool:
    """True if more than half of some cells name images; asked of no more than it takes."""
    others, most = 0, (1 - HALF) * len(cells)
    for cell in cells:
        others += not claims_image(cell)
        if others >= most:
            return False
    return bool(cells)


def _in_no_row(place: Place, known: Collection[str]) -> tuple[str, ...]:
    """A word on the images that lie in the same folders, and that no row names."""
    folders = {posixpath.dirname(path) for path in known if path}
    count = sum(claims_image(path) for path in _files_in(place, folders) if path not in known)
    if not count:
        return ()
    are = "is" if count == 1 else "are"
    return (f"{counted(count, 'other image')} in the same folders {are} in no row",)


def _files_in(place: Place, folders: Collection[str]) -> Iterator[str]:
    """Paths of the files that lie in these folders."""
    if place.listed is not None:
        yield from (path for path in place.listed if posixpath.dirname(path) in folders)
        return
    for folder in sorted(folders):
        try:
            with os.scandir(place.root / folder) as entries:
                yield from (posixpath.join(folder, entry.name) for entry in entries)
        except OSError:
            continue  # its images are told as not there
