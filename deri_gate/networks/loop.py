"""One network, trained and asked, with whatever memory there is."""

from __future__ import annotations

import gc
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

import torch
from torch.nn import functional

from deri_gate.features.device_blocks import blocks, on_device, placed
from deri_gate.features.torch_threads import fixed_threads
from deri_gate.networks.networks import Network, network_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray
    from deri_gate.networks.budget import Budget

Result = TypeVar("Result")
CPU_BATCH = 128  # with which the CPU begins once the GPU has failed


@dataclass(frozen=True, kw_only=True)
class TrainingSet:
    """Training set of a network, and its test sets.

    Attributes:
        pixels: Training images, shape (N, S, S, 3).
        targets: Which class each is of, 0/1, shape (N, K).
        multilabel: Whether an image may be of several classes.
        test_sets: Images to predict, each of shape (M, S, S, 3).
    """

    pixels: npt.NDArray[np.uint8]
    targets: npt.NDArray[np.float32]
    multilabel: bool
    test_sets: tuple[npt.NDArray[np.uint8], ...]


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """Result of the training, and its circumstances.

    Attributes:
        answers: Class probabilities of each question's images, shape (M, K); empty if memory
            ran out at every batch size.
        batch: Images a step in the end.
        device: "cuda" or "cpu", in the end.
        retries: How often memory ran out before.
        reason: Why there are no answers.
    """

    answers: tuple[FloatArray, ...]
    batch: int
    device: str
    retries: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Tried(Generic[Result]):
    """Outcome of several attempts; `result` is None if memory never sufficed."""

    result: Result | None
    batch: int
    device: str
    retries: int
    reason: str = ""


def learn(
    architecture: str, training: TrainingSet, budget: Budget, *, seed: int, device: torch.device
) -> Learnt:
    """Train a network from the start and ask it; with half the batch whenever memory runs out.

    A GPU is followed by the CPU. Nothing of a failed attempt is used, and the state of torch's
    own random numbers is as before.
    """

    def once(place: str, batch: int) -> tuple[FloatArray, ...]:
        return _once(architecture, training, budget, seed=seed, place=place, batch=batch)

    tried = _tried(once, attempts(device.type, min(budget.batch, len(training.pixels))))
    return Learnt(
        answers=tried.result or (),
        batch=tried.batch,
        device=tried.device,
        retries=tried.retries,
        reason=tried.reason,
    )


def teach(
    architecture: str, training: TrainingSet, budget: Budget, *, seed: int, device: torch.device
) -> Tried[Network]:
    """The network that `learn` asks, on the CPU, ready to be asked; nothing if memory runs out."""

    def once(place: str, batch: int) -> Network:
        with _seeded(seed, place):
            network = _trained(architecture, training, budget, seed=seed, place=place, batch=batch)
            return network.cpu()

    return _tried(once, attempts(device.type, min(budget.batch, len(training.pixels))))


def _tried(
    work: Callable[[str, int], Result], attempts: Sequence[tuple[str, int]]
) -> Tried[Result]:
    """The first attempt for which there is memory."""
    for retries, (place, batch) in enumerate(attempts):
        failure = ""
        try:
            result = work(place, batch)
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
            failure = " ".join(str(error).split())[:120] or type(error).__name__
        if not failure:
            return Tried(result=result, batch=batch, device=place, retries=retries)
        _free(place)  # only now: while the error lives, so do the tensors of its frames
    return Tried(
        result=None,
        batch=batch,
        device=place,
        retries=len(attempts) - 1,
        reason=f"out of memory even with one image a step ({failure})",
    )


def attempts(device: str, batch: int) -> tuple[tuple[str, int], ...]:
    """Device and batch of each attempt, in order: halved down to 1, a GPU before the CPU."""
    on_device = [(device, size) for size in _halved(batch)]
    if device == "cpu":
        return tuple(on_device)
    return (*on_device, *(("cpu", size) for size in _halved(min(CPU_BATCH, batch))))


def _halved(batch: int) -> Iterator[int]:
    while batch >= 1:
        yield batch
        batch //= 2


def out_of_memory(error: Exception) -> bool:
    """True for a lack of memory, in the words of torch, CUDA or Python."""
    said = str(error)
    return (
        isinstance(error, (MemoryError, torch.OutOfMemoryError))
        or "out of memory" in said.lower()
        or "DefaultCPUAllocator" in said
    )


def _free(device: str) -> None:
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()


def _once(
    architecture: str, training: TrainingSet, budget: Budget, *, seed: int, place: str, batch: int
) -> tuple[FloatArray, ...]:
    """One attempt, from first weights to answers."""
    with _seeded(seed, place):
        network = _trained(architecture, training, budget, seed=seed, place=place, batch=batch)
        return tuple(
            _probabilities(network, pixels, batch, multilabel=training.multilabel)
            for pixels in training.test_sets
        )


def _trained(
    architecture: str, training: TrainingSet, budget: Budget, *, seed: int, place: str, batch: int
) -> Network:
    """A network that can be asked; to be called with the seed set."""
    classes = training.targets.shape[1]
    network = network_of(architecture, classes, pretrained=budget.pretrained)
    network = network.to(place).to(memory_format=torch.channels_last)
    _train(network, training, budget, order=torch.Generator().manual_seed(seed), batch=batch)
    network.eval()
    return network


@contextmanager
def _seeded(seed: int, place: str) -> Iterator[None]:
    """Weights and dropout from a seed, repeatable kernels and threads; all as it was afterwards."""
    with ExitStack() as stack:
        stack.enter_context(fixed_threads())
        cuda = place == "cuda"
        devices = [torch.cuda.current_device()] if cuda else []
        stack.enter_context(torch.random.fork_rng(devices=devices))
        if cuda:
            stack.enter_context(
                torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True)
            )
        torch.manual_seed(seed)
        yield


def _train(
    network: Network, training: TrainingSet, budget: Budget, *, order: torch.Generator, batch: int
) -> None:
    place = network.device
    pixels = placed(training.pixels, place)
    targets = torch.from_numpy(training.targets).to(place)
    optimiser = torch.optim.Adam(network.parameters(), lr=budget.lr)
    for _ in range(budget.epochs):
        drawn = torch.randperm(len(pixels), generator=order).to(pixels.device)
        for some in torch.split(drawn, batch):
            network.train_on(len(some))
            with _half_precision(place):
                scores = network(on_device(pixels[some], place))
            own = targets[some.to(place)]
            loss = _loss(scores.float(), own, multilabel=training.multilabel)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()


def _loss(scores: torch.Tensor, targets: torch.Tensor, *, multilabel: bool) -> torch.Tensor:
    if multilabel:
        return functional.binary_cross_entropy_with_logits(scores, targets)
    return functional.cross_entropy(scores, targets.argmax(dim=1))


@torch.inference_mode()
def _probabilities(
    network: Network, pixels: npt.NDArray[np.uint8], batch: int, *, multilabel: bool
) -> FloatArray:
    place = network.device
    parts = []
    for _, some in blocks(placed(pixels, place), batch, place):
        with _half_precision(place):
            scores = network(some)
        scores = scores.float()
        parts.append(scores.sigmoid() if multilabel else scores.softmax(dim=1))
    return torch.cat(parts).cpu().numpy()


def _half_precision(place: torch.device) -> torch.autocast:
    """bfloat16 where the hardware has it; single precision on a CPU."""
    able = place.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(place.type, dtype=torch.bfloat16, enabled=able)
