"""One SQLite file of results: every value under a seal, and the file under a limit of its size.

Nothing in the file is believed. A value comes back only under a seal that fits its kind, its key
and itself, so that bytes which have changed, or rows which have changed places, are no results.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import closing, contextmanager, suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

WAIT_S = 60.0  # how long one process waits while another writes
RETRY_S = 0.02  # how long it pauses before it tries to open the file again
AT_ONCE = 500  # keys a query; SQLite's oldest limit is 999 variables
ROWS_AT_ONCE = 150  # rows a statement, whose end waits for the interpreter's lock
SEAL = 16  # bytes of a seal
HOUR = 3600  # seconds; when a value was used last is known by the hour, and written once a day
DAY = 24
LOOK_S = 3.0  # how long damage is looked for
ROW = 200  # bytes of a row beside its value, about
WAL = 2**26  # bytes to which SQLite's journal is cut back
_TABLE = (
    "CREATE TABLE results (kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, "
    "seal BLOB NOT NULL, size INTEGER NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (kind, key))"
)
_INDEX = "CREATE INDEX by_use ON results (used, size)"


_DAMAGE = frozenset(  # SQLite's codes
    {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FORMAT}
    | {sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_CONSTRAINT}
)


class ForeignFileError(sqlite3.DatabaseError):
    """A sound SQLite file that is laid out as none of ours."""


class Found(NamedTuple):
    """Result of a query.

    Attributes:
        values: Under a seal that fits, by key.
        damaged: Keys of the rows whose seal does not fit.
        old: Keys of values of which it is a day ago that they were used.
    """

    values: dict[str, bytes]
    damaged: tuple[str, ...]
    old: tuple[str, ...]


def seal(kind: str, key: str, value: bytes | memoryview) -> bytes:
    """Hash of a value with what it is kept under; lengths go in, so that no part runs over."""
    names = [name.encode("utf-8", "surrogatepass") for name in (kind, key)]
    lengths = b"".join(len(part).to_bytes(8, "big") for part in (*names, value))
    hashed = hashlib.blake2b(lengths, digest_size=SEAL)
    for part in (*names, value):
        hashed.update(part)
    return hashed.digest()


class _ClosingConnection(sqlite3.Connection):
    """A connection that closes when nobody holds it; Python 3.13 warns of one that does not.

    Each thread has its own, and another thread may be the one that collects it.
    """

    def __init__(self, database: str | Path, **settings: Any) -> None:
        super().__init__(database, check_same_thread=False, **settings)

    def __del__(self) -> None:
        with suppress(sqlite3.Error):
            self.close()


def open_results(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is set up if it is new.

    SQLite does not wait for its turn to change the journal of a new file, but fails at once, so
    that two processes that start together would stop each other: the waiting is done here.

    Raises:
        sqlite3.Error: If it cannot be opened or written, or is not laid out as ours.
    """
    deadline = time.monotonic() + WAIT_S
    while True:
        connection = _ClosingConnection(path, timeout=WAIT_S, isolation_level=None)
        try:
            _set_up(connection)
        except sqlite3.Error as error:
            connection.close()
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_S)
        else:
            return connection


def is_damage(error: Exception, path: Path) -> bool:
    """True for an error that says that the file is not, or no longer, a sound file of ours.

    Lengths in a damaged file may ask for more memory than there is; so may a sound one where
    little is left for a moment. It is looked at.
    """
    if isinstance(error, MemoryError):
        return _is_damaged(path)
    code = int(getattr(error, "sqlite_errorcode", 0)) & 0xFF  # the primary code
    return isinstance(error, ForeignFileError) or code in _DAMAGE


def _is_damaged(path: Path) -> bool:
    """True where damage is found in a moment, without this process's own connections."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            until = time.monotonic() + LOOK_S
            file.set_progress_handler(lambda: int(time.monotonic() > until), 1000)
            return bool(file.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    except (sqlite3.OperationalError, MemoryError, OSError):  # too large, or too little memory
        return False
    except sqlite3.DatabaseError:
        return True


def opened_to_read(path: Path) -> sqlite3.Connection:
    """A connection to a file that cannot be written, such as one on a read-only file system.

    Raises:
        sqlite3.Error: If it cannot be read, or is not laid out as ours.
    """
    connection = _ClosingConnection(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    try:
        _distrust(connection)
        _refuse_foreign(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    _distrust(connection)
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts while the file is still empty
    connection.execute("PRAGMA journal_mode = WAL")  # readers do not wait for a writer
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA journal_size_limit = {WAL}")
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            connection.execute(_TABLE)
            connection.execute(_INDEX)
        connection.execute("COMMIT")
    _refuse_foreign(connection)


def _distrust(connection: sqlite3.Connection) -> None:
    """Let nothing that stands in the file run, and look at every cell before it is used."""
    connection.text_factory = _text
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA mmap_size = 0")  # a file that is cut short would end the process


def _text(raw: bytes) -> str:
    """A text of the file; what is no UTF-8 fits no seal."""
    return raw.decode("utf-8", "replace")


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    stated = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
    if [sql for (sql,) in connection.execute(stated)] != [_TABLE, _INDEX]:
        raise ForeignFileError("is laid out as no cache of this version")


def read(connection: sqlite3.Connection, kind: str, wanted: list[str]) -> Found:
    """Read the values of a namespace under these keys.

    Raises:
        sqlite3.Error: If the file cannot be read.
    """
    values: dict[str, bytes] = {}
    damaged, old, now = [], [], hour()
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        marks = ",".join("?" * len(some))
        query = f"SELECT key, value, seal, used FROM results WHERE kind = ? AND key IN ({marks})"  # noqa: S608  # question marks only
        for key, value, sealed, used in connection.execute(query, (kind, *some)):
            if isinstance(value, bytes) and seal(kind, key, value) == sealed:
                values[key] = value
                if not (isinstance(used, int) and now - DAY < used <= now):
                    old.append(key)
            else:
                damaged.append(key)
    return Found(values, tuple(damaged), tuple(old))


def write(connection: sqlite3.Connection, kind: str, values: Mapping[str, bytes]) -> None:
    """Keep these values, all or none; a key that is known already keeps its value.

    Raises:
        sqlite3.Error: If the file cannot be written.
    """
    now = hour()
    rows = [(kind, key, one, seal(kind, key, one), len(one), now) for key, one in values.items()]
    with _all_or_none(connection):
        for start in range(0, len(rows), ROWS_AT_ONCE):
            some = rows[start : start + ROWS_AT_ONCE]
            marks = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(some))
            statement = f"INSERT OR IGNORE INTO results VALUES {marks}"  # noqa: S608  # marks only
            connection.execute(statement, tuple(chain.from_iterable(some)))


def touch(connection: sqlite3.Connection, kind: str, keys: Iterable[str]) -> None:
    """Note that these were used now.

    Raises:
        sqlite3.Error: If the file cannot be written.
    """
    rows = [(hour(), kind, key) for key in keys]
    _all(connection, "UPDATE results SET used = ? WHERE kind = ? AND key = ?", rows)


def drop(connection: sqlite3.Connection, kind: str, keys: Iterable[str]) -> None:
    """Delete what is kept of one kind under these keys.

    Raises:
        sqlite3.Error: If the file cannot be written.
    """
    rows = [(kind, key) for key in keys]
    _all(connection, "DELETE FROM results WHERE kind = ? AND key = ?", rows)


def taken(connection: sqlite3.Connection) -> int:
    """Bytes that the pages in use take.

    Raises:
        sqlite3.Error: If the file cannot be read.
    """
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def drop_oldest(connection: sqlite3.Connection, most: int) -> None:
    """Delete what was used longest ago until the values take at most so many bytes.

    Raises:
        sqlite3.Error: If the file cannot be written.
    """
    excess, rows = taken(connection) - most, []
    for row, size in connection.execute("SELECT rowid, size FROM results ORDER BY used, rowid"):
        if excess <= 0:
            break
        excess -= size + ROW
        rows.append((row,))
    _all(connection, "DELETE FROM results WHERE rowid = ?", rows)
    connection.execute("PRAGMA incremental_vacuum").fetchall()


def hour() -> int:
    """The current time in hours."""
    return int(time.time()) // HOUR


def _all(
    connection: sqlite3.Connection, statement: str, rows: Sequence[tuple[object, ...]]
) -> None:
    """Run a statement for each of these rows, or for none of them."""
    if rows:
        with _all_or_none(connection):
            connection.executemany(statement, rows)


@contextmanager
def _all_or_none(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction, which leaves nothing behind where something in it fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite may have gone back by itself
            connection.execute("ROLLBACK")
        raise
