"""Bytes in a data base of SQLite that may be images; no value of it is read."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAD = b"SQLite format 3\0"
LONG_TEXT = 200  # characters from which a text may be a picture in letters
MOST_TABLES, MOST_LENGTH = 200, 2**28
LISTING_S = 1.0  # after which a data base counts by its size


def bytes_for_images(path: Path) -> int:
    """Bytes of its blobs and long texts, of what lies behind the data base, and of its log.

    A table of numbers and names has none. All bytes count where it is damaged, foreign, or too
    large to be listed in a moment. A log has rows that were not yet written into the data base.
    """
    log = path.with_name(f"{path.name}-wal")
    return _in_data_base(path) + (log.stat().st_size if log.is_file() else 0)


def _in_data_base(path: Path) -> int:
    size = path.stat().st_size
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as data_base:
            return min(size, _listed(data_base, size))
    except (sqlite3.Error, MemoryError, UnicodeDecodeError):
        return size


def _listed(data_base: sqlite3.Connection, size: int) -> int:
    until = time.monotonic() + LISTING_S
    data_base.set_progress_handler(lambda: int(time.monotonic() > until), 1000)
    data_base.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_LENGTH)
    data_base.execute("PRAGMA trusted_schema = OFF")
    pages, page = (
        data_base.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
    )
    free = data_base.execute("PRAGMA freelist_count").fetchone()[0]
    tables = data_base.execute(
        "SELECT name, rootpage FROM sqlite_master WHERE type = 'table'"
    ).fetchmany(MOST_TABLES + 1)
    if len(tables) > MOST_TABLES or not all(root for _, root in tables):  # of a module: unknown
        return size
    held = sum(_of_table(data_base, name) for name, _ in tables)
    return int(held + free * page + max(0, size - pages * page))


def _of_table(data_base: sqlite3.Connection, name: str) -> int:
    """Bytes of blobs and long texts, by the lengths that each row says."""
    rows = data_base.execute(f"PRAGMA table_info({_quoted(name)})").fetchall()
    values = [
        f"CASE WHEN typeof({c}) = 'blob' OR length({c}) >= {LONG_TEXT} THEN length({c}) ELSE 0 END"
        for c in (_quoted(row[1]) for row in rows)
    ]
    asked = f"SELECT sum({' + '.join(values)}) FROM {_quoted(name)}"  # noqa: S608  # quoted
    return int(data_base.execute(asked).fetchone()[0] or 0)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
