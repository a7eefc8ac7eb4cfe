"""Links of README and docs lead somewhere, and the README lists every page."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / ".github").rglob("*.md"),
]
PRESENT = [page for page in PAGES if page.name != "CHANGELOG.md"]  # that one names what is gone
LINK = re.compile(r"\]\(([^)\s]+)\)")
BAR = re.compile(r"(?<!\\)\|")
NAMED = re.compile(r"`((?:docs|deri_gate|tests|expectations|reference_pool|benchmarks)/[\w./-]+)`")
BUILT = ("reference_pool/NAME", "reference_pool/mine")  # names that stand for the user's own


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_links_lead_somewhere() -> None:
    """To a file of the repository, and to a heading of it; addresses of the web are not asked."""
    lost = []
    for page in PAGES:
        for link in LINK.findall(page.read_text("utf-8")):
            if re.match(r"[a-z]+:", link):
                continue
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            if not target.exists() or (anchor and anchor not in anchors(target)):
                lost.append(f"{page.relative_to(ROOT).as_posix()}: {link}")

    assert lost == []


def test_files_that_are_named_exist() -> None:
    """Paths in spans of code, from the root of the repository."""
    lost = [
        f"{page.relative_to(ROOT).as_posix()}: {name}"
        for page in PRESENT
        for name in NAMED.findall(page.read_text("utf-8"))
        if not name.startswith(BUILT) and not (ROOT / name).exists()
    ]

    assert lost == []


def test_the_readme_lists_every_page() -> None:
    """A page nobody finds does not exist."""
    readme = (ROOT / "README.md").read_text("utf-8")
    pages = [page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")]

    assert [page for page in pages if f"]({page})" not in readme] == []


def test_rows_of_a_table_have_the_cells_of_its_head() -> None:
    """A bar in a span of code ends the cell, so that GitHub leaves out what follows."""
    wrong, cells = [], 0
    for page in PAGES:
        fenced = False
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
            fenced ^= line.startswith("```")
            found = 0 if fenced or not line.startswith("|") else len(BAR.findall(line))
            if cells and found not in (0, cells):
                wrong.append(f"{page.relative_to(ROOT).as_posix()}:{number}")
            cells = found and (cells or found)

    assert wrong == []
