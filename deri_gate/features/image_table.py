"""Result of the pass over a dataset: a row an image, gathered as the images come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.features.acquisition import ACQUISITION
from deri_gate.features.appearance import APPEARANCE
from deri_gate.features.hashes import GatheredHashes, Hashes
from deri_gate.features.picture_record import record_layout
from deri_gate.runtime.hashing import BYTES
from deri_gate.runtime.large_arrays import large_array, large_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.data.dataset import Dataset, Picture
    from deri_gate.features.chunk_scan import ScannedImage
    from deri_gate.metrics.profile import Profile


_COUNTS = ("height", "width", "channels", "size", "traces", "otherwise")
_OTHERS = ("narrow", "start", "shown", "thumbnail", "chroma")
_TOGETHER = {"acquisition": [*ACQUISITION], "appearance": [*APPEARANCE]}


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
        otherwise: How some loaders see it otherwise, see `seen_otherwise`, shape (N,).
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        chroma: Their colours, red and blue less grey, 128 for none, shape (N, 16, 16, 2).
        acquisition: Columns as `Acquisition` has them, shape (N,).
        appearance: Columns as `Appearance` has them, shape (N,).
        values: By metric of the pixels, its value for each image, shape (N,).
    """

    keys: Sequence[str]
    shown: Sequence[str]
    height: IntArray
    width: IntArray
    channels: IntArray
    span: IntArray
    narrow: BoolArray
    size: IntArray
    start: npt.NDArray[np.uint64]
    traces: IntArray
    otherwise: IntArray
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


class Gathering:
    """Rows of a table that come image by image, in arrays that are made once."""

    def __init__(self, dataset: Dataset, profile: Profile, *, embedded: bool) -> None:
        """Begin with no row.

        Args:
            dataset: The images that will come, in its order.
            profile: Whose records they have.
            embedded: Whether they have embeddings.
        """
        self._ids, self._profile, self._embedded = dataset.ids, profile, embedded
        self._layout = record_layout(profile)
        count = len(dataset)
        self._metrics = [m.name for m in profile.metrics if m.of_image is not None]
        self._as_recorded = (*_COUNTS, *_OTHERS, *self._metrics)
        self._columns = large_columns(count, _columns_of(self._layout, self._as_recorded))
        self._keys = GatheredHashes(self._columns["key"])
        self._embeddings: npt.NDArray[Any] = np.empty((0, 0), dtype=np.float16)
        self._readable = np.zeros(count, dtype=bool)
        self._seen, self._findings = 0, list[Finding]()
        self._inputs: dict[int, Picture] = {}
        self._decoded = self._embeds = 0

    def add(self, images: Sequence[ScannedImage]) -> None:
        """Take the next images."""
        good = [image for image in images if not image.problem]
        place = slice(len(self._keys), len(self._keys) + len(good))
        for image in images:
            self._readable[self._seen] = not image.problem
            if image.problem:
                name = self._ids[self._seen]
                self._findings.append(Finding(kind="unreadable", path=name, detail=image.problem))
            self._seen += 1
        self._keep_inputs(good)
        self._keys.add([image.key for image in good])
        raw = b"".join(image.record for image in good if image.record is not None)
        self._add_records(np.frombuffer(raw, dtype=self._layout), place)
        if self._embedded and good:
            self._add_embeddings(good, place)
        self.count(
            decoded=sum("decoded" in image.fresh for image in images),
            embedded=sum("embedding" in image.fresh for image in images),
        )

    def count(self, *, decoded: int, embedded: int) -> None:
        """Count images that were looked at."""
        self._decoded += decoded
        self._embeds += embedded

    def finished(self) -> Scan:
        """Result of the pass."""
        return Scan(
            readable=self._readable,
            findings=tuple(self._findings),
            table=self._table(),
            embeddings=self._embeddings[: len(self._keys)] if self._embedded else None,
            inputs=self._inputs,
            decoded=self._decoded,
            embedded=self._embeds,
        )

    def _keep_inputs(self, good: Sequence[ScannedImage]) -> None:
        size = self._profile.input_size
        for position, image in enumerate(good, start=len(self._keys)):
            if image.prepared is not None:
                pixels = np.frombuffer(image.prepared, dtype=np.uint8)
                self._inputs[position] = pixels.reshape(size, size, 3)

    def _add_records(self, rows: npt.NDArray[np.void], place: slice) -> None:
        for name in self._as_recorded:
            self._columns[name][place] = rows[name]
        self._columns["span"][place] = rows["high"].astype(np.int64) - rows["low"]
        for name, fields in _TOGETHER.items():
            self._columns[name][place] = rows[fields]

    def _add_embeddings(self, good: Sequence[ScannedImage], place: slice) -> None:
        raw = b"".join(image.embedding for image in good if image.embedding is not None)
        values = np.frombuffer(raw, dtype=np.float16).reshape(len(good), -1)
        if not self._embeddings.size:
            self._embeddings = large_array((len(self._ids), values.shape[1]), np.float16)
        self._embeddings[place] = values

    def _table(self) -> ImageTable:
        rows = {name: column[: len(self._keys)] for name, column in self._columns.items()}
        del rows["key"]
        return ImageTable(
            keys=self._keys.finished(),
            shown=Hashes(rows.pop("shown")),
            thumbnails=rows.pop("thumbnail"),
            values={name: rows.pop(name) for name in self._metrics},
            **rows,
        )


def _columns_of(layout: np.dtype[np.void], as_recorded: Sequence[str]) -> dict[str, np.dtype[Any]]:
    """Type of each column of a table, by name; counts are as wide as what is reckoned with them."""
    kinds = {name: layout[name] for name in as_recorded}
    kinds |= dict.fromkeys((*_COUNTS, "span"), np.dtype(np.int64))
    for name, fields in _TOGETHER.items():
        kinds[name] = np.dtype([(field, layout[field]) for field in fields])
    return kinds | {"narrow": np.dtype(bool), "key": np.dtype((np.uint8, (BYTES,)))}
