"""A suite file as JSON, before Great Expectations sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deri_gate.errors import SettingError, did_you_mean, words_of_error
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import strict_json
from deri_gate.schemas.suite import SuiteDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

SUITE_KEYS = tuple(SuiteDocument.model_fields)
OLD_KEYS = ("expectation_suite_name", "ge_cloud_id", "data_asset_type", "evaluation_parameters")


def read_document(path: Path, gx_version: str) -> dict[str, Any]:
    """The suite in a file, its parameters put in their places.

    Args:
        path: A file in Great Expectations' own suite format.
        gx_version: The version in use; a suite of another major version may mean another thing.

    Raises:
        SettingError: If there is no such file, or no suite of this version in it.
    """
    document = _parse(path)
    if not isinstance(document, dict):
        raise SettingError(f"holds a {_kind(document)}, not a suite", path, "A suite is an object.")
    _check_version(document, path, gx_version)
    check_keys(document, SUITE_KEYS, path)
    if not isinstance(document.get("name"), str) or not document["name"].strip():
        raise SettingError("has no name", path, 'Add a "name" to the suite.')
    parameters = typed(document, "suite_parameters", dict, path)
    entries = typed(document, "expectations", list, path)
    if not entries:
        fix = "An empty suite would pass everything: declare a limit, or use a shipped suite."
        raise SettingError("declares no expectations", path, fix)
    return {**document, "expectations": _fill(entries, parameters, path)}


def check_keys(table: Mapping[str, Any], known: Iterable[str], where: object) -> None:
    """Refuse the first key that is not known, naming the one that was probably meant.

    Raises:
        SettingError: If there is one.
    """
    for key in table:
        if key not in known:
            fix = did_you_mean(key, sorted(known))
            raise SettingError(f"{key!r} is not a setting here", where, fix)


def typed(table: Mapping[str, Any], key: str, kind: type, where: object) -> Any:
    """The value of a key, empty when it is absent or null.

    Raises:
        SettingError: If it is of another kind.
    """
    value = table.get(key)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        fix = f"Write a JSON {_kind(kind())}."
        raise SettingError(f"{key!r} holds a {_kind(value)}", where, fix)
    return value


def _parse(path: Path) -> Any:
    try:
        return strict_json(read_regular_file(path))
    except OSError as error:
        fix = "Name a suite file, for instance expectations/dataset_gate.json."
        raise SettingError(f"cannot be read: {words_of_error(error)}", path, fix) from error
    except UnicodeDecodeError as error:
        raise SettingError("is not UTF-8 text", path, "A suite is a JSON file.") from error
    except ValueError as error:
        raise SettingError(f"is not a suite in JSON: {error}", path, "Correct the file.") from error


def _check_version(document: Mapping[str, Any], path: Path, gx_version: str) -> None:
    meta = typed(document, "meta", dict, path)
    written = str(
        meta.get("great_expectations_version", meta.get("great_expectations.__version__", ""))
    )
    major = gx_version.partition(".")[0]
    if any(key in document for key in OLD_KEYS):
        written = written or "0"
    if written and written.partition(".")[0] != major:
        what = f"was written by Great Expectations {written}, and {gx_version} is in use"
        fix = f"Rewrite it in the format of Great Expectations {major}: name, type, kwargs."
        raise SettingError(what, path, fix)


def _fill(value: Any, parameters: Mapping[str, Any], path: Path) -> Any:
    """Put the suite's own parameters where it says {"$PARAMETER": name}.

    Great Expectations would only take them from whoever runs it, and would stop the whole run
    at one that does not fit; put in place here, they are checked like any other limit.
    """
    if isinstance(value, list):
        return [_fill(item, parameters, path) for item in value]
    if not isinstance(value, dict):
        return value
    if "$PARAMETER" not in value:
        return {key: _fill(item, parameters, path) for key, item in value.items()}
    name = value["$PARAMETER"]
    if not isinstance(name, str) or name not in parameters:
        fix = 'Give it a value under "suite_parameters"; expressions are not supported.'
        raise SettingError(f"the parameter {name!r} has no value", path, fix)
    if any("$PARAMETER" in part for part in objects(parameters[name])):
        fix = 'Write its value under "suite_parameters", not another parameter\'s name.'
        raise SettingError(f"the parameter {name!r} refers to a parameter", path, fix)
    return parameters[name]


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a piece of JSON, however deep."""
    if isinstance(value, dict):
        yield value
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inside:
        yield from objects(item)


def named_metrics(kwargs: Mapping[str, Any]) -> Iterator[Any]:
    """Metrics that an expectation names, as its argument or in its row condition."""
    if "metric" in kwargs:
        yield kwargs["metric"]
    for column, parameter in compared_columns(kwargs):
        if column == "metric" and parameter is not None:
            yield from parameter if isinstance(parameter, list) else [parameter]


def only_metric(kwargs: Mapping[str, Any]) -> list[str]:
    """The one metric that an expectation is about; empty where it may be about others.

    What a condition excludes, or bounds by the alphabet, is not what the limit is about.
    """
    parts = [*objects(kwargs.get("row_condition"))]
    signs = [part.get("operator") for part in parts if _names(part)]
    widened = any(part.get("type") == "or" for part in parts)  # by rows of any name
    named = [*named_metrics(kwargs)]
    alone = len(named) == 1 and not widened and all(sign in ("==", "IN") for sign in signs)
    return named if alone else []


def _names(part: Mapping[str, Any]) -> bool:
    column = part.get("column")
    return (column.get("name") if isinstance(column, dict) else column) == "metric"


def compared_columns(kwargs: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Column and parameter of each part of a row condition; nullity has no parameter."""
    for part in objects(kwargs.get("row_condition")):
        if "column" in part:
            column = part["column"]
            name = column.get("name") if isinstance(column, dict) else column
            yield name, part.get("parameter")


def _kind(value: object) -> str:
    kinds = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return kinds.get(type(value), "number")
