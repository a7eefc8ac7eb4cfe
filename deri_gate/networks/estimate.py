"""Estimate of the time of a grid, from a few timed steps of each network."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.encoder import pick_device
from deri_gate.networks.budget import BASELINE, LINEAR
from deri_gate.networks.loop import TrainingSet, learn
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.networks.bench import Bench
    from deri_gate.networks.budget import Budget
    from deri_gate.networks.plan import TrainingRun

STEP = 32  # images a timed step, at most
EMBEDDED_A_SECOND = 120.0  # images at 128 px on two busy CPU cores; much more on a GPU
FIT_S = 0.5  # of one linear probe
FORWARD = 1 / 5  # cost of asking about an image, as a part of training on it


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Estimated amount of work.

    Attributes:
        runs: In all.
        known: Number of these that are known from before.
        seconds: By architecture, for the rest.
    """

    runs: int
    known: int
    seconds: Mapping[str, float]

    @property
    def total_s(self) -> float:
        """Seconds for all that is left to do."""
        return sum(self.seconds.values())

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {_spoken(spent)}" for name, spent in self.seconds.items())
        runs = f"{counted(self.runs, 'run')}, {self.known} of them known"
        return f"{runs}: about {_spoken(self.total_s)}" + (f" ({parts})" if parts else "")


def estimate(bench: Bench, runs: Sequence[TrainingRun], known: set[str]) -> Estimate:
    """Time a few steps of each network that is to be trained, and add up.

    Args:
        bench: The dataset; no picture of it is read.
        runs: All that are asked for.
        known: Recipes of those that need not be done.
    """
    todo = [run for run in runs if run.recipe not in known]
    seconds = {}
    for name in dict.fromkeys(run.architecture for run in todo):
        own = [run for run in todo if run.architecture == name]
        seconds[name] = _linear_s(bench, own) if name == LINEAR else _cnn_s(bench, name, own)
    return Estimate(runs=len(runs), known=len(runs) - len(todo), seconds=seconds)


def _asked(bench: Bench, run: TrainingRun) -> int:
    """Images a network is asked about."""
    scenes = len(bench.budget.scenes) if run.group == BASELINE else 0
    return (1 + scenes) * len(bench.arranged.validation)


def _linear_s(bench: Bench, runs: Sequence[TrainingRun]) -> float:
    train, validation = len(bench.arranged.train), len(bench.arranged.validation)
    scenes = max((_asked(bench, run) for run in runs), default=0) - validation
    embedded = train * len(runs) + validation + scenes
    return embedded / EMBEDDED_A_SECOND + FIT_S * len(runs)


def _cnn_s(bench: Bench, architecture: str, runs: Sequence[TrainingRun]) -> float:
    device = bench.context.machine.device
    start, step = step_s(architecture, bench.budget, device=device)
    per_image = step / min(STEP, bench.budget.batch)
    trained = len(bench.arranged.train) * bench.budget.epochs
    return sum(start + per_image * (trained + FORWARD * _asked(bench, run)) for run in runs)


def step_s(architecture: str, budget: Budget, *, device: str = "auto") -> tuple[float, float]:
    """Seconds to set up a network, and for one step of `STEP` images, on random pictures."""
    images = min(STEP, budget.batch)
    pixels = np.random.default_rng(0).integers(0, 256, (images, budget.size, budget.size, 3))
    training = TrainingSet(
        pixels=pixels.astype(np.uint8),
        targets=np.eye(2, dtype=np.float32)[np.arange(images) % 2],
        multilabel=False,
        questions=(),
    )
    spent = []
    for epochs in (1, 1, 3):  # the first warms up
        begun = time.perf_counter()
        learn(architecture, training, replace(budget, epochs=epochs), seed=0,
              device=pick_device(device))  # fmt: skip
        spent.append(time.perf_counter() - begun)
    step = max(1e-6, (spent[2] - spent[1]) / 2)
    return max(0.0, spent[1] - step), step


def _spoken(seconds: float) -> str:
    """A span of time for people."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
