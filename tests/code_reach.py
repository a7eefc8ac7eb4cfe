"""Reach of code: which definitions of the package a result comes from, by names and imports.

A definition is a function, a class or a constant at the top of a module. Of `Evidence` each member
is one by itself, as a metric asks for some of them only.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(__file__).parents[1]
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
LEFT_OUT = ("ctx", "kind", "simple", "type_comment", "type_params")
EVIDENCE = "deri_gate.measuring.evidence"
ROOMS = ("data", "stats", "metrics", "features", "damage", "networks", "explain", "measuring")
Place = tuple[str, str]  # module, name of a definition at its top


@dataclass(frozen=True)
class Reached:
    """Code from which a result comes.

    Attributes:
        code: By place, each definition that is reached.
        borders: Places at which other code begins, which has a version of its own.
    """

    code: Mapping[Place, ast.stmt]
    borders: frozenset[Place]

    @property
    def digest(self) -> str:
        """Hash of the code; formatting, comments, annotations and places are left out."""
        code = sorted(written(node) for node in self.code.values())
        return hashlib.sha256("\n".join(code).encode()).hexdigest()[:16]

    @property
    def modules(self) -> set[str]:
        """Modules that hold any of it, without `deri_gate.`."""
        return {module.removeprefix("deri_gate.") for module, _ in self.code}


@cache
def tree_of(module: str) -> ast.Module | None:
    """The code of a module of ours, without docstrings, annotations and imports for types."""
    place = ROOT.joinpath(*module.split("."))
    for file in (place.with_suffix(".py"), place / "__init__.py"):
        if file.is_file():
            return bare(ast.parse(file.read_text("utf-8")))
    return None


def bare(tree: ast.Module) -> ast.Module:
    """Take everything out that cannot move a number, and return the rest."""
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
    """Text of the code, the same under every Python; `ast.dump` differs between versions."""
    if isinstance(part, list):
        return f"[{','.join(map(written, part))}]"
    if not isinstance(part, ast.AST):
        return repr(part)
    if isinstance(part, ast.JoinedStr):  # an early 3.12 ends some with an empty text
        part.values = [v for v in part.values if getattr(v, "value", None) != ""]
    fields = [(name, value) for name, value in ast.iter_fields(part) if name not in LEFT_OUT]
    said = ",".join(f"{name}={written(value)}" for name, value in fields if value not in (None, []))
    return f"{type(part).__name__}({said})"


@cache
def members(module: str) -> dict[str, ast.stmt]:
    """Members of `Evidence`, by name."""
    whole = next((n for n in tree_of(module).body if getattr(n, "name", "") == "Evidence"), None)
    return {n.name: n for n in whole.body if isinstance(n, ast.FunctionDef)}


@cache
def definitions(module: str) -> dict[str, ast.stmt]:
    """Code that a module defines at its top, by name."""
    found: dict[str, ast.stmt] = {}
    tree = tree_of(module)
    for node in [] if tree is None else tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
            found |= dict.fromkeys(names, node)
    if module == EVIDENCE:
        del found["Evidence"]
        found |= {f"Evidence.{name}": node for name, node in members(module).items()}
    return found


@cache
def imports_in(module: str) -> dict[str, Place]:
    """Place of each name that is imported from us: (module, "") for a whole module."""
    found: dict[str, Place] = {}
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("deri_gate"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                place = (whole, "") if tree_of(whole) is not None else (node.module, alias.name)
                found[alias.asname or alias.name] = place
    return found


@cache
def uses(module: str, name: str) -> tuple[Place, ...]:
    """Definitions of ours that a definition refers to."""
    return tuple(dict.fromkeys(_named_in(module, definitions(module)[name])))


def _named_in(module: str, node: ast.stmt) -> Iterator[Place]:
    own, imported = definitions(module), imports_in(module)
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            if part.id in own:
                yield module, part.id
            elif part.id in imported and imported[part.id][1]:
                yield imported[part.id]
        elif isinstance(part, ast.Attribute):
            yield from _named_by(part, module)


def _named_by(part: ast.Attribute, module: str) -> Iterator[Place]:
    """Places that an attribute names: in a module, in a package that loads it, or in self."""
    first, *inner = ast.unparse(part.value).split(".")
    home, name = imports_in(module).get(first, ("", "whole"))
    place = ".".join([home, *inner])
    if not name and tree_of(place) is not None:
        yield place, part.attr
    elif first == "self" and f"Evidence.{part.attr}" in definitions(module):
        yield module, f"Evidence.{part.attr}"


def reached(
    roots: Iterable[Place], *, borders: Iterable[Place] = (), rooms: tuple[str, ...] = ROOMS
) -> Reached:
    """All that is reached from some definitions, up to the borders.

    Args:
        roots: Where to begin.
        borders: Where to stop.
        rooms: Rooms and modules to follow; what is in no other moves no number.
    """
    queue, stops, met = list(roots), set(borders), set()
    assert [p for p in queue if p[1] not in definitions(p[0])] == []
    seen: dict[Place, ast.stmt] = {}
    while queue:
        place = queue.pop()
        if place in stops:
            met.add(place)
        elif place not in seen and _inside(place[0], rooms):
            node = definitions(place[0]).get(place[1])
            if node is not None:
                seen[place] = node
                queue += uses(*place)
            elif tree_of(place[0]) is not None:  # handed on by a package
                home = imports_in(place[0]).get(place[1], ("", ""))
                queue += [home] if home[1] else []
    return Reached(code=seen, borders=frozenset(met))


def _inside(module: str, rooms: tuple[str, ...]) -> bool:
    return any(f"{module}.".startswith(f"deri_gate.{room}.") for room in rooms)


def everything_in(name: str) -> tuple[Place, ...]:
    """All functions and classes of a module, given without `deri_gate.`."""
    module, kinds = f"deri_gate.{name}", ast.FunctionDef | ast.ClassDef
    return tuple((module, n) for n, node in definitions(module).items() if isinstance(node, kinds))


def evidence(*names: str) -> tuple[Place, ...]:
    """Members of `Evidence`."""
    return tuple((EVIDENCE, f"Evidence.{name}") for name in names)


def modules_of(room: str, *, without: str = " ") -> list[str]:
    """Modules of a room, without `deri_gate.`."""
    files = (ROOT / "deri_gate" / room).rglob("*.py")
    names = [".".join(f.relative_to(ROOT / "deri_gate").with_suffix("").parts) for f in files]
    return sorted(n for n in names if not n.endswith("__init__") and not n.startswith(without))
