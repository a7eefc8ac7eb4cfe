"""`deri-gate impact`: what each damage costs the probes, and the weights that follow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.errors import SettingError, UnmeasurableError
from deri_gate.networks.budget import BASELINE
from deri_gate.runtime.files import ready_folder, write_text
from deri_gate.schemas.base import DIGITS, as_json
from deri_gate.schemas.impact import (
    AgreementInfo,
    FTestInfo,
    GroupImpact,
    Impact,
    RanksInfo,
    Reason,
    RegressionInfo,
    RobustnessInfo,
    SpreadInfo,
)
from deri_gate.scoring.pool import POWER, PUBLISHED_WEIGHTS
from deri_gate.study.weights.agreement import agreeing, rank_agreement, weighted
from deri_gate.study.weights.document import impact_table
from deri_gate.study.weights.fitting import (
    FLOOR,
    FOLDS,
    RESAMPLES,
    Losses,
    WeightSpread,
    bootstrapped,
    cross_validated,
    fitted,
    mean_delta,
)
from deri_gate.study.weights.regression import FTest, regress
from deri_gate.study.weights.results import SCENARIO, deltas, metric_of, read_results
from deri_gate.study.weights.robustness import by_architecture
from deri_gate.study.weights.subscores import joined_with_results, read_subscores

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from deri_gate.arrays import FloatArray

LEAST = 10  # damaged runs; of fewer, nothing follows


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

    Args:
        results: Tables of `deri-gate probe`, one or more, of different datasets.
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
    folder = ready_folder(Path(out))
    paths = [Path(one) for one in ([results] if isinstance(results, (str, Path)) else results)]
    rows = read_results(paths)
    changes = deltas(rows)
    if len(changes) < least:
        raise SettingError(
            f"{len(changes)} damaged runs with a result are too few; {least} are needed",
            ", ".join(map(str, paths)),
            "Train on more variants, datasets or architectures.",
        )
    groups = _groups(changes, floor=floor, resamples=resamples, seed=seed)
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
        agreement=_agreement(
            rows, groups, None if subscores is None else Path(subscores), power=power, seed=seed
        ),
    )
    write_text(impact_table(document), folder / "impact.csv")
    write_text(as_json(document), folder / "impact.json")
    return document


def _groups(
    changes: pd.DataFrame, *, floor: float, resamples: int, seed: int
) -> dict[str, GroupImpact]:
    losses = Losses.of(changes)
    weights = fitted(losses, floor=floor)
    resampled = bootstrapped(losses, floor=floor, resamples=resamples, seed=seed)
    folds = cross_validated(losses, floor=floor, folds=FOLDS, seed=seed)
    means = dict(zip(losses.metrics, mean_delta(losses.delta).tolist(), strict=True))
    groups = {}
    for metric in sorted(weights, key=lambda name: (-weights[name], name)):
        own = changes[changes["metric"] == metric]
        spread = _spread(resampled.get(metric))
        groups[metric] = GroupImpact(
            delta_balanced_accuracy=_short(means[metric]),
            weight=_short(weights[metric]),
            std=spread.std if spread else None,
            interval=spread.interval if spread else None,
            published_weight=PUBLISHED_WEIGHTS.get(metric),
            mean=spread.mean if spread else None,
            cross_validation=_spread(folds.get(metric)),
            by_level=_means(own, "level"),
            by_kind=_means(own, "group"),
            runs=len(own),
        )
    return groups


def _means(rows: pd.DataFrame, column: str) -> dict[str, float]:
    return {str(k): _short(v) for k, v in rows.groupby(column)["delta"].mean().items()}


def _regression(rows: pd.DataFrame) -> RegressionInfo | Reason:
    known = rows[rows["accuracy"].notna() & ~rows["group"].str.startswith(SCENARIO)]
    known = known.iloc[(known["group"] != BASELINE).argsort(kind="stable")]  # effects against it
    terms = {
        "factor": [metric_of(group) for group in known["group"]],
        "dataset": list(known["dataset"]),
        "architecture": list(known["architecture"]),
    }
    try:
        found = regress(known["accuracy"].to_numpy(dtype=float), terms)
    except UnmeasurableError as error:
        return Reason(reason=error.what)
    return RegressionInfo(
        overall=_explained(found.overall),
        terms={name: _explained(test) for name, test in found.terms.items()},
        r_squared=_short(found.r_squared),
        effects={
            name: {value: _short(effect) for value, effect in own.items()}
            for name, own in found.effects.items()
        },
        rows=found.rows,
    )


def _robustness(rows: pd.DataFrame) -> dict[str, RobustnessInfo]:
    return {
        architecture: RobustnessInfo(
            score=_short(np.mean([one.score for one in cases])),
            sigma_i=_short(np.mean([one.sigma_i for one in cases])),
            sigma_e=_short(np.mean([one.sigma_e for one in cases])),
            cases=len(cases),
        )
        for architecture, cases in by_architecture(rows).items()
    }


def _agreement(
    rows: pd.DataFrame,
    groups: Mapping[str, GroupImpact],
    subscores: Path | None,
    *,
    power: float,
    seed: int,
) -> AgreementInfo | Reason:
    if subscores is None:
        return Reason(reason="no table of subscores was given")
    joined, metrics = joined_with_results(rows, read_subscores(subscores))
    values = joined[metrics].to_numpy(dtype=float)
    accuracy = joined["balanced_accuracy"].to_numpy(dtype=float)
    try:
        found = agreeing(values, accuracy, power=power, seed=seed)
    except UnmeasurableError as error:
        return Reason(reason=error.what)
    best = dict(zip(metrics, map(_short, found.weights), strict=True))
    compared = {
        "published": PUBLISHED_WEIGHTS,
        "impact": {name: group.weight for name, group in groups.items()},
        "equal": dict.fromkeys(metrics, 1.0),
        "agreement": best,
    }
    return AgreementInfo(
        weights=best,
        spearman={
            name: _ranks(
                joined, weighted(values, np.array([own.get(m, 0.0) for m in metrics]), power)
            )
            for name, own in compared.items()
        },
        variants=len(joined),
    )


def _ranks(joined: pd.DataFrame, u: FloatArray) -> RanksInfo:
    found = rank_agreement(
        u,
        joined["balanced_accuracy"].to_numpy(dtype=float),
        list(joined["dataset"]),
        list(joined["group"] == BASELINE),
    )
    return RanksInfo(
        **{name: None if value is None else _short(value) for name, value in vars(found).items()}
    )


def _spread(found: WeightSpread | None) -> SpreadInfo | None:
    if found is None:
        return None
    low, high = found.interval
    return SpreadInfo(
        mean=_short(found.mean), std=_short(found.std), interval=(_short(low), _short(high))
    )


def _explained(test: FTest) -> FTestInfo:
    return FTestInfo(f=_short(test.f), p=_short(test.p), df=test.df)


def _short(value: Any) -> float:
    """Nine significant digits: what another kernel may add lies below."""
    return float(f"{float(value):.{DIGITS}g}")
