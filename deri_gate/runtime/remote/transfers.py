"""One file after the other from a store to its place, in several threads at once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted
from deri_gate.runtime.remote.deeds import failed, is_fault_of_ours, reason, tried
from deri_gate.runtime.remote.fetched import object_key
from deri_gate.runtime.remote.stand_ins import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deri_gate.runtime.remote.fetched import FetchedContents
    from deri_gate.runtime.remote.records import Known, RemoteFile, RemoteStore

FEW = 20  # failures before the rest is given up
SHARE = 20  # one in so many may fail
_FIX = (
    "Check the network and the credentials, then run it again: what is here is not fetched twice."
)


@dataclass(kw_only=True)
class Transfer:
    """The filling of a folder.

    Attributes:
        store: Where the files come from.
        root: The folder.
        objects: Contents of earlier runs.
        needed: True for a path without which nothing can be judged.
        may_lack: True if a file that the store does not have is simply not there.
        stop: Set once the rest is given up.
    """

    store: RemoteStore
    root: Path
    objects: FetchedContents
    needed: Callable[[str], bool]
    may_lack: bool
    stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _done: int = 0
    _failed: int = 0

    def take(self, file: RemoteFile) -> None:
        """Put one file in its place, or what stands for it.

        Raises:
            DatasetError: If it is needed and cannot be had, or too many cannot.
        """
        if self.stop.is_set():
            return
        place = self.root / file.path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._put(file, place)
        except Exception as error:  # noqa: BLE001  # whatever a client raises
            if self.stop.is_set() or (self.may_lack and isinstance(error, FileNotFoundError)):
                return
            self._stand_in(file, place, error)
        with self._lock:
            self._done += 1

    def _put(self, file: RemoteFile, place: Path) -> None:
        address = self.store.folder.below(file.path)
        if self.objects.link(object_key(address, file), file.size, place):
            return
        part = self.root.parent / f"part-{threading.get_ident()}"
        told = [file]

        def known(answered: RemoteFile) -> Path | None:
            told.append(answered)
            return self.objects.path(object_key(address, answered))

        try:
            kept = self._fetched(file, part, known)
            key = object_key(address, told[-1])
            if kept is not None and self.objects.link(key, told[-1].size, place):
                return
            if kept is not None:  # it is damaged
                self._fetched(file, part, lambda _: None)
            part.rename(place)
            self.objects.keep(key, place)
        finally:
            part.unlink(missing_ok=True)

    def _fetched(self, file: RemoteFile, part: Path, known: Known) -> Path | None:
        def request() -> Path | None:
            part.unlink(missing_ok=True)
            return self.store.fetch(file, part, known)

        return tried(request, stop=self.stop)

    def _stand_in(self, file: RemoteFile, place: Path, error: Exception) -> None:
        """Write what stands for a file that could not be fetched.

        Raises:
            DatasetError: If it is needed, or too many could not be.
        """
        if self.needed(file.path) or is_fault_of_ours(error):
            self.stop.set()
            raise failed(self.store.folder.below(file.path), error) from error
        with self._lock:
            self._failed += 1
            many = self._failed >= FEW and self._failed * SHARE > self._done
        if many:
            self.stop.set()
            what = (
                f"{counted(self._failed, 'file')} cannot be fetched; of the last: {reason(error)}"
            )
            raise DatasetError(what, self.store.folder.shown, _FIX) from error
        place.write_bytes(stand_in(reason(error)))
