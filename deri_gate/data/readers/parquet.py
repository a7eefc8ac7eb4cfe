"""Tables in Parquet, read a batch at a time; images in their cells are another reader's."""

from __future__ import annotations

import io
import math
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet, types

from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.json_lines import cell_as_text, is_whole
from deri_gate.data.readers.tables import MAX_TEXT, Interned, Table, refuse_kind
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from typing import BinaryIO

_BATCH = 1024  # rows
_MAX_NAMES = 10_000
UNREADABLE = (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError)  # bytes that are no text


@contextmanager
def opened_parquet(path: Path, content: bytes | None = None) -> Iterator[Any]:
    """A `pyarrow.parquet.ParquetFile`; what is no Parquet is an error in our words.

    Raises:
        DatasetError: If it cannot be read, or says of itself that it has other rows.
    """
    try:
        with parquet.ParquetFile(path if content is None else io.BytesIO(content)) as file:
            about = file.metadata
            groups = (about.row_group(g).num_rows for g in range(about.num_row_groups))
            _check_rows(sum(groups), about.num_rows, path)
            yield file
    except UNREADABLE as error:
        text = f"cannot be read as Parquet: {path_text(str(error).rstrip('.'))}"
        fix = "Write the file again; beside images, --exclude leaves it out."
        raise DatasetError(text, path, fix) from error


def _check_rows(there: int, said: int, path: Path) -> None:
    """Refuse a file of which one program would read more rows than another."""
    if there != said:
        text = f"says that it has {counted(said, 'row')}, and holds {there:,}"
        raise DatasetError(text, path, "Write the file again.")


def is_table_alone(source: Path | BinaryIO) -> bool:
    """True for Parquet that has no place for images: every cell is one number, text or time."""
    try:
        with parquet.ParquetFile(source) as file:
            return all(map(_is_one_plain_value, file.schema))
    except UNREADABLE:
        return False


def _is_one_plain_value(column: Any) -> bool:
    raw = column.physical_type.endswith("BYTE_ARRAY") and column.logical_type.type == "NONE"
    return column.max_repetition_level == 0 and not raw


def read_parquet(path: Path, wanted: Collection[str] = ()) -> Table:
    """Read all columns of text, numbers, times and lists of labels.

    Args:
        path: The file.
        wanted: Columns that are needed; values of another kind in them are an error.

    Returns:
        The table; columns of other kinds are left out of it.

    Raises:
        DatasetError: If it cannot be read, holds too much text, or values of another kind.
    """
    with opened_parquet(path) as file:
        return table_of(file, path, wanted)


def plain_columns(content: bytes, name: str) -> tuple[Sequence[str], ...]:
    """Columns of Parquet that has no place for images; none of other Parquet.

    Args:
        content: The whole file.
        name: Its name, for errors.

    Raises:
        DatasetError: If it cannot be read, or holds too much text.
    """
    if not is_table_alone(io.BytesIO(content)):
        return ()
    path = Path(name)
    with opened_parquet(path, content) as file:
        return table_of(file, path).columns


def table_of(file: Any, path: Path, wanted: Collection[str] = ()) -> Table:
    """Read the columns of an open Parquet file, see `read_parquet`.

    Raises:
        DatasetError: If it holds too much text, values of another kind, or columns of which one
            is longer than the other.
    """
    schema, rows = file.schema_arrow, file.metadata.num_rows
    if len(schema.names) > _MAX_NAMES:
        raise DatasetError(f"has more than {_MAX_NAMES} columns", path, "Leave some out.")
    numbers = [i for i, field in enumerate(schema) if _is_plain(field.type)]
    wanted = {*map(spelled, wanted)}
    if len(set(schema.names)) < len(schema.names):
        raise DatasetError("has two columns of one name", path, "Rename one of them.")
    for field in schema:
        if spelled(field.name) in wanted and not _is_plain(field.type):
            refuse_kind(field.name, _of_type(field), path)
    columns = tuple(_column(file, schema.field(i), path, wanted) for i in numbers)
    for column in columns:
        _check_rows(len(column), rows, path)
    return Table(
        path=path,
        header=tuple(schema.names[i].strip() for i in numbers),
        columns=columns,
        places=range(1, rows + 1),
        unit="row",
        left_out=tuple(schema.names[i] for i in range(len(schema)) if i not in {*numbers}),
    )


def _column(file: Any, field: Any, path: Path, wanted: Collection[str]) -> list[str]:
    """One column, a batch of rows at a time, so that what repeats is not expanded at once.

    The footer says how long a column is. It is not asked: a damaged one ends the process there.
    """
    memo, cells, size = Interned(), list[str](), 0
    for batch in file.iter_batches(batch_size=_BATCH, columns=[field.name]):
        texts = _texts(
            batch.column(0).to_pylist(), field, path, needed=spelled(field.name) in wanted
        )
        size += sum(map(len, texts))
        if size > MAX_TEXT:
            text = f"the column {path_text(field.name)!r} holds more than {MAX_TEXT // 2**20} MiB"
            fix = "Leave it out, or cut the table into several."
            raise DatasetError(f"{text} of text", path, fix)
        cells += memo.every(texts)
    return cells


def _texts(values: Sequence[Any], field: Any, path: Path, *, needed: bool) -> list[str]:
    texts = []
    for value in values:
        text = None
        try:
            text = cell_as_text(value)
            texts.append(cell_as_text(str(value)) or "" if text is None else text)
        except ValueError as error:
            what = f"the column {path_text(field.name)!r} holds {error}"
            raise DatasetError(what, path, "Write shorter text in UTF-8.") from error
        if needed and (text is None or _is_fraction(value)):
            refuse_kind(field.name, _of_type(field), path)
    return texts


def _is_fraction(value: Any) -> bool:
    number = isinstance(value, (float, Decimal)) and not math.isnan(value)
    return number and not is_whole(value)


def _of_type(field: Any) -> str:
    return f"values of type {field.type}"


def _is_plain(kind: Any) -> bool:
    """True if cells are text, numbers, times, or lists of text or whole numbers."""
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    if types.is_list(kind) or types.is_large_list(kind):
        return _is_text(kind.value_type) or types.is_integer(kind.value_type)
    numbers = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    numbers = numbers or types.is_decimal(kind)
    return _is_text(kind) or numbers or types.is_null(kind) or types.is_temporal(kind)


def _is_text(kind: Any) -> bool:
    plain = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    return bool(plain or kind == pa.string_view())
