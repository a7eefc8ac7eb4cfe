"""The pass over images: each is looked at once, and those that are known not at all."""

from __future__ import annotations

from collections import deque
from contextlib import closing
from typing import TYPE_CHECKING

from deri_gate.features.embedding import Embedder
from deri_gate.features.namespaces import embedding_kind, input_kind, picture_kind
from deri_gate.features.picture_record import record_layout
from deri_gate.runtime.engine import map_in_order
from deri_gate.runtime.system import processors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from deri_gate.features.chunk_scan import ChunkScan, ScannedImage
    from deri_gate.features.encoder import Encoder
    from deri_gate.runtime.store import Results

CHUNK = 48  # images a task


def look_at(
    images: Sequence[tuple[int, bool]],
    scan_chunk: ChunkScan,
    *,
    encoder: Callable[[], Encoder] | None,
    workers: int,
) -> Iterator[list[ScannedImage]]:
    """Look at images, a chunk at a time; what comes out is complete, and in their order.

    Results are kept as they come, so that a killed run goes on where it was.

    Args:
        images: Row of each in the source, and whether its prepared picture is kept.
        scan_chunk: What is done with a chunk, and with which store.
        encoder: Makes the network, when first needed; None when no embedding is wanted.
        workers: How many threads read; 0 for as many as there are processors.
    """
    profile, store = scan_chunk.profile, scan_chunk.store
    kinds = {
        "record": picture_kind(profile, record_layout(profile)),
        "prepared": input_kind(profile),
    }
    chunks = (images[start : start + CHUNK] for start in range(0, len(images), CHUNK))
    coming: deque[ScannedImage] = deque()
    waiting = _Waiting(embedding_kind(profile), store, encoder, workers)
    with closing(waiting):
        for some in map_in_order(scan_chunk, chunks, workers=workers):
            coming += some
            waiting.add(some)
            _keep(some, kinds, store)
            yield _complete(coming)
        waiting.finish()
        yield _complete(coming)


def _complete(coming: deque[ScannedImage]) -> list[ScannedImage]:
    """Take those off that come first and wait for nothing."""
    done = []
    while coming and coming[0].to_embed is None:
        done.append(coming.popleft())
    return done


class _Waiting:
    """The images that wait for their embedding: new ones among many, gathered first."""

    def __init__(
        self, kind: str, store: Results, encoder: Callable[[], Encoder] | None, workers: int
    ) -> None:
        self._embedder = None if encoder is None else Embedder(encoder, workers or processors())
        self._kind, self._store = kind, store
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


def _keep(seen: list[ScannedImage], kinds: Mapping[str, str], store: Results) -> None:
    """Keep the parts that were made just now, each under its kind."""
    for part, kind in kinds.items():
        fresh = {scanned.key: getattr(scanned, part) for scanned in seen if part in scanned.fresh}
        if fresh:
            store.put(kind, fresh)
