"""The tables of docs/deri1000.md and of the README are those that the pool's files give."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from deri_gate.runtime.strict import validated
from deri_gate.schemas.impact import Impact
from deri_gate.schemas.study import SensitivityDocument
from deri_gate.scoring.pool import read_pool
from deri_gate.study.weights.subscores import read_subscores

ROOT = Path(__file__).parents[2]
POOL = ROOT / "reference_pool" / "standard"


@pytest.fixture(scope="module")
def script():
    return runpy.run_path(str(ROOT / "reference_pool" / "headline.py"))


def lines_of(table: str) -> list[str]:
    """Rows without their last bar: the docs may add a column."""
    return [line.removesuffix(" |") for line in table.splitlines()[2:]]


def test_rises_worked_by_hand(script) -> None:
    """(50, 50) to (98, 2): the mean stays, the power mean falls; to (60, 50) both rise."""
    before, weights = np.full((2, 2), 50.0), np.ones(2)
    after = np.array([[98.0, 2.0], [60.0, 50.0]])

    assert script["rises"](before, after, weights, 1.0) == 2
    assert script["rises"](before, after, weights, 0.5) == 1


def test_a_metric_that_one_side_lacks_does_not_count(script) -> None:
    """Without its explanations a variant is compared with its base without them."""
    before = np.array([[50.0, 0.0]])
    after = np.array([[40.0, np.nan]])

    assert script["rises"](before, after, np.ones(2), 0.5) == 0


def test_the_docs_have_the_changes_of_the_number(script) -> None:
    found = validated((POOL / "sensitivity.json").read_bytes(), SensitivityDocument)
    said = (ROOT / "docs" / "deri1000.md").read_text("utf-8")
    rows = lines_of(script["falls"](found))

    assert len(rows) >= 15
    assert [row for row in rows if row not in said] == []


def test_the_docs_have_the_rises_by_weights(script) -> None:
    pool = read_pool(POOL / "pool.json")
    every = {**pool.other_weights, "equal": dict.fromkeys(pool.weights, 1.0)}
    rows = lines_of(script["by_weights"](read_subscores(POOL / "subscores.parquet"), every))
    said = (ROOT / "docs" / "deri1000.md").read_text("utf-8")

    assert len(rows) == 3
    assert [row for row in rows if row not in said] == []


def test_the_rank_correlations_have_their_intervals(script) -> None:
    """A row a set of weights; each of the three kinds with its ends."""
    found = validated((POOL / "impact.json").read_bytes(), Impact)
    rows = script["spearman"](found).splitlines()[2:]

    assert len(rows) == len(found.agreement.spearman) == 4
    for row, own in zip(rows, found.agreement.spearman.values(), strict=True):
        low, high = own.intervals.within
        assert f"| {own.within:.2f} ({low:.2f} to {high:.2f}) |" in row


def test_the_readme_has_the_rank_correlations() -> None:
    found = validated((POOL / "impact.json").read_bytes(), Impact).agreement.spearman
    said = (ROOT / "README.md").read_text("utf-8")

    for name, key in (("published", "published"), ("fitted", "impact"), ("equal", "equal")):
        assert f"| {name} | {found[key].between:.2f} | {found[key].within:.2f} |" in said


def test_the_study_was_measured_with_the_shipped_pool_or_the_docs_say_with_which() -> None:
    """A study takes hours: where a definition has moved since, a reader is told."""
    found = validated((POOL / "sensitivity.json").read_bytes(), SensitivityDocument)
    said = (ROOT / "docs" / "deri1000.md").read_text("utf-8")
    other = found.pool.hash != read_pool(POOL / "pool.json").hash

    assert other == (f"The study is of pool `{found.pool.hash}`" in said)
