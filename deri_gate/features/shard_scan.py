"""A shard of a dataset -> its Parquet file in the work folder; done by a worker, wherever it is."""

from __future__ import annotations

import platform
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from deri_gate import features
from deri_gate.data.contents import Contents
from deri_gate.errors import DatasetError, SettingError
from deri_gate.features.chunk_scan import ChunkScan, ProblemNoted, ScannedImage
from deri_gate.features.looking import CHUNK, look_at
from deri_gate.features.namespaces import embedding_kind, picture_kind
from deri_gate.features.picture_record import record_layout
from deri_gate.features.shard_file import DamagedShardError, ShardForm
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.store import KeptInMemory
from deri_gate.runtime.versions import installed_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.data.dataset import Source
    from deri_gate.features.encoder import Encoder
    from deri_gate.runtime.work_folder import WorkFolder

FEWEST, USUAL, MOST = 256, 768, 2048  # images of a shard: FEWEST, and as often as not USUAL more


def own_version() -> str:
    """Version of this package in this process."""
    return installed_version("deri-gate")


def refuse_other_version(wanted: str) -> None:
    """Stop a worker that has another version of this package than the driver.

    Raises:
        SettingError: If it has.
    """
    if wanted != own_version():
        what = f"the worker on {platform.node()} has version {own_version()} of deri-gate"
        raise SettingError(what, "--engine ray", f"Install {wanted} there, as the driver has it.")


class DoneShard(NamedTuple):
    """Report of a worker on a shard."""

    name: str
    images: int
    decoded: int
    embedded: int


def shards_of(ids: Sequence[str]) -> Iterator[range]:
    """Positions of the images of each shard, one after the other.

    Where a shard ends depends on the ids alone, and mostly on the last one: an image that is added
    moves the end of one shard or two, and all others stay as they are.
    """
    start = 0
    for position, name in enumerate(ids, start=1):
        length = position - start
        ends = zlib.crc32(name.encode("utf-8", "surrogatepass")) % USUAL == 0
        if length == MOST or (length >= FEWEST and ends):
            yield range(start, position)
            start = position
    if start < len(ids):
        yield range(start, len(ids))


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A content that each worker must find, or it reads other files than the driver."""

    row: int
    content: str  # its key, or why it has none


@dataclass(frozen=True, kw_only=True)
class ShardScan:
    """Scan of one shard, embeddings and all; picklable.

    Attributes:
        source: Where the images lie, seen by every worker.
        form: By which definitions they are looked at.
        work: Where the shards go.
        workers: Threads of a worker.
        proofs: A few contents, to be found by every worker.
        version: Version of this package, which every worker must have.
    """

    source: Source
    form: ShardForm
    work: WorkFolder
    workers: int
    proofs: tuple[Proof, ...] = ()
    version: str = field(default_factory=own_version)

    def __call__(self, rows: Sequence[int]) -> DoneShard:
        """Look at these rows of the source, unless their shard is there already.

        Raises:
            SettingError: If the shard cannot be written.
        """
        known = self._kept(self.form.name(self._identified(rows)))
        if known and not any(image.problem for image in known if image.key):
            return DoneShard(self.form.name(known), len(rows), 0, 0)
        store = KeptInMemory()  # what is known; an image with a problem is looked at again
        profile = self.form.profile
        good = [image for image in known if not image.problem]
        store.put(
            picture_kind(profile, record_layout(profile)),
            {image.key: image.record for image in good if image.record},
        )
        store.put(
            embedding_kind(profile),
            {image.key: image.embedding for image in good if image.embedding},
        )
        images = self._looked_at(rows, store)
        self.work.write(self.form.name(images), self.form.to_bytes(images))
        fresh = [image.fresh for image in images]
        return DoneShard(
            self.form.name(images),
            len(rows),
            sum("decoded" in made for made in fresh),
            sum("embedding" in made for made in fresh),
        )

    def proved(self) -> ShardScan:
        """The scan, once it is known that this worker reads what the driver reads.

        Raises:
            DatasetError: If it does not.
            SettingError: If it has another version of this package.
        """
        refuse_other_version(self.version)
        for proof in self.proofs:
            image = identified(self.source, [proof.row])[0]
            if (image.key or image.problem) != proof.content:
                what = f"the worker on {platform.node()} reads other images than the driver does"
                fix = "Put the dataset where every node has it under this path."
                raise DatasetError(what, "--engine ray", fix)
        return self

    @cached_property
    def _encoder(self) -> Encoder:
        profile = self.form.profile
        return features.encoder.load_encoder(profile, profile.device)

    def _identified(self, rows: Sequence[int]) -> list[ScannedImage]:
        """The images by their contents alone."""
        chunks = (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))

        def read(some: Sequence[int]) -> list[ScannedImage]:
            return identified(self.source, some)

        return [one for some in map_in_order(read, chunks, workers=self.workers) for one in some]

    def _kept(self, name: str) -> list[ScannedImage]:
        raw = self.work.read(name)
        try:
            return [] if raw is None else self.form.from_bytes(raw, name)
        except DamagedShardError:
            return []  # it is made again, and replaced

    def _looked_at(self, rows: Sequence[int], store: KeptInMemory) -> list[ScannedImage]:
        embed = self.form.embed
        scan_chunk = ChunkScan(
            source=self.source, profile=self.form.profile, store=store, embed=embed
        )
        found = look_at(
            [(int(row), False) for row in rows],
            scan_chunk,
            encoder=(lambda: self._encoder) if embed else None,
            workers=self.workers,
        )
        return [image for some in found for image in some]


def identified(source: Source, rows: Sequence[int]) -> list[ScannedImage]:
    """Images with the key of each, or the reason that it has none."""
    images = [ScannedImage(row=int(row), keep=False) for row in rows]
    for image in images:
        with ProblemNoted(image):
            image.key = Contents(source).key(image.row)
    return images
