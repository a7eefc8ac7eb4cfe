"""The pass over a dataset by the workers of a cluster: the driver reads what they wrote."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError, SettingError
from deri_gate.features import forms
from deri_gate.features.chunk_scan import ChunkScan, ScannedImage
from deri_gate.features.looking import look_at
from deri_gate.features.namespaces import embedding_kind, input_kind, picture_kind
from deri_gate.features.picture_record import record_layout
from deri_gate.features.shard_file import MOST_BYTES, DamagedShardError, ShardForm
from deri_gate.features.shard_scan import DoneShard, Proof, ShardScan, identified, shards_of
from deri_gate.runtime.actors import done_by_actors, share_of_cluster
from deri_gate.runtime.kept_words import note_work_folder
from deri_gate.runtime.store import SHARDS, KeptInMemory, default_folder, size_limit
from deri_gate.runtime.work_folder import WorkFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deri_gate.data.dataset import Dataset
    from deri_gate.metrics.context import Context

PROOFS = 3  # images that each worker must find as the driver does


@dataclass(frozen=True, kw_only=True)
class Shards:
    """A dataset in shards.

    Attributes:
        dataset: The dataset.
        context: By which definitions, and on which machine.
        form: Form of the shards.
        keep: Positions whose prepared picture is wanted.
    """

    dataset: Dataset
    context: Context
    form: ShardForm
    keep: frozenset[int]

    @cached_property
    def work(self) -> WorkFolder:
        """Folder of the shards."""
        place = self.context.machine.work or str(default_folder() / SHARDS)
        return WorkFolder.of(place, MOST_BYTES)

    def looked_at(
        self, tick: Callable[[int], object]
    ) -> Iterator[tuple[DoneShard, list[ScannedImage]]]:
        """The images a shard at a time, in the order of the dataset, with what was done for it.

        Args:
            tick: Told of the images that are done.

        Raises:
            DeriGateError: If a shard cannot be looked at, written, or read again.
        """
        done = self._make(tick)
        for part, shard in zip(shards_of(self.dataset.ids), done, strict=True):
            images = self._images(shard.name)
            for position, image in zip(part, images, strict=True):
                image.row = int(self.dataset.rows[position])
            self._prepare([images[i - part.start] for i in part if i in self.keep])
            yield shard, images
        if not self.context.machine.work:
            self.work.drop_oldest(size_limit())

    def _make(self, tick: Callable[[int], object]) -> list[DoneShard]:
        """Let workers look at all shards, those that are there already excepted."""
        parts = [*shards_of(self.dataset.ids)]
        if not parts:
            return []
        self.work.make_ready()
        if self.context.machine.work:
            note_work_folder(self.work.shown)
        machine = self.context.machine
        share = share_of_cluster(machine.workers, gpu=self.context.profile.device == "cuda")
        scan = ShardScan(
            source=self.dataset.source,
            form=self.form,
            work=self.work,
            workers=share.cores,
            proofs=self._proofs(),
        )
        rows = [self.dataset.rows[part.start : part.stop].tolist() for part in parts]
        done: dict[int, DoneShard] = {}
        for number, shard in done_by_actors(scan.proved, rows, share):
            done[number] = shard
            tick(shard.images)
        return [done[number] for number in range(len(parts))]

    def _proofs(self) -> tuple[Proof, ...]:
        last = len(self.dataset) - 1
        rows = {int(self.dataset.rows[i * last // (PROOFS - 1)]) for i in range(PROOFS)}
        found = identified(self.dataset.source, sorted(rows))
        return tuple(Proof(row=one.row, content=one.key or one.problem) for one in found)

    def _images(self, name: str) -> list[ScannedImage]:
        raw = self.work.read(name)
        if raw is None:
            what = f"the shard {name}, which a worker wrote, is not there"
            fix = "Name a folder that every node has under this path, or an object store."
            raise SettingError(what, self.work.shown, fix)
        try:
            return self.form.from_bytes(raw, name)
        except DamagedShardError as error:
            what = f"the shard {name} is damaged: {error}"
            raise SettingError(what, self.work.shown, "Run the same command again.") from error

    def _prepare(self, images: list[ScannedImage]) -> None:
        """Decode those few images once more that will be explained."""
        good = [image for image in images if not image.problem]
        if not good or not self.form.embed:
            return
        profile, store = self.context.profile, KeptInMemory()
        records = {image.key: image.record for image in good if image.record}
        store.put(picture_kind(profile, record_layout(profile)), records)
        embeddings = {image.key: image.embedding for image in good if image.embedding}
        store.put(embedding_kind(profile), embeddings)
        kind, fits = input_kind(profile), forms.of_length(3 * profile.input_size**2)
        store.put(kind, self.context.store.get(kind, [image.key for image in good], fits=fits))
        scan_chunk = ChunkScan(source=self.dataset.source, profile=profile, store=store, embed=True)
        rows = [(image.row, True) for image in good]
        again = look_at(rows, scan_chunk, encoder=None, workers=self.context.machine.workers)
        for image, seen in zip(good, (one for some in again for one in some), strict=True):
            if seen.key != image.key:
                what = "an image was changed while it was read"
                raise DatasetError(what, self.dataset.name, "Run the same command again.")
            image.prepared = seen.prepared
        prepared = {image.key: image.prepared for image in good if image.prepared}
        self.context.store.put(kind, prepared)
