"""`dvc repro` keeps no stale number: a stage depends on every room whose code it runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "deri_gate"
CLI = "deri_gate.cli"


def file_of(module: str) -> Path | None:
    """The file of a module of ours."""
    place = ROOT.joinpath(*module.split("."))
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def without_typing(tree: ast.AST) -> ast.AST:
    """The same without `if TYPE_CHECKING:`, which never runs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = [ast.Pass()]
    return tree


def imported(nodes: list[ast.AST]) -> set[str]:
    """Modules of ours that run when these statements do, packages around them included."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    ours = {name for name in names if name.startswith("deri_gate.") and file_of(name)}
    return ours | {
        ".".join(name.split(".")[:n]) for name in ours for n in range(2, name.count(".") + 1)
    }


def imports_of(module: str) -> set[str]:
    """What a module imports anywhere. The command line leads to every command: see `roots_of`."""
    if module.startswith(CLI):
        return set()
    return imported(list(ast.walk(without_typing(ast.parse(file_of(module).read_text("utf-8"))))))


def functions_used(start: str, functions: dict[str, ast.FunctionDef]) -> set[str]:
    """A function and those of its module that it calls, and they in turn."""
    seen, queue = set(), [start]
    while queue:
        name = queue.pop()
        if name not in seen:
            seen.add(name)
            names = {n.id for n in ast.walk(functions[name]) if isinstance(n, ast.Name)}
            queue += sorted(names & functions.keys())
    return seen


def roots_of(command: str) -> set[str]:
    """The modules that a command of the command line starts from."""
    name = f"{command.replace('-', '_')}_command"
    for file in sorted((PACKAGE / "cli").glob("*.py")):
        tree = without_typing(ast.parse(file.read_text("utf-8")))
        functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
        if name in functions:
            used = [functions[one] for one in functions_used(name, functions)]
            return {f"{CLI}.main", f"{CLI}.{file.stem}"} | imported(
                [node for function in used for node in ast.walk(function)]
            )
    raise AssertionError(f"the command line has no function {name}")


def reached_from(roots: set[str]) -> set[str]:
    """Every module that runs, directly or not."""
    seen: set[str] = set()
    queue = list(roots)
    while queue:
        module = queue.pop()
        if module not in seen:
            seen.add(module)
            queue += imports_of(module)
    return seen


def room_of(module: str) -> str:
    """The entry of the package's folder that holds a module."""
    room = module.split(".")[1]
    return f"deri_gate/{room}" if (PACKAGE / room).is_dir() else f"deri_gate/{room}.py"


def needed_rooms(pipeline: Path) -> dict[str, list[str]]:
    """By stage, the rooms that its command runs; a stage that runs none of ours is left out."""
    stages = YAML(typ="safe").load(pipeline.read_text("utf-8"))["stages"]
    needed = {}
    for name, stage in stages.items():
        command = stage.get("do", stage)["cmd"]
        roots: set[str] = set()
        for words in re.findall(r"deri-gate ([a-z-]+)", command):
            roots |= roots_of(words)
        for script in re.findall(r"python (reference_pool/\w+\.py)", command):
            tree = without_typing(ast.parse((ROOT / script).read_text("utf-8")))
            roots |= imported(list(ast.walk(tree)))
        if roots:
            needed[name] = sorted({room_of(module) for module in reached_from(roots)})
    return needed


NEEDED = needed_rooms(ROOT / "dvc.yaml")


@pytest.mark.parametrize("stage", sorted(NEEDED))
def test_a_stage_depends_on_every_room_that_it_runs(stage: str) -> None:
    """Neither fewer, or numbers would go stale, nor more, or they would be made in vain."""
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    deps = stages[stage].get("do", stages[stage])["deps"]

    assert sorted(dep for dep in deps if dep.startswith("deri_gate")) == NEEDED[stage]


def test_a_stage_depends_on_the_rooms_that_measure() -> None:
    """Worked by hand: what reads, looks, explains and measures is there; what judges is not."""
    named = {room.removeprefix("deri_gate/") for room in NEEDED["metrics"]}

    assert {"data", "features", "metrics", "explain", "measuring", "networks"} <= named
    assert not named & {"drift", "github", "study"}


def test_every_stage_of_ours_is_seen() -> None:
    """A stage whose command is written in another way would go unlooked at."""
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    commands = {name: stage.get("do", stage)["cmd"] for name, stage in stages.items()}

    assert {name for name, command in commands.items() if "deri-gate" in command} <= NEEDED.keys()
