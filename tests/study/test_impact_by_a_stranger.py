"""The shipped weights from the shipped runs, by csv and NumPy alone: nothing of the package."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

POOL = Path(__file__).parents[2] / "reference_pool" / "standard"
HALF = 0.5  # power of the mean that U is, and share of the variants that a metric must be known on


@pytest.fixture(scope="module")
def impact() -> dict:
    return json.loads((POOL / "impact.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def runs(impact) -> list[dict]:
    """Trainings that have a result, of probes that learnt something."""
    silent = {(one["dataset"], one["architecture"]) for one in impact["unlearnt"]}
    with gzip.open(POOL / "runs.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [
        row
        for row in rows
        if row["balanced_accuracy"]
        and not row["group"].startswith("scenario.")
        and (row["dataset"], row["architecture"]) not in silent
    ]


@pytest.fixture(scope="module")
def worked_out(runs) -> tuple[dict, dict]:
    """Change of balanced accuracy and weight by metric: mean over cells of mean over runs."""
    key = ("dataset", "architecture", "seed")
    before = {
        tuple(row[k] for k in key): float(row["balanced_accuracy"])
        for row in runs
        if row["group"] == "baseline"
    }
    cells: dict[str, dict[tuple, list[float]]] = {}
    for row in runs:
        if row["group"] != "baseline":
            change = float(row["balanced_accuracy"]) - before[tuple(row[k] for k in key)]
            own = cells.setdefault(row["group"].split(".")[0], {})
            own.setdefault((row["dataset"], row["architecture"]), []).append(change)
    delta = {m: float(np.mean([np.mean(v) for v in own.values()])) for m, own in cells.items()}
    loss = {m: max(0.0, -value) for m, value in delta.items()}
    loss.pop("duplicates")  # more copies train for longer: their weight is set, see the floor
    left = 1 - 0.0414
    weight = {m: left * value / sum(loss.values()) for m, value in loss.items()}
    return delta, {**weight, "duplicates": 0.0414}


def test_changes_and_weights_are_those_of_the_runs(worked_out, impact) -> None:
    """Each to eight digits, of all eleven metrics."""
    delta, weight = worked_out

    assert len(delta) == 11
    assert set(delta) == set(impact["groups"])
    for metric, group in impact["groups"].items():
        assert delta[metric] == pytest.approx(group["delta_balanced_accuracy"], abs=1e-8), metric
        assert weight[metric] == pytest.approx(group["weight"], abs=1e-8), metric


def ranks(values: np.ndarray) -> np.ndarray:
    """Mean ranks, from 1 on; values that differ by rounding are equal."""
    _, place, count = np.unique(values.round(9), return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[place]


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Of values that are tied where they differ by their rounding alone."""
    return float(np.corrcoef(ranks(np.round(one, 9)), ranks(np.round(other, 9)))[0, 1])


def test_rank_correlations_are_those_of_runs_and_subscores(runs, worked_out, impact) -> None:
    """U of each variant by the formula on the page, held against the probes' mean."""
    accuracy: dict[tuple, list[float]] = {}
    for row in runs:
        variant = (row["dataset"], row["group"], row["level"])
        accuracy.setdefault(variant, []).append(float(row["balanced_accuracy"]))
    table = pd.read_parquet(POOL / "subscores.parquet")
    variants = list(zip(table["dataset"], table["group"], table["level"], strict=True))
    table = table[[one in accuracy for one in variants]]
    y = np.array([np.mean(accuracy[one]) for one in variants if one in accuracy])
    values = table.drop(columns=["dataset", "group", "level"])
    values = values.loc[:, values.notna().mean() >= HALF]
    names, s = list(values), values.to_numpy(dtype=float)
    of, plain = table["dataset"].to_numpy(), (table["group"] == "baseline").to_numpy()
    agreement = impact["agreement"]
    weights = {
        "published": {n: g["published_weight"] for n, g in impact["groups"].items()},
        "impact": worked_out[1],
        "equal": dict.fromkeys(names, 1.0),
        "agreement": agreement["weights"],
    }

    assert agreement["variants"] == len(y) > 300
    for name, own in weights.items():
        w = np.array([own[n] for n in names]) * np.isfinite(s)
        u = ((w * np.nan_to_num(s) ** HALF).sum(axis=1) / w.sum(axis=1)) ** (1 / HALF)
        within = np.mean([spearman(u[of == one], y[of == one]) for one in sorted(set(of))])
        said = agreement["spearman"][name]
        assert spearman(u, y) == pytest.approx(said["overall"], abs=1e-8), name
        assert within == pytest.approx(said["within"], abs=1e-8), name
        assert spearman(u[plain], y[plain]) == pytest.approx(said["between"], abs=1e-8), name
