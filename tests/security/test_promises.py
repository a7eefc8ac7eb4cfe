"""The page of promises names tests that there are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"


def named() -> list[str]:
    return re.findall(r"`(test_\w+)`", PAGE.read_text("utf-8"))


def written() -> set[str]:
    texts = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    return {name for text in texts for name in re.findall(r"def (test_\w+)\(", text)}


def test_every_test_that_is_named_exists() -> None:
    assert len(named()) > 60
    assert sorted(set(named()) - written()) == []


def test_every_promise_has_a_test() -> None:
    table = PAGE.read_text("utf-8").partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]

    assert [row for row in rows if "`test_" not in row] == []


def test_the_threat_model_lies_where_platforms_look() -> None:
    text = (ROOT / "SECURITY.md").read_text("utf-8")

    for heading in ("How to report", "Threat model", "What is guarded", "What is not"):
        assert f"\n## {heading}" in text
