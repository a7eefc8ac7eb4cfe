"""Limits that no dataset can miss with the pool at hand are named before an image is read."""

from __future__ import annotations

import json

import numpy as np
import pytest

import deri_gate
from deri_gate.errors import DatasetError
from deri_gate.gate.reach import limits_out_of_reach
from deri_gate.gate.validate import usual_suites
from deri_gate.metrics.profile import STANDARD, profile_named
from deri_gate.runtime.resources import shipped_pools
from deri_gate.scoring.pool import EQUAL, find_pool, read_pool, weighted_as
from deri_gate.scoring.reach import reach_of
from deri_gate.scoring.score import score_values
from tests.sweeps import sampled

DATA = tuple(m for m in STANDARD.metrics if not m.explains)
AT_LEAST, SUBSCORE = "expect_value_to_be_at_least", "expect_subscore_to_be_at_least"


def pool_named(name):
    return read_pool(find_pool(name))


def written(path, *entries, **more):
    expectations = [
        {"type": kind, "kwargs": kwargs, "severity": "critical"} for kind, kwargs in entries
    ]
    path.write_text(json.dumps({"name": "own", "expectations": expectations, **more}))
    return path


@pytest.mark.parametrize("name", sampled(sorted(shipped_pools(), reverse=True)))
def test_no_values_at_all_score_beyond_the_ends_and_some_come_there(name, monkeypatch) -> None:
    """600 sets of raw values within each metric's range, by the code that scores datasets.

    Their intervals, which take most of the time, are not asked for.
    """
    monkeypatch.setattr("deri_gate.scoring.score.POOL_RESAMPLES", 2)
    pool = pool_named(name)
    metrics = profile_named(pool.profile.name).metrics
    reach, generator = reach_of(metrics, pool), np.random.default_rng(3)
    most = {m.name: m.high if np.isfinite(m.high) else 1e9 for m in metrics}
    ends = {
        sign: {m.name: m.low if m.sign == sign else most[m.name] for m in metrics}
        for sign in (1, -1)
    }
    for _ in range(300):
        drawn = {m.name: generator.uniform(m.low, most[m.name]) for m in metrics}
        mixed = {k: ends[generator.choice([-1, 1])][k] for k in drawn}
        for values in (drawn, mixed):
            scored = score_values(values, pool, metrics=metrics)
            low, high = reach.scores["DERI1000"]
            assert low - 1e-6 <= scored.deri1000 <= high + 1e-6
            assert reach.scores["U"][0] - 1e-6 <= scored.u <= reach.scores["U"][1] + 1e-6
    for sign, side in ((1, 0), (-1, 1)):
        scored = score_values(ends[sign], pool, metrics=metrics)
        assert scored.deri1000 == pytest.approx(reach.scores["DERI1000"][side], abs=1e-6)
        for metric, subscore in scored.subscores.items():
            assert subscore == pytest.approx(reach.subscores[metric][side], abs=1e-6)


class TestLimits:
    @pytest.mark.parametrize(
        ("metrics", "minimum", "is_missed"),
        [
            (STANDARD.metrics, 400, False),
            (STANDARD.metrics, 780, True),
            (DATA, 600, False),
            (STANDARD.metrics, 600, True),
        ],
    )
    def test_the_lowest_deri1000_is_that_of_pool_and_metrics(
        self, tmp_path, metrics, minimum, is_missed
    ) -> None:
        suite = written(
            tmp_path / "own.json", (AT_LEAST, {"metric": "DERI1000", "minimum": minimum})
        )

        error = limits_out_of_reach(suite, pool_named("standard"), metrics)

        assert (error is None) == is_missed
        if error is not None:
            low = reach_of(metrics, pool_named("standard")).scores["DERI1000"][0]
            assert f"DERI1000 is never outside {low:.4g} to" in error.told
            assert "with this pool: nothing can miss it" in error.told

    @pytest.mark.parametrize(
        "entry",
        [
            ("expect_value_to_be_at_most", {"metric": "DERI1000", "maximum": 2000}),
            (AT_LEAST, {"metric": "U", "minimum": 0.14}),
            (SUBSCORE, {"metric": "diversity", "minimum": 1}),
            (AT_LEAST, {"metric": "DERI1000", "minimum": {"$PARAMETER": "least"}}),
            (
                "expect_column_values_to_be_between",
                {
                    "column": "raw",
                    "min_value": 500,
                    "row_condition": {
                        "type": "comparison",
                        "column": {"name": "metric"},
                        "operator": "==",
                        "parameter": "DERI1000",
                    },
                },
            ),
        ],
    )
    def test_every_way_to_limit_a_score(self, tmp_path, entry) -> None:
        suite = written(tmp_path / "own.json", entry, suite_parameters={"least": 500})

        assert limits_out_of_reach(suite, pool_named("smoke"), STANDARD.metrics) is not None

    @pytest.mark.parametrize("name", shipped_pools())
    @pytest.mark.parametrize("weights", ["", EQUAL])
    def test_shipped_suites_are_within_reach_of_their_pools(self, name, weights) -> None:
        path = shipped_pools()[name]
        pool = weighted_as(read_pool(path), weights, path)
        every = profile_named(pool.profile.name).metrics
        for whole, suite in usual_suites(name).items():
            metrics = [m for m in every if whole or not m.explains]
            assert limits_out_of_reach(suite, pool, metrics) is None


def test_check_and_compare_refuse_before_they_read(tmp_path, run) -> None:
    """A dataset that is not there would be the next error."""
    suite = written(tmp_path / "own.json", (AT_LEAST, {"metric": "DERI1000", "minimum": 400}))
    absent, out = str(tmp_path / "absent"), str(tmp_path / "out")
    options = ["--suite", str(suite), "--out", out]

    for command in (["check", absent], ["compare", absent, "--baseline", absent]):
        status, _, said = run(*command, *options)
        assert status == 2
        assert "DERI1000 is never outside" in said


def test_a_usual_suite_is_told_of_and_judges(tmp_path, monkeypatch) -> None:
    """The pool of another's choice may be one with which a shipped limit says nothing."""
    suite = written(tmp_path / "own.json", (AT_LEAST, {"metric": "DERI1000", "minimum": 400}))
    monkeypatch.setattr("deri_gate.commands.check.suite_file", lambda *_, **__: suite)
    told = []

    with pytest.raises(DatasetError, match="absent"):
        deri_gate.check(tmp_path / "absent", out=None, announce=told.append)

    assert "DERI1000 is never outside" in told[0]


def test_a_shipped_suite_that_is_named_is_told_of_and_judges(tmp_path) -> None:
    """It was made for another pool, and nobody can edit it."""
    told = []

    with pytest.raises(DatasetError, match="absent"):
        deri_gate.check(
            tmp_path / "absent", suite="data_only", metrics="data", pool="smoke", out=None,
            announce=told.append,
        )  # fmt: skip

    assert "exposure is never outside" in told[0]
