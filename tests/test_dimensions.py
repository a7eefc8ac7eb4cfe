"""`docs/dimensions.md` names figures that there are, and as many dimensions as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deri_gate.explain.masks import MASK_ROWS
from deri_gate.explain.quality import explanation_quality
from deri_gate.gate.validate import known_rows
from deri_gate.measuring.quality_gap import GAP_ROWS
from deri_gate.metrics.profile import PROFILES

PAGE = (Path(__file__).parents[1] / "docs" / "dimensions.md").read_text("utf-8")
SECTIONS = dict(re.findall(r"^## (\w+).*?$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
FILES = {"metrics.json"}
COMMANDS = {"deri-gate compare", "check --base"}


def rows(section: str) -> list[list[str]]:
    """Cells of the table of a section, without its head."""
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize(("section", "count", "column"), [("Data", 15, 1), ("Explanations", 12, 0)])
def test_every_dimension_has_one_row_and_an_answer(section, count, column) -> None:
    found = rows(section)

    assert len({row[column] for row in found}) == len(found) == count
    assert all(row[-1] for row in found)


def test_every_figure_is_one_that_may_be_limited_or_called() -> None:
    known = {*known_rows(), *MASK_ROWS, *GAP_ROWS, *PROFILES, *FILES, *COMMANDS}
    known |= {explanation_quality.__name__}
    named = [name for section in SECTIONS for row in rows(section)
             for name in re.findall(r"`([^`]+)`", row[-1])]  # fmt: skip

    assert len(named) > 30
    assert [n for n in named if n not in known] == []


def test_every_metric_answers_to_something() -> None:
    named = set(re.findall(r"`([^`]+)`", PAGE))

    assert [m.name for m in PROFILES["standard"].metrics if m.name not in named] == []
