"""Limits on raw values are held against no values of other definitions."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

import deri_gate
from deri_gate import gate
from deri_gate.errors import SettingError
from deri_gate.gate.definitions import (
    refuse_other_definitions,
    suites_of_study,
    with_definitions,
)
from deri_gate.gate.validate import suite_file
from deri_gate.metrics.profile import PAPER, PAPER_SMALL, PROFILES, STANDARD
from deri_gate.runtime.resources import shipped_pools, shipped_suites
from deri_gate.schemas.suite import SuiteDocument, as_suite_text

LIMITS = ("dataset_gate", "data_only")


def written(path, metrics=("sharpness",), meta=None, kind="expect_value_to_be_at_least"):
    """A suite with a limit on each of these."""
    entries = [
        {"type": kind, "kwargs": {"metric": name, "minimum": 1.0}, "severity": "critical"}
        for name in metrics
    ]
    content = {"name": "own", "expectations": entries, "meta": meta}
    path.write_text(json.dumps(content))
    return path


class TestShippedSuites:
    @pytest.mark.parametrize("name", LIMITS)
    def test_they_are_of_the_standard_profile(self, name) -> None:
        suite = shipped_suites()[name]

        refuse_other_definitions(suite, STANDARD)
        for profile in (PAPER, PAPER_SMALL, replace(STANDARD, encoder="resnet18")):
            with pytest.raises(SettingError, match="limits raw values of sharpness"):
                refuse_other_definitions(suite, profile)

    @pytest.mark.parametrize("name", LIMITS)
    def test_so_are_their_copies(self, name, tmp_path) -> None:
        """A repository has them under a path of its own."""
        copy = tmp_path / "mine.json"
        copy.write_bytes(shipped_suites()[name].read_bytes())

        refuse_other_definitions(copy, STANDARD)
        with pytest.raises(SettingError, match="in other definitions than those of profile paper"):
            refuse_other_definitions(copy, PAPER)

    @pytest.mark.parametrize("name", ["drift", "pull_request"])
    def test_those_without_raw_values_are_for_every_profile(self, name) -> None:
        for profile in PROFILES.values():
            refuse_other_definitions(shipped_suites()[name], profile)


class TestAnySuite:
    @pytest.mark.parametrize("limited", ["sharpness", "worst_class.sharpness"])
    def test_a_raw_value_is_refused_of_a_slice_as_well(self, limited, tmp_path) -> None:
        suite = written(tmp_path / "own.json", ("duplicates", limited), {"profile": "paper-small"})

        with pytest.raises(SettingError, match="raw values of duplicates and sharpness"):
            refuse_other_definitions(suite, STANDARD)
        refuse_other_definitions(suite, PAPER_SMALL)

    def test_subscores_and_the_number_follow_the_pool(self, tmp_path) -> None:
        kind, meta = "expect_subscore_to_be_at_least", {"profile": "standard"}
        subscore = written(tmp_path / "own.json", meta=meta, kind=kind)
        refuse_other_definitions(subscore, PAPER)

        number = written(tmp_path / "number.json", ("DERI1000", "exact_copies"), meta)
        refuse_other_definitions(number, PAPER)

    @pytest.mark.parametrize("meta", [None, {}, {"profile": "another"}, {"definitions": 3}])
    def test_what_a_person_wrote_is_for_what_this_person_knows(self, meta, tmp_path) -> None:
        refuse_other_definitions(written(tmp_path / "own.json", meta=meta), PAPER)

    def test_a_definition_that_moved_is_told_of_that_metric_alone(self, tmp_path) -> None:
        """An update raised the version of one metric."""
        suite = SuiteDocument.model_validate_json(
            written(tmp_path / "own.json", ("sharpness", "duplicates")).read_text()
        )
        earlier = {**STANDARD.definitions_of, "duplicates": "0" * 16}
        noted = tmp_path / "noted.json"
        noted.write_text(as_suite_text(with_definitions(suite, "standard", earlier)))

        assert set(json.loads(noted.read_text())["meta"]["definitions"]) == {
            "sharpness", "duplicates",
        }  # fmt: skip
        with pytest.raises(SettingError, match="raw values of duplicates, in other"):
            refuse_other_definitions(noted, STANDARD)


class TestPoolOfPaperSmall:
    @pytest.mark.parametrize("name", LIMITS)
    def test_its_limits_are_found_and_are_of_its_definitions(self, name) -> None:
        own = suite_file(None, name, "--suite", pool="paper-small")

        assert own.parent == shipped_pools()["paper-small"].parent / "expectations"
        refuse_other_definitions(own, PAPER_SMALL)
        with pytest.raises(SettingError, match="in other definitions"):
            refuse_other_definitions(own, STANDARD)

    def test_check_and_study_take_them_and_those_of_standard_stay(self) -> None:
        gate.load()  # its imports warn
        from deri_gate.commands.limit_names import limit_names

        own = limit_names(profile="paper-small", metrics="data")

        assert own == limit_names(pool="paper-small", profile="paper-small", metrics="data")
        assert "sharpness at least 94.8" in own
        assert "sharpness at least 50" in limit_names(metrics="data")
        suites = suites_of_study("", PAPER_SMALL, shipped_limits=False)
        assert suites[True] == suite_file(None, "dataset_gate", "--suite", pool="paper-small")

    def test_they_hold_for_its_members(self) -> None:
        """Read with json alone: no member misses a limit on a raw value."""
        folder = shipped_pools()["paper-small"].parent
        members = json.loads((folder / "pool.json").read_bytes())["datasets"]
        suite = json.loads((folder / "expectations" / "dataset_gate.json").read_bytes())
        raw = [e["kwargs"] for e in suite["expectations"]
               if e["kwargs"]["metric"] in members[0]["metrics"] and "value" in e["type"]]  # fmt: skip

        assert len(raw) == 11
        for limit in raw:
            values = [one["metrics"][limit["metric"]] for one in members]
            assert min(values) >= limit.get("minimum", min(values))
            assert max(values) <= limit.get("maximum", max(values))


@pytest.mark.parametrize("profile", ["paper", "paper-small"])
def test_shipped_limits_are_refused_before_a_dataset_is_opened(profile, tmp_path) -> None:
    """Here there is none."""
    pool = str(shipped_pools()["paper-small"])
    if profile == "paper":
        pool = _pool_of_paper(tmp_path)
    with pytest.raises(SettingError, match="dataset_gate: limits raw values"):
        deri_gate.check(
            tmp_path / "nothing", profile=profile, suite="dataset_gate", pool=pool, out=None
        )
    with pytest.raises(SettingError, match="limits raw values"):
        suites_of_study(pool, PROFILES[profile], shipped_limits=True)


def test_a_pool_of_ones_own_without_limits_is_told_so(tmp_path) -> None:
    with pytest.raises(SettingError, match="deri-gate limits METRICS_JSON") as told:
        deri_gate.check(
            tmp_path / "nothing", profile="paper", pool=_pool_of_paper(tmp_path), out=None
        )

    assert "profile paper with its encoder" in str(told.value)


def _pool_of_paper(folder) -> str:
    """The pool of paper-small, said to be of profile paper: its numbers do not matter here."""
    content = json.loads(shipped_pools()["paper-small"].read_bytes())
    content["profile"] = {
        "name": "paper", "hash": PAPER.hash, "definitions": PAPER.definitions_of
    }  # fmt: skip
    (folder / "pool.json").write_text(json.dumps(content))
    return str(folder / "pool.json")
