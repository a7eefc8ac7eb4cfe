"""Work that a cluster does a part at a time; what comes out is kept as a file, and the run goes on.

A file is named by all that decides what is in it, and sealed. So a killed driver goes on from the
parts that are there, and what is damaged is done again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np

from deri_gate.errors import SettingError
from deri_gate.features.shard_file import MOST_BYTES
from deri_gate.features.shard_scan import own_version, refuse_other_version
from deri_gate.runtime.actors import done_by_actors, share_of_cluster
from deri_gate.runtime.hashing import BYTES, content_hash, json_digest
from deri_gate.runtime.store import SHARDS, default_folder, size_limit
from deri_gate.runtime.work_folder import WorkFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deri_gate.runtime.engine import Machine

Part = TypeVar("Part")
Result = TypeVar("Result")
Part_contra = TypeVar("Part_contra", contravariant=True)


class PartedWork(Protocol[Part_contra, Result]):
    """Work in parts, and the form of what comes out; picklable."""

    def name(self, part: Part_contra) -> str:
        """Name of the file of a part: by all that decides what is in it."""

    def __call__(self, part: Part_contra) -> Result:
        """Do a part."""

    def to_bytes(self, result: Result) -> bytes:
        """Content of its file."""

    def from_bytes(self, raw: bytes, part: Part_contra) -> Result | None:
        """Result of a part from the content of its file; None if it has another form."""


@dataclass(frozen=True, kw_only=True)
class KeptParts(Generic[Part, Result]):
    """Parts of some work as files of a folder; picklable, for workers.

    Attributes:
        work: The work.
        folder: Where the files lie.
        version: Version of this package, which every worker must have.
    """

    work: PartedWork[Part, Result]
    folder: WorkFolder
    version: str = field(default_factory=own_version)

    def ready(self) -> KeptParts[Part, Result]:
        """Parts for a worker, once it is known to have the driver's version.

        Raises:
            SettingError: If it has another.
        """
        refuse_other_version(self.version)
        return self

    def __call__(self, part: Part) -> str:
        """Do a part and keep it; the name of its file.

        Raises:
            SettingError: If the file cannot be written.
        """
        name, raw = self.work.name(part), self.work.to_bytes(self.work(part))
        self.folder.write(name, bytes.fromhex(content_hash(name.encode(), raw)) + raw)
        return name

    def whole(self, part: Part) -> Result:
        """Result of a part that a worker has done.

        Raises:
            SettingError: If it is not in the folder, or not whole.
        """
        found = self.read(part)
        if found is None:
            what = f"the file {self.work.name(part)}, which a worker wrote, is not there, or cut"
            fix = "Name a folder that every node has under this path, or an object store."
            raise SettingError(what, self.folder.shown, fix)
        return found

    def read(self, part: Part) -> Result | None:
        """Result of a part that is in the folder; None if it is not, or not whole."""
        name = self.work.name(part)
        content = self.folder.read(name) or b""
        raw = content[BYTES:]
        if content[:BYTES].hex() != content_hash(name.encode(), raw):
            return None
        return self.work.from_bytes(raw, part)


def parts_done(
    work: PartedWork[Part, Result],
    parts: Sequence[Part],
    machine: Machine,
    tick: Callable[[Part], object] = lambda part: part,
) -> Iterator[Result]:
    """Results of all parts, in their order; workers do those that are not in the work folder.

    Args:
        work: The work.
        parts: All parts of it.
        machine: Settings of the computation.
        tick: Told of every part that is done.

    Raises:
        DeriGateError: If a part cannot be done, written, or read again.
    """
    kept = kept_parts(work, machine)
    kept.folder.make_ready()
    missing = []
    for number, part in enumerate(parts):
        if kept.read(part) is None:
            missing.append(number)
        else:
            tick(part)
    following, waits = 0, {*missing}
    for number in _made(kept, SomeParts(parts, missing), machine):
        tick(parts[missing[number]])
        waits.discard(missing[number])
        while following < len(parts) and following not in waits:
            yield kept.whole(parts[following])
            following += 1
    for number in range(following, len(parts)):
        yield kept.whole(parts[number])


def drop_excess(machine: Machine) -> None:
    """Hold the limit of the cache, once nothing more is read that a search has left there."""
    if not machine.work:
        WorkFolder.of(str(default_folder() / SHARDS), MOST_BYTES).drop_oldest(size_limit())


def kept_parts(work: PartedWork[Part, Result], machine: Machine) -> KeptParts[Part, Result]:
    """Parts of some work in the work folder, or in the cache."""
    place = machine.work or str(default_folder() / SHARDS)
    return KeptParts(work=work, folder=WorkFolder.of(place, MOST_BYTES))


def _made(
    kept: KeptParts[Part, Result], missing: Sequence[Part], machine: Machine
) -> Iterator[int]:
    """Numbers of the parts that workers have done, as they come."""
    if missing:
        share = share_of_cluster(machine.workers, gpu=False, cores=1)
        for number, _ in done_by_actors(kept.ready, missing, share):
            yield number


@dataclass(frozen=True)
class SomeParts(Sequence[Part]):
    """Parts that are chosen of a sequence; none of them need be in memory."""

    parts: Sequence[Part]
    numbers: Sequence[int]

    def __len__(self) -> int:
        """Number of those that are chosen."""
        return len(self.numbers)

    def __getitem__(self, place: Any) -> Any:
        """The part in a place."""
        return self.parts[self.numbers[place]]


def digest_of(value: object) -> str:
    """Digest of a search or another record: its kind, and all its arrays, numbers and records."""
    return json_digest(_told(value))


def _told(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        raw = np.ascontiguousarray(value).reshape(-1).view(np.uint8).data
        return [value.dtype.str, value.shape, content_hash(raw)]
    if is_dataclass(value):
        own = [[f.name, _told(getattr(value, f.name))] for f in fields(value)]
        return [type(value).__name__, own]
    return value
