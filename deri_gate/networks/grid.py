"""All runs on one dataset: each is kept the moment it is done, so a killed grid goes on there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache, partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from deri_gate.errors import UnmeasurableError
from deri_gate.features import forms
from deri_gate.features.encoder import pick_device
from deri_gate.features.linear_probe import fit_probe, probabilities
from deri_gate.networks.budget import CODE, LINEAR
from deri_gate.networks.columns import COLUMNS
from deri_gate.networks.loop import Learnt, TrainingSet, learn
from deri_gate.networks.performance import Performance, nothing, performance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.networks.bench import Bench
    from deri_gate.networks.pictures import Pictures
    from deri_gate.networks.plan import TrainingRun

KIND = "run"  # under which the store keeps results; the recipe is the key


@dataclass(frozen=True, kw_only=True)
class Result:
    """Performance of a network on the validation images, or in one scenario."""

    group: str
    performance: Performance
    asked: int


@dataclass(frozen=True, kw_only=True)
class RunOutcome:
    """Outcome of a run: on the validation images, after the baseline in each scenario too.

    Attributes:
        results: One at least.
        images: Trained on, None when nothing was trained.
        epochs: Number of epochs; None for the linear probe.
        size: Side in pixels of what was seen.
        batch: Images a step in the end.
        device: In the end.
        retries: How often memory ran out before.
        final: Whether it may be kept; a lack of memory may be over next time.
    """

    results: tuple[Result, ...]
    images: int | None = None
    epochs: int | None = None
    size: int | None = None
    batch: int | None = None
    device: str | None = None
    retries: int | None = None
    final: bool = True

    def to_bytes(self) -> bytes:
        """The outcome as JSON."""
        return json.dumps(asdict(self), sort_keys=True, allow_nan=False).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> RunOutcome:
        """The outcome that `to_bytes` wrote."""
        values = json.loads(raw)
        results = tuple(
            Result(
                group=one["group"],
                performance=Performance(
                    **{**one["performance"], "recalls": tuple(one["performance"]["recalls"])}
                ),
                asked=one["asked"],
            )
            for one in values.pop("results")
        )
        return cls(results=results, **values)


def outcomes(
    bench: Bench,
    runs: Sequence[TrainingRun],
    *,
    tick: Callable[[TrainingRun], object] = lambda run: run,
) -> list[RunOutcome]:
    """The outcome of each run, in order; those known from before are not done again.

    Args:
        bench: The dataset, made ready.
        runs: Those of one variant stand together.
        tick: Told of every run that is done, known ones included.

    Raises:
        SettingError: If results cannot be kept; those kept before stay.
    """
    fits = forms.read_by(RunOutcome.from_bytes)
    kept = bench.context.store.get(KIND, [run.recipe for run in runs], fits=fits)
    kept_outcomes = {recipe: RunOutcome.from_bytes(raw) for recipe, raw in kept.items()}
    for (group, level), some in groupby(runs, key=lambda run: (run.group, run.level)):
        variant = cache(partial(_variant, bench, group, level))  # made if a run is not known
        for run in some:
            if run.recipe not in kept_outcomes:
                kept_outcomes[run.recipe] = _kept(bench, run, _done(bench, run, variant()))
            tick(run)
    return [kept_outcomes[run.recipe] for run in runs]


def _kept(bench: Bench, run: TrainingRun, outcome: RunOutcome) -> RunOutcome:
    """Store the outcome, unless another try may end otherwise."""
    if outcome.final:
        bench.context.store.put(KIND, {run.recipe: outcome.to_bytes()})
    return outcome


def table(bench: Bench, runs: Sequence[TrainingRun], done: Sequence[RunOutcome]) -> pd.DataFrame:
    """A row a run, and after a baseline a row for each scenario; the order is the plan's."""
    rows = [
        _row(bench, run, outcome, result)
        for run, outcome in zip(runs, done, strict=True)
        for result in outcome.results
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _variant(bench: Bench, group: str, level: str) -> Pictures | str:
    """The training images of a variant, or why there is none."""
    try:
        return bench.variant(group, level)
    except UnmeasurableError as error:
        return error.what


def _done(bench: Bench, run: TrainingRun, made: Pictures | str) -> RunOutcome:
    """One run, from its training images to its figures."""
    if isinstance(made, str):
        return RunOutcome(results=(_none(bench, run, made),))
    return _linear(bench, run, made) if run.architecture == LINEAR else _cnn(bench, run, made)


def _linear(bench: Bench, run: TrainingRun, made: Pictures) -> RunOutcome:
    test_sets = bench.test_sets(run.group)
    try:
        probe = fit_probe(
            bench.features(made.dataset),
            made.dataset.membership,
            multilabel=bench.arranged.multilabel,
            folds=np.empty(0, dtype=np.int64),  # nothing is asked about the training images
            device=bench.context.machine.device,
        )
    except UnmeasurableError as error:
        return RunOutcome(results=(_none(bench, run, error.what),))
    results = []
    for name, asked in test_sets.items():
        scores = bench.features(asked.dataset) @ probe.weights.T + probe.bias
        said = probabilities(scores, multilabel=bench.arranged.multilabel)
        results.append(_result(bench, name, asked.dataset, said))
    return RunOutcome(
        results=tuple(results),
        images=len(made.dataset),
        size=bench.context.profile.input_size,
        device=bench.encoder.device.type,
        retries=0,
    )


def _cnn(bench: Bench, run: TrainingRun, made: Pictures) -> RunOutcome:
    test_sets = bench.test_sets(run.group)
    learnt = _learnt(bench, run, made, tuple(asked.pixels for asked in test_sets.values()))
    results = tuple(
        _result(bench, name, asked.dataset, answer)
        for (name, asked), answer in zip(test_sets.items(), learnt.answers, strict=False)
    )
    return RunOutcome(
        results=results or (_none(bench, run, learnt.reason),),
        images=len(made.dataset),
        epochs=bench.budget.epochs,
        size=bench.budget.size,
        batch=learnt.batch,
        device=learnt.device,
        retries=learnt.retries,
        final=bool(results),
    )


def _learnt(bench: Bench, run: TrainingRun, made: Pictures, test_sets: tuple[Any, ...]) -> Learnt:
    training = TrainingSet(
        pixels=made.pixels,
        targets=made.dataset.membership.toarray().astype(np.float32),
        multilabel=bench.arranged.multilabel,
        test_sets=test_sets,
    )
    device = pick_device(bench.context.machine.device)
    return learn(run.architecture, training, bench.budget, seed=run.seed, device=device)


def _result(bench: Bench, name: str, asked: Dataset, said: Any) -> Result:
    figures = performance(
        said,
        asked.membership.toarray() > 0,
        multilabel=bench.arranged.multilabel,
        classes=asked.classes,
        expected=bench.expected,
    )
    return Result(group=name, performance=figures, asked=len(asked))


def _none(bench: Bench, run: TrainingRun, reason: str) -> Result:
    classes = len(bench.arranged.train.classes)
    return Result(group=run.group, performance=nothing(classes, reason), asked=0)


def _row(bench: Bench, run: TrainingRun, outcome: RunOutcome, result: Result) -> dict[str, Any]:
    figures = result.performance
    names = bench.arranged.train.classes
    return {
        "dataset": bench.arranged.name,
        "fingerprint": bench.arranged.fingerprint,
        "preset": bench.budget.name,
        "group": result.group,
        "level": run.level if result.group == run.group else "only",
        "architecture": run.architecture,
        "seed": run.seed,
        "balanced_accuracy": figures.balanced_accuracy,
        "accuracy": figures.accuracy,
        "auc": figures.auc,
        "reason": figures.reason,
        "recalls": json.dumps(
            dict(zip(names, figures.recalls, strict=True)), ensure_ascii=False, sort_keys=True
        ),
        "images": outcome.images,
        "asked": result.asked,
        "epochs": outcome.epochs,
        "size": outcome.size,
        "batch": outcome.batch,
        "device": outcome.device,
        "retries": outcome.retries,
        "code": CODE,
        "recipe": run.recipe,
    }
