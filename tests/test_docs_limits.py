"""The pages list the shipped limits, with their bounds and severities."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deri_gate.measuring.shares import SHARES

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "pull-requests.md").read_text("utf-8")
BOUNDS = re.compile(r"([\d.]+) (critical|warning)")


def limits(suite: str) -> dict[str, set[tuple[float, str]]]:
    """By the row that is limited, its bounds with their severities."""
    found: dict[str, set[tuple[float, str]]] = {}
    for entry in json.loads((ROOT / "expectations" / f"{suite}.json").read_text("utf-8"))[
        "expectations"
    ]:
        bound = entry["kwargs"].get("maximum", entry["kwargs"].get("minimum"))
        found.setdefault(entry["kwargs"]["metric"], set()).add((bound, entry["severity"]))
    return found


ROWS = dict(
    re.findall(r"^\| `(\w+)` \| .* \| ([\d.]+ (?:critical|warning).*) \|$", PAGE, re.MULTILINE)
)


def test_the_page_lists_every_share() -> None:
    assert set(ROWS) == set(SHARES)


@pytest.mark.parametrize("suite", ["dataset_gate", "data_only"])
def test_a_row_says_the_shipped_limits(suite) -> None:
    """Bounds and severities, row by row."""
    said = {name: {(float(n), word) for n, word in BOUNDS.findall(ROWS[name])} for name in ROWS}

    assert said == {name: limits(suite)[name] for name in SHARES}


def test_the_page_lists_the_limits_on_a_change() -> None:
    """Tests that fail in its second sentence, those that warn in its third."""
    (section,) = re.findall(r"^### Limits on a change\n(.*)$", PAGE, re.MULTILINE)
    _, fails, warns, _ = section.split(". ", 3)
    expected = limits("pull_request")
    assert expected.pop("DERI1000") == {(-50, "critical"), (-25, "warning")}

    assert {name for name, found in expected.items() if found == {(0.01, "critical")}} == set(
        re.findall(r"`(\w+)`", fails)
    )
    assert {name for name, found in expected.items() if found == {(0.01, "warning")}} == set(
        re.findall(r"`(\w+)`", warns)
    )
