"""Expectations and their arguments, as Great Expectations' own files say.

It brings a list of its expectations and a schema of each as JSON. To read them takes
milliseconds, where to import it takes seconds. Where it is loaded already, its registry answers:
whoever loaded it may have added expectations.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deri_gate.errors import SettingError, did_you_mean
from deri_gate.gate.document import check_keys
from deri_gate.gate.limit_kinds import LIMIT_KINDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SCHEMAS = ("expectations", "core", "schemas")  # folder in the package
INDEX = "index.json"
REGISTRY = "great_expectations.expectations.registry"
OF_ANY = ("result_format", "catch_exceptions", "batch_id")  # arguments that each expectation has
# Arguments that GX takes from its own objects: in kwargs they would override the entry's own.
NOT_ARGUMENTS = {"id", "meta", "notes", "description", "severity", "rendered_content", "windows"}
NEED_A_DATABASE = (
    "unexpected_rows_expectation",
    "expect_query_results_to_match_comparison",
    "expect_table_row_count_to_equal_other_table",
)
CORRECT = 'Correct its "kwargs".'
OF_SCHEMA = "metadata"  # what a schema says of the expectation itself


@dataclass(frozen=True)
class Arguments:
    """Arguments of an expectation."""

    names: tuple[str, ...]
    required: tuple[str, ...]


def expectation_types() -> Collection[str] | None:
    """Types of all expectations; None where only Great Expectations itself can say."""
    registry = sys.modules.get(REGISTRY)
    if registry is not None:
        return {*registry.list_registered_expectation_implementations(), *LIMIT_KINDS}
    index = _document(INDEX) or {}
    if not {"expectations", "documented_absent"} <= index.keys():
        return None
    return {*index["expectations"], *index["documented_absent"], *LIMIT_KINDS}


def arguments_of(kind: str) -> Arguments | None:
    """Arguments of an expectation; None where only Great Expectations itself can say."""
    ours = LIMIT_KINDS.get(kind)
    if ours is not None:
        own = ("metric", ours.argument)
        return Arguments((*OF_ANY, *own), own)
    entry = (_document(INDEX) or {}).get("expectations", {}).get(kind)
    schema = None if entry is None else _document(entry["schema_file"])
    if schema is None:
        return None
    names = [n for n in schema["properties"] if n not in NOT_ARGUMENTS and n != OF_SCHEMA]
    return Arguments(tuple(names), tuple(schema.get("required", ())))


def registered_arguments(implementation: Any) -> Arguments:
    """Arguments of an expectation by its class."""
    fields = {n: f for n, f in implementation.__fields__.items() if n not in NOT_ARGUMENTS}
    return Arguments(tuple(fields), tuple(n for n, field in fields.items() if field.required))


def check_type(kind: Any, known: Collection[str] | None, where: str) -> None:
    """Refuse what is no expectation, or none that can be judged here.

    Args:
        kind: Type of the expectation, as in the file.
        known: All types; None where they are not known yet.
        where: The expectation, for errors.

    Raises:
        SettingError: If it is refused.
    """
    if not isinstance(kind, str):
        raise SettingError("has no type", where, 'Add a "type" to the expectation.')
    if known is not None and kind not in known:
        fix = did_you_mean(kind, sorted(known))
        raise SettingError(f"there is no expectation {kind!r}", where, fix)
    if kind in NEED_A_DATABASE:
        fix = "Use an expectation on the columns metric, raw, subscore and weight."
        raise SettingError("cannot be judged: there is no database here", where, fix)


def check_arguments(kwargs: Mapping[str, Any], arguments: Arguments | None, where: str) -> None:
    """Refuse arguments that an expectation does not have, and find those that it lacks.

    Args:
        kwargs: Its arguments in the file.
        arguments: Those that it has; None where they are not known yet.
        where: The expectation, for errors.

    Raises:
        SettingError: If they do not fit.
    """
    if arguments is None:
        return
    check_keys(kwargs, arguments.names, where)
    missing = [name for name in arguments.required if name not in kwargs]
    if missing:
        fix = f'Add {missing[0]!r} to its "kwargs".'
        raise SettingError(f"the argument {missing[0]!r} is missing", where, fix)
    bounds = {"min_value", "max_value"}
    if bounds <= {*arguments.names} and all(kwargs.get(bound) is None for bound in bounds):
        fix = "Add min_value, max_value or both."
        raise SettingError("has no limit, so that everything would pass", where, fix)


@cache
def _document(name: str) -> dict[str, Any] | None:
    """One of the files; None where the package has none of this name."""
    spec = find_spec("great_expectations")  # which imports nothing
    places = (spec and spec.submodule_search_locations) or ()
    files = [path for place in places if (path := Path(place, *SCHEMAS, name)).is_file()]
    return json.loads(files[0].read_text("utf-8")) if files else None
