"""The tables of docs/deri1000.md and of the README are those that the pool's files give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.strict import validated
from deri_gate.schemas.impact import Impact
from deri_gate.schemas.properties import PropertiesDocument
from deri_gate.schemas.study import SensitivityDocument
from deri_gate.scoring.pool import read_pool
from deri_gate.study.figures.number import (
    choices_table,
    falls_table,
    ranks_table,
    rises_table,
    tables_of_number,
)
from deri_gate.study.pools.beside import files_beside
from deri_gate.study.weights.monotone import Pairs, monotone
from deri_gate.study.weights.results import read_results
from deri_gate.study.weights.subscores import read_subscores

ROOT = Path(__file__).parents[2]
POOL = ROOT / "reference_pool" / "standard"


def lines_of(table: str) -> list[str]:
    """Rows without their last bar: the docs may add a column."""
    return [line.removesuffix(" |") for line in table.splitlines()[2:]]


def pairs_of(before: list[list[float]], after: list[list[float]]) -> Pairs:
    """Pairs of a dataset each, as a table of subscores has them."""
    names = [metric.name for metric in METRICS][: len(before[0])]
    rows = [
        {"dataset": f"d{i}", "group": group, "level": level, **dict(zip(names, own, strict=True))}
        for group, level, values in (("baseline", "none", before), ("x", "strong", after))
        for i, own in enumerate(values)
    ]
    return Pairs.of(pd.DataFrame(rows))


def test_rises_worked_by_hand() -> None:
    """(50, 50) to (98, 2): the mean stays, the power mean falls; to (60, 50) both rise."""
    pairs = pairs_of([[50.0, 50.0]] * 2, [[98.0, 2.0], [60.0, 50.0]])
    equal = dict.fromkeys(pairs.metrics, 1.0)

    assert pairs.rises(equal, 1.0) == {"d0": 1, "d1": 1}
    assert pairs.rises(equal, 0.5) == {"d0": 0, "d1": 1}


def test_a_pair_that_cannot_be_compared_is_no_fall() -> None:
    """No metric of both sides: U was not seen to fall."""
    pairs = pairs_of([[50.0, np.nan]], [[np.nan, 50.0]])

    assert pairs.rises(dict.fromkeys(pairs.metrics, 1.0), 0.5) == {"d0": 1}


def test_a_metric_that_one_side_lacks_does_not_count() -> None:
    """Without its explanations a variant is compared with its base without them."""
    pairs = pairs_of([[50.0, 0.0]], [[40.0, np.nan]])

    assert pairs.rises(dict.fromkeys(pairs.metrics, 1.0), 0.5) == {"d0": 0}


def test_monotone_weights_worked_by_hand() -> None:
    """The first metric falls by 20 while the second rises by 10: the first must weigh more."""
    pairs = pairs_of([[50.0, 50.0]] * 3, [[30.0, 60.0]] * 3)
    weights = monotone(pairs, 1.0)
    first, second = (weights[name] for name in pairs.metrics)

    assert first + second == pytest.approx(1.0)
    assert second >= 0.02
    assert -0.2 * first + 0.1 * second <= -0.005 + 1e-9
    assert pairs.rises(weights, 1.0) == {"d0": 0, "d1": 0, "d2": 0}


def test_ways_to_weigh_need_three_sets_and_damage_that_costs() -> None:
    """A pool of one's own may have neither: then there is no table, and no error."""
    runs = read_results([POOL / "runs.csv.gz"])
    subscores = read_subscores(POOL / "subscores.parquet")
    two = subscores[subscores["dataset"].isin(["bccd_cells_28", "brain_mri"])]
    free = runs.assign(balanced_accuracy=1.0, accuracy=1.0)

    assert choices_table(runs, two, 0.5) == ""
    assert choices_table(runs, subscores, 0.0) == ""
    assert choices_table(free, subscores, 0.5) == ""


def test_the_docs_have_the_ways_to_weigh() -> None:
    """Equal weights see nothing, so that a set left out changes nothing; published ones neither."""
    runs = read_results([POOL / "runs.csv.gz"])
    subscores = read_subscores(POOL / "subscores.parquet")
    rows = choices_table(runs, subscores, read_pool(POOL / "pool.json").power).splitlines()[2:]
    said = (ROOT / "docs" / "deri1000.md").read_text("utf-8")
    cells = {row.split(" | ")[0].strip("| "): row.strip("| ").split(" | ") for row in rows}

    assert list(cells) == ["published", "fitted", "monotone", "equal"]
    assert [row for row in rows if row not in said] == []
    for name in ("published", "equal"):
        assert cells[name][1] == cells[name][2]
        assert cells[name][3] == cells[name][4]
    assert int(cells["monotone"][1]) < int(cells["monotone"][2])


def test_the_docs_have_the_changes_of_the_number() -> None:
    found = validated((POOL / "sensitivity.json").read_bytes(), SensitivityDocument)
    said = (ROOT / "docs" / "deri1000.md").read_text("utf-8")
    rows = lines_of(falls_table(found))

    assert len(rows) >= 15
    assert [row for row in rows if row not in said] == []


def test_the_docs_have_the_rises_by_weights() -> None:
    pool = read_pool(POOL / "pool.json")
    every = {**pool.other_weights, "equal": dict.fromkeys(pool.weights, 1.0)}
    rows = lines_of(rises_table(read_subscores(POOL / "subscores.parquet"), every))
    said = (ROOT / "docs" / "deri1000.md").read_text("utf-8")

    assert len(rows) == 4
    assert [row for row in rows if row not in said] == []


def test_the_rank_correlations_have_their_intervals() -> None:
    """A row a set of weights; each of the three kinds with its ends."""
    found = validated((POOL / "impact.json").read_bytes(), Impact)
    rows = ranks_table(found).splitlines()[2:]

    assert len(rows) == len(found.agreement.spearman) == 4
    for row, own in zip(rows, found.agreement.spearman.values(), strict=True):
        low, high = own.intervals.within
        assert f"| {own.within:.2f} ({low:.2f} to {high:.2f}) |" in row


def test_the_readme_has_the_rank_correlations() -> None:
    found = validated((POOL / "impact.json").read_bytes(), Impact).agreement.spearman
    said = (ROOT / "README.md").read_text("utf-8")

    for name, key in (("published", "published"), ("fitted", "impact"), ("equal", "equal")):
        assert f"| {name} | {found[key].between:.2f} | {found[key].within:.2f} |" in said


def test_the_study_is_of_the_shipped_pool() -> None:
    """Where a definition moves, the pool does, and the study is made anew."""
    pool = read_pool(POOL / "pool.json")
    sensitivity = validated((POOL / "sensitivity.json").read_bytes(), SensitivityDocument)
    properties = validated((POOL / "properties.json").read_bytes(), PropertiesDocument)

    for found in (sensitivity, properties):
        assert (found.pool.hash, found.profile.hash) == (pool.hash, pool.profile.hash)
    assert pool.profile.hash == STANDARD.hash


def test_names_are_no_markup_and_a_pool_alone_has_no_table(tmp_path) -> None:
    """Names of weights come from a pool's file, those of damage from a study's."""
    pool = read_pool(POOL / "pool.json")
    odd = "<b>|x|`"
    named = pool.model_copy(update={"other_weights": {odd: dict(pool.weights)}})
    found = validated((POOL / "sensitivity.json").read_bytes(), SensitivityDocument)
    other = found.model_copy(update={"matrix": {odd: found.matrix["sharpness"]}})
    files = files_beside(POOL / "pool.json")
    text = tables_of_number(named, replace(files, sensitivity=other), POOL)

    assert "<" not in text
    assert "| &#60;b&#62;&#124;x&#124;&#96; | 7 | 1 | 3 |" in text
    assert text.count("## ") == 3
    nothing = replace(files, sensitivity=None, impact=None)
    assert tables_of_number(pool, nothing, tmp_path) == ""


def test_damage_of_a_set_without_its_baseline_says_nothing() -> None:
    table = read_subscores(POOL / "subscores.parquet")
    less = table[(table["dataset"] != "brain_mri") | (table["group"] != "baseline")]

    assert rises_table(less, {}).startswith("| weights (135 pairs) |")
