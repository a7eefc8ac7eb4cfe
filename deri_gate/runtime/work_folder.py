"""Folder that all nodes of a cluster share: in a file system, or in an object store."""

from __future__ import annotations

import os
import platform
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deri_gate.errors import SettingError, words_of_error
from deri_gate.runtime.files import read_regular_file, ready_folder
from deri_gate.runtime.remote.address import Address
from deri_gate.runtime.remote.buckets import BucketStore
from deri_gate.runtime.remote.deeds import asked, reason, tried
from deri_gate.runtime.store import FROM_WORKERS

AGAIN = {
    "read": "Run the same command again: finished shards are kept.",
    "written": "Make room there, and run the same command again: finished shards are kept.",
}


@dataclass(frozen=True)
class WorkFolder:
    """Whole files by name; written under another name first, so that none is ever half there.

    Attributes:
        place: Path or address, as it was given.
        largest: Bytes that a file may have.
    """

    place: str
    largest: int

    @classmethod
    def of(cls, place: str, largest: int) -> WorkFolder:
        """The folder at a place, which other processes find as well: they start elsewhere."""
        return cls(place if "://" in place else str(Path(place).absolute()), largest)

    def __reduce__(self) -> tuple[type[WorkFolder], tuple[str, int]]:
        return WorkFolder, (self.place, self.largest)  # each process has a client of its own

    @cached_property
    def _store(self) -> BucketStore:
        address = Address.of(self.place)
        if address is None:
            raise AssertionError(self.place)
        return BucketStore.of(address.folder())

    @property
    def shown(self) -> str:
        """The setting for people, without what may be secret."""
        address = Address.of(self.place)
        return f"--work {self.place if address is None else address.shown}"

    def make_ready(self) -> None:
        """Make sure that it can be written, before minutes are spent.

        Raises:
            SettingError: If it cannot, or is no place for files.
        """
        address = Address.of(self.place)
        if address is None and "://" in self.place:
            fix = "Give a path, or an address such as s3://bucket/work."
            raise SettingError("there is no such kind of store", self.shown, fix)
        if address is None:
            ready_folder(Path(self.place), "--work")
        elif address.on_web:
            raise SettingError("web servers keep no files", self.shown, "Give a path or a bucket.")
        else:
            self.write("ready", b"")

    def read(self, name: str) -> bytes | None:
        """Content of a file; None if there is none.

        Raises:
            SettingError: If the folder cannot be read.
        """
        address = Address.of(self.place)
        try:
            if address is None:
                return read_regular_file(Path(self.place) / name, self.largest)
            store, get = self._store, self._store.client._cat_file  # noqa: SLF001  # fsspec's coroutine
            where, most = f"{store.start}/{name}", self.largest
            content: bytes = tried(lambda: asked(store.client.loop, get, where, size=most))
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever a client raises
            raise self._failure(name, "read", error) from error
        return content

    def write(self, name: str, content: bytes) -> None:
        """Keep a file, in place of any of this name.

        Raises:
            SettingError: If it cannot be written; says where, and what to do.
        """
        address = Address.of(self.place)
        try:
            if address is None:
                _write_whole(Path(self.place) / name, content)
            else:
                store, put = self._store, self._store.client._pipe_file  # noqa: SLF001  # fsspec's coroutine
                where = f"{store.start}/{name}"
                tried(lambda: asked(store.client.loop, put, where, content, size=len(content)))
        except Exception as error:  # whatever a client raises
            raise self._failure(name, "written", error) from error

    def _failure(self, name: str, deed: str, error: Exception) -> SettingError:
        if isinstance(error, SettingError):  # an extra is missing
            return error
        local = Address.of(self.place) is None
        why = words_of_error(error) if local else reason(error)
        what = f"the shard {name} cannot be {deed} by {platform.node()}: {why}"
        return SettingError(what, self.shown, AGAIN[deed])

    def drop_oldest(self, most: int) -> None:
        """Delete files of a local folder, those written first, until the others take so much."""
        paths = (path for kind in FROM_WORKERS for path in Path(self.place).glob(kind))
        files = [(path, path.stat()) for path in paths]
        excess = sum(status.st_size for _, status in files) - most
        for path, status in sorted(files, key=lambda file: file[1].st_mtime_ns):
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= status.st_size


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file under a name of its own, which no other node has, and give it its name then."""
    beside = path.with_name(f".{uuid.uuid4().hex}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
