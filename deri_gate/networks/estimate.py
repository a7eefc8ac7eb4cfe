"""Estimate of the time of a grid, from a few timed steps of each network."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from deri_gate.features.encoder import pick_device
from deri_gate.networks.budget import BASELINE, LINEAR
from deri_gate.networks.loop import TrainingSet, learn
from deri_gate.runtime.counts import counted
from deri_gate.runtime.sizes import as_span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.networks.bench import Bench
    from deri_gate.networks.budget import Budget
    from deri_gate.networks.plan import TrainingRun
    from deri_gate.runtime.device import Device

STEP = 32  # images a timed step, at most
EMBEDDED_A_SECOND = 120.0  # images at 128 px on two busy CPU cores; much more on a GPU
FIT_S = 0.5  # of one linear probe
CHANNELS = 3
FORWARD = 1 / 5  # cost of asking about an image, as a part of training on it


@dataclass(frozen=True, kw_only=True)
class GridEstimate:
    """Estimated amount of work.

    Attributes:
        runs: In all.
        known: Number of these that are known from before.
        seconds: By architecture, for the rest.
        pictures_bytes: Pictures in main memory at the most, 0 where nothing is left to train.
        device_bytes: Memory of the GPU at the full batch; None without a GPU. If it runs out, the
            batch is halved.
    """

    runs: int
    known: int
    seconds: Mapping[str, float]
    pictures_bytes: int
    device_bytes: int | None

    @property
    def total_s(self) -> float:
        """Seconds for all that is left to do."""
        return sum(self.seconds.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {as_span(spent)}" for name, spent in self.seconds.items())
        runs = f"{counted(self.runs, 'run')}, {self.known} of them known"
        memory = f", {_in_gib(self.pictures_bytes)} of pictures" if self.pictures_bytes else ""
        if self.device_bytes is not None:
            memory += f", {_in_gib(self.device_bytes)} on the GPU"
        spent = f" ({parts})" if parts else ""
        return f"{runs}: about {as_span(self.total_s)}{spent}{memory}"


def grid_estimate(bench: Bench, runs: Sequence[TrainingRun], known: set[str]) -> GridEstimate:
    """Time a few steps of each network that is to be trained, and add up.

    Args:
        bench: The dataset; no picture of it is read.
        runs: All that are asked for.
        known: Recipes of those that need not be done.
    """
    todo = [run for run in runs if run.recipe not in known]
    seconds, on_device = {}, list[int]()
    for name in dict.fromkeys(run.architecture for run in todo):
        own = [run for run in todo if run.architecture == name]
        if name == LINEAR:
            seconds[name] = _linear_s(bench, own)
            continue
        cost = step_cost(name, bench.budget, device=bench.context.machine.device)
        seconds[name] = _cnn_s(bench, cost, own)
        on_device += [] if cost.device_bytes is None else [cost.device_bytes]
    return GridEstimate(
        runs=len(runs),
        known=len(runs) - len(todo),
        seconds=seconds,
        pictures_bytes=_pictures_bytes(bench, todo),
        device_bytes=max(on_device, default=None),
    )


def _pictures_bytes(bench: Bench, runs: Sequence[TrainingRun]) -> int:
    """Pictures that networks need in main memory at once.

    The undamaged ones, those of a variant and, while it is made, their copy; and all that is
    asked about. The linear probe holds a batch of them.
    """
    networks = [run for run in runs if run.architecture != LINEAR]
    if not networks:
        return 0
    asked = max(_asked(bench, run) for run in networks)
    return (3 * len(bench.arranged.train) + asked) * bench.budget.size**2 * CHANNELS


def _asked(bench: Bench, run: TrainingRun) -> int:
    """Images a network is asked about."""
    scenes = len(bench.budget.scenes) if run.group == BASELINE else 0
    return (1 + scenes) * len(bench.arranged.validation)


def _linear_s(bench: Bench, runs: Sequence[TrainingRun]) -> float:
    train, validation = len(bench.arranged.train), len(bench.arranged.validation)
    scenes = max((_asked(bench, run) for run in runs), default=0) - validation
    embedded = train * len(runs) + validation + scenes
    return embedded / EMBEDDED_A_SECOND + FIT_S * len(runs)


def _cnn_s(bench: Bench, cost: StepCost, runs: Sequence[TrainingRun]) -> float:
    per_image = cost.step_s / min(STEP, bench.budget.batch)
    trained = len(bench.arranged.train) * bench.budget.epochs
    asked = (FORWARD * _asked(bench, run) for run in runs)
    return sum(cost.start_s + per_image * (trained + count) for count in asked)


@dataclass(frozen=True, kw_only=True)
class StepCost:
    """Cost of training a network, from a few timed steps.

    Attributes:
        start_s: Seconds to set it up.
        step_s: Seconds of one step of `STEP` images.
        device_bytes: Peak of the GPU's memory, scaled to the full batch; None without a GPU.
    """

    start_s: float
    step_s: float
    device_bytes: int | None


def step_cost(architecture: str, budget: Budget, *, device: Device = "auto") -> StepCost:
    """Train a network for a few steps of `STEP` images, on random pictures."""
    images = min(STEP, budget.batch)
    pixels = np.random.default_rng(0).integers(0, 256, (images, budget.size, budget.size, 3))
    training = TrainingSet(
        pixels=pixels.astype(np.uint8),
        targets=np.eye(2, dtype=np.float32)[np.arange(images) % 2],
        multilabel=False,
        test_sets=(),
    )
    spent, chosen = [], pick_device(device)
    on_gpu = chosen.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(chosen)
    for epochs in (1, 1, 3):  # the first warms up
        begun = time.perf_counter()
        learn(architecture, training, replace(budget, epochs=epochs), seed=0, device=chosen)
        spent.append(time.perf_counter() - begun)
    step = max(1e-6, (spent[2] - spent[1]) / 2)
    peak = torch.cuda.max_memory_allocated(chosen) * budget.batch // images if on_gpu else None
    return StepCost(start_s=max(0.0, spent[1] - step), step_s=step, device_bytes=peak)


def _in_gib(size: int) -> str:
    """Bytes as people read them: one digit, and never nothing for something."""
    return f"{max(0.1, size / 2**30):.1f} GiB"
