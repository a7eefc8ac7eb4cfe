"""Neighbours that the workers of a cluster look for: a part of the rows each, kept as a file.

The vectors go to every node once, into the memory that its workers share. What a worker finds goes
into the work folder, under a name that says all it was made from; so a run goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.errors import SettingError
from deri_gate.features import forms
from deri_gate.features.neighbours import VERSION
from deri_gate.features.row_search import in_this_process
from deri_gate.features.shard_file import MOST_BYTES
from deri_gate.features.shard_scan import own_version, refuse_other_version
from deri_gate.runtime.actors import done_by_actors, share_of_cluster
from deri_gate.runtime.hashing import BYTES, content_hash, json_digest
from deri_gate.runtime.store import SHARDS, default_folder, size_limit
from deri_gate.runtime.work_folder import WorkFolder

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import IntArray
    from deri_gate.features.row_search import RowSearch, Spread
    from deri_gate.runtime.engine import Machine

FAR_FROM = 10_000  # rows from which on it pays to start workers


def spread_by(machine: Machine) -> Spread:
    """Place for the search of rows, by the settings: workers with Ray, else this process."""
    return FarNeighbours(machine=machine) if machine.engine == "ray" else in_this_process


@dataclass(frozen=True, kw_only=True)
class FarNeighbours:
    """The workers of a cluster, with what they know from before.

    Attributes:
        machine: Settings of the computation.
    """

    machine: Machine

    def __call__(
        self, search: RowSearch, rows: IntArray, tick: Callable[[int], object]
    ) -> IntArray:
        """Neighbours of rows, shape (n, k), as one process would find them.

        Raises:
            DeriGateError: If a part cannot be searched, written, or read again.
        """
        if len(rows) < FAR_FROM:
            return in_this_process(search, rows, tick)
        work = WorkFolder.of(self.machine.work or str(default_folder() / SHARDS), MOST_BYTES)
        work.make_ready()
        form, parts = PartForm(k=search.k, searched=digest_of(search)), search.parts(rows)
        nearest = np.empty((len(rows), search.k), dtype=np.int64)

        def take(part: IntArray) -> bool:
            found = form.kept(work, part)
            if found is not None:
                nearest[np.searchsorted(rows, part)] = found
                tick(len(part))
            return found is not None

        missing = [part for part in parts if not take(part)]
        if missing:
            self._let_search(PartSearch(search=search, form=form, work=work), missing, take)
        if not self.machine.work:
            work.drop_oldest(size_limit())
        return nearest

    def _let_search(
        self, search: PartSearch, missing: list[IntArray], take: Callable[[IntArray], bool]
    ) -> None:
        """Let workers search the parts that are missing, and take each when it is there."""
        share = share_of_cluster(self.machine.workers, gpu=False, cores=1)
        done = done_by_actors(search.ready, missing, share)
        for number, name in done:
            if not take(missing[number]):
                what = f"the file {name}, which a worker wrote, is not there, or not whole"
                fix = "Name a folder that every node has under this path, or an object store."
                raise SettingError(what, search.work.shown, fix)


@dataclass(frozen=True, kw_only=True)
class PartForm:
    """Files of the neighbours that one search finds: a seal, and 32-bit positions.

    Attributes:
        k: Number of neighbours of a row.
        searched: Digest of the search.
    """

    k: int
    searched: str

    def name(self, rows: IntArray) -> str:
        """Name of the file of these rows: by all that decides what is in it."""
        own = content_hash(np.ascontiguousarray(rows, dtype=np.int64).data.cast("B"))
        return f"{json_digest([VERSION, self.searched, self.k, own])}.neighbours"

    def to_bytes(self, rows: IntArray, nearest: IntArray) -> bytes:
        """Content of the file."""
        raw = nearest.astype("<i4").tobytes()
        return bytes.fromhex(content_hash(self.name(rows).encode(), raw)) + raw

    def kept(self, work: WorkFolder, rows: IntArray) -> IntArray | None:
        """Neighbours of rows that are in the folder; None if none are, or no whole ones."""
        content = work.read(self.name(rows)) or b""
        raw = content[BYTES:]
        sealed = content[:BYTES].hex() == content_hash(self.name(rows).encode(), raw)
        if not (sealed and forms.of_length(4 * len(rows) * self.k)(raw)):
            return None
        return np.frombuffer(raw, dtype="<i4").reshape(len(rows), self.k).astype(np.int64)


@dataclass(frozen=True, kw_only=True)
class PartSearch:
    """Search of one part, by a worker; picklable.

    Attributes:
        search: The way to find neighbours.
        form: Form of the files.
        work: Where they go.
        version: Version of this package, which every worker must have.
    """

    search: RowSearch
    form: PartForm
    work: WorkFolder
    version: str = field(default_factory=own_version)

    def ready(self) -> PartSearch:
        """The search, once it is known that this worker has the driver's version.

        Raises:
            SettingError: If it has another.
        """
        refuse_other_version(self.version)
        return self

    def __call__(self, rows: IntArray) -> str:
        """Find the neighbours of these rows, and keep them; the name of their file.

        Raises:
            SettingError: If the file cannot be written.
        """
        nearest = in_this_process(self.search, rows)
        name = self.form.name(rows)
        self.work.write(name, self.form.to_bytes(rows, nearest))
        return name


def digest_of(search: object) -> str:
    """Digest of a search: its kind, and all its arrays and numbers, those of its parts too."""
    return json_digest(_told(search))


def _told(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        raw = np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
        return [value.dtype.str, value.shape, content_hash(raw)]
    if is_dataclass(value):
        own = [[f.name, _told(getattr(value, f.name))] for f in fields(value)]
        return [type(value).__name__, own]
    return value
