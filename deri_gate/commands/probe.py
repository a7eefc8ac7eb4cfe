"""`deri-gate probe`: train probes on a dataset and its damaged variants."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import pyarrow as pa

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import profile_named
from deri_gate.networks.arrangement import arranged
from deri_gate.networks.bench import Bench
from deri_gate.networks.budget import Budget, budget_named, changed_budget
from deri_gate.networks.estimate import GridEstimate, grid_estimate
from deri_gate.networks.grid import KIND, outcomes, table
from deri_gate.networks.plan import planned
from deri_gate.runtime.arguments import FROM_0, FROM_1, checking_arguments
from deri_gate.runtime.engine import NORMAL
from deri_gate.runtime.folders import refuse_inside
from deri_gate.runtime.ownership import unclaimed_folder
from deri_gate.runtime.store import Store, default_folder
from deri_gate.runtime.table_files import write_table
from deri_gate.runtime.threads import one_blas_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from deri_gate.data.readers.options import MappingKeys
    from deri_gate.runtime.engine import Machine

RESULTS = "results.parquet"


@dataclass(frozen=True, kw_only=True)
class Probed:
    """Summary of the trained runs.

    Attributes:
        path: Path of the table.
        results: The table, a row a run and scenario.
        runs: How many there are.
        known: How many of these were known from before.
    """

    path: Path
    results: pd.DataFrame
    runs: int
    known: int

    @property
    def without_answer(self) -> int:
        """Rows without a balanced accuracy; their reason says why."""
        return int(self.results["balanced_accuracy"].isna().sum())


@checking_arguments(images=FROM_1, epochs=FROM_1, seed=FROM_0)
@one_blas_thread()
def probe(
    dataset: str | Path,
    *,
    out: str | Path = "deri-report",
    preset: str | Budget = "small",
    groups: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
    architectures: Sequence[str] | None = None,
    images: int | None = None,
    epochs: int | None = None,
    profile: str = "standard",
    encoder: str | None = None,
    name: str | None = None,
    seed: int = 42,
    machine: Machine = NORMAL,
    announce: Callable[[GridEstimate], object] | None = None,
    options: ReadOptions | None = None,
    **reading: Unpack[MappingKeys],
) -> Probed:
    """Train probes on a dataset and on its variants; write `out/results.parquet`.

    Validation and test are never damaged. Every run is kept when it is done: the same call
    goes on where a killed one was, and does nothing twice.

    Args:
        dataset: Any form of dataset.
        out: Folder for the table; made if need be.
        preset: "smoke" (minutes), "small" (an hour for ten datasets on two cores), "paper" (the
            published protocol, for a GPU), or a budget of one's own.
        groups: Groups of variants instead of the preset's.
        levels: Levels instead of the preset's.
        architectures: Architectures instead of the preset's.
        images: Training images at most instead of the preset's.
        epochs: Epochs instead of the preset's.
        profile: Whose encoder the linear probe stands on.
        encoder: Another encoder than the profile's.
        name: What the dataset is called in the table; the last part of its path when None.
        seed: Seed of the samples, of the damage, and of each network's first run.
        machine: How to compute.
        announce: Told how long it will take, before it starts; takes some seconds to find out.
        options: How the dataset is to be read, in place of the keywords.
        **reading: How the dataset is to be read, see `ReadOptions`.

    Raises:
        DatasetError: If the dataset cannot be read, or is too small.
        SettingError: If a name does not exist, or results cannot be kept.
    """
    refuse_inside(out, [dataset])
    machine.refuse_inside(dataset)
    folder = unclaimed_folder(Path(out), RESULTS)
    budget = changed_budget(
        budget_named(preset) if isinstance(preset, str) else preset,
        groups=groups,
        levels=levels,
        architectures=architectures,
        images=images,
        epochs=epochs,
    )
    opened = open_dataset(dataset, options=options or ReadOptions.of(**reading))
    opened = opened if name is None else replace(opened, name=name)
    ready = arranged(opened, images=budget.images, validation=budget.validation, seed=seed)
    chosen = profile_named(profile, encoder=encoder, seed=seed)
    context = Context(profile=chosen, store=Store(default_folder()), machine=machine)
    bench = Bench(ready, budget, context, seed)
    runs = planned(ready.fingerprint, budget, profile=chosen, seed=seed)
    known = set(bench.context.store.get(KIND, [run.recipe for run in runs]))
    if announce is not None:
        announce(grid_estimate(bench, runs, known))
    a_run = len(ready.train) * budget.epochs
    with machine.bar(a_run * len(runs), "training probes") as bar:
        done = outcomes(bench, runs, tick=lambda _run: bar.update(a_run))
    results = table(bench, runs, done)
    write_table(pa.Table.from_pandas(results, preserve_index=False), folder / RESULTS)
    return Probed(path=folder / RESULTS, results=results, runs=len(runs), known=len(known))
