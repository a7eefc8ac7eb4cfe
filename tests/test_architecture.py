"""The shape of the package itself."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import deri_gate

PACKAGE = Path(deri_gate.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = (  # each imports only from those above it, for annotations too
    "errors",
    "arrays",
    "runtime",
    "data",
    "stats",
    "metrics",
    "features",
    "damage",
    "networks",
    "explain",
    "scoring",
    "measuring",
    "changes",
    "drift",
    "gate",
    "reports",
    "github",
    "study",
    "commands",
    "isolation",
    "cli",
)  # fmt: skip


def room_of(path: Path) -> str:
    """The entry of the package's folder that holds a module."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def rooms_imported(path: Path) -> set[str]:
    """Rooms that a module imports from: anywhere in it, under `TYPE_CHECKING` as well."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports name their module in full"
            parts = (node.module or "").split(".")
            if parts[0] == "deri_gate":
                found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("deri_gate.")}
    return found - {"__version__"}


def test_the_folder_list_is_the_list_of_rooms() -> None:
    """A new room must be put into the order, so that somebody thinks about where it belongs."""
    beside = {"__init__", "__main__", "__pycache__", "py.typed", "explanations"}  # a public name
    entries = {path.name.removesuffix(".py") for path in PACKAGE.iterdir()} - beside

    assert entries == set(ROOMS)
    assert len(entries) <= 22


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_one_way(room: str) -> None:
    """No module imports from a later room."""
    later = set(ROOMS[ROOMS.index(room) + 1 :])
    modules = [path for path in MODULES if room_of(path) == room]

    assert {
        path.name: rooms_imported(path) & later for path in modules if rooms_imported(path) & later
    } == {}


def test_the_page_shows_the_same_rooms() -> None:
    """docs/architecture.md lists the rooms in this order."""
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8")
    listed = re.search(r"## Rooms.*?```\n(.*?)```", page, re.DOTALL)

    assert listed is not None
    assert [line.split()[0].rstrip("/") for line in listed[1].splitlines()] == list(ROOMS)


def test_tests_mirror_the_package() -> None:
    """A folder of tests is a room, a folder in one, or holds the attacks on the whole."""
    tests = PACKAGE.parent / "tests"
    folders = {
        path.parent.relative_to(tests) for path in tests.rglob("*.py") if path.parent != tests
    }

    assert [
        f for f in sorted(folders) if f.parts[0] != "security" and not (PACKAGE / f).is_dir()
    ] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_files_stay_short(path: Path) -> None:
    """A file of more than 300 lines holds more than one concept."""
    assert len(path.read_text("utf-8").splitlines()) <= 300


def defined_in(path: Path) -> set[str]:
    """Public functions and classes of a module."""
    body = ast.parse(path.read_text("utf-8")).body
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {n.name for n in body if isinstance(n, kinds) and not n.name.startswith("_")}


def test_a_public_name_is_defined_once() -> None:
    """One name, one concept. Constants stay out: each is read beside the code that it is for."""
    homes = defaultdict(list)
    for path in MODULES:
        for name in defined_in(path):
            homes[name].append(path.relative_to(PACKAGE).as_posix())

    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_the_public_interface() -> None:
    """What users import; a name is only ever added."""
    for name in deri_gate.__all__:
        assert getattr(deri_gate, name).__name__ == name
    assert not set(ROOMS) & set(deri_gate.__all__), "a room would stand before the function"
    assert set(deri_gate.__all__) >= {
        "DeriGateError", "Machine", "calibrate", "check", "compare", "detection", "impact", "init",
        "measure", "probe", "score", "sensitivity", "variants",
    }  # fmt: skip


def heavy_modules(statement: str) -> str:
    code = f"import sys; {statement}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "great_expectations", "dvc", "pandas", "scipy", "sklearn", "numpy", "cv2"}
    return " ".join(heavy & set(done.stdout.split()))


def test_the_command_line_imports_nothing_heavy() -> None:
    """What takes seconds to import is imported where it is used."""
    assert heavy_modules("import deri_gate.cli.main") == ""
    assert heavy_modules("import deri_gate") == ""
