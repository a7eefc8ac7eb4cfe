"""Images beside those that a table lists: named in another column, or in no row at all."""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED, Finding
from deri_gate.data.readers.delimited import encoding_of_mark
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.mask_files import without_masks
from deri_gate.data.readers.parquet import plain_columns
from deri_gate.data.readers.places import slashed
from deri_gate.data.readers.side_tables import LISTS, name_key
from deri_gate.data.signatures import claims_image
from deri_gate.errors import DeriGateError
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from deri_gate.data.readers.places import Place
    from deri_gate.data.readers.side_tables import Beside
    from deri_gate.data.readers.tables import Table

HALF = 0.5
MOST_LISTS = 1_000  # files beside the table that may name images; those called .txt come last
_CELL_ENDS = re.compile(r"[,;|\t\r\n\"'\[\]{}]+")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")  # a letter in JSON
_IN_NO_ROW = "no row of the table names it, and no list beside the table"


@dataclass(frozen=True, kw_only=True)
class Unlisted:
    """Findings and words on images that a table does not list."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def unlisted(
    table: Table,
    columns: Sequence[int],
    place: Place,
    known: Collection[str],
    beside: Beside | None,
) -> Unlisted:
    """Findings and words on images beside those of a table.

    Whoever reads the folder would still learn of an image that no row names: it is one without
    a label, unless another list beside the table names it, such as that of another split.

    Args:
        table: The table.
        columns: Positions of its other columns that may name images.
        place: Where its files lie.
        known: Paths of the images and masks that are read.
        beside: The files in the table's folder; None where each file is told anyway, or the
            table is in no folder.
    """
    elsewhere = tuple(named_elsewhere(table, columns, place, known))
    others = [] if beside is None else _in_no_row(place, known)
    if beside is None or not others:
        return Unlisted(findings=elsewhere, notes=())
    unlabelled = tuple(
        Finding(kind="missing_label", path=path_text(path), detail=_IN_NO_ROW)
        for path in _named_nowhere(others, table, beside)
    )
    are = "is" if len(others) == 1 else "are"
    note = f"{counted(len(others), 'other image')} in the same folders {are} in no row"
    return Unlisted(findings=(*elsewhere, *unlabelled), notes=(note,))


def named_elsewhere(
    table: Table, columns: Iterable[int], place: Place, known: Collection[str] = ()
) -> Iterator[Finding]:
    """A finding on each image that is there and that only another column names.

    Args:
        table: The table.
        columns: Positions of columns that may name images.
        place: Where its files lie.
        known: Paths of the images that are read.
    """
    for column in columns:
        cells = [*dict.fromkeys(filter(None, table.columns[column]))]
        if not _are_images(cells):
            continue
        detail = f"named in the column {path_text(table.title(column))} alone"
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


def _in_no_row(place: Place, known: Collection[str]) -> list[str]:
    """Images that lie in the same folders, and that no row names; masks of those named are none."""
    folders = {posixpath.dirname(path) for path in known if path}
    others = [path for path in _files_in(place, folders) if path not in known]
    images = filter(claims_image, others)
    return sorted(without_masks([*images], [*known], place.root))


def _named_nowhere(images: Sequence[str], table: Table, beside: Beside) -> list[str]:
    """Leave out the images that a cell of the table or another list names."""
    left = [*images]
    for names in _names_listed(table, beside):
        left = [path for path in left if not _is_among(path, names)]
        if not left:
            break
    return left


def _names_listed(table: Table, beside: Beside) -> Iterator[frozenset[str]]:
    """Names in the table, then in each list beside it."""
    yield frozenset(name_key(cell) for column in table.columns for cell in set(column))
    lists = [n for n in beside.names() if n.lower().endswith(LISTS) and n != table.path.name]
    for name in sorted(lists, key=lambda n: (n.lower().endswith(".txt"), n))[:MOST_LISTS]:
        try:
            yield frozenset(map(name_key, _cells(name, beside.read(name))))
        except (DeriGateError, OSError):
            continue  # it lists no image that one could find


def _cells(name: str, content: bytes) -> Collection[str]:
    """Texts in a list that may name images; a name with commas or brackets comes in parts."""
    if name.lower().endswith(".parquet"):
        return {cell for column in plain_columns(content, name) for cell in column}
    text = content.decode(encoding_of_mark(content), "replace")
    if not name.lower().endswith((".csv", ".tsv", ".tab", ".txt", ".lst")):
        text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    cells = set(_CELL_ENDS.split(text))
    return cells.union(*map(str.split, cells))


def _is_among(path: str, names: Collection[str]) -> bool:
    """True if an image's name is among these, as a whole or in all parts that text has of it."""
    key = name_key(path)
    parts = {part.strip() for part in _CELL_ENDS.split(key)} - {""}
    return key in names or (bool(parts) and parts <= set(names))


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
