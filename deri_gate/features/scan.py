"""Dataset -> what is known of each image, in a single pass over the pixels."""

from __future__ import annotations

from collections import deque
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.features.acquisition import ACQUISITION
from deri_gate.features.appearance import APPEARANCE
from deri_gate.features.chunk_scan import ChunkScan, ScannedImage
from deri_gate.features.embedding import Embedder
from deri_gate.features.namespaces import embedding_kind, input_kind, picture_kind
from deri_gate.features.picture_record import record_layout
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.system import processors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset, Picture
    from deri_gate.features.encoder import Encoder
    from deri_gate.metrics.context import Context
    from deri_gate.metrics.profile import Profile
    from deri_gate.runtime.store import Store

CHUNK = 48  # images a task


@dataclass(frozen=True, kw_only=True)
class ImageTable:
    """A row an image, in the order of the dataset.

    Attributes:
        keys: Content hash of each image.
        shown: Hash of what each image shows, whatever file it was saved in.
        height: In pixels, shape (N,).
        width: In pixels, shape (N,).
        channels: 1 grey, 3 colour, shape (N,).
        span: Levels from the darkest pixel to the brightest, 0 to 255, shape (N,).
        narrow: Whether it has more than 8 bits and uses a sixteenth of them at most, shape (N,).
        size: Bytes of a compressed file, 0 for any other, shape (N,).
        start: Hash of the upper third, 0 where that is of one level, shape (N,).
        traces: Tags that name a person, a place or a device, see `traces_of`, shape (N,).
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        chroma: Their colours, red and blue less grey, 128 for none, shape (N, 16, 16, 2).
        acquisition: Columns as `Acquisition` has them, shape (N,).
        appearance: Columns as `Appearance` has them, shape (N,).
        values: By metric of the pixels, its value for each image, shape (N,).
    """

    keys: tuple[str, ...]
    shown: tuple[str, ...]
    height: IntArray
    width: IntArray
    channels: IntArray
    span: IntArray
    narrow: BoolArray
    size: IntArray
    start: npt.NDArray[np.uint64]
    traces: IntArray
    thumbnails: npt.NDArray[np.uint8]
    chroma: npt.NDArray[np.uint8]
    acquisition: npt.NDArray[np.void]
    appearance: npt.NDArray[np.void]
    values: Mapping[str, FloatArray]


@dataclass(frozen=True, kw_only=True)
class Scan:
    """Result of the pass over a dataset.

    Attributes:
        readable: Whether each image could be read, shape (N,).
        findings: One for each that could not.
        table: A row for each that could.
        embeddings: Half precision, shape (readable, d); None if not asked for.
        inputs: Prepared pictures by position among the readable, for those asked to be kept.
        decoded: How many images were decoded: none, when all was known already.
        embedded: How many went through the network.
    """

    readable: BoolArray
    findings: tuple[Finding, ...]
    table: ImageTable
    embeddings: npt.NDArray[np.float16] | None
    inputs: Mapping[int, Picture]
    decoded: int
    embedded: int


def scan(
    dataset: Dataset,
    *,
    context: Context,
    encoder: Callable[[], Encoder] | None,
    keep: frozenset[int],
) -> Scan:
    """Look at every image once; what is known from before is not looked at again.

    Args:
        dataset: What to look at.
        context: By which definitions, and where results are kept: each chunk as it comes, so
            that a killed run goes on where it was.
        encoder: Makes the network, when first needed; None when no embedding is wanted.
        keep: Positions whose prepared picture is wanted, to be explained.
    """
    profile, store, machine = context.profile, context.store, context.machine
    scan_chunk = ChunkScan(
        source=dataset.source, profile=profile, store=store, embed=encoder is not None
    )
    seen: list[ScannedImage] = []
    waiting = _Waiting(context, encoder)
    with machine.bar(len(dataset), "looking at images") as bar, closing(waiting):
        chunks = _chunks(dataset.rows, keep)
        for some in map_in_order(
            scan_chunk, chunks, engine=machine.engine, workers=machine.workers
        ):
            waiting.add(some)
            _keep(
                some,
                {
                    "record": picture_kind(profile, record_layout(profile)),
                    "prepared": input_kind(profile),
                },
                store,
            )
            seen.extend(some)
            bar.update(len(some))
        waiting.finish()
    return _gathered(dataset, seen, profile, embedded=encoder is not None)


def _chunks(rows: IntArray, keep: frozenset[int]) -> Iterator[list[tuple[int, bool]]]:
    for start in range(0, len(rows), CHUNK):
        positions = range(start, min(start + CHUNK, len(rows)))
        yield [(int(rows[i]), i in keep) for i in positions]


class _Waiting:
    """The images that wait for their embedding: new ones among many, gathered first."""

    def __init__(self, context: Context, encoder: Callable[[], Encoder] | None) -> None:
        workers = context.machine.workers or processors()
        self._embedder = None if encoder is None else Embedder(encoder, workers)
        self._kind, self._store = embedding_kind(context.profile), context.store
        self._images: deque[ScannedImage] = deque()

    def add(self, seen: list[ScannedImage]) -> None:
        """Begin with those of these images that lack it."""
        if self._embedder is not None:
            new = [scanned for scanned in seen if scanned.to_embed is not None]
            self._images += new
            self._take(
                self._embedder.add(
                    scanned.to_embed for scanned in new if scanned.to_embed is not None
                )
            )

    def finish(self) -> None:
        """Wait for all."""
        if self._embedder is not None:
            self._take(self._embedder.finish())

    def close(self) -> None:
        """End the threads."""
        if self._embedder is not None:
            self._embedder.close()

    def _take(self, parts: Iterable[npt.NDArray[np.float16]]) -> None:
        """Keep what came of the images that wait longest."""
        for made in parts:
            done = [self._images.popleft() for _ in made]
            for scanned, embedding in zip(done, made, strict=True):
                scanned.embedding, scanned.to_embed = embedding.tobytes(), None
                scanned.fresh.add("embedding")
            _keep(done, {"embedding": self._kind}, self._store)


def _keep(seen: list[ScannedImage], kinds: Mapping[str, str], store: Store) -> None:
    """Keep the parts that were made just now, each under its kind."""
    for part, kind in kinds.items():
        fresh = {scanned.key: getattr(scanned, part) for scanned in seen if part in scanned.fresh}
        if fresh:
            store.put(kind, fresh)


def _gathered(
    dataset: Dataset, seen: list[ScannedImage], profile: Profile, *, embedded: bool
) -> Scan:
    good = [scanned for scanned in seen if not scanned.problem]
    size = profile.input_size
    return Scan(
        readable=np.array([not scanned.problem for scanned in seen], dtype=bool),
        findings=tuple(
            Finding(kind="unreadable", path=name, detail=scanned.problem)
            for name, scanned in zip(dataset.ids, seen, strict=True)
            if scanned.problem
        ),
        table=_table(good, profile),
        embeddings=_embeddings(good) if embedded else None,
        inputs={
            i: np.frombuffer(scanned.prepared, dtype=np.uint8).reshape(size, size, 3)
            for i, scanned in enumerate(good)
            if scanned.prepared is not None
        },
        decoded=sum("decoded" in scanned.fresh for scanned in good),
        embedded=sum("embedding" in scanned.fresh for scanned in good),
    )


def _embeddings(seen: list[ScannedImage]) -> npt.NDArray[np.float16]:
    raw = b"".join(scanned.embedding for scanned in seen if scanned.embedding is not None)
    values = np.frombuffer(raw, dtype=np.float16)
    return values.reshape(len(seen), len(values) // max(1, len(seen)))  # even if none was readable


def _table(seen: list[ScannedImage], profile: Profile) -> ImageTable:
    layout = record_layout(profile)
    raw = b"".join(scanned.record for scanned in seen if scanned.record is not None)
    rows = np.frombuffer(raw, dtype=layout)
    return ImageTable(
        keys=tuple(scanned.key for scanned in seen),
        shown=tuple(scanned.tobytes().hex() for scanned in rows["shown"]),
        height=rows["height"].astype(np.int64),
        width=rows["width"].astype(np.int64),
        channels=rows["channels"].astype(np.int64),
        span=rows["high"].astype(np.int64) - rows["low"],
        narrow=rows["narrow"] > 0,
        size=rows["size"].astype(np.int64),
        start=rows["start"].copy(),
        traces=rows["traces"].astype(np.int64),
        thumbnails=np.ascontiguousarray(rows["thumbnail"]),
        chroma=np.ascontiguousarray(rows["chroma"]),
        acquisition=rows[list(ACQUISITION)].copy(),
        appearance=rows[list(APPEARANCE)].copy(),
        values={m.name: rows[m.name].copy() for m in profile.metrics if m.of_image is not None},
    )
