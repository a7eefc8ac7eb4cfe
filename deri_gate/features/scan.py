"""Dataset -> what is known of each image, in a single pass over the pixels."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.data.contents import Contents
from deri_gate.data.dataset import Finding
from deri_gate.data.picture import model_input
from deri_gate.errors import UnreadableImageError
from deri_gate.features import forms
from deri_gate.features.acquisition import ACQUISITION
from deri_gate.features.namespaces import embedding_kind, input_kind, picture_kind
from deri_gate.features.picture_record import picture_record, record_layout
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.memory import budget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset, Loaded, Picture, Source
    from deri_gate.features.encoder import Encoder
    from deri_gate.metrics.context import Context
    from deri_gate.metrics.profile import Profile
    from deri_gate.runtime.store import Store

CHUNK = 48  # images a task, and embedded at once: three batches of the encoder


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


@dataclass(kw_only=True)
class _Seen:
    """One image on its way through the pass."""

    key: str = ""
    record: bytes | None = None
    embedding: bytes | None = None
    prepared: bytes | None = None  # the network's input, to be kept
    to_embed: Picture | None = None
    problem: str = ""
    fresh: set[str] = field(default_factory=set)  # which of these were made just now


@dataclass(frozen=True, kw_only=True)
class _Look:
    """The work on one chunk of images; picklable, so that any engine can do it.

    Every file is read, for only its own bytes say what it is; what the store knows of them is
    taken from there, and an image is decoded once, when something lacks.
    """

    source: Source
    profile: Profile
    store: Store
    embed: bool

    def __call__(self, chunk: list[tuple[int, bool]]) -> list[_Seen]:
        seen = [_Seen() for _ in chunk]
        contents = Contents(self.source)
        for one, (row, _) in zip(seen, chunk, strict=True):
            with _told(one):
                one.key = contents.key(row)
        self._recall([(one, keep) for one, (_, keep) in zip(seen, chunk, strict=True) if one.key])
        for one, (row, keep) in zip(seen, chunk, strict=True):
            if one.key and self._lacks(one, keep=keep):
                with _told(one), budget().scope():
                    self._look(one, contents.take(row, one.key), keep=keep)
        return seen

    def _recall(self, seen: list[tuple[_Seen, bool]]) -> None:
        keys = [one.key for one, _ in seen]
        to_keep = [one.key for one, keep in seen if keep]
        record = forms.of_length(record_layout(self.profile).itemsize)
        picture = forms.of_length(3 * self.profile.input_size**2)
        records = self.store.get(
            picture_kind(self.profile, record_layout(self.profile)), keys, fits=record
        )
        embeddings, inputs = {}, {}
        if self.embed:
            embeddings = self.store.get(embedding_kind(self.profile), keys, fits=forms.halves)
            inputs = self.store.get(input_kind(self.profile), to_keep, fits=picture)
        for one, keep in seen:
            one.record = records.get(one.key)
            one.embedding = embeddings.get(one.key)
            one.prepared = inputs.get(one.key) if keep else None

    def _lacks(self, one: _Seen, *, keep: bool) -> bool:
        lacks_embedding = self.embed and one.embedding is None
        lacks_input = self.embed and keep and one.prepared is None
        return one.record is None or lacks_embedding or lacks_input

    def _look(self, one: _Seen, content: Loaded, *, keep: bool) -> None:
        picture = content.decode()
        one.fresh.add("decoded")
        if one.record is None:
            one.record = picture_record(picture, content, self.profile)
            one.fresh.add("record")
        if not self.embed:
            return
        prepared = model_input(picture, self.profile.input_size)
        if one.embedding is None:
            one.to_embed = prepared
        if keep and one.prepared is None:
            one.prepared = prepared.tobytes()
            one.fresh.add("prepared")


@contextmanager
def _told(one: _Seen) -> Iterator[None]:
    """Turn an error of one image into its problem, so that no other image is affected."""
    try:
        yield
    except UnreadableImageError as error:
        one.problem = error.what
    except (MemoryError, cv2.error) as error:
        if getattr(error, "code", cv2.Error.StsNoMem) != cv2.Error.StsNoMem:
            raise  # OpenCV has one kind of error for all
        one.problem = "not enough memory to look at it"


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
    look = _Look(source=dataset.source, profile=profile, store=store, embed=encoder is not None)
    seen: list[_Seen] = []
    waiting: list[_Seen] = []  # to be embedded: a few new images among many are gathered first
    with machine.bar(len(dataset), "looking at images") as bar:
        chunks = _chunks(dataset.rows, keep)
        for some in map_in_order(look, chunks, engine=machine.engine, workers=machine.workers):
            waiting += [one for one in some if one.to_embed is not None]
            if encoder is not None and len(waiting) >= CHUNK:
                waiting = _embed(waiting, encoder(), profile, store)
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
        if encoder is not None and waiting:
            _embed(waiting, encoder(), profile, store)
    return _gathered(dataset, seen, profile, embedded=encoder is not None)


def _chunks(rows: IntArray, keep: frozenset[int]) -> Iterator[list[tuple[int, bool]]]:
    for start in range(0, len(rows), CHUNK):
        positions = range(start, min(start + CHUNK, len(rows)))
        yield [(int(rows[i]), i in keep) for i in positions]


def _embed(waiting: list[_Seen], encoder: Encoder, profile: Profile, store: Store) -> list[_Seen]:
    """Embed these images and keep what came of it; nobody waits then."""
    made = encoder.embed([one.to_embed for one in waiting if one.to_embed is not None])
    for one, embedding in zip(waiting, made, strict=True):
        one.embedding, one.to_embed = embedding.tobytes(), None
        one.fresh.add("embedding")
    _keep(waiting, {"embedding": embedding_kind(profile)}, store)
    return []


def _keep(seen: list[_Seen], kinds: Mapping[str, str], store: Store) -> None:
    """Keep the parts that were made just now, each under its kind."""
    for part, kind in kinds.items():
        fresh = {one.key: getattr(one, part) for one in seen if part in one.fresh}
        if fresh:
            store.put(kind, fresh)


def _gathered(dataset: Dataset, seen: list[_Seen], profile: Profile, *, embedded: bool) -> Scan:
    good = [one for one in seen if not one.problem]
    size = profile.input_size
    return Scan(
        readable=np.array([not one.problem for one in seen], dtype=bool),
        findings=tuple(
            Finding(kind="unreadable", path=name, detail=one.problem)
            for name, one in zip(dataset.ids, seen, strict=True)
            if one.problem
        ),
        table=_table(good, profile),
        embeddings=_embeddings(good) if embedded else None,
        inputs={
            i: np.frombuffer(one.prepared, dtype=np.uint8).reshape(size, size, 3)
            for i, one in enumerate(good)
            if one.prepared is not None
        },
        decoded=sum("decoded" in one.fresh for one in good),
        embedded=sum("embedding" in one.fresh for one in good),
    )


def _embeddings(seen: list[_Seen]) -> npt.NDArray[np.float16]:
    raw = b"".join(one.embedding for one in seen if one.embedding is not None)
    values = np.frombuffer(raw, dtype=np.float16)
    return values.reshape(len(seen), len(values) // max(1, len(seen)))  # even if none was readable


def _table(seen: list[_Seen], profile: Profile) -> ImageTable:
    layout = record_layout(profile)
    raw = b"".join(one.record for one in seen if one.record is not None)
    rows = np.frombuffer(raw, dtype=layout)
    return ImageTable(
        keys=tuple(one.key for one in seen),
        shown=tuple(one.tobytes().hex() for one in rows["shown"]),
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
        values={m.name: rows[m.name].copy() for m in profile.metrics if m.of_image is not None},
    )
