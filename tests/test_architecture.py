"""The shape of the package itself."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import deri_gate
from deri_gate.cli.main import main
from deri_gate.metrics.catalogue import NAMES
from deri_gate.runtime.device import device_kind
from tests.sweeps import sampled

PACKAGE = Path(deri_gate.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = (  # each imports only from those above it, for annotations too
    "errors",
    "arrays",
    "runtime",
    "data",
    "schemas",
    "stats",
    "metrics",
    "features",
    "damage",
    "networks",
    "explain",
    "measuring",
    "scoring",
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


def rooms_imported(path: Path, parts: list[ast.AST]) -> set[str]:
    """Rooms that a module imports from: anywhere in it, under `TYPE_CHECKING` as well."""
    found = set()
    for node in parts:
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
    beside = {
        "__init__",
        "__init__.pyi",
        "__main__",
        "__pycache__",
        "py.typed",
        "explanations",
        "expectations",
    }  # public names
    entries = {path.name.removesuffix(".py") for path in PACKAGE.iterdir()} - beside

    assert entries == set(ROOMS)
    assert len(entries) <= 22


@pytest.mark.parametrize("room", ROOMS)
def test_imports_point_one_way(room: str, parts) -> None:
    """No module imports from a later room."""
    later = set(ROOMS[ROOMS.index(room) + 1 :])
    modules = [path for path in MODULES if room_of(path) == room]
    found = {path.name: rooms_imported(path, parts[path]) & later for path in modules}

    assert {name: rooms for name, rooms in found.items() if rooms} == {}


def test_the_page_shows_the_same_rooms() -> None:
    """docs/architecture.md lists the rooms in this order."""
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8")
    listed = re.search(r"## Rooms.*?```\n(.*?)```", page, re.DOTALL)

    assert listed is not None
    assert [line.split()[0].rstrip("/") for line in listed[1].splitlines()] == list(ROOMS)


def steps_of_the_walk() -> list[list[tuple[str, str]]]:
    """Step by step, the functions that docs/architecture.md names, each with its file."""
    page = (PACKAGE.parent / "docs" / "architecture.md").read_text("utf-8")
    walk = re.search(r"## From `deri-gate check`.*?\n(1\. .*?)\n\n", page, re.DOTALL)
    assert walk is not None
    named = r"`(?:(?P<file>[\w/]+\.py)`: `(?P<name>\w+)|(?P<other>\w+)` of `(?P<its>[\w/]+\.py))`"
    return [
        [(m["file"] or m["its"], m["name"] or m["other"]) for m in re.finditer(named, step)]
        for step in walk[1].splitlines()
    ]


def test_the_walk_to_the_verdict_exists() -> None:
    """Ten steps; each names a file, and what is defined in it."""
    steps = steps_of_the_walk()

    assert len(steps) == 10
    for step in steps:
        assert step
        for file, name in step:
            defined = ast.parse((PACKAGE / file).read_text("utf-8")).body
            names = {getattr(node, "name", "") for node in defined}
            names |= {
                part.id
                for node in defined
                if isinstance(node, ast.Assign | ast.AnnAssign)
                for part in ast.walk(node)
                if isinstance(part, ast.Name)
            }
            assert name in names, f"{file} defines no {name}"


def test_no_step_of_the_walk_leads_back() -> None:
    """After the recipe each step lies in a later room than the one before."""
    rooms = [ROOMS.index(step[0][0].split("/")[0]) for step in steps_of_the_walk()[2:]]

    assert rooms == sorted(set(rooms))


def test_tests_mirror_the_package() -> None:
    """A folder of tests is a room, a folder in one, or holds the attacks on the whole."""
    tests = PACKAGE.parent / "tests"
    folders = {
        path.parent.relative_to(tests) for path in tests.rglob("*.py") if path.parent != tests
    }

    assert [
        f for f in sorted(folders) if f.parts[0] != "security" and not (PACKAGE / f).is_dir()
    ] == []


def test_files_stay_short() -> None:
    """A file of more than 300 lines holds more than one concept."""
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in MODULES}

    assert {path: count for path, count in lines.items() if count > 300} == {}


def lines_of_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last one."""
    body = function.body[ast.get_docstring(function) is not None :]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_stay_short(parts) -> None:
    """A body of more than 35 lines is two thoughts."""
    functions = [
        (f"{path.relative_to(PACKAGE)}:{node.name}", lines_of_body(node))
        for path in MODULES
        for node in parts[path]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    assert len(functions) > 3_000  # they were found
    assert [found for found in functions if found[1] > 35] == []


def test_few_imports_stand_in_functions(parts) -> None:
    """One lazy mechanism serves for the rest: rooms load their modules when they are named."""
    lines = {
        (path, node.lineno)
        for path in MODULES
        for function in parts[path]
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }

    assert 0 < len(lines) < 40


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


def test_a_constant_is_given_one_value() -> None:
    """A second one under the same name changes what the code above was written for, in silence."""
    twice = []
    for path in MODULES:
        given: list[str] = []
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                continue
            used = {name.id for name in ast.walk(node.value or node) if isinstance(name, ast.Name)}
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            given += [name for name in names if name not in used]  # one made of itself goes on
        twice += [f"{path.name}: {name}" for name in {*given} if given.count(name) > 1]

    assert twice == []


def test_the_reason_of_an_error_is_asked_in_one_place() -> None:
    """The system's words are None where a library raised it: nobody is told "(None)"."""
    asking = [path.name for path in MODULES if "strerror" in path.read_text("utf-8")]

    assert asking == ["errors.py"]


def test_folders_are_looked_through_in_one_way() -> None:
    """`os.walk` and `rglob` of Python 3.11 call themselves for each nested folder, and break."""
    of_own = {"folders.py", "encoder.py"}  # the latter looks into an installed package
    walking = {
        path.name
        for path in MODULES
        if re.search(r"os\.f?walk\(|\.rglob\(", path.read_text("utf-8"))
    }

    assert walking <= of_own


def test_the_public_interface() -> None:
    """What users import; a name is only ever added."""
    for name in deri_gate.__all__:
        assert getattr(deri_gate, name).__name__ == name
    assert not set(ROOMS) & set(deri_gate.__all__), "a room would stand before the function"
    assert set(deri_gate.__all__) >= {
        "DeriGateError", "Machine", "calibrate", "check", "compare", "detection", "impact", "init",
        "measure", "probe", "score", "sensitivity", "variants",
    }  # fmt: skip


def test_only_the_command_line_uses_the_public_interface(parts) -> None:
    """`deri_gate.check` in a lower room would be an import against the order that no one sees."""
    users = {
        room_of(path)
        for path in MODULES
        for node in parts[path]
        if isinstance(node, ast.Import) and "deri_gate" in {alias.name for alias in node.names}
    }

    assert users == {"cli"}


@pytest.mark.parametrize(
    "stub", sorted(PACKAGE.rglob("*/__init__.pyi")), ids=lambda p: p.parent.name
)
def test_a_package_that_loads_lazily_offers_all_of_its_modules(stub: Path) -> None:
    """Each by its own name; or none, but functions that are public under its own.

    Metrics are offered by their catalogue, which is the one list of them.
    """
    nodes = ast.parse(stub.read_text("utf-8")).body
    listed = [a.name for node in nodes if node.module is None for a in node.names]
    modules = {path.stem for path in stub.parent.glob("[!_]*.py")}
    modules -= {*NAMES} if stub.parent.name == "metrics" else set()
    packages = {path.parent.name for path in stub.parent.glob("*/__init__.py")}

    assert sorted(listed) in ([], sorted(modules | packages))
    assert "lazy_loader.attach_stub" in stub.with_suffix(".py").read_text("utf-8")


HEAVY = ("torch", "great_expectations", "dvc", "pandas", "scipy", "sklearn", "numpy", "cv2",
         "pyarrow", "matplotlib", "skimage", "timm")  # fmt: skip
RUN = "from deri_gate.cli.main import run\nstatus = 0\ntry: run()\nexcept SystemExit as stop: status = stop.code\n"


def run_alone(*arguments: str, then: str) -> str:
    """What a statement prints at the end of a process that ran a command, which succeeded."""
    code = f"import sys, time\nsys.argv = {['deri-gate', *arguments]}\n{RUN}print(end='\\n\\n')\n{then}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.rpartition("\n\n")[2]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("check", "--help"),
        ("cache", "info"),
        ("ci", "--help"),
        ("ci", "changed", "--help"),
        ("ci", "verdict", "--changed", "success", "--datasets", "[]", "--judged", "skipped"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_light_command_loads_nothing_heavy(arguments: tuple[str, ...]) -> None:
    """Packages that take long to import are imported by the commands that need them.

    `ci changed` itself runs without them in tests/github/test_changed_kinds.py.
    """
    status, *loaded = run_alone(*arguments, then="print(status, *sys.modules)").split()

    assert status == "0"
    assert "deri_gate" in loaded
    assert set(HEAVY) & set(loaded) == set()


def test_help_answers_at_once() -> None:
    """Within 0.3 s of processor time, start of Python included: a busy machine changes nothing."""
    spent = min(float(run_alone("--help", then="print(time.process_time())")) for _ in range(3))

    assert spent < 0.3


def test_a_module_loads_when_it_is_named() -> None:
    """Not before: `import deri_gate` costs nothing, and `deri_gate.Machine` loads one module."""
    code = (
        "import sys, deri_gate; before = set(sys.modules); deri_gate.Machine;"
        "print('deri_gate.runtime' in before, 'deri_gate.runtime.engine' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("metrics", sampled(["data", "all"]))
def test_a_second_run_loads_no_network(tmp_path: Path, metrics: str) -> None:
    """A report of known images without three packages that load for seconds, nor what it skips.

    There is no base to compare with, and nothing is damaged to see what that does.
    """
    if device_kind("auto") == "cuda":
        pytest.skip("torch alone can tell that the GPU of this machine can be used")
    rng = np.random.default_rng(0)
    for i in range(24):
        (folder := tmp_path / "scans" / f"class_{i % 2}").mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (28, 28), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    options = ("--metrics", metrics, "--fail-on", "never", "--out", str(tmp_path / "out"))
    check = ("check", str(tmp_path / "scans"), *options)
    assert CliRunner().invoke(main, check).exit_code == 0

    loaded = run_alone(*check, then="print(*sys.modules)").split()

    assert "numpy" in loaded
    assert {"torch", "sklearn", "scipy.stats"} & set(loaded) == set()
    assert {"deri_gate.changes.compare", "deri_gate.damage.degrade"} & set(loaded) == set()


def test_a_refused_suite_loads_nothing_that_takes_long(tmp_path: Path) -> None:
    """Neither what would judge by it nor what would report."""
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    limit = {"type": "expect_value_to_be_at_most", "kwargs": {"metric": "sharpnes", "maximum": 1}}
    suite = tmp_path / "own.json"
    suite.write_text(json.dumps({"name": "own", "expectations": [limit]}))

    status, *loaded = run_alone(
        "check", str(tmp_path), "--suite", str(suite), then="print(status, *sys.modules)"
    ).split()

    assert status == "2"
    assert "deri_gate.commands.check" in loaded
    unused = {"great_expectations", "torch", "sklearn", "pandas", "scipy.special", "scipy.stats"}
    assert unused & {*loaded} == set()
