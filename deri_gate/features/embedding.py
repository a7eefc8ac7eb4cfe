"""Embedding of pictures beside the pass over the files: in threads of its own, a few ahead."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy as np
    import numpy.typing as npt

    from deri_gate.data.dataset import Picture
    from deri_gate.features.encoder import Encoder

    Made = npt.NDArray[np.float16]

TASKS_ON_GPU = 2  # that wait for it: it works on one while the next is gathered


class Embedder:
    """Pictures in, embeddings out, in the same order: while the next files are read.

    A network with a thread of its own on each processor needs no thread to wait for another, as
    the parts of one operation do; on a busy machine that waiting doubles the time. A GPU has one
    task at a time, of several batches.
    """

    def __init__(self, encoder: Callable[[], Encoder], workers: int) -> None:
        """Begin with nothing to embed.

        Args:
            encoder: Makes the network, when first needed.
            workers: Threads, on a processor.
        """
        self._encoder = cache(encoder)
        self._workers = workers
        self._pool: ThreadPoolExecutor | None = None
        self._ahead: deque[Future[Made]] = deque()
        self._waiting: list[Picture] = []

    def close(self) -> None:
        """End the threads; what has not begun is left out."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def add(self, pictures: Iterable[Picture]) -> Iterator[Made]:
        """Hand in prepared pictures; out come embeddings of those that were handed in first."""
        self._waiting += pictures
        while self._waiting and len(self._waiting) >= self._encoder().at_once:
            yield from self._begin(self._encoder().at_once)

    def finish(self) -> Iterator[Made]:
        """The embeddings of all that is left."""
        if self._waiting:
            yield from self._begin(len(self._waiting))
        while self._ahead:
            yield self._ahead.popleft().result()

    def _begin(self, count: int) -> Iterator[Made]:
        some, self._waiting = self._waiting[:count], self._waiting[count:]
        self._ahead.append(self._threads().submit(self._encoder().embed, some))
        if len(self._ahead) > (TASKS_ON_GPU if self._on_gpu() else 2 * self._workers):
            yield self._ahead.popleft().result()

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            threads = 1 if self._on_gpu() else self._workers
            self._pool = ThreadPoolExecutor(threads, initializer=_alone)
        return self._pool

    def _on_gpu(self) -> bool:
        return self._encoder().device.type == "cuda"


def _alone() -> None:
    """Let operations of this thread have no other thread."""
    import torch  # noqa: PLC0415  # slow, and not needed where every embedding is known

    torch.set_num_threads(1)
