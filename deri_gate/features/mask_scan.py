"""The pass over mask files: each is read once, whether an image is explained or not."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.data.contents import Contents
from deri_gate.data.limits import VERSION as DECODING
from deri_gate.data.masks import is_picture
from deri_gate.features import forms
from deri_gate.features.chunk_scan import ProblemNoted, ScannedImage
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.memory import budget

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from deri_gate.data.dataset import Source
    from deri_gate.metrics.context import Context
    from deri_gate.runtime.store import Results

VERSION = 1  # raised whenever the same file would be seen otherwise
KIND = f"mask-file-{DECODING}.{VERSION}"
CHUNK = 48  # masks a task
SEEN = struct.Struct("<II?")  # height and width in pixels, and whether it is a picture


class SeenMask(NamedTuple):
    """A mask file as it was found.

    Attributes:
        height: In pixels.
        width: In pixels.
        picture: True if it is a picture and no mask.
        problem: Reason that it could not be read; empty if it could.
    """

    height: int
    width: int
    picture: bool
    problem: str = ""


def masks_seen(source: Source, rows: Sequence[int], context: Context) -> Iterator[SeenMask]:
    """Read the masks in these rows of a source, in this order; known ones are not decoded."""
    machine, store = context.machine, context.store
    chunks = (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))
    with machine.bar(len(rows), "looking at masks", unit="mask") as bar:
        look = _ChunkLook(source, store)
        for files in map_in_order(look, chunks, workers=machine.workers):
            fresh = {file.key: file.record for file in files if file.record and file.fresh}
            if fresh:
                store.put(KIND, fresh)
            yield from map(_seen, files)
            bar.update(len(files))


@dataclass(frozen=True)
class _ChunkLook:
    """A look at one chunk of masks: hash all, recall what is known, decode the others."""

    source: Source
    store: Results

    def __call__(self, rows: Iterable[int]) -> list[ScannedImage]:
        files = [ScannedImage(row=row, keep=False) for row in rows]
        contents = Contents(self.source)
        for file in files:
            with ProblemNoted(file):
                file.key = contents.key(file.row)
        keys = [file.key for file in files if file.key]
        known = self.store.get(KIND, keys, fits=forms.of_length(SEEN.size))
        for file in files:
            file.record = known.get(file.key)
            if file.key and file.record is None:
                with ProblemNoted(file), budget().scope():
                    mask = contents.take(file.row, file.key).decode()
                    file.record = SEEN.pack(*mask.shape[:2], is_picture(mask))
                    file.fresh.add("record")
        return files


def _seen(file: ScannedImage) -> SeenMask:
    if file.record is None:
        return SeenMask(0, 0, picture=False, problem=file.problem)
    return SeenMask(*SEEN.unpack(file.record))
