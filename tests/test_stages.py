"""`dvc repro` keeps no stale number: a stage depends on every room whose code it runs."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from deri_gate.cli.main import main as cli

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "deri_gate"


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


@cache
def public_homes() -> dict[str, str]:
    """The module of each name that `import deri_gate` offers."""
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text("utf-8"))
    return {
        f"deri_gate.{alias.name}": f"deri_gate.{node.module}"
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def packages_in(nodes: list[ast.AST]) -> dict[str, str]:
    """What a module calls the packages of ours that it imports as a whole."""
    found = {}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("deri_gate"):
            whole = {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
            found |= {name: package for name, package in whole.items() if file_of(package)}
        elif isinstance(node, ast.Import):
            found |= {a.name: a.name for a in node.names if a.name == "deri_gate"}
    return found


def first_name(node: ast.expr) -> str:
    """`a` of `a.b.c`; of what begins with no name, nothing. To write the code anew takes long."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def loaded_lazily(nodes: list[ast.AST]) -> set[str]:
    """Modules that run as they are named: `deri_gate.check`, `reports.documents.as_json`."""
    packages, found = packages_in(nodes), set()
    for node in nodes:
        if isinstance(node, ast.Attribute) and first_name(node) in packages:
            first, *rest = ast.unparse(node).split(".")
            named = ".".join([packages[first], *rest])
            found.add(public_homes().get(named, named))
    return {name for name in found if file_of(name)}


@cache
def imports_of(module: str) -> set[str]:
    """What a module imports anywhere, and what it thereby loads as it is named."""
    file = file_of(module)
    assert file is not None, f"there is no {module}"
    nodes = list(ast.walk(without_typing(ast.parse(file.read_text("utf-8")))))
    return imported(nodes) | loaded_lazily(nodes)


def roots_of(words: str) -> set[str]:
    """The modules that a command of the command line starts from, `pool draw` two of its own."""
    command, *part = words.replace("-", "_").split()
    module = f"deri_gate.cli.{command}"
    parts = {f"{module}.{name}" for name in part if file_of(f"{module}.{name}")}
    return {"deri_gate.cli.main", module} | parts


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


def roots_of_stages(pipeline: Path) -> dict[str, set[str]]:
    """By stage, the modules that its command names; a stage that runs none of ours is left out."""
    stages = YAML(typ="safe").load(pipeline.read_text("utf-8"))["stages"]
    found = {}
    for name, stage in stages.items():
        command = stage.get("do", stage)["cmd"]
        roots: set[str] = set()
        for words in re.findall(r"deri-gate ([a-z-]+(?: [a-z]+)?)", command):
            roots |= roots_of(words)
        for script in re.findall(r"python (reference_pool/\w+\.py)", command):
            tree = without_typing(ast.parse((ROOT / script).read_text("utf-8")))
            roots |= imported(list(ast.walk(tree)))
        if roots:
            found[name] = roots
    return found


ROOTS = roots_of_stages(ROOT / "dvc.yaml")


def needed_rooms(stage: str) -> list[str]:
    """The rooms that the command of a stage runs."""
    return sorted({room_of(module) for module in reached_from(ROOTS[stage])})


@pytest.mark.parametrize("stage", sorted(ROOTS))
def test_a_stage_depends_on_every_room_that_it_runs(stage: str) -> None:
    """Neither fewer, or numbers would go stale, nor more, or they would be made in vain."""
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    deps = stages[stage].get("do", stages[stage])["deps"]

    assert sorted(dep for dep in deps if dep.startswith("deri_gate")) == needed_rooms(stage)


def test_a_stage_depends_on_the_rooms_that_measure() -> None:
    """Worked by hand: what reads, looks, explains and measures is there; what judges is not."""
    named = {room.removeprefix("deri_gate/") for room in needed_rooms("metrics")}

    assert {"data", "features", "metrics", "explain", "measuring", "networks"} <= named
    assert not named & {"drift", "github", "study"}


def test_every_stage_of_ours_is_seen() -> None:
    """A stage whose command is written in another way would go unlooked at."""
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]
    commands = {name: stage.get("do", stage)["cmd"] for name, stage in stages.items()}

    assert {name for name, command in commands.items() if "deri-gate" in command} <= ROOTS.keys()


SCAFFOLD = PACKAGE / "github" / "scaffold"
OF_THIS_REPOSITORY = {"dataset", "drift"}  # a team's images are there, and its gate watches drift


def without_code(stage: dict) -> dict:
    """A stage without what it depends on in this repository: our code, and the shipped limits."""
    own = dict(stage)
    own["deps"] = [d for d in own["deps"] if not d.startswith(("deri_gate", "expectations"))]
    own["params"] = [name for name in own.get("params", []) if name != "version"]
    return own


def test_our_pipeline_is_the_one_that_init_writes() -> None:
    """Stage by stage; a team's depends on the version of deri-gate in place of its code."""
    ours = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text("utf-8"))
    text = "stages:\n" + (SCAFFOLD / "pool.yaml").read_text("utf-8")
    theirs = YAML(typ="safe").load(text)

    assert set(ours["stages"]) - OF_THIS_REPOSITORY == set(theirs["stages"])
    for name, stage in theirs["stages"].items():
        own = ours["stages"][name]
        assert "version" in stage.get("do", stage)["params"], name
        assert without_code(own.get("do", own)) == without_code(stage.get("do", stage)), name
        assert own.get("foreach") == stage.get("foreach")
    assert (ours["metrics"], ours["plots"]) == (theirs["metrics"], theirs["plots"])


PARAMS = (ROOT / "params.yaml", *sorted(ROOT.glob("reference_pool/*/params.yaml")))
SECTIONS = ("measure", "variants", "probe", "impact", "calibrate", "limits", "sensitivity", "detection",
            "properties", "compare")  # fmt: skip


@pytest.mark.parametrize("path", PARAMS, ids=lambda path: path.parent.name)
def test_every_option_of_the_pools_params_is_one_of_its_command(path) -> None:
    """DVC writes a section as options; click takes each, with its value, or says what is wrong."""
    found = YAML(typ="safe").load(path)
    for section in SECTIONS:
        command = cli.get_command(click.Context(cli), section)
        options = {name: one for one in command.params for name in one.opts}
        for key, value in found[section].items():
            option = options[f"--{key}"]
            for one in value if isinstance(value, list) else [value]:
                option.type.convert(one, option, None)


@pytest.mark.parametrize("path", PARAMS, ids=lambda path: path.parent.name)
def test_what_a_pools_params_make_is_what_they_measure(path) -> None:
    """A set that is made lies where its path begins; all have the profile of the pool."""
    found = YAML(typ="safe").load(path)
    made = found["make_dataset"]

    assert set(made) <= set(found["datasets"])
    assert all(found["datasets"][name]["path"].split("/")[0] == name for name in made)
    assert len(found["datasets"]) >= found["calibrate"]["select"]
    assert found["sensitivity"].get("profile", "standard") == found["measure"]["profile"]


def test_the_papers_own_sets_are_ten_named_ones_of_one_label() -> None:
    """As the package medmnist knows them: address and MD5 are fixed there."""
    medmnist = pytest.importorskip("medmnist.info", reason="needs the extra medmnist")
    found = YAML(typ="safe").load(ROOT / "reference_pool/medmnist/params.yaml")

    assert len(found["datasets"]) == 10
    for name, about in found["datasets"].items():
        known = medmnist.INFO[name]
        assert found["make_dataset"][name] == {"from": f"medmnist:{name}"}
        assert "multi-label" not in known["task"]
        assert about["version"].endswith(known["MD5"][:12])
        assert about["licence"] == known["license"]
