"""Order of datasets and variants: by U under several weights, by each subscore, and by probes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.errors import UnmeasurableError
from deri_gate.networks.budget import BASELINE
from deri_gate.schemas.base import rounded, rounded_finite, rounded_pair
from deri_gate.schemas.impact import AgreementInfo, RankIntervals, RanksInfo, Reason
from deri_gate.scoring.pool import PUBLISHED_WEIGHTS
from deri_gate.study.weights.agreement import (
    agreeing,
    rank_agreement,
    rank_intervals,
    weighted,
)
from deri_gate.study.weights.subscores import joined_with_results, read_subscores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from deri_gate.arrays import FloatArray


def agreement_info(
    rows: pd.DataFrame,
    weights: Mapping[str, float],
    subscores: Path | None,
    *,
    power: float,
    resamples: int,
    seed: int,
) -> AgreementInfo | Reason:
    """Hold U under several weights, and each subscore, against the probes' balanced accuracy.

    Args:
        rows: Results of probes that learnt something.
        weights: Weights that follow from damage, by metric.
        subscores: Table of subscores; None for none.
        power: Power of the mean that U is.
        resamples: Number of resamples of the datasets.
        seed: Seed of search and resamples.
    """
    if subscores is None:
        return Reason(reason="no table of subscores was given")
    joined, metrics = joined_with_results(rows, read_subscores(subscores))
    values = joined[metrics].to_numpy(dtype=float)
    accuracy = joined["balanced_accuracy"].to_numpy(dtype=float)
    try:
        agreement = agreeing(values, accuracy, power=power, seed=seed)
    except UnmeasurableError as error:
        return Reason(reason=error.what)
    best = dict(zip(metrics, map(rounded_finite, agreement.weights.tolist()), strict=True))
    compared = {
        "published": PUBLISHED_WEIGHTS,
        "impact": weights,
        "equal": dict.fromkeys(metrics, 1.0),
        "agreement": best,
    }
    return AgreementInfo(
        weights=best,
        spearman={
            name: _ranks(
                joined,
                weighted(values, np.array([own.get(m, 0.0) for m in metrics]), power),
                resamples=resamples,
                seed=seed,
            )
            for name, own in compared.items()
        },
        variants=len(joined),
        subscores={
            metric: _ranks(joined, values[:, k], resamples=resamples, seed=seed)
            for k, metric in enumerate(metrics)
        },
    )


def _ranks(joined: pd.DataFrame, u: FloatArray, *, resamples: int, seed: int) -> RanksInfo:
    finite = np.isfinite(u)
    rows = joined[finite]
    data = (
        u[finite],
        rows["balanced_accuracy"].to_numpy(dtype=float),
        list(rows["dataset"]),
        list(rows["group"] == BASELINE),
    )
    ranks = rank_agreement(*data)
    between = rank_intervals(*data, resamples=resamples, seed=seed)
    return RanksInfo(
        overall=rounded(ranks.overall),
        within=rounded(ranks.within),
        between=rounded(ranks.between),
        intervals=RankIntervals(**{name: rounded_pair(rows) for name, rows in between.items()}),
    )
