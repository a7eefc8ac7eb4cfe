"""The shape of the package itself."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

import deri_gate

PACKAGE = Path(deri_gate.__file__).parent
ORDER = [  # a module imports only from those above it
    "errors", "files", "strict", "git", "tracking",
    "output", "spreadsheet", "folders",
    "hashing", "sizes", "system", "memory", "intact",
    "dataset", "picture", "decoding", "levels", "footprint", "frames", "dicom", "stacks", "volumes",
    "signatures", "newer_formats", "imaging", "readers", "inventory", "shipped", "engine",
    "results_file", "store", "forms", "contents", "kinds",
    "metric", "explanations", "metrics", "profile", "lite", "encoder", "probes", "neighbours", "crowded", "near", "copies", "shares", "leakage",
    "identity", "succession", "picture_record", "table", "levels_used", "degradation", "training", "explaining", "paper_explaining", "mask_explaining", "evidence", "shortcuts",
    "pool", "scoring", "measuring", "comparing", "drift", "gate", "report", "fetching", "pull_request", "scaffold", "weights", "sensing", "detecting", "commands", "options", "process", "isolation", "study", "workflow", "cli",
]  # fmt: skip


def imports_at_run_time(path: Path) -> set[str]:
    """Top-level parts of deri_gate that a module imports, `TYPE_CHECKING` blocks left out."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("deri_gate"):
            parts = node.module.split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("deri_gate.")}
    return found - {"__version__"}


MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_every_module_has_its_place() -> None:
    """A new module must be put into the order, so that somebody thinks about where it belongs."""
    assert {part_of(path) for path in MODULES} == set(ORDER)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    """No module imports from a later one."""
    own = ORDER.index(part_of(path))

    assert [name for name in imports_at_run_time(path) if ORDER.index(name) > own] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_files_stay_short(path: Path) -> None:
    """A file of more than 300 lines holds more than one concept."""
    assert len(path.read_text("utf-8").splitlines()) <= 300


def heavy_modules(statement: str) -> str:
    code = f"import sys; {statement}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "great_expectations", "dvc", "pandas", "scipy", "sklearn", "numpy", "cv2"}
    return " ".join(heavy & set(done.stdout.split()))


def test_the_command_line_imports_nothing_heavy() -> None:
    """What takes seconds to import is imported where it is used."""
    assert heavy_modules("import deri_gate.cli") == ""
    assert heavy_modules("import deri_gate") == ""


def test_help_answers_at_once() -> None:
    """Under 0.4 s, the best of three: a person is waiting."""

    def once() -> float:
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "deri_gate.cli", "--help"], check=True, capture_output=True
        )
        return time.perf_counter() - begun

    assert min(once() for _ in range(3)) < 0.4
