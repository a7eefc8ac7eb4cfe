"""For every shipped limit on a metric there is a damage that misses it, by the metric's own code."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from deri_gate.gate import Row, judge
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.records import Explanations
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.scoring.score import score_values

HERE = Path(__file__).parents[2] / "expectations"
OF_METRICS = {m.name: m for m in METRICS if m.published_weight}  # of those that are shipped
LIMITS = [
    (suite, entry["kwargs"]["metric"], index)
    for suite in ("dataset_gate", "data_only")
    for index, entry in enumerate(json.loads((HERE / f"{suite}.json").read_text())["expectations"])
    if entry["kwargs"]["metric"] in OF_METRICS
]


def flat(pictures):
    return [cv2.GaussianBlur(p, (0, 0), 6) for p in pictures]


def grained(pictures):
    rng = np.random.default_rng(1)
    return [np.clip(p + rng.normal(0, 60, p.shape), 0, 255).astype(np.uint8) for p in pictures]


def black(pictures):
    return [(p > 250).astype(np.uint8) for p in pictures]


def coarse(pictures):
    return [
        cv2.resize(cv2.resize(p, (4, 4), interpolation=cv2.INTER_AREA), p.shape[1::-1])
        for p in pictures
    ]


DAMAGE = {
    "sharpness": flat,
    "noise_artifacts": grained,
    "exposure": black,
    "resolution": coarse,
    "duplicates": lambda pictures: [pictures[i % 4] for i in range(len(pictures))],
    "diversity": lambda pictures: [pictures[0]] * len(pictures),
}


@pytest.fixture(scope="module")
def pictures(photos):
    """Squares cut from photographs."""
    rng = np.random.default_rng(0)
    names = ("astronaut", "camera", "cat", "coffee", "rocket", "coins")
    cut = []
    for i in range(48):
        photo = photos[names[i % len(names)]]
        photo = photo if photo.ndim == 3 else np.repeat(photo[..., None], 3, axis=2)
        y, x = (int(rng.integers(0, side - 160)) for side in photo.shape[:2])
        cut.append(cv2.resize(photo[y : y + 160, x : x + 160], (96, 96)))
    return cut


@pytest.fixture
def damaged(pictures, dataset_of, evidence_of):
    """The metric's value where its own damage is as strong as it can be."""

    def value(name):
        metric = OF_METRICS[name]
        if metric.explains:
            worst = 1.0 if name == "xai_overlay" else 0.0
            count = np.full(40, worst)
            maps = np.ones((40, 16, 16))
            seen = Explanations(
                images=40, positions=np.arange(40), targets=np.zeros(40, int), on_edges=count,
                steadiness=count, degenerate=count > 2, heat=maps,
            )  # fmt: skip
            return float(metric.compute(seen).statistic(np.ones((1, 40)))[0])
        labels = {
            "separation": np.random.default_rng(2).integers(0, 6, 48).tolist(),
            "label_noise": np.random.default_rng(2).integers(0, 6, 48).tolist(),
            "imbalance": [0] * 47 + [1],
        }.get(name, [i % 6 for i in range(48)])
        shown = DAMAGE.get(name, list)(pictures)
        data = dataset_of(shown, labels)
        if metric.of_image is not None:
            return float(np.mean([metric.of_image(p) for p in shown]))
        evidence = evidence_of(data)
        answer = metric.compute(**{need: getattr(evidence, need) for need in metric.needs})
        return float(answer.statistic(np.ones((1, len(data))))[0])

    return value


def test_every_metric_has_limits():
    assert {metric for _, metric, _ in LIMITS} == set(OF_METRICS)


@pytest.mark.parametrize("name", OF_METRICS)
def test_its_damage_misses_every_limit_of_a_metric(name, damaged):
    """Raw and subscore alike, in both suites, with severity critical or warning."""
    pool = read_pool(find_pool("standard"))
    values = {m: statistics.median(d.metrics[m] for d in pool.datasets) for m in OF_METRICS}
    values[name] = damaged(name)
    worth = score_values(values, pool).subscores
    rows = [Row(metric=m, raw=v, subscore=worth[m], weight=0.1) for m, v in values.items()]
    for suite in ("dataset_gate", "data_only"):
        own = [
            check
            for check in judge(rows + others(suite), HERE / f"{suite}.json").checks
            if check.metric == name
        ]

        assert len(own) == sum((s, m) == (suite, name) for s, m, _ in LIMITS)
        assert {check.status for check in own} <= {"warn", "fail"}, [
            (c.name, c.observed) for c in own
        ]


def others(suite):
    """Rows for all else that the suite names, as a dataset without flaws has them."""
    entries = json.loads((HERE / f"{suite}.json").read_text())["expectations"]
    names = sorted({e["kwargs"]["metric"] for e in entries} - set(OF_METRICS))
    return [Row(metric=n, raw=1000.0 if n == "DERI1000" else 0.0, subscore=None, weight=None)
            for n in names]  # fmt: skip


def score_limits(suite):
    """The limits on DERI1000 of a shipped suite, the critical one first."""
    entries = json.loads((HERE / f"{suite}.json").read_text())["expectations"]
    found = [e for e in entries if e["kwargs"]["metric"] == "DERI1000"]
    return [e["kwargs"]["minimum"] for e in sorted(found, key=lambda e: e["severity"])]


def score_reasons(suite):
    """Reasons that the suite gives for its limits on DERI1000."""
    entries = json.loads((HERE / f"{suite}.json").read_text())["expectations"]
    return [e["meta"]["reason"] for e in entries if e["kwargs"]["metric"] == "DERI1000"]


def deri_of(subscores):
    """DERI1000 by the definition on the page, of the metrics that these rows have."""
    pool = read_pool(find_pool("standard"))
    names = list(subscores)

    def mean(rows):
        return np.mean(np.asarray(rows, dtype=float) ** pool.power, axis=1) ** (1 / pool.power)

    members = []
    for one in pool.datasets:
        worth = score_values(one.metrics, pool).subscores
        members.append([worth[name] for name in names])
    known = mean(members)
    return 1000 + 100 * (mean(subscores) - known.mean()) / known.std(ddof=1)


@pytest.mark.parametrize("suite", ["dataset_gate", "data_only"])
def test_a_single_damage_reaches_the_limit_of_the_score_and_no_honest_set_does(suite):
    """Of the shipped study: 300 images of each set of the pool, whole and damaged strongly.

    What was not explained anew under a damage counts as before it.
    """
    names = [n for n, m in OF_METRICS.items() if suite == "dataset_gate" or not m.explains]
    study = pd.read_parquet(HERE.parent / "reference_pool" / "standard" / "subscores.parquet")
    before = study[study["group"] == "baseline"].set_index("dataset")[names]
    strong = study[study["level"] == "strong"]
    after = strong[names].set_axis(strong["dataset"]).fillna(before)
    critical, warning = score_limits(suite)
    honest = deri_of(before)
    damaged = deri_of(after)
    pool = read_pool(find_pool("standard"))
    whole = [
        score_values({name: one.metrics[name] for name in names}, pool).deri1000
        for one in pool.datasets
    ]

    assert min(*honest, *whole) > warning > critical
    assert all(f"{min(whole):.0f}" in reason for reason in score_reasons(suite))
    assert (damaged < critical).any()
    assert (damaged < warning).mean() > 0.09


def test_all_at_their_worst_miss_the_limit_of_the_score():
    """Nothing can buy off everything."""
    pool = read_pool(find_pool("standard"))
    values = {n: m.low if m.better == "higher" else m.high for n, m in OF_METRICS.items()}

    assert score_values(values, pool).deri1000 < 780
