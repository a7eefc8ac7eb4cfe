"""Results kept by content: what was measured once is not measured again.

Only this module knows where they lie: one SQLite file in the user's cache folder, which several
processes and threads may use at once. It is for speed alone: an answer is the same without it.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import platformdirs

from deri_gate.errors import words_of_error
from deri_gate.runtime import results_file
from deri_gate.runtime.folders import refuse_inside
from deri_gate.runtime.sizes import size_setting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

CACHE = "DERI_GATE_CACHE"  # variable that names the folder
LAYOUT = 2  # of the file; another layout is another file, so that old and new versions coexist
SIZE = 20 * 10**9  # bytes that are kept at most, unless `DERI_GATE_CACHE_SIZE` says otherwise
NETWORKS = "networks"  # folder beside the file
SHARDS = "shards"  # folder of what the workers of a cluster wrote, unless `--work` names one
FROM_WORKERS = ("*.parquet", "*.neighbours", "*.visits", "*.alike")  # files in it
REMOTE = "remote"  # folder of what was fetched from object stores and web servers
CHECK_EVERY, TRIES = 2**26, 3  # bytes put between two looks at the size; tries of a file
MOST_BYTES = 2**29  # of a value; SQLite refuses 10^9, as if its file were damaged
_LOG = logging.getLogger("deri_gate")
_said: set[str] = set()

Answer = TypeVar("Answer")


def default_folder() -> Path:
    """Cache folder: `DERI_GATE_CACHE` if set, otherwise that of the user."""
    chosen = os.environ.get(CACHE)
    if chosen:
        return Path(chosen)
    try:
        return Path(platformdirs.user_cache_dir("deri-gate")).expanduser()
    except RuntimeError:  # the user has no home
        return Path(os.devnull) / "deri-gate"  # where nothing can be kept


def refuse_cache_inside(datasets: Iterable[object]) -> None:
    """Refuse a cache that is named in a dataset, before its folder is made there.

    Raises:
        SettingError: If it lies in a folder of images.
    """
    if chosen := os.environ.get(CACHE):
        refuse_inside(chosen, datasets, CACHE)


def size_limit() -> int:
    """Bytes that all that is kept may take: `DERI_GATE_CACHE_SIZE`, or 20 GB.

    Raises:
        SettingError: If the setting is no size.
    """
    return size_setting("DERI_GATE_CACHE_SIZE", SIZE)


def kept_files(folder: Path) -> list[Path]:
    """All files that are ours in a folder: results, networks, shards, remote files."""
    files = [*folder.glob("results-*.sqlite*"), *(folder / NETWORKS).glob("*.pt*")]
    files += (folder / NETWORKS).glob(".*.pt*")  # of runs that were killed
    files += (path for kind in FROM_WORKERS for path in (folder / SHARDS).glob(kind))
    files += (folder / REMOTE / "objects").glob("[0-9a-f][0-9a-f]/*-*")
    return sorted(path for path in set(files) if path.is_file() or path.is_symlink())


class Store:
    """Bytes by kind and key, on disk. A kind names what was measured and with which settings.

    What the file does not take is kept in memory, so that a run needs no file. Picklable: a worker
    that receives one opens the same file for itself.
    """

    def __init__(self, folder: Path) -> None:
        """Open the store in this folder, which is made if need be.

        Raises:
            SettingError: If `DERI_GATE_CACHE_SIZE` is no size.
        """
        self.on_unknown: Callable[[], object] = lambda: None  # called when something is not known
        self.path = folder / f"results-{LAYOUT}.sqlite"
        self.limit = size_limit()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._memory: dict[tuple[str, str], bytes] = {}
        self._mode: Literal["write", "read", "off"] = "write" if self.limit else "off"
        self._unchecked = CHECK_EVERY  # bytes put since the size was looked at
        self._attempt(lambda _: None)

    def __getstate__(self) -> Path:
        return self.path.parent

    def __setstate__(self, folder: Path) -> None:
        self.__init__(folder)  # type: ignore[misc]  # the same file, this process's connection

    def get(
        self, kind: str, keys: Iterable[str], *, fits: Callable[[bytes], bool] = lambda _: True
    ) -> dict[str, bytes]:
        """Return the values under these keys; unknown keys are left out.

        Args:
            kind: Namespace of the values.
            keys: Under which.
            fits: Whether a value is what the caller can use; what does not fit is unknown.
        """
        wanted = list(dict.fromkeys(keys))
        stored = self._attempt(lambda connection: results_file.read(connection, kind, wanted))
        values = stored.values if stored else {}
        values |= {key: self._memory[kind, key] for key in wanted if (kind, key) in self._memory}
        useless = [key for key, value in values.items() if not fits(value)]
        for key in useless:
            del values[key]
            self._memory.pop((kind, key), None)
        if stored and self._mode == "write":
            self._mend(kind, [*stored.damaged, *useless], stored.old)
        if len(values) < len(wanted):
            self.on_unknown()
        return values

    def put(self, kind: str, values: Mapping[str, bytes]) -> None:
        """Keep these values, all or none; a key that is known already keeps its value.

        One that is larger than any file of results can hold is not kept.
        """
        values = {key: value for key, value in values.items() if len(value) <= MOST_BYTES}
        if self._mode == "write":
            written = self._attempt(lambda connection: self._written(connection, kind, values))
            if written:
                return
        for key, value in values.items():
            self._memory.setdefault((kind, key), value)

    def close(self) -> None:
        """Close this thread's connection; the store may be used again, which opens it again."""
        connection = getattr(self._local, "connection", None)
        self._local = threading.local()
        if connection is not None:
            connection.close()

    def _written(
        self, connection: sqlite3.Connection, kind: str, values: Mapping[str, bytes]
    ) -> bool:
        if self._mode != "write":
            return False
        results_file.write(connection, kind, values)
        with self._lock:
            self._unchecked += sum(map(len, values.values()))
            due = self._unchecked >= min(CHECK_EVERY, self.limit // 10)
            self._unchecked = 0 if due else self._unchecked
        if due:
            most = max(0, self.limit - _size_of(self.path.parent / NETWORKS))
            if results_file.taken(connection) > most:
                results_file.drop_oldest(connection, most - most // 10)
        return True

    def _mend(self, kind: str, damaged: list[str], old: Iterable[str]) -> None:
        """Delete what is of no use, so that it can be made again; note what was used."""
        if damaged:
            say_once(f"the cache {self.path} holds damaged values, which are made again")
            self._attempt(lambda connection: results_file.drop(connection, kind, damaged))
        if old and self._mode == "write":
            with suppress(sqlite3.Error):  # it only decides what is deleted first
                results_file.touch(self._connection(), kind, old)

    def _attempt(self, work: Callable[[sqlite3.Connection], Answer]) -> Answer | None:
        """Do this with the file, a sound one if need be; None where there can be none."""
        for _ in range(TRIES):
            if self._mode == "off":
                return None
            try:
                return work(self._connection())
            except (OSError, sqlite3.Error, MemoryError) as error:
                self._recover(error)
        self._give_up("it is damaged again and again")
        return None

    def _recover(self, error: Exception) -> None:
        """After an error: a new file in place of a damaged one, or no file at all."""
        if self._mode == "write" and results_file.is_damage(error, self.path):
            opened = getattr(self._local, "identity", None)
            self.close()
            with self._lock:
                self._move_aside(opened, error)
        elif self._mode == "write" and os.path.isfile(self.path):  # noqa: PTH113  # never raises
            self._mode = "read"  # by the connection there is, if there is one
            say_once(
                f"the cache {self.path} is only read ({words_of_error(error)}): new is not kept"
            )
        else:
            self.close()
            self._give_up(words_of_error(error))

    def _move_aside(self, opened: tuple[int, int] | None, error: Exception) -> None:
        if opened is not None and opened != _identity(self.path):
            return  # another process or thread has done it
        aside = self.path.with_name(f"{self.path.name}.damaged")
        try:
            self.path.replace(aside)
            for ending in ("-wal", "-shm"):
                self.path.with_name(f"{self.path.name}{ending}").unlink(missing_ok=True)
        except OSError:
            self._give_up(words_of_error(error))
        else:
            said = f"the cache {self.path} was damaged ({error}) and lies at {aside.name} now"
            say_once(f"{said}: results are made again")

    def _give_up(self, why: str) -> None:
        fix = "set DERI_GATE_CACHE to a folder that can be written, or make room"
        if self._mode == "write":  # else it was said why nothing new is kept
            say_once(f"no cache at {self.path} ({why}): results are not kept; {fix}")
        self._mode = "off"

    def _connection(self) -> sqlite3.Connection:
        """Connection of this thread: SQLite's may not be shared between threads."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            self._local.identity = _identity(self.path)
            connection = self._local.connection = self._opened()
            self._local.identity = _identity(self.path)
        return connection

    def _opened(self) -> sqlite3.Connection:
        if self._mode == "write":
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return results_file.open_results(self.path)
        try:  # a full disk leaves the file as it is, and what was written last beside it
            return results_file.open_results(self.path)
        except sqlite3.Error:
            return results_file.opened_to_read(self.path)


class KeptInMemory:
    """Bytes by kind and key for as long as this object lives: those of one shard, on its worker."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._values: dict[tuple[str, str], bytes] = {}

    def get(
        self, kind: str, keys: Iterable[str], *, fits: Callable[[bytes], bool] = lambda _: True
    ) -> dict[str, bytes]:
        """The values under these keys, as of `Store`."""
        found = {key: self._values[kind, key] for key in keys if (kind, key) in self._values}
        return {key: value for key, value in found.items() if fits(value)}

    def put(self, kind: str, values: Mapping[str, bytes]) -> None:
        """Keep these values."""
        for key, value in values.items():
            self._values.setdefault((kind, key), value)


Results = Store | KeptInMemory


def say_once(line: str) -> None:
    """Say on standard error, once a process, what a person may want to know."""
    if line not in _said:
        _said.add(line)
        _LOG.warning("deri-gate: %s", " ".join(line.split()))


def _identity(path: Path) -> tuple[int, int] | None:
    """Identity of a file, whatever its name."""
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat(follow_symlinks=False).st_size for entry in entries)
    except OSError:
        return 0
