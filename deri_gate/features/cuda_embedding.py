"""Embedding on a GPU: one recorded forward pass, with copies beside it; loads torch."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deri_gate.errors import SettingError
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from deri_gate.data.dataset import Picture

    Pooled = Callable[[torch.Tensor], torch.Tensor]  # pictures (B, S, S, 3) to embeddings (B, d)

BATCH = 256  # always full, as on a processor; halved when memory runs out
SLOTS = 2  # one is filled while the other is read
WARM_UPS = 3  # passes before one is recorded, as libraries allocate in the first ones


class GpuPasses:
    """Forward passes of one network on a GPU.

    Threads that decode hold the interpreter's lock most of the time, and a pass of a hundred
    kernels would have to wait for it a hundred times. So a pass is recorded once (a CUDA graph)
    and replayed with one call. Pictures come through pinned memory on a stream of their own;
    embeddings leave in half precision, and nothing waits for them before the last.
    """

    def __init__(self, pooled: Pooled, device: torch.device) -> None:
        """Begin with nothing recorded.

        Args:
            pooled: The network, from pictures as they come to embeddings.
            device: The GPU.
        """
        self.batch = BATCH
        self._pooled, self._device = pooled, device
        self._recorded: _Recorded | None = None

    def embed(self, pictures: Sequence[Picture]) -> npt.NDArray[np.float16]:
        """Embeddings of pictures of one size, shape (len(pictures), d).

        Raises:
            SettingError: If memory does not suffice for one picture at a time.
        """
        while True:
            try:
                return self._embedded(pictures)
            except torch.OutOfMemoryError:
                reason = f"the GPU lacks the memory for {counted(self.batch, 'picture')} at a time"
            self._recorded = (
                None  # only now: while the error lives, so do the tensors of its frames
            )
            gc.collect()  # a failed recording holds its memory in a circle
            torch.cuda.empty_cache()
            if self.batch == 1:
                raise SettingError(reason, "--device", "Use --device cpu.")
            self.batch //= 2

    def _embedded(self, pictures: Sequence[Picture]) -> npt.NDArray[np.float16]:
        if self._recorded is None:
            self._recorded = _Recorded.of(self._pooled, self.batch, pictures[0], self._device)
        recorded = self._recorded
        whole = -(-len(pictures) // self.batch) * self.batch
        answers = torch.empty(
            (whole, recorded.result.shape[1]), dtype=torch.float16, pin_memory=True
        )
        for turn, start in enumerate(range(0, whole, self.batch)):
            some = slice(start, start + self.batch)
            recorded.run(pictures[some], recorded.slots[turn % SLOTS], answers[some])
        recorded.stream.synchronize()
        return answers[: len(pictures)].numpy().copy()


@dataclass(frozen=True, kw_only=True)
class _Slot:
    """Way of one batch to the GPU.

    Attributes:
        host: Pinned, shape (B, S, S, 3).
        device: Copy of it on the GPU.
        copied: When the copy is done, and the host's may be filled again.
        read: When the GPU's may be filled again.
    """

    host: torch.Tensor
    device: torch.Tensor
    copied: torch.cuda.Event
    read: torch.cuda.Event


@dataclass(frozen=True, kw_only=True)
class _Recorded:
    """A forward pass that can be replayed.

    Attributes:
        source: Where it reads pictures, shape (B, S, S, 3), on the GPU.
        result: Where it leaves embeddings, shape (B, d), half precision, on the GPU.
        replay: The pass.
        stream: Where it runs.
        copies: Stream of the copies to the GPU.
        slots: Ways to the GPU.
    """

    source: torch.Tensor
    result: torch.Tensor
    replay: Callable[[], object]
    stream: torch.cuda.Stream
    copies: torch.cuda.Stream
    slots: tuple[_Slot, ...]

    @classmethod
    def of(cls, pooled: Pooled, batch: int, picture: Picture, device: torch.device) -> _Recorded:
        """Record a pass of so many pictures of this one's size."""
        shape = (batch, *picture.shape)
        source = torch.zeros(shape, dtype=torch.uint8, device=device)
        stream, copies = _stream(device), _stream(device)
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream), torch.inference_mode(), single_precision():
            for _ in range(WARM_UPS):
                result = pooled(source).half()
            stream.synchronize()
            replay = _recorded_pass(lambda: result.copy_(pooled(source)), stream)
        slots = [
            _Slot(
                host=torch.zeros(shape, dtype=torch.uint8, pin_memory=True),
                device=torch.zeros_like(source),
                copied=_event(),
                read=_event(),
            )
            for _ in range(SLOTS)
        ]
        return cls(
            source=source,
            result=result,
            replay=replay,
            stream=stream,
            copies=copies,
            slots=tuple(slots),
        )

    def run(self, pictures: Sequence[Picture], slot: _Slot, answers: torch.Tensor) -> None:
        """Begin a pass; its embeddings are in the answers once the stream is synchronised."""
        slot.copied.synchronize()
        fill_batch(slot.host, pictures)
        with torch.inference_mode(), torch.cuda.stream(self.copies):
            self.copies.wait_event(slot.read)
            slot.device.copy_(slot.host, non_blocking=True)
            slot.copied.record(self.copies)
        with torch.inference_mode(), torch.cuda.stream(self.stream):
            self.stream.wait_event(slot.copied)
            self.source.copy_(slot.device)
            slot.read.record(self.stream)
            self.replay()
            answers.copy_(self.result, non_blocking=True)


def _recorded_pass(run: Callable[[], object], stream: torch.cuda.Stream) -> Callable[[], object]:
    """Record what runs on the stream; what cannot be recorded is run each time."""
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            run()
    except torch.OutOfMemoryError:
        raise
    except RuntimeError:  # it asks the processor in the middle
        torch.cuda.synchronize()

        def run_it() -> None:
            with single_precision():
                run()

        return run_it
    return graph.replay


def _stream(device: torch.device) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


def _event() -> torch.cuda.Event:
    return torch.cuda.Event()  # type: ignore[no-untyped-call]


def fill_batch(batch: torch.Tensor, pictures: Sequence[Picture]) -> None:
    """Put pictures into a batch, and nothing but zeros behind them.

    In two copies of all: each copy lets other threads have the interpreter's lock, and one a
    picture would wait for it as often.

    Args:
        batch: Shape (B, S, S, 3); written.
        pictures: At most B, each of shape (S, S, 3).
    """
    joined = bytearray().join([np.ascontiguousarray(picture).data for picture in pictures])
    batch[: len(pictures)].view(-1).copy_(torch.frombuffer(joined, dtype=torch.uint8))
    batch[len(pictures) :].zero_()


@contextmanager
def single_precision() -> Iterator[None]:
    """Convolutions of a GPU in full single precision, and always by the same kernels.

    Its own ten-bit form moves labels that are near a tie: pools are made on a processor.
    """
    with torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    ):
        yield
