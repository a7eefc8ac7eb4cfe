"""`deri-gate pool weigh`: weights that follow from a pool's study, and the number under them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.stats import norm

import deri_gate
from deri_gate.cli.main import main as cli
from deri_gate.commands.pool_weigh import pool_weigh
from deri_gate.errors import PoolError, SettingError
from deri_gate.metrics.profile import STANDARD
from deri_gate.scoring.pool import ProfileId, pool_for, read_pool
from deri_gate.scoring.score import score_values

POOLS = Path(__file__).parents[2] / "reference_pool"


@pytest.fixture
def calibrated(tmp_path) -> Path:
    """The shipped pool as it was calibrated, with its study beside it."""
    folder = tmp_path / "standard"
    folder.mkdir()
    for name in ("subscores.parquet", "sensitivity.json", "selection.csv"):
        shutil.copyfile(POOLS / "standard" / name, folder / name)
    content = json.loads((POOLS / "standard" / "pool.json").read_bytes())
    del content["other_weights"]["monotone"]
    (folder / "pool.json").write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize("name", ["standard", "smoke"])
def test_who_weighs_a_shipped_pool_again_gets_the_same_bytes(name, tmp_path) -> None:
    """The committed study is all it takes; weighing what is weighed changes nothing."""
    pool_weigh(str(POOLS / name), out=tmp_path / name)

    for file in ("pool.json", "influence.csv", "selection.csv"):
        assert (tmp_path / name / file).read_bytes() == (POOLS / name / file).read_bytes(), file


def test_the_pool_without_them_becomes_the_shipped_one(calibrated, tmp_path) -> None:
    """In its own folder; its identity and every score stay, so its study is still of it."""
    before = read_pool(calibrated / "pool.json")
    done = pool_weigh(str(calibrated), out=calibrated, numbers=tmp_path / "numbers.json")
    shipped = POOLS / "standard" / "pool.json"

    assert (calibrated / "pool.json").read_bytes() == shipped.read_bytes()
    assert (done.reason, done.pool.hash, done.pool.numbers_hash) == (
        "", before.hash, before.numbers_hash,
    )  # fmt: skip
    assert done.pool.weights == before.weights
    assert json.loads((tmp_path / "numbers.json").read_bytes())["other_weights"]["monotone"]


def by_hand(content: dict, weights: dict, dataset: str) -> float:
    """DERI1000 of a member by the steps of docs/deri1000.md, from the file of the pool alone."""
    rows = {one["name"]: one["metrics"] for one in content["datasets"]}
    subscores = {}
    for metric in STANDARD.metrics:
        known = np.array([row[metric.name] for row in rows.values()])
        known = np.log(np.maximum(known, metric.smallest)) if metric.scale == "log" else known
        away = known - np.median(known)
        spread = max(1.4826 * np.median(np.abs(away)), metric.spread_floor)
        better = 1 if metric.better == "higher" else -1
        subscores[metric.name] = 100 * norm.cdf(np.clip(better * away / spread, -3, 3))
    total = sum(weights.values())
    u = sum(weights[name] / total * np.sqrt(of) for name, of in subscores.items()) ** 2
    return float(1000 + 100 * (u[list(rows).index(dataset)] - u.mean()) / u.std(ddof=1))


@pytest.mark.parametrize("dataset", ["mednist_64", "ham10000_28"])
def test_the_number_under_them_is_the_one_worked_by_hand(dataset) -> None:
    """And it is another number than that of the default weights, which stays as it was."""
    content = json.loads((POOLS / "standard" / "pool.json").read_bytes())
    values = next(m["metrics"] for m in content["datasets"] if m["name"] == dataset)
    profile = ProfileId.of(STANDARD)

    found = {
        name: score_values(values, pool_for("standard", profile, weights=name)).deri1000
        for name in ("", "equal", "published", "fitted", "monotone")
    }
    assert found == {
        name: pytest.approx(by_hand(content, content["other_weights"].get(name) or
                                    dict.fromkeys(content["weights"], 1.0), dataset))
        for name in found
    }  # fmt: skip
    assert abs(found["monotone"] - found[""]) > 1


def test_under_them_the_number_falls_in_every_pair_of_the_study() -> None:
    """Counted here with NumPy over the table: each set under each strong damage."""
    table = pd.read_parquet(POOLS / "standard" / "subscores.parquet")
    content = json.loads((POOLS / "standard" / "pool.json").read_bytes())
    weights = pd.Series(content["other_weights"]["monotone"])
    raised = np.sqrt(table.set_index(["dataset", "group", "level"])[weights.index])
    plain = raised.xs("baseline", level="group").droplevel("level")
    strong = raised.xs("strong", level="level")
    change = strong - plain.reindex(strong.index.get_level_values("dataset")).to_numpy()

    assert len(strong) == 150
    assert ((change * weights).sum(axis=1) < 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert weights.min() >= 0.02


def test_a_pool_without_them_says_which_there_are(calibrated) -> None:
    """Pools of earlier versions load as before; `paper-small` has no study, and so none."""
    small = POOLS / "paper-small"
    for folder, known in (
        (calibrated, "equal or published or fitted"),
        (small, "equal or published"),
    ):
        profile = read_pool(folder / "pool.json").profile
        with pytest.raises(PoolError, match=f"'monotone'. Give {known}, or none") as told:
            pool_for(str(folder), profile, weights="monotone")
        assert "pool.json" in str(told.value)


def test_the_study_of_another_pool_is_refused(calibrated, tmp_path) -> None:
    content = json.loads((calibrated / "pool.json").read_bytes())
    content["datasets"][0]["metrics"]["exposure"] += 0.01
    (calibrated / "pool.json").write_text(json.dumps(content))

    with pytest.raises(PoolError, match="is a study of pool standard 9c1a35a044cf495f, not of"):
        pool_weigh(str(calibrated), out=tmp_path / "out")
    with pytest.raises(SettingError, match="is not a table of subscores"):
        pool_weigh("paper-small", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_licence_that_was_corrected_is_no_other_pool(calibrated, tmp_path) -> None:
    """The study names what of the pool moves a number; older studies name the whole file."""
    study = json.loads((calibrated / "sensitivity.json").read_bytes())
    numbers = read_pool(calibrated / "pool.json").numbers_hash
    content = json.loads((calibrated / "pool.json").read_bytes())
    content["datasets"][0]["licence"] = "CC0"
    (calibrated / "pool.json").write_text(json.dumps(content))

    with pytest.raises(PoolError, match="is a study of pool"):
        pool_weigh(str(calibrated), out=tmp_path / "out")
    (calibrated / "sensitivity.json").write_text(json.dumps({**study, "numbers": numbers}))
    weighed = pool_weigh(str(calibrated), out=tmp_path / "out").pool
    assert weighed.other_weights["monotone"]
    assert weighed.datasets[0].licence == "CC0"
    content["datasets"][0]["metrics"]["exposure"] += 0.01
    (calibrated / "pool.json").write_text(json.dumps(content))
    with pytest.raises(PoolError, match="is a study of pool"):
        pool_weigh(str(calibrated), out=tmp_path / "other")


@pytest.mark.parametrize("kind", ["mean", "levels"])
def test_where_the_study_allows_none_the_pool_stays_without(kind, calibrated, tmp_path) -> None:
    """The reason is said, and the pipeline goes on."""
    (calibrated / "sensitivity.json").unlink()
    if kind == "mean":
        content = json.loads((calibrated / "pool.json").read_bytes())
        (calibrated / "pool.json").write_text(json.dumps({**content, "power": 0}))
    else:
        table = pd.read_parquet(calibrated / "subscores.parquet")
        table[table["level"] != "strong"].to_parquet(calibrated / "subscores.parquet")
    arguments = ["pool", "weigh", str(calibrated), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, arguments)

    assert done.exit_code == 0
    reason = "geometric mean" if kind == "mean" else "no dataset both undamaged and under strong"
    assert reason in done.stderr
    assert "weights published, fitted\n" in done.stdout
    assert read_pool(tmp_path / "out" / "pool.json") == read_pool(calibrated / "pool.json")


def test_a_part_of_the_pool_has_them_no_more_and_a_comparison_says_so(tmp_path) -> None:
    """They follow from the study of all its datasets."""
    derived = deri_gate.pool_derive("standard", where=["images>=1000"], out=tmp_path / "large")
    difference = deri_gate.pool_diff("standard", str(tmp_path / "large"))

    assert set(derived.other_weights) == {"published", "fitted"}
    assert "Only the first pool has the weights monotone." in difference.warnings
    same = deri_gate.pool_diff("standard", str(POOLS / "standard"))
    assert (same.same, same.warnings) == (True, ())
