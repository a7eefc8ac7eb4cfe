"""Version numbers are tied to the code that they name, and never raised by memory alone.

Results are kept by a version number, and compared by one. `versions.csv` beside this file says of
each: the version, a digest of the code that it names, and the versions of what that builds on.
Which code it is follows from names and imports (`code_reach.py`). When the code changes, the table
no longer fits. If the change moves numbers, raise the version; then, and also when it moves none,
record the table anew with `python -m tests.version_table`. A review sees which it was.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from deri_gate.features import linear_probe
from deri_gate.metrics.profile import EMBEDDED_VERSION
from deri_gate.networks import budget
from tests.code_reach import (
    ROOMS,
    bare,
    definitions,
    everything_in,
    modules_of,
    reached,
    tree_of,
    written,
)
from tests.version_table import PICTURES, Row, recorded, rows, versioned

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE_ANEW = {  # modules that decide values which are never kept, so that they need no version
    "data.dicom.library": "names of pydicom's",
    "metrics.context": "a record",
    "networks.arrangement": "of a table that is shown",
    "networks.bench": "which networks to train on what; their results are kept by recipe",
    "networks.estimate": "how long it takes",
    "networks.fitness": "whether a candidate can take part, looked at by each run",
    "networks.plan": "which networks to train",
    "stats.clusters": "of changes and drift, of each run",
    "stats.composition_tests": "of changes and drift, of each run",
    "stats.fourier_features": "of changes and drift, of each run",
    "stats.permutation": "of changes and drift, of each run",
    "stats.power_law": "of the learning curve's forecast, of each run",
    "stats.extremes": "of changes, of each run",
    "stats.rank_tests": "of changes and drift, of each run",
}


@pytest.mark.parametrize("record", recorded(), ids=lambda r: r.name)
def test_code_and_version_move_together(record: Row) -> None:
    """Code that moved under a version that did not is either stale numbers or a new record."""
    assert record in rows(), (
        f"the code under {record.name} has changed, version {record.version}: raise the version "
        "if numbers move; then run `python -m tests.version_table`"
    )


def test_the_table_names_nothing_that_is_gone() -> None:
    """Nor leaves out what is there."""
    assert [r.name for r in recorded()] == [r.name for r in rows()]


def test_every_module_that_decides_a_value_is_under_a_version() -> None:
    """By imports. Readers say which images there are; `measuring` is reached, or made anew."""
    rooms = [m for room in ROOMS if room != "measuring" for m in modules_of(room)]
    decide = {m for m in rooms if not m.startswith("data.readers.")}
    under = {m for one in versioned() for m in reached(one.roots, rooms=one.rooms).modules}

    assert decide - under == MADE_ANEW.keys()


def test_near_duplicates_are_under_the_version_of_duplicates() -> None:
    """They were under none: a threshold could move, and two pools would still compare."""
    own = next(one for one in versioned() if one.name == "metric duplicates")

    assert {"features.likeness", "features.groups"} <= reached(own.roots).modules


def test_a_version_that_is_raised_is_seen_by_what_builds_on_it() -> None:
    """Of a metric only its own version counts when values are compared."""
    on = {row.name: row.builds_on for row in rows()}

    assert f"probe {linear_probe.VERSION}" in on["metric label_noise"]
    assert f"embedded encoder {EMBEDDED_VERSION}" in on["metric xai_overlay"]
    assert f"training {budget.VERSION}" in on["metric xai_overlay, as in the paper"]
    assert (
        on["metric sharpness"]
        == f"embedded encoder {EMBEDDED_VERSION}, pictures and their measures {PICTURES}"
    )


def keys_in(module: str) -> Iterator[ast.JoinedStr]:
    """Names under which a module keeps results: of an argument, a variable or a function `kind`."""
    for node in ast.walk(tree_of(f"deri_gate.{module}")):
        values = [node.value] if isinstance(node, ast.keyword) and node.arg == "kind" else []
        if isinstance(node, ast.Assign) and "kind" in map(ast.unparse, node.targets):
            values = [node.value]
        elif isinstance(node, ast.FunctionDef) and node.name.endswith("_kind"):
            values = [part.value for part in node.body if isinstance(part, ast.Return)]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith((".kept", ".put")):
            values = node.args[:1]
        yield from (p for v in values for p in ast.walk(v) if isinstance(p, ast.JoinedStr))


def test_every_key_of_the_cache_has_a_version() -> None:
    """A constant in capitals, of those that the table ties to the code."""
    modules = [m for room in (*ROOMS[1:], "changes", "drift") for m in modules_of(room)]
    keys = [(m, key) for m in modules for key in keys_in(m)]
    bare_keys = [
        (m, ast.unparse(key))
        for m, key in keys
        if not any(n.id.isupper() for n in ast.walk(key) if isinstance(n, ast.Name))
    ]

    assert len(keys) >= 6
    assert bare_keys == []


def test_a_constant_is_code(monkeypatch) -> None:
    """A threshold changed a thousandfold is seen: it was not, when stages and versions were kept by hand."""
    code = everything_in("features.linear_probe")
    before = reached(code).digest
    constant = definitions("deri_gate.features.linear_probe")["STRENGTH"]
    monkeypatch.setattr(constant, "value", ast.Constant(3.0))

    assert reached(code).digest != before


def test_what_moves_no_number_is_no_code() -> None:
    """Comments, docstrings and annotations may change."""
    one = 'def f(x: int) -> int:\n    """Say one thing."""\n    return x + 1  # one\n'
    other = 'def f(x):\n    """Say another."""\n    return x + 1\n'
    third = "def f(x):\n    pass\n    return x + 2\n"

    assert written(bare(ast.parse(one))) == written(bare(ast.parse(other)))
    assert written(bare(ast.parse(one))) != written(bare(ast.parse(third)))
