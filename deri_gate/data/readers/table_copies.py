"""Copies of tables without some rows, and with the labels of others: all else stays as written."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
from pyarrow import parquet

from deri_gate.data.readers.delimited import form_of
from deri_gate.data.readers.parquet import opened_parquet
from deri_gate.data.readers.tables import MAX_TEXT
from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.data.readers.tables import Table

AT_ONCE = 1024  # rows of Parquet that are read at once
JSON_STYLES = tuple(  # what other programs write, the plainest first
    partial(json.dumps, ensure_ascii=escaped, separators=marks)
    for marks in ((", ", ": "), (",", ":"))
    for escaped in (False, True)
)


class KeptRow(NamedTuple):
    """A row that stays: its position, and that of the row whose labels it gets."""

    row: int
    labelled_as: int


def delimited_copy(
    table: Table, kept: Sequence[KeptRow], columns: Sequence[int], *, encoding: str
) -> bytes:
    """Rows of a text table, byte for byte but for the cells of new labels.

    Args:
        table: The table as it was read.
        kept: Rows that stay.
        columns: Positions of the columns of labels.
        encoding: Encoding that the user named; "" for none.
    """
    raw = table.path.read_bytes()
    form = form_of(table.path, encoding=encoding, known=table.header)
    text = raw[len(form.mark) :].decode(form.encoding)
    rows = {place: i for i, place in enumerate(table.places)}
    records = list(_records(text, form.separator))
    texts = {rows[end]: record for record, end in records if end in rows}
    stay = {one.row: one.labelled_as for one in kept}
    found = []
    for record, end in records:
        row = rows.get(end)
        if row is None:
            found.append(record)  # the header, a blank line
        elif row in stay:
            donor = texts[stay[row]]
            same = stay[row] == row
            found.append(record if same else _with_cells(record, donor, columns, form.separator))
    return form.mark + "".join(found).encode(form.encoding)


def _records(text: str, separator: str) -> Iterator[tuple[str, int]]:
    """Each record as written, with its line break, and the number of its last line."""
    lines = list(io.StringIO(text, newline=""))
    reader, start = csv.reader(lines, delimiter=separator), 0
    for _ in reader:
        yield "".join(lines[start : reader.line_num]), reader.line_num
        start = reader.line_num


def _with_cells(record: str, donor: str, columns: Sequence[int], separator: str) -> str:
    """A record with the cells of another one in these columns."""
    body = record.rstrip("\r\n")
    cells = _cells(body, separator)
    others = _cells(donor.rstrip("\r\n"), separator)
    for column in columns:
        cells[column] = others[column]
    return separator.join(cells) + record[len(body) :]


def _cells(body: str, separator: str) -> list[str]:
    """Cells of a record as written, quotes and all."""
    cell = re.compile(rf'"(?:[^"]|"")*"|[^{re.escape(separator)}]*')
    found, at = list[str](), 0
    while True:
        match = cell.match(body, at)
        assert match is not None  # the second form matches nothing too
        found.append(match[0])
        if match.end() >= len(body):
            return found
        at = match.end() + 1


def json_lines_copy(table: Table, kept: Sequence[KeptRow], columns: Sequence[int]) -> bytes:
    """Lines of JSON, byte for byte but for those with new labels."""
    lines = table.path.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
    names = {table.header[column] for column in columns}
    found = []
    for row, labelled_as in kept:
        line, donor = (lines[table.places[i] - 1] for i in (row, labelled_as))
        found.append(line if row == labelled_as else _with_values(line, donor, names))
    return b"\n".join(found) + b"\n"


def _with_values(line: bytes, donor: bytes, names: set[str]) -> bytes:
    """A line with the values that another one has under these names."""
    own, other = json.loads(line), json.loads(donor)
    styles = (style for style in JSON_STYLES if style(own).encode() == line.strip())
    dumped = next(styles, JSON_STYLES[0])
    for name in {name for name in (*own, *other) if name.strip() in names}:
        if name in other:
            own[name] = other[name]
        else:
            del own[name]
    return dumped(own).encode() + (b"\r" if line.endswith(b"\r") else b"")


def parquet_copy(table: Table, kept: Sequence[KeptRow], columns: Sequence[int]) -> bytes:
    """A Parquet file of the same schema, whose other columns keep their values and types.

    Raises:
        SettingError: If it holds more than a table may.
    """
    names = {table.header[column] for column in columns}
    with opened_parquet(table.path) as file:
        whole, form = _whole(file, table), file.metadata  # in this order: a damaged one is an error
    rows = pa.array([one.row for one in kept], type=pa.int64())
    labels = pa.array([one.labelled_as for one in kept], type=pa.int64())
    taken = [
        column.take(labels if field.name.strip() in names else rows)
        for field, column in zip(whole.schema, whole.columns, strict=True)
    ]
    copy, written = pa.Table.from_arrays(taken, schema=whole.schema), io.BytesIO()
    parquet.write_table(copy, written, **_form(form))
    return written.getvalue()


def _whole(file: Any, table: Table) -> pa.Table:
    """All rows, read some at a time: what repeats may take far more memory than the file."""
    batches, size = [], 0
    for batch in file.iter_batches(batch_size=AT_ONCE):
        size += batch.nbytes
        if size > MAX_TEXT:
            fix = "Name a .csv file, or cut the table into several."
            raise SettingError("is too large to be copied", table.path, fix)
        batches.append(batch)
    return pa.Table.from_batches(batches, schema=file.schema_arrow)


def _form(metadata: Any) -> dict[str, Any]:
    """Compression and size of the groups of rows, as the first group has them."""
    if not metadata.num_row_groups or not metadata.num_columns:
        return {}
    group = metadata.row_group(0)
    named = group.column(0).compression
    compression = "NONE" if named == "UNCOMPRESSED" else named
    return {"compression": compression, "row_group_size": max(1, group.num_rows)}


def csv_copy(table: Table, kept: Sequence[KeptRow], columns: Sequence[int]) -> bytes:
    """A table of another kind as CSV, under its own names.

    Raises:
        SettingError: If a column would be lost.
    """
    if table.left_out:
        what = f"the column {table.left_out[0]!r} is no text, which CSV cannot hold"
        fix = f"Name a file that ends in {table.path.suffix}."
        raise SettingError(what, table.path, fix)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.header)
    for row, labelled_as in kept:
        writer.writerow(
            cells[labelled_as if i in columns else row] for i, cells in enumerate(table.columns)
        )
    return text.getvalue().encode()
