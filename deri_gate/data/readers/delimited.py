"""Text tables: cells separated by commas, semicolons, tabs or bars."""

from __future__ import annotations

import codecs
import csv
import io
import re
from array import array
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.files import readable
from deri_gate.data.readers.tables import MAX_CELL, Interned, Table, check_size
from deri_gate.errors import DatasetError, SettingError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

SEPARATORS = (",", ";", "\t", "|")
AT_ONCE = 256  # rows sorted into columns at once; of more, garbage is looked for among all cells
_TABS = (".tsv", ".tab")
_SAMPLE = 2**18  # characters from which the separator is told
_ROWS = 50  # at most, of the sample
_SAID = re.compile(r"sep=([,;\t|])\r?\n")  # a first line of Excel's
MARKS = {  # encodings of the same bytes without their byte order mark
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_BOMS = (  # the longest first
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class TextForm(NamedTuple):
    """Form of a text table: how its bytes are text, and its text cells."""

    mark: bytes  # byte order mark, b"" without one
    encoding: str  # of what follows the mark
    separator: str


def form_of(path: Path, *, encoding: str = "", known: Collection[str] = ()) -> TextForm:
    """The form of a text table, as `read_delimited` takes it to be; see there.

    Args:
        path: The file, which has been read.
        encoding: Its encoding as the user says.
        known: Names of columns by which the right separator is recognised.
    """
    chosen = _encoding(path, encoding)
    with path.open(encoding=chosen, newline="") as file:
        sample = file.read(_SAMPLE)
    with path.open("rb") as file:
        first = file.read(4)
    marks = (mark for mark, own in MARKS.items() if first.startswith(mark) and _same(own, chosen))
    mark = next(marks, b"")
    plain = MARKS.get(mark, chosen.removesuffix("-sig"))
    separator, _ = _declared_or_told(path, sample, known)
    return TextForm(mark, plain, separator)


def _same(encoding: str, chosen: str) -> bool:
    """True if an encoding with a byte order mark is the one that was chosen."""
    return encoding.startswith(chosen.removesuffix("-sig"))


def _declared_or_told(path: Path, sample: str, known: Collection[str]) -> tuple[str, bool]:
    """The separator, and whether a first line of Excel's says it."""
    declared = _SAID.match(sample)
    names = {spelled(name) for name in known}
    return (declared[1], True) if declared else (_separator(path, sample, names), False)


def read_delimited(path: Path, *, encoding: str = "", known: Collection[str] = ()) -> Table:
    """Read a text table; quoted cells may hold separators and line breaks.

    Args:
        path: The file.
        encoding: Its encoding; UTF-8, or what its byte order mark says, unless given.
        known: Names of columns by which the right separator is recognised.

    Returns:
        The table, without rows that are blank.

    Raises:
        DatasetError: If it is malformed, too large, or in another encoding.
        SettingError: If there is no such encoding.
    """
    check_size(path)
    chosen = _encoding(path, encoding)
    try:
        with readable(path), path.open(encoding=chosen, newline="") as file:
            sample = file.read(_SAMPLE)
            separator, skip = _declared_or_told(path, sample, known)
            file.seek(0)
            return _table(path, file, separator, skip=skip)
    except UnicodeError as error:
        what = "is not UTF-8" if chosen == "utf-8" else f"cannot be read as {chosen}"
        raise DatasetError(what, path, _NAME_IT) from error


_NAME_IT = "Save it in UTF-8, or name its encoding, such as --encoding cp1252 or utf-16-le."


def _encoding(path: Path, said: str) -> str:
    """Name of the encoding: as said, or by the first bytes."""
    if said:
        return _known_encoding(said)
    with readable(path), path.open("rb") as file:
        first = file.read(64)
    if first.count(b"\0") * 4 > len(first) and not any(first.startswith(bom) for bom, _ in _BOMS):
        raise DatasetError("is not UTF-8", path, _NAME_IT)
    return encoding_of_mark(first)


def encoding_of_mark(first: bytes) -> str:
    """Name of the encoding that a byte order mark says; UTF-8 without one."""
    return next((name for bom, name in _BOMS if first.startswith(bom)), "utf-8")


def _known_encoding(said: str) -> str:
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=said)  # refuses what is no encoding of text
        name = codecs.lookup(said).name
    except (LookupError, ValueError) as error:
        fix = "Name one that Python knows, such as utf-16, cp1252 or gb18030."
        raise SettingError(f"there is no encoding {said!r}", "--encoding", fix) from error
    return "utf-8-sig" if name == "utf-8" else name


def _separator(path: Path, sample: str, known: Collection[str]) -> str:
    """Separator by which most known columns come out, then one that cuts all rows alike."""
    if path.suffix.lower() in _TABS:
        return "\t"

    def fitness(separator: str) -> tuple[int, bool, bool]:
        rows = _sampled(sample, separator)
        names = {spelled(name) for name in rows[0]} if rows else set()
        cut = len(names) > 1
        even = cut and len({len(row) for row in rows if len(row) > 1 or any(row)}) == 1
        return len(names & {*known}), even, cut

    return max(SEPARATORS, key=fitness)  # the first of those that fit equally


def _sampled(sample: str, separator: str) -> list[list[str]]:
    """The first rows, as far as they can be read with this separator."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=separator, strict=True):
            rows.append(row)
            if len(rows) > _ROWS:
                break
    except csv.Error:
        return rows[:1]
    return rows[: max(1, len(rows) - 1)] if len(sample) == _SAMPLE else rows


def _table(path: Path, file: io.TextIOBase, separator: str, *, skip: bool) -> Table:
    reader = csv.reader(file, delimiter=separator, strict=True)
    try:
        if skip:
            next(reader)
        header = tuple(name.strip() for name in next(reader, []))
        columns: list[list[str]] = [[] for _ in header]
        memos = [Interned() for _ in header]
        places = array("q")
        filled = (
            (reader.line_num, _cells(row, len(header), path, reader.line_num))
            for row in reader
            if any(map(str.strip, row))
        )
        while some := [*islice(filled, AT_ONCE)]:
            lines, rows = zip(*some, strict=True)
            places.extend(lines)
            for column, memo, cells in zip(columns, memos, zip(*rows, strict=True), strict=True):
                column.extend(memo.every(cells))
    except csv.Error as error:
        said = f"a cell of more than {MAX_CELL} characters" if "limit" in str(error) else str(error)
        text = f"is not valid CSV in line {reader.line_num}: {said}"
        raise DatasetError(text, path, "Look for a quote that is not closed.") from error
    return Table(path=path, header=header, columns=tuple(columns), places=places, unit="line")


def _cells(row: Sequence[str], width: int, path: Path, line: int) -> Sequence[str]:
    """Cells of a row, one per column; empty ones beyond come from spreadsheets."""
    if len(row) > width and not any(map(str.strip, row[width:])):
        return row[:width]
    if len(row) != width:
        text = f"has {len(row)} values in line {line}, and {width} columns"
        fix = "Quote a value that contains the separator, and remove lines of comments."
        raise DatasetError(text, path, fix)
    return row
