"""Results kept by content: what was measured once is not measured again.

The only module that knows where they lie: one SQLite file in the user's cache folder, or in
`DERI_GATE_CACHE`. Several processes and threads may use it at once.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LAYOUT = 1  # of the file; another layout is another file, so that old and new versions coexist
WAIT_S = 60.0  # how long one process waits while another writes
RETRY_S = 0.02  # how long it pauses before it tries to open the file again
AT_ONCE = 500  # keys a query; SQLite's oldest limit is 999 variables


def default_folder() -> Path:
    """Where results are kept: `DERI_GATE_CACHE` if set, the user's cache folder otherwise."""
    return Path(os.environ.get("DERI_GATE_CACHE") or platformdirs.user_cache_dir("deri-gate"))


class Store:
    """Bytes by kind and key, on disk. A kind names what was measured and with which settings.

    Picklable: a worker that receives one opens the same file for itself.
    """

    def __init__(self, folder: Path) -> None:
        """Open the store in this folder, which is made if need be.

        Raises:
            SettingError: If the folder cannot be written, or the file is not a store.
        """
        self.path = folder / f"results-{LAYOUT}.sqlite"
        self._local = threading.local()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._connection()
        except (OSError, sqlite3.Error) as error:
            raise self._useless(error) from error

    def __getstate__(self) -> Path:
        return self.path.parent

    def __setstate__(self, folder: Path) -> None:
        self.__init__(folder)  # type: ignore[misc]  # the same file, this process's connection

    def get(self, kind: str, keys: Iterable[str]) -> dict[str, bytes]:
        """What is kept under these keys; keys that are not known are left out."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, bytes] = {}
        for start in range(0, len(wanted), AT_ONCE):
            some = wanted[start : start + AT_ONCE]
            marks = ",".join("?" * len(some))
            query = f"SELECT key, value FROM results WHERE kind = ? AND key IN ({marks})"  # noqa: S608  # question marks only
            try:
                found.update(self._connection().execute(query, (kind, *some)))
            except sqlite3.Error as error:
                raise self._useless(error) from error
        return found

    def put(self, kind: str, values: Mapping[str, bytes]) -> None:
        """Keep these values, all or none; a key that is known already keeps its value."""
        rows = [(kind, key, value) for key, value in values.items()]
        try:
            with self._connection() as transaction:
                transaction.executemany("INSERT OR IGNORE INTO results VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise self._useless(error) from error

    def close(self) -> None:
        """Close this thread's connection; the store may be used again, which opens it again."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            self._local = threading.local()

    def _useless(self, error: Exception) -> SettingError:
        return SettingError(
            f"cannot keep results here ({error})",
            self.path,
            "Make room, set DERI_GATE_CACHE to a folder that can be written, or delete the file.",
        )

    def _connection(self) -> sqlite3.Connection:
        """This thread's connection: SQLite's may not be shared between threads."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = _opened(self.path)
        return connection


def _opened(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is set up if it is new.

    SQLite does not wait for its turn to change the journal of a new file, but fails at once, so
    that two processes that start together would stop each other: the waiting is done here.
    """
    deadline = time.monotonic() + WAIT_S
    while True:
        connection = sqlite3.connect(path, timeout=WAIT_S)
        try:
            connection.execute("PRAGMA journal_mode = WAL")  # readers do not wait for a writer
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS results (kind TEXT, key TEXT, value BLOB, "
                "PRIMARY KEY (kind, key))"
            )
        except sqlite3.Error as error:
            connection.close()
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(RETRY_S)
        else:
            return connection
