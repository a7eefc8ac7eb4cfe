"""Version numbers are tied to the code that they name, and never raised by memory alone.

Results are kept by a version number. When the code under one changes, `versions.csv` beside this
file no longer fits. If the change moves numbers, raise the version; then, and also when it moves
none, record the code anew with `python tests/test_versions.py`. A review sees which it was.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deri_gate.damage.catalogue import SCENARIOS, VARIANTS
from deri_gate.explain import masks, paper, probe
from deri_gate.features import linear_probe
from deri_gate.metrics import diversity
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import EMBEDDED_VERSION
from deri_gate.networks import budget
from deri_gate.study.sensitivity import cases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.metrics.base import Metric

ROOT = Path(__file__).parents[1]
TABLE = Path(__file__).with_name("versions.csv")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
LEFT_OUT = ("ctx", "kind", "simple", "type_comment", "type_params")
Place = tuple[str, str]  # module, name of a definition at its top


@dataclass(frozen=True)
class Versioned:
    """A version number, and the definitions from which all code that it names is reached."""

    name: str
    version: str
    roots: tuple[Place, ...]
    within: tuple[str, ...]  # rooms or modules; other code has versions of its own, or moves none


@cache
def tree_of(module: str) -> ast.Module | None:
    """The code of a module of ours, without docstrings, annotations and imports for types."""
    place = ROOT.joinpath(*module.split("."))
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file():
            return bare(ast.parse(file.read_text("utf-8")))
    return None


def bare(tree: ast.Module) -> ast.Module:
    """What is left when everything is taken out that cannot move a number."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            node.body = [ast.Pass()]
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.Pass()
    return tree


def written(part: object) -> str:
    """The same for the same code under every Python: `ast.dump` differs between versions."""
    if isinstance(part, list):
        return f"[{','.join(map(written, part))}]"
    if not isinstance(part, ast.AST):
        return repr(part)
    if isinstance(part, ast.JoinedStr):  # an early 3.12 ends some with an empty text
        part.values = [v for v in part.values if getattr(v, "value", None) != ""]
    fields = [(name, value) for name, value in ast.iter_fields(part) if name not in LEFT_OUT]
    said = ",".join(f"{name}={written(value)}" for name, value in fields if value not in (None, []))
    return f"{type(part).__name__}({said})"


def definitions(module: str) -> dict[str, ast.stmt]:
    """What a module defines at its top, by name."""
    found: dict[str, ast.stmt] = {}
    tree = tree_of(module)
    for node in [] if tree is None else tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            found |= dict.fromkeys(names, node)
    return found


def imports_in(tree: ast.AST) -> dict[str, Place]:
    """What each name stands for that is imported from us: (module, "") for a whole module."""
    found: dict[str, Place] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("deri_gate"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                place = (whole, "") if tree_of(whole) is not None else (node.module, alias.name)
                found[alias.asname or alias.name] = place
    return found


def uses(module: str, node: ast.stmt) -> Iterator[Place]:
    """Definitions of ours that a definition refers to."""
    own, imported = definitions(module), imports_in(tree_of(module))
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            if part.id in own:
                yield module, part.id
            elif part.id in imported and imported[part.id][1]:
                yield imported[part.id]
        elif isinstance(part, ast.Attribute):  # of a module, or a package that loads it when named
            first, *inner = ast.unparse(part.value).split(".")
            home, name = imported.get(first, ("", "whole"))
            place = ".".join([home, *inner])
            if not name and tree_of(place) is not None:
                yield place, part.attr


def reached(roots: tuple[Place, ...], within: tuple[str, ...]) -> dict[Place, ast.stmt]:
    """The definitions from which numbers come, by place."""
    seen: dict[Place, ast.stmt] = {}
    queue = list(roots)
    while queue:
        module, name = queue.pop()
        inside = any(f"{module}.".startswith(f"deri_gate.{room}.") for room in within)
        if (module, name) in seen or not inside:
            continue
        node = definitions(module).get(name)
        if node is None:  # handed on by a package
            place = imports_in(tree_of(module)).get(name)
            queue += [place] if place is not None and place[1] else []
            continue
        seen[module, name] = node
        queue += uses(module, node)
    return seen


def digest(roots: tuple[Place, ...], within: tuple[str, ...]) -> str:
    """Of the code that is reached; formatting, comments, annotations and places left out."""
    assert all(name in definitions(module) for module, name in roots), roots
    code = sorted(written(node) for node in reached(roots, within).values())
    return hashlib.sha256("\n".join(code).encode()).hexdigest()[:16]


def of_metrics() -> Iterator[Versioned]:
    def one(name: str, metric: Metric) -> Versioned:
        function = metric.compute or metric.of_image
        root = (function.__module__, function.__name__)
        return Versioned(name, str(metric.version), (root,), ("metrics", "stats", "data.picture"))

    for metric in METRICS:
        yield one(f"metric {metric.name}", metric)
        if metric.paper is not None:
            yield one(f"metric {metric.name}, as in the paper", metric.paper)


def everything_in(name: str) -> tuple[Place, ...]:
    """All functions and classes of a module, given without `deri_gate.`."""
    module, kinds = f"deri_gate.{name}", ast.FunctionDef | ast.ClassDef
    return tuple((module, n) for n, node in definitions(module).items() if isinstance(node, kinds))


def versioned() -> list[Versioned]:
    """Every version number by which results are kept."""
    damage = [f"{v.group}.{v.level}:{v.version}" for v in (*VARIANTS, *SCENARIOS)]
    rest = (
        (
            "damage",
            " ".join(damage),
            (
                "damage.damage",
                "damage.scenes",
                "damage.resample",
                "damage.repaint",
                "damage.choice",
            ),
            ("damage", "data.masks"),
        ),
        (
            "probe",
            str(linear_probe.VERSION),
            ("features.linear_probe",),
            ("features.linear_probe",),
        ),
        (
            "embedded encoder",
            str(EMBEDDED_VERSION),
            ("features.efficientnet_lite", "features.encoder"),
            ("features.efficientnet_lite", "features.encoder", "data.picture"),
        ),
        ("explanations", str(probe.VERSION), ("explain.probe",), ("explain", "data.picture")),
        ("paper explanations", str(paper.VERSION), ("explain.paper",), ("explain", "data.picture")),
        ("mask explanations", str(masks.VERSION), ("explain.masks",), ("explain", "data.masks")),
        (
            "training",
            str(budget.VERSION),
            ("networks.loop", "networks.grid"),
            ("networks", "data.sampling"),
        ),
        (
            "sensitivity cases",
            str(cases.LAYOUT),
            ("study.sensitivity.cases",),
            ("study.sensitivity", "measuring.measure", "data.sampling"),
        ),
    )
    spectrum = (("deri_gate.metrics.diversity", "spectrum_of"),)
    return [
        *of_metrics(),
        Versioned("spectrum", str(diversity.SPECTRUM), spectrum, ("metrics",)),
        *(
            Versioned(name, version, tuple(p for m in modules for p in everything_in(m)), within)
            for name, version, modules, within in rest
        ),
    ]


def short(version: str) -> str:
    """A list of many versions by its hash."""
    return version if len(version) < 9 else hashlib.sha256(version.encode()).hexdigest()[:16]


def recorded() -> dict[str, tuple[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["name"]: (row["version"], row["code"]) for row in csv.DictReader(file)}


def record() -> None:
    """Write the table as the code is now."""
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["name", "version", "code"])
        rows.writerows([v.name, short(v.version), digest(v.roots, v.within)] for v in versioned())


@pytest.mark.parametrize("entry", versioned(), ids=lambda v: v.name)
def test_code_and_version_move_together(entry: Versioned) -> None:
    """Code that moved under a version that did not is either stale numbers or a new record."""
    now = (short(entry.version), digest(entry.roots, entry.within))

    assert recorded().get(entry.name) == now, (
        f"the code under {entry.name} has changed, version {short(entry.version)}: raise the version "
        "if numbers move; then run `python tests/test_versions.py`"
    )


def test_the_table_names_nothing_that_is_gone() -> None:
    """Nor leaves out what is there."""
    assert recorded().keys() == {entry.name for entry in versioned()}


def test_a_constant_is_code(monkeypatch) -> None:
    """A threshold changed a thousandfold is seen: it was not, when stages and versions were kept by hand."""
    probe_code = everything_in("features.linear_probe"), ("features.linear_probe",)
    before = digest(*probe_code)
    constant = definitions("deri_gate.features.linear_probe")["STRENGTH"]
    monkeypatch.setattr(constant, "value", ast.Constant(3.0))

    assert digest(*probe_code) != before


def test_what_moves_no_number_is_no_code() -> None:
    """Comments, docstrings and annotations may change."""
    one = 'def f(x: int) -> int:\n    """Say one thing."""\n    return x + 1  # one\n'
    other = 'def f(x):\n    """Say another."""\n    return x + 1\n'
    third = "def f(x):\n    pass\n    return x + 2\n"

    assert written(bare(ast.parse(one))) == written(bare(ast.parse(other)))
    assert written(bare(ast.parse(one))) != written(bare(ast.parse(third)))


if __name__ == "__main__":
    record()
    sys.stdout.write(f"{TABLE}: {len(versioned())} versions recorded\n")
