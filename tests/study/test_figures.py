"""Pictures of a study: true to its numbers, the same bytes, and safe whatever names hold."""

from __future__ import annotations

import csv
import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import deri_gate
from deri_gate.errors import DeriGateError
from deri_gate.runtime.strict import validated
from deri_gate.schemas.impact import Impact
from deri_gate.study.weights.results import read_results

STANDARD = Path(__file__).parents[2] / "reference_pool" / "standard"
SVG = "{http://www.w3.org/2000/svg}"
PICTURES = ("damage.svg", "drops.svg", "probes.svg", "spearman.svg", "weights.svg")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    out = tmp_path_factory.mktemp("drawn")
    deri_gate.pool_draw("standard", out=out)
    return out


def words(picture: Path) -> list[str]:
    """Everything that is written in a picture."""
    return ["".join(t.itertext()) for t in ET.parse(picture).iter(f"{SVG}text")]


def test_the_shipped_pictures_are_those_of_the_shipped_study(drawn) -> None:
    """Tables to the byte; pictures to what is written in them, for matplotlib has versions."""
    shipped = STANDARD / "figures"

    assert sorted(p.name for p in shipped.iterdir()) == sorted(p.name for p in drawn.iterdir())
    for table in (*shipped.glob("*.csv"), shipped / "number.md"):
        assert table.read_bytes() == (drawn / table.name).read_bytes()
    for name in PICTURES:
        assert set(words(shipped / name)) == set(words(drawn / name))


@pytest.mark.sweep
def test_twice_the_same_bytes(drawn, tmp_path) -> None:
    """No time, no random id; and the user's own style of matplotlib changes nothing."""
    import matplotlib as mpl

    with mpl.rc_context({"font.size": 22, "svg.fonttype": "path"}):
        deri_gate.pool_draw("standard", out=tmp_path)

    for file in drawn.iterdir():
        assert file.read_bytes() == (tmp_path / file.name).read_bytes(), file.name


def test_every_metric_and_damage_has_its_row(drawn) -> None:
    impact = validated((STANDARD / "impact.json").read_bytes(), Impact)
    damage = json.loads((STANDARD / "sensitivity.json").read_text("utf-8"))["matrix"]

    assert set(impact.groups) <= set(words(drawn / "weights.svg"))
    assert set(impact.groups) <= set(words(drawn / "drops.svg"))
    assert set(impact.architectures) <= set(words(drawn / "drops.svg"))
    assert {g for g, own in damage.items() if own} - set(words(drawn / "damage.svg")) <= {
        "diversity.groups"  # no dataset of the pool has groups
    }
    assert {"mild", "medium", "strong"} <= set(words(drawn / "damage.svg"))


def test_deltas_are_those_of_the_runs(drawn) -> None:
    """Worked out again with pandas alone: mean over datasets of variant minus baseline."""
    runs = read_results([STANDARD / "runs.csv.gz"])
    runs = runs[
        ~((runs["dataset"] == "busi_masks") & (runs["architecture"] == "resnet18"))
    ]  # a guess
    keys = ["dataset", "architecture"]
    base = runs[runs["group"] == "baseline"].set_index(keys)["auc"]
    own = runs[(runs["group"] == "imbalance") & (runs["architecture"] == "linear")]
    change = own["auc"].to_numpy() - base.loc[list(map(tuple, own[keys].to_numpy()))].to_numpy()
    expected = (
        own.assign(change=change).dropna(subset="change").groupby("dataset")["change"].mean().mean()
    )
    with (drawn / "deltas.csv").open(newline="") as file:
        rows = {(r["metric"], r["architecture"], r["figure"]): r for r in csv.DictReader(file)}
    row = rows["imbalance", "linear", "auc"]

    assert float(row["mean"]) == pytest.approx(expected, rel=5e-3)
    assert float(row["low"]) <= float(row["mean"]) <= float(row["high"])


def test_every_run_with_both_figures_is_a_dot(drawn) -> None:
    """Counted in the title, and so many marks are in the picture."""
    runs = read_results([STANDARD / "runs.csv.gz"])
    known = runs[runs["auc"].notna() & ~runs["group"].str.startswith("scenario.")]

    assert any(f"{len(known):,} runs" in word for word in words(drawn / "probes.svg"))
    marks = list(ET.parse(drawn / "probes.svg").iter(f"{SVG}use"))
    assert len(marks) >= len(known)


def test_a_pool_without_a_study_draws_nothing(tmp_path) -> None:
    shutil.copy(STANDARD / "pool.json", tmp_path)

    with pytest.raises(DeriGateError, match="nothing to draw"):
        deri_gate.pool_draw(str(tmp_path))
    assert not (tmp_path / "figures").exists()


def test_names_are_text(tmp_path) -> None:
    """An architecture called like a formula or like markup."""
    text = (STANDARD / "impact.json").read_text("utf-8")
    name = "$\\\\frac{<script>&amp;$"
    (tmp_path / "impact.json").write_text(text.replace('"resnet18"', f'"{name}"'))
    shutil.copy(STANDARD / "pool.json", tmp_path)
    deri_gate.pool_draw(str(tmp_path), out=tmp_path / "out")
    shown = (tmp_path / "out" / "drops.svg").read_text("utf-8")

    assert "<script" not in shown
    assert "$\\frac{<script>&amp;$" in words(tmp_path / "out" / "drops.svg")
