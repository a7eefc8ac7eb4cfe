"""Limits that follow a pool: members pass, redraws cross as rarely as stated, two files agree."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from deri_gate.commands.limits import limits
from deri_gate.errors import PoolError, SettingError
from deri_gate.gate import judge, rows_of
from deri_gate.gate.following import follow
from deri_gate.gate.proposing import COUNTED, Seen, propose
from deri_gate.gate.suite import check_suite
from deri_gate.gate.validate import borrowed_limits, known_rows, suite_file
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.measuring.shares import Share
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.resources import shipped_pools, shipped_suites
from deri_gate.schemas.suite import SuiteDocument, SuiteExpectation, as_suite_text
from deri_gate.scoring.pool import Pool, read_pool
from deri_gate.scoring.score import score_values
from tests.sweeps import sampled

DRAWS = 200
KNOWN = tuple(m for m in METRICS if m.published_weight)  # by the pools that are shipped


@pytest.fixture(autouse=True)
def _few_pools_drawn(monkeypatch):
    """Limits never ask for the interval over pools, which takes more than half of the time."""
    monkeypatch.setattr("deri_gate.scoring.score.POOL_RESAMPLES", 2)


def read(name):
    return SuiteDocument.model_validate_json(shipped_suites()[name].read_text("utf-8"))


def around(values, generator, *, spread=0.02, draws=DRAWS):
    """Values over resamples: each about its value, within the metric's range."""
    drawn = {}
    for metric in KNOWN:
        value = values[metric.name]
        noise = generator.normal(0, spread, draws)
        some = value * np.exp(noise) if metric.scale == "log" else value + noise * (abs(value) or 1)
        drawn[metric.name] = np.clip(some, metric.low, metric.high)
    return drawn


def seen_of(values, pool, generator, *, images=200, spread=0.02):
    profile = profile_named(pool.profile.name)
    resamples = around(values, generator, spread=spread)
    scored = score_values(values, pool, metrics=profile.metrics, resamples=resamples)
    return Seen(values=values, resamples=resamples, shares={}, images=images, scored=scored)


def members_of(pool, *, spread=0.02):
    """The pool's datasets with resamples; each pool's are made once, as they take a second."""
    return dict(made_of(pool.name, spread))


@cache
def made_of(name, spread):
    pool, generator = read_pool(shipped_pools()[name]), np.random.default_rng(0)
    return {
        one.name: seen_of(one.metrics, pool, generator, spread=spread, images=one.images)
        for one in pool.datasets
    }


@pytest.fixture(scope="module", params=sampled(["standard", "smoke", "paper-small"]))
def pool(request) -> Pool:
    return read_pool(shipped_pools()[request.param])


def argument(entry):
    return entry.kwargs.get("minimum", entry.kwargs.get("maximum"))


def missed(suite, values, pool) -> list[SuiteExpectation]:
    """Limits on a metric or DERI1000 that these raw values miss, without the gate."""
    scored = score_values(values, pool, metrics=profile_named(pool.profile.name).metrics)
    found = []
    for entry in suite.expectations:
        metric = entry.kwargs["metric"]
        if metric not in values and metric != "DERI1000":
            continue
        value = scored.deri1000 if metric == "DERI1000" else values[metric]
        value = scored.subscores[metric] if "subscore" in entry.type else value
        low, high = entry.kwargs.get("minimum", -np.inf), entry.kwargs.get("maximum", np.inf)
        if not low <= value <= high:
            found.append(entry)
    return found


def test_every_member_passes_and_the_gate_reads_it(pool, tmp_path) -> None:
    """All tiers of both shipped suites, on every shipped pool."""
    metrics = profile_named(pool.profile.name).metrics
    for name in ("dataset_gate", "data_only"):
        found = follow(read(name), members_of(pool), metrics, pool, false_alarms=0.01)
        path = tmp_path / f"{name}.json"
        path.write_text(as_suite_text(found.suite))
        check_suite(path, [*known_rows(), *GAP_ROWS])

        for member in pool.datasets:
            assert missed(found.suite, member.metrics, pool) == []


@pytest.mark.sweep
@pytest.mark.parametrize(
    "pool",
    [
        "smoke",
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("standard", "paper-small")),
    ],
    indirect=True,
)
def test_redraws_of_members_cross_a_warning_as_rarely_as_stated(pool) -> None:
    """By 150 draws of each that are made here; a draw and its redraw are root two spreads apart."""
    metrics = profile_named(pool.profile.name).metrics
    rate, trials, spread = 0.05, 150, 0.03
    found = follow(
        read("dataset_gate"), members_of(pool, spread=spread), metrics, pool, false_alarms=rate
    ).suite
    generator = np.random.default_rng(1)
    for member in pool.datasets:
        draws = around(member.metrics, generator, spread=spread * 2**0.5, draws=trials)
        rows = [{k: float(v[i]) for k, v in draws.items()} for i in range(trials)]
        severities = [{entry.severity for entry in missed(found, row, pool)} for row in rows]
        warned = sum("warning" in some for some in severities)
        failed = sum("critical" in some for some in severities)

        assert warned / trials <= rate + 3 * np.sqrt(rate / trials)
        assert failed / trials <= rate / 10 + 3 * np.sqrt(rate / 10 / trials)


def test_a_limit_lies_no_farther_from_the_members_than_chance_goes(pool) -> None:
    """Eight standard deviations of a redraw beyond the worst member at most: it is not blind."""
    metrics = {m.name: m for m in profile_named(pool.profile.name).metrics}
    members = members_of(pool)
    found = follow(
        read("dataset_gate"), members, tuple(metrics.values()), pool, false_alarms=0.01
    ).suite
    for entry in found.expectations:
        metric = metrics.get(entry.kwargs["metric"])
        if metric is None or "value" not in entry.type or metric.name in COUNTED:
            continue
        reach = [
            metric.sign * float(metric.on_scale(np.array(seen.values[metric.name])))
            - 8 * 2**0.5 * float(metric.on_scale(seen.resamples[metric.name]).std())
            for seen in members.values()
        ]
        limit = metric.sign * float(metric.on_scale(np.array(argument(entry))))
        assert limit >= min(reach) - 0.01 * abs(limit)


def test_limits_on_faults_stay_and_members_that_have_them_are_named(pool) -> None:
    """A pool with names of patients in it loosens no limit on names of patients."""
    members = members_of(pool)
    first = next(iter(members))
    shares = {"private_share": 0.2, "exact_copies": 0.5, "unreadable_share": 0.0}
    members[first] = Seen(**{**vars(members[first]), "shares": shares})
    metrics = profile_named(pool.profile.name).metrics
    found = follow(read("dataset_gate"), members, metrics, pool, false_alarms=0.01)
    by_metric = {(c.metric, c.severity): c for c in found.changes}

    for name in ("private_share", "exact_copies"):
        assert by_metric[name, "critical"].new == by_metric[name, "critical"].old
        assert by_metric[name, "critical"].crossed_by == (first,)
    assert by_metric["unreadable_share", "critical"].crossed_by == ()


def test_severities_and_ids_are_kept_and_both_tiers_never_say_the_same(pool) -> None:
    """The fault that a written file was refused for: two expectations of one limit."""
    metrics = profile_named(pool.profile.name).metrics
    old = read("dataset_gate")
    for spread in (0.0, 0.02, 3.0):
        members = members_of(pool, spread=spread)
        new = follow(old, members, metrics, pool, false_alarms=0.3).suite
        said = [(e.type, json.dumps(e.kwargs, sort_keys=True)) for e in new.expectations]

        assert len(set(said)) == len(said)
        assert {(e.id, e.severity) for e in new.expectations} <= {
            (e.id, e.severity) for e in old.expectations
        }


def rows(seen, shares):
    return rows_of(seen.values, seen.scored, {k: Share(value=v) for k, v in shares.items()})


@pytest.mark.parametrize("seed", sampled(range(30), 0, 1, 2))
def test_any_dataset_passes_what_is_written_for_it(pool, tmp_path, seed) -> None:
    """`--write-suite` on made sets: from the best to the worst, resamples wide, none, or odd."""
    generator = np.random.default_rng(seed)
    place = generator.choice([0.0, 0.02, 0.5, 0.98, 1.0], len(KNOWN))
    values = {}
    for metric, part in zip(KNOWN, place, strict=True):
        own = [one.metrics[metric.name] for one in pool.datasets]
        low, high = max(metric.low, min(own) / 2), min(metric.high, max(own) * 2 + 0.1)
        values[metric.name] = float(f"{low + part * (high - low):.9g}")
    if seed % 5 == 0:
        values["sharpness"] = 0.0
    seen = seen_of(values, pool, generator, images=int(generator.choice([3, 20, 500])),
                   spread=float(generator.choice([0.0, 0.01, 1.0])))  # fmt: skip
    shares = {"exact_copies": float(generator.choice([0.0, 0.3, 1.0])), "leaked_images": 0.1}
    seen = Seen(**{**vars(seen), "shares": shares, "absent": ["leaked_groups"]})
    metrics = profile_named(pool.profile.name).metrics
    suite = propose(seen, metrics, pool, false_alarms=0.01, name="own")
    path = tmp_path / "own.json"
    path.write_text(as_suite_text(suite))
    check_suite(path, [*known_rows(), *GAP_ROWS])

    assert missed(suite, values, pool) == []


def test_the_gate_itself_passes_a_few(pool, tmp_path) -> None:
    """Great Expectations on the written file, with every row there is."""
    generator = np.random.default_rng(0)
    member = min(pool.datasets, key=lambda one: one.metrics["sharpness"])
    seen = seen_of(member.metrics, pool, generator)
    suite = propose(
        seen, profile_named(pool.profile.name).metrics, pool, false_alarms=0.01, name="own"
    )
    (tmp_path / "own.json").write_text(as_suite_text(suite))

    assert judge(rows(seen, {}), tmp_path / "own.json").verdict == "pass"


def test_a_pool_s_own_limits_are_found_beside_it(tmp_path) -> None:
    """Only for a pool that is a path: a shipped name is never looked for on the disk."""
    own = tmp_path / "mine" / "expectations"
    own.mkdir(parents=True)
    (own / "data_only.json").write_text("{}")
    pool = str(tmp_path / "mine")
    (tmp_path / "mine" / "pool.json").write_text("{}")

    assert suite_file(None, "data_only", "--suite", pool=pool) == own / "data_only.json"
    assert (
        suite_file(None, "data_only", "--suite", pool=f"{pool}/pool.json") == own / "data_only.json"
    )
    assert (
        suite_file(None, "dataset_gate", "--suite", pool=pool) == shipped_suites()["dataset_gate"]
    )
    assert (
        suite_file(None, "data_only", "--suite", pool="standard") == shipped_suites()["data_only"]
    )
    assert (
        suite_file("data_only", "dataset_gate", "--suite", pool=pool)
        == shipped_suites()["data_only"]
    )


@pytest.mark.parametrize("name", ["dataset_gate", "data_only"])
def test_shipped_limits_for_a_pool_of_ones_own_are_told(tmp_path, name) -> None:
    """A copy of a shipped pool has the shipped limits; what has its own, or none at all, also."""
    folder = tmp_path / "mine"
    folder.mkdir()
    suite = shipped_suites()[name]
    content = shipped_pools()["standard"].read_text()
    (folder / "pool.json").write_text(content.replace('"brain_mri"', '"ours"'))
    said = borrowed_limits(suite, folder)

    assert f"expectations/{name}.json" in said
    assert borrowed_limits(suite, f"{folder}/pool.json") == said
    assert borrowed_limits(tmp_path / "own.json", folder) == ""
    assert borrowed_limits(suite, "standard") == borrowed_limits(suite, "") == ""
    (folder / "pool.json").write_text(content)
    assert borrowed_limits(suite, folder) == ""


@pytest.fixture
def measured(pool, tmp_path):
    """The pool in a folder, and a metrics.json a member."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "pool.json").write_text(pool.to_json())
    files = []
    for one in pool.datasets:
        drawn = around(one.metrics, np.random.default_rng(0), draws=20)
        content = {
            "schema_version": 1,
            "dataset": {
                "name": one.name, "fingerprint": one.fingerprint, "split": None,
                "images": one.images, "unreadable": 0, "classes": one.classes,
                "class_counts": {f"c{k}": 1 for k in range(one.classes)},
            },
            "profile": {"name": pool.profile.name, "hash": pool.profile.hash},
            "metrics": {
                k: {"value": v, "definition": pool.profile.definitions.get(k),
                    "resamples": drawn[k].tolist()}
                for k, v in one.metrics.items()
            },
            "findings": [],
            "shares": {"conflicting_copies": {"value": 0.5}},
        }  # fmt: skip
        files.append(tmp_path / f"{one.name}.json")
        files[-1].write_text(json.dumps(content))
    return folder, files


def test_the_command_writes_suites_and_every_change(measured, pool, capsys) -> None:
    """Files that `--suite` reads, a table of old and new, the same bytes twice."""
    folder, files = measured
    out = folder / "expectations"
    done = limits(files, pool=str(folder), out=out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    limits(files, pool=str(folder), out=out)

    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert set(before) == {"dataset_gate.json", "data_only.json", "limits.csv"}
    assert [one.path.stem for one in done] == ["dataset_gate", "data_only"]
    moved = [c for c in done[0].changes if c.metric == "sharpness" and c.old != c.new]
    assert moved
    assert all(c.crossed_by for c in done[0].changes if c.metric == "conflicting_copies")
    lines = before["limits.csv"].decode().splitlines()
    earlier = [len(read(name).expectations) for name in ("dataset_gate", "data_only")]
    gaps = [line for line in lines if ",quality_gap_" in line]
    assert len(gaps) == (len(GAP_ROWS) if pool.profile.name == "paper-small" else 0)
    assert len(lines) == 1 + sum(earlier) + len(gaps)


def test_a_pool_s_filling_has_no_say_and_other_images_are_said(measured, pool) -> None:
    """Limits follow what was measured here; a pool of other images than these is none of them."""
    folder, files = measured
    only = limits(files[:1], pool=str(folder), out=folder / "one")[0]
    name = files[0].stem
    assert {c.reason.split()[3].rstrip(",") for c in only.changes if "nearest" in c.reason} == {
        name
    }

    content = json.loads(files[0].read_text())
    content["dataset"]["fingerprint"] = "other"
    files[0].write_text(json.dumps(content))
    with pytest.raises(PoolError, match=name):
        limits(files, pool=str(folder), out=folder / "expectations")
    content["dataset"]["name"] = "stranger"
    files[0].write_text(json.dumps(content))
    with pytest.raises(PoolError, match="none of the measured"):
        limits(files[:1], pool=str(folder), out=folder / "expectations")
    assert not (folder / "expectations").exists()


@pytest.mark.parametrize("content", ['{"name": "own", "expectations": [], "meta": {}}', "[[", "{}"])
def test_an_earlier_suite_that_is_none_is_named_and_nothing_is_written(measured, content) -> None:
    """By its own path, before the suites beside it are written."""
    folder, files = measured
    own = folder / "own.json"
    own.write_text(content)

    with pytest.raises(SettingError, match=r"own\.json") as caught:
        limits(files, pool=str(folder), out=folder / "new", suites=["data_only", own])
    assert str(own) in str(caught.value)
    assert not (folder / "new").exists()


def test_two_of_one_name_are_an_error(measured) -> None:
    """One file would be written over the other, one dataset would hide another."""
    folder, files = measured
    own = folder / "data_only.json"
    own.write_bytes(shipped_suites()["data_only"].read_bytes())

    with pytest.raises(SettingError, match="two suites have the name data_only"):
        limits(files, pool=str(folder), out=folder / "new", suites=["data_only", own])
    with pytest.raises(PoolError, match="two files are of the dataset"):
        limits([*files, files[0]], pool=str(folder), out=folder / "new")
    assert not (folder / "new").exists()


def test_a_suite_that_somebody_wrote_is_replaced_only_by_force(measured) -> None:
    """It was written over: a suite by hand looks as ours does. None of the others is written."""
    folder, files = measured
    out = folder / "expectations"
    limits(files, pool=str(folder), out=out)
    document = json.loads((out / "data_only.json").read_text())
    document["expectations"][0]["meta"] = {"reason": "typed by hand"}
    (out / "data_only.json").write_text(json.dumps(document))
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    with pytest.raises(SettingError, match=r"data_only\.json.* says something else.*force"):
        limits(files, pool=str(folder), out=out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before

    limits(files, pool=str(folder), out=out, false_alarms=0.2, force=True)
    assert "typed by hand" not in (out / "data_only.json").read_text()
