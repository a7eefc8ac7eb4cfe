"""Completion in a shell, asked as bash asks: by two variables."""

from __future__ import annotations

import pytest

from deri_gate.metrics.catalogue import METRICS
from deri_gate.runtime.resources import shipped_pools, shipped_suites


@pytest.fixture
def offered(run, monkeypatch):
    """Completions offered behind these words, each with its kind."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setenv("_DERI_GATE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(["deri-gate", *words]))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        status, out, error = run()
        assert (status, error) == (0, "")
        return out.splitlines()

    return ask


def test_commands_and_options(offered) -> None:
    assert "plain,check" in offered("ch")
    assert "plain,--metrics" in offered("check", "--met")


@pytest.mark.parametrize("words", [("check", "da"), ("check", "x", "--base", "da"),
                                   ("compare", "x", "--baseline", "da"), ("measure", "da")])  # fmt: skip
def test_a_dataset_is_a_file_or_folder(offered, words) -> None:
    assert offered(*words) == ["file,da"]


def test_a_dataset_may_be_a_name(offered) -> None:
    assert offered("check", "med") == ["plain,medmnist:", "file,med"]


def test_pools_and_suites_by_name(offered) -> None:
    assert offered("check", "x", "--pool", "")[:-1] == [f"plain,{n}" for n in shipped_pools()]
    assert offered("check", "x", "--suite", "")[:-1] == [f"plain,{n}" for n in shipped_suites()]
    assert offered("check", "x", "--pool", "st") == ["plain,standard", "file,st"]


def test_metrics_one_after_another(offered) -> None:
    """Behind a comma those that are not named yet."""
    names = [metric.name for metric in METRICS]

    assert offered("check", "x", "--metrics", "") == [f"plain,{n}" for n in ("all", "data", *names)]
    assert offered("check", "x", "--metrics", "sharpness,s") == ["plain,sharpness,separation"]


def test_splits(offered) -> None:
    assert offered("check", "x", "--split", "t") == ["plain,train", "plain,test"]
