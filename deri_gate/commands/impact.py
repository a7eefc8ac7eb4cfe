"""`deri-gate impact`: what each damage costs the probes, and the weights that follow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import SettingError, UnmeasurableError
from deri_gate.networks.budget import BASELINE
from deri_gate.runtime.arguments import FROM_0, FROM_1, SHARE, checking_arguments
from deri_gate.runtime.counts import counted
from deri_gate.runtime.files import write_bytes, write_text
from deri_gate.runtime.ownership import unclaimed_folder
from deri_gate.runtime.threads import one_blas_thread
from deri_gate.schemas.base import as_json, rounded_finite
from deri_gate.schemas.impact import (
    FTestInfo,
    Impact,
    Reason,
    RegressionInfo,
    RobustnessInfo,
    UnlearntInfo,
)
from deri_gate.schemas.study import SCENARIO
from deri_gate.scoring.pool import POWER
from deri_gate.study.figures.tables import impact_table
from deri_gate.study.weights.fitting import FLOOR, RESAMPLES
from deri_gate.study.weights.groups import group_impacts
from deri_gate.study.weights.learnt import unlearnt_probes, voting
from deri_gate.study.weights.orders import agreement_info
from deri_gate.study.weights.regression import FTest, regress
from deri_gate.study.weights.results import deltas, metric_of, read_results
from deri_gate.study.weights.robustness import by_architecture
from deri_gate.study.weights.runs_table import ENDING, runs_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from deri_gate.study.weights.learnt import Unlearnt

LEAST = 10  # damaged runs; of fewer, nothing follows


@checking_arguments(floor=SHARE, resamples=FROM_1, least=FROM_1, power=SHARE, seed=FROM_0)
@one_blas_thread()
def impact(
    results: str | Path | Sequence[str | Path],
    *,
    out: str | Path = "deri-report",
    subscores: str | Path | None = None,
    floor: float = FLOOR,
    resamples: int = RESAMPLES,
    least: int = LEAST,
    power: float = POWER,
    seed: int = 42,
) -> Impact:
    """Weigh the metrics by what their damage costs; write `out/impact.json` and `.csv`.

    All runs lie beside them in `runs.csv.gz`, of which the same weights come again.

    Probes that are no better than a guess on the undamaged dataset have no vote, and are named.

    Args:
        results: Tables of `deri-gate probe`, one or more, of different datasets, or a
            `runs.csv.gz` of this function.
        out: Folder for the files; made if need be.
        subscores: Table (.parquet or .csv) of subscores: columns dataset, group, level, and one a
            metric; the undamaged dataset is group "baseline", level "none". With it, U under
            several weights is held against the probes' balanced accuracy, and weights are fitted
            in a second way, by rank correlation.
        floor: Least weight of `duplicates`, which raise accuracy.
        resamples: Number of bootstrap resamples.
        least: Damaged runs there must be.
        power: Power of the mean that U is, as in the pool that gave the subscores.
        seed: Seed of resamples, folds and search.

    Raises:
        SettingError: If a table is not one of results, they do not fit together, are of other
            code, lack a baseline, or are too few.
        DeriGateError: If no damage costs anything.
    """
    folder = unclaimed_folder(Path(out), "impact.json", "impact.csv", f"runs{ENDING}")
    paths = [Path(one) for one in ([results] if isinstance(results, (str, Path)) else results)]
    rows = read_results(paths)
    unlearnt = unlearnt_probes(rows)
    votes = voting(rows, unlearnt)
    changes = deltas(votes)
    if len(changes) < least:
        raise _too_few(len(changes), least, unlearnt, paths)
    groups = group_impacts(changes, floor=floor, resamples=resamples, seed=seed)
    agreement = agreement_info(
        votes,
        {name: group.weight for name, group in groups.items()},
        None if subscores is None else Path(subscores),
        power=power,
        resamples=resamples,
        seed=seed,
    )
    document = Impact(
        schema_version=1,
        preset=str(rows["preset"].iloc[0]),
        groups=groups,
        datasets=tuple(sorted(set(rows["dataset"]))),
        architectures=tuple(sorted(set(rows["architecture"]))),
        runs=len(changes),
        without_answer=int(rows["balanced_accuracy"].isna().sum()),
        resamples=resamples,
        duplicates_floor=floor,
        regression=_regression(rows),
        robustness=_robustness(rows),
        agreement=agreement,
        unlearnt=tuple(map(_unlearnt, unlearnt)),
    )
    _write(document, rows, folder)
    return document


def _write(document: Impact, rows: pd.DataFrame, folder: Path) -> None:
    write_bytes(runs_table(rows), folder / f"runs{ENDING}")
    write_text(impact_table(document), folder / "impact.csv")
    write_text(as_json(document), folder / "impact.json")


def _unlearnt(probe: Unlearnt) -> UnlearntInfo:
    return UnlearntInfo(
        dataset=probe.dataset,
        architecture=probe.architecture,
        seed=probe.seed,
        balanced_accuracy=rounded_finite(probe.balanced_accuracy),
        low=rounded_finite(probe.low),
        chance=rounded_finite(probe.chance),
    )


def _too_few(
    runs: int, least: int, unlearnt: tuple[Unlearnt, ...], paths: Sequence[Path]
) -> SettingError:
    without = f"{runs} damaged runs with a result are too few; {least} are needed"
    return SettingError(
        f"{without}{_said_of(unlearnt)}",
        ", ".join(map(str, paths)),
        "Train on more variants, datasets or architectures.",
    )


def _said_of(unlearnt: tuple[Unlearnt, ...]) -> str:
    """The probes without a vote, for a sentence; nothing where all have one."""
    if not unlearnt:
        return ""
    return f"; {counted(len(unlearnt), 'probe')} learnt nothing and had no vote"


def _regression(rows: pd.DataFrame) -> RegressionInfo | Reason:
    measured = rows[rows["accuracy"].notna() & ~rows["group"].str.startswith(SCENARIO)]
    measured = measured.iloc[
        (measured["group"] != BASELINE).argsort(kind="stable")
    ]  # effects against it
    terms = {
        "factor": [metric_of(group) for group in measured["group"]],
        "dataset": list(measured["dataset"]),
        "architecture": list(measured["architecture"]),
    }
    try:
        regression = regress(measured["accuracy"].to_numpy(dtype=float), terms)
    except UnmeasurableError as error:
        return Reason(reason=error.what)
    return RegressionInfo(
        overall=_explained(regression.overall),
        terms={name: _explained(test) for name, test in regression.terms.items()},
        r_squared=rounded_finite(regression.r_squared),
        effects={
            name: {value: rounded_finite(effect) for value, effect in own.items()}
            for name, own in regression.effects.items()
        },
        rows=regression.rows,
    )


def _robustness(rows: pd.DataFrame) -> dict[str, RobustnessInfo]:
    return {
        architecture: RobustnessInfo(
            score=rounded_finite(float(np.mean([case.score for case in cases]))),
            sigma_i=rounded_finite(float(np.mean([case.sigma_i for case in cases]))),
            sigma_e=rounded_finite(float(np.mean([case.sigma_e for case in cases]))),
            cases=len(cases),
        )
        for architecture, cases in by_architecture(rows).items()
    }


def _explained(test: FTest) -> FTestInfo:
    return FTestInfo(f=rounded_finite(test.f), p=rounded_finite(test.p), df=test.df)
