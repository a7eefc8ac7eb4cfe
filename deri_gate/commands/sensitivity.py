"""`deri-gate sensitivity`: does a subscore fall when the data get worse?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Unpack

import pyarrow as pa

from deri_gate.commands.several_datasets import opened, results_folder, study_context
from deri_gate.damage import Recipe, degrade
from deri_gate.damage.catalogue import ALL_LEVELS, HURTS, chosen_variants
from deri_gate.data.readers import ReadOptions
from deri_gate.errors import UnmeasurableError
from deri_gate.gate.definitions import suites_of_study
from deri_gate.measuring.evidence import Evidence
from deri_gate.measuring.measure import metrics_named
from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.arguments import FROM_0, FROM_1, FROM_20, checking_arguments
from deri_gate.runtime.engine import NORMAL
from deri_gate.runtime.files import ready_folder, write_bytes, write_text
from deri_gate.runtime.hashing import json_digest
from deri_gate.runtime.store import default_folder
from deri_gate.runtime.table_files import write_table
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.schemas.base import as_json
from deri_gate.schemas.study import SensitivityBudget
from deri_gate.scoring.pool import ProfileId, pool_for
from deri_gate.study.sensitivity.cases import (
    RESAMPLE,
    UNDAMAGED,
    Case,
    CaseBench,
    capped,
    part_of,
)
from deri_gate.study.sensitivity.document import (
    Sensitivity,
    SkippedCase,
    sensitivity_document,
    sensitivity_table,
    subscores_table,
)
from deri_gate.study.sensitivity.heat_map import draw_heat_map

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from deri_gate.damage import Variant
    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadKeys
    from deri_gate.metrics.base import Metric
    from deri_gate.runtime.engine import Machine
    from deri_gate.schemas.params import PoolCandidate

FILES = ("sensitivity.json", "sensitivity.csv", "sensitivity.png", "subscores.parquet")
PART = 0.8  # of an undamaged dataset in a resample


@checking_arguments(images=FROM_20, explained=FROM_1, resamples=FROM_1, seed=FROM_0)
@one_blas_thread()
def sensitivity(
    datasets: Sequence[str | Path | PoolCandidate],
    *,
    out: str | Path = "deri-report",
    pool: str | Path = "",
    profile: str = "standard",
    metrics: str = "all",
    groups: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
    images: int = 400,
    explained: int | None = None,
    explain_all: bool = False,
    resamples: int = 5,
    shipped_limits: bool = False,
    limits: str = "",
    seed: int | None = None,
    machine: Machine = NORMAL,
    **reading: Unpack[ReadKeys],
) -> Sensitivity:
    """Measure datasets and their damaged variants; write the sensitivity matrix to `out`.

    What was measured is kept beside the other results: a killed run goes on where it was, and
    another pool or suite measures nothing again. Variants that a dataset does not allow are left
    out, with the reason in `sensitivity.json`.

    Args:
        datasets: In any form; as `NAME=DATASET` to call one by another name. Candidates of a
            params.yaml are read by its options.
        out: Folder for `sensitivity.json`, `.csv` and `.png`, and for `subscores.parquet`, which
            `deri-gate impact --subscores` takes; made if need be.
        pool: A shipped pool's name, a folder, or its file; that of the profile when empty.
        profile: "standard", or "paper" for the paper's words.
        metrics: "all", "data" for those without explanations, or names joined by commas.
        groups: Groups of damage; all of the catalogue when None, with the scenarios that need
            masks where there are some.
        levels: Levels among mild, medium, strong; all when None. Scenarios have none.
        images: Most images per dataset (stratified).
        explained: Images to explain in each variant at most; the profile's number when None.
        explain_all: Explain every variant and resample; otherwise, as that costs far more than
            all else, the undamaged datasets and the variants that must hurt explanations.
        resamples: Random parts, four fifths each, of every undamaged dataset, for the rate of
            false alarms.
        shipped_limits: Judge by the shipped limits, whatever lies beside the pool's file.
        limits: Pool or folder beside whose file the limits lie; `pool` when empty.
        seed: Random seed; that of the profile when None.
        machine: How to compute.
        **reading: How all datasets are to be read, see `ReadOptions`.

    Raises:
        SettingError: If a name or setting does not exist, two datasets have one name, or the
            limits are those of other definitions than the profile's.
        DatasetError: If a dataset cannot be opened.
        PoolError: If there is no such pool, or it was made with another profile.
    """
    folder = results_folder(out, datasets, machine, *FILES)
    chosen = profile_named(profile, seed=seed)
    reference = pool_for(pool, ProfileId.of(chosen))
    chosen_variants(groups, levels)  # a misspelt name is said before anything is opened
    sets = opened(datasets, ReadOptions.of(**reading))
    masks = any(dataset.masks is not None for dataset in sets.values())
    bench = CaseBench(
        context=study_context(chosen, machine, explained),
        pool=reference,
        folder=ready_folder(default_folder() / "sensitivity"),
        suites=suites_of_study(limits or pool, chosen, shipped_limits=shipped_limits),
    )
    plan = _Plan(
        bench=bench,
        metrics=metrics_named(metrics, chosen),
        variants=chosen_variants(groups, levels, masks=masks),
        images=images,
        explain_all=explain_all,
        resamples=resamples,
    )
    result = _run(plan, sets, machine)
    write_table(
        pa.Table.from_pandas(subscores_table(result), preserve_index=False),
        folder / "subscores.parquet",
    )
    write_text(sensitivity_table(result), folder / "sensitivity.csv")
    write_text(as_json(sensitivity_document(result)), folder / "sensitivity.json")
    write_bytes(draw_heat_map(result.cells, result.columns), folder / "sensitivity.png")
    return result


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Plan of the measurements of every dataset."""

    bench: CaseBench
    metrics: tuple[Metric, ...]
    variants: tuple[Variant, ...]
    images: int
    explain_all: bool
    resamples: int

    def metrics_of(self, group: str) -> tuple[Metric, ...]:
        """Metrics that are measured in a case of this group."""
        explains = {m.name for m in self.metrics if m.explains}
        if self.explain_all or group == UNDAMAGED or HURTS.get(group) in explains:
            return self.metrics
        return tuple(m for m in self.metrics if m.name not in explains)

    def budget(self) -> SensitivityBudget:
        """The settings that say how much was measured."""
        return SensitivityBudget(
            images=self.images,
            explained=self.bench.profile.explained,
            explain_all=self.explain_all,
            metrics=tuple(m.name for m in self.metrics),
            groups=tuple(dict.fromkeys(v.group for v in self.variants)),
            levels=tuple(k for k in ALL_LEVELS if any(v.level == k for v in self.variants)),
            resamples=self.resamples,
            seed=self.bench.profile.seed,
        )


@dataclass(frozen=True, kw_only=True)
class _Task:
    """One case that is to be measured."""

    group: str
    level: str
    key: str
    make: Callable[[], Dataset]


def _run(plan: _Plan, sets: dict[str, Dataset], machine: Machine) -> Sensitivity:
    made: list[Case | SkippedCase] = []
    fingerprints: dict[str, str] = {}
    total = len(sets) * (1 + plan.resamples + len(plan.variants))
    with machine.bar(total, "measuring variants", unit="variant") as bar:
        for name, whole in sets.items():
            dataset = capped(whole, plan.images, seed=plan.bench.profile.seed)
            fingerprints[name] = _fingerprint(dataset, plan.bench)
            for task in _tasks(plan, dataset, fingerprints[name]):
                made.append(_case(plan, name, task))
                bar.update()
    return Sensitivity(
        fingerprints=fingerprints,
        cases=tuple(case for case in made if isinstance(case, Case)),
        left_out=tuple(case for case in made if isinstance(case, SkippedCase)),
        metrics=plan.metrics,
        bench=plan.bench,
        budget=plan.budget(),
    )


def _tasks(plan: _Plan, dataset: Dataset, fingerprint: str) -> Iterator[_Task]:
    """The dataset as it is, parts of it, and its variants."""
    seed = plan.bench.profile.seed
    yield _Task(group=UNDAMAGED, level="", key=fingerprint, make=lambda: dataset)
    for number in range(plan.resamples):
        make = partial(part_of, dataset, PART, seed=seed, number=number)
        key = json_digest([fingerprint, RESAMPLE, PART, seed, number])
        yield _Task(group=RESAMPLE, level=str(number), key=key, make=make)
    for v in plan.variants:
        make = partial(degrade, dataset, v.group, v.level, seed=seed)
        key = Recipe.of(fingerprint, v.group, v.level, seed=seed).hash
        yield _Task(group=v.group, level=v.level, key=key, make=make)


def _case(plan: _Plan, name: str, task: _Task) -> Case | SkippedCase:
    metrics = plan.metrics_of(task.group)
    try:
        values = plan.bench.values(task.key, task.make, metrics)
    except UnmeasurableError as error:
        return SkippedCase(dataset=name, group=task.group, level=task.level, reason=error.what)
    return Case(
        dataset=name,
        group=task.group,
        level=task.level,
        measured=values,
        outcome=plan.bench.outcome(values, metrics),
    )


def _fingerprint(dataset: Dataset, bench: CaseBench) -> str:
    """Identity of images, names, labels and groups; looks at the pixels once for all."""
    evidence = Evidence(dataset, bench.context, frozenset({"images"}))
    if dataset.groups is None:
        return evidence.fingerprint
    return json_digest(
        [evidence.fingerprint, sorted(zip(dataset.ids, dataset.groups, strict=True))]
    )
