"""`deri-gate properties`: each figure against its aim, by hand and on small pictures."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.strict import validated
from deri_gate.schemas.study import AlarmInfo, SensitivityDocument
from deri_gate.scoring.pool import read_pool
from deri_gate.study.properties.figures import NAMES, at_least, at_most, holding
from deri_gate.study.properties.known import (
    figures_of_pool,
    figures_of_sensitivity,
    figures_of_words,
)

STANDARD = Path(__file__).parents[2] / "reference_pool" / "standard"
QUIET = Machine(workers=1, progress=False)


@pytest.fixture(scope="module")
def shipped():
    return validated((STANDARD / "sensitivity.json").read_bytes(), SensitivityDocument)


def changed(document: SensitivityDocument, **keys) -> SensitivityDocument:
    """The strongest level of one group with other figures."""
    cell = document.matrix["sharpness"]["strong"]["DERI1000"].model_copy(update=keys)
    level = document.matrix["sharpness"]["strong"] | {"DERI1000": cell}
    group = document.matrix["sharpness"] | {"strong": level}
    return document.model_copy(update={"matrix": document.matrix | {"sharpness": group}})


def by(figures, number, of):
    return [one.holds for one in figures if one.number == number and one.of == of]


class TestAims:
    def test_an_aim_that_is_just_reached_holds(self) -> None:
        assert at_most(1, "x", "y", 10.0, 10.0).holds
        assert not at_most(1, "x", "y", 10.1, 10.0).holds
        assert at_least(1, "x", "y", 0.9, 0.9).holds
        assert not at_least(1, "x", "y", 0.89, 0.9).holds

    def test_what_was_not_measured_holds_nothing(self) -> None:
        """It counts neither way."""
        found = [at_most(1, "x", "y", None, 10.0), at_most(1, "z", "y", 3.0, 10.0)]

        assert found[0].holds is None
        assert holding(found)[NAMES[1]] == (1, 1)
        assert holding(found)[NAMES[3]] == (0, 0)

    def test_a_number_that_does_not_fall_is_told(self, shipped) -> None:
        """Eight of ten sets; a rise of eleven points."""
        assert by(figures_of_sensitivity(shipped), 1, "sharpness") == [True, True]
        fewer = changed(shipped, falls=0.8)
        higher = changed(shipped, highest=11.0)

        assert by(figures_of_sensitivity(fewer), 1, "sharpness") == [False, True]
        assert by(figures_of_sensitivity(higher), 1, "sharpness") == [True, False]

    def test_a_mark_that_is_seen_where_none_is_counts(self, shipped) -> None:
        alarm = AlarmInfo(dataset="a", resample=None, checks=("shortcut at most 0.5",))
        other = AlarmInfo(dataset="b", resample=None, checks=("sharpness at least 50",))

        with_mark = shipped.model_copy(update={"alarms": (alarm,)})
        without = shipped.model_copy(update={"alarms": (other,)})
        assert by(figures_of_sensitivity(with_mark), 2, "undamaged") == [False]
        assert by(figures_of_sensitivity(without), 2, "undamaged") == [True]

    def test_every_group_that_was_measured_has_both_figures(self, shipped) -> None:
        found = list(figures_of_sensitivity(shipped))
        groups = {g for g, own in shipped.matrix.items() if own and "strong" in own
                  and own["strong"].get("DERI1000") and own["strong"]["DERI1000"].pairs}  # fmt: skip

        assert len([one for one in found if one.number == 1]) == 2 * len(groups) >= 30

    def test_the_pool_keeps_what_its_interval_and_its_name_promise(self) -> None:
        found = list(figures_of_pool(read_pool(STANDARD / "pool.json")))

        assert [one.holds for one in found if one.number == 5] == [True] * 10
        assert [one.detail for one in found if one.number == 6] == ["DERI1000 of 10 metrics"] * 11

    def test_balance_and_the_papers_words(self) -> None:
        assert [one.holds for one in figures_of_words()] == [True, True]


@pytest.fixture(scope="module")
def measured(tmp_path_factory, tiny_encoder):
    """Two classes of 40 x 40 waves; measured at two numbers and at two sizes, twice."""
    from deri_gate.measuring.evidence import Evidence

    root = tmp_path_factory.mktemp("properties")
    rng = np.random.default_rng(3)
    for i in range(48):
        path = root / "waves" / "ab"[i % 2] / f"{i:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        wave = np.sin(np.arange(40) * (0.3 + 0.3 * (i % 2)) + rng.uniform(0, 6))
        levels = 128 + 60 * wave[None] + rng.normal(0, 8, (40, 40))
        Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8)).save(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DERI_GATE_CACHE", str(root / "cache"))
        patch.setattr(Evidence, "encoder", tiny_encoder())
        for out in ("one", "two"):
            found = deri_gate.properties(
                [root / "waves"], out=root / out, sizes=(24, 48, 4000), sides=(20, 40, 4000),
                images=24, metrics="data", machine=QUIET,
            )  # fmt: skip
    return root, found


def test_sizes_and_sides_that_a_dataset_has_are_compared(measured) -> None:
    """Those that it is too small for are left out, and said nowhere."""
    _, found = measured
    own = {one.of for one in found.figures if one.number == 4}

    assert {"waves: 24 to 48 images", "waves: 40 to 20 px"} <= own
    assert not any("4000" in of for of in own)
    assert not any(one.figure == "points of resolution" and "px" in one.of for one in found.figures)


def test_sets_of_nothing_are_each_judged(measured) -> None:
    _, found = measured
    own = [one for one in found.figures if one.number == 3]

    assert len(own) == 5
    assert all(one.holds in (True, False) for one in own)
    assert {o.of for o in own if o.holds} >= {"white noise, random labels", "one picture repeated"}


def test_twice_the_same_bytes_and_nothing_left_behind(measured) -> None:
    """The second run takes all from the cache."""
    root, found = measured
    for name in ("properties.json", "properties.csv", "properties.svg"):
        assert (root / "one" / name).read_bytes() == (root / "two" / name).read_bytes()
    written = json.loads((root / "one" / "properties.json").read_text("utf-8"))

    assert written == json.loads(found.model_dump_json())
    assert set(found.holds) == set(NAMES.values())


def test_the_page_names_every_figure_that_misses_its_aim() -> None:
    """Set by set, with the points: a table of docs/deri1000.md against the shipped one."""
    with (STANDARD / "properties.csv").open(newline="", encoding="utf-8") as file:
        figures = list(csv.DictReader(file))
    missed = [row for row in figures if row["holds"] == "0"]
    said = (STANDARD.parents[1] / "docs" / "deri1000.md").read_text("utf-8")
    lines = [line for line in said.splitlines() if line.startswith(("| 1 |", "| 2 |", "| 4 |"))]
    words = {row["figure"].removeprefix("points of ") for row in missed if row["number"] == "4"}

    assert f"{len(figures) - len(missed)} of {len(figures)} figures reach it" in said
    for word in words:
        named = [line for line in lines if f"`{word}`" in line]
        for row in (one for one in missed if one["figure"] == f"points of {word}"):
            figure = f"{row['of'].split(':')[0]} {float(row['observed']):.0f}"
            assert any(figure in line for line in named), figure
    assert sum(
        line.split("|")[3].count(",") + 1 for line in lines if line.startswith("| 4 | `")
    ) == sum(row["number"] == "4" for row in missed)
