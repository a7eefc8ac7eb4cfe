"""Suites and results in Great Expectations' own hands: loaded whole, and as Data Docs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.core.expectation_validation_result import (
    ExpectationSuiteValidationResultSchema,
)
from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView

import deri_gate.gate.expectations  # noqa: F401  # registers ours
from deri_gate.errors import SettingError
from deri_gate.runtime.files import read_regular_file, ready_folder, write_text
from deri_gate.runtime.output import defused
from deri_gate.runtime.strict import faults_told, strict_json

if TYPE_CHECKING:
    from collections.abc import Mapping

PAGE = "data-docs.html"
MARKUP = re.compile("[<>&\"']")
FIX = "Give a suite's JSON file."


def load_suite(path: str | Path) -> Any:
    """Load a suite as Great Expectations' `ExpectationSuite`, with every expectation in the file.

    Args:
        path: A suite's JSON file.

    Raises:
        SettingError: If it is no suite, or Great Expectations drops any of it.
    """
    document = _document(Path(path), FIX)
    declared = document.get("expectations") or []
    try:
        suite = gx.ExpectationSuite(**document)
    except (TypeError, ValueError) as error:
        raise SettingError(f"is no suite ({error})", path, FIX) from error
    if len(suite.expectations) != len(declared) or not declared:
        what = f"holds {len(declared)} expectations, and {len(suite.expectations)} can be loaded"
        raise SettingError(what, path, "Mend those that the log names.")
    return suite


def write_data_docs(validation: str | Path, out: str | Path) -> Path:
    """Write a page of Great Expectations' Data Docs.

    Args:
        validation: A `validation.json` of ours.
        out: Folder for the page; made if need be.

    Returns:
        The page. Its styles are loaded from the network when it is opened.

    Raises:
        SettingError: If the file is no result of a validation.
    """
    document = _document(Path(validation), "Give a validation.json of `deri-gate check`.")
    try:
        name = MARKUP.sub("_", str(document.get("suite_name", "")))  # which GX does not escape
        result = ExpectationSuiteValidationResultSchema().load({**document, "suite_name": name})
        page = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(result))
    except Exception as error:  # whatever its parts raise at what they do not know
        fix = "Give a validation.json of `deri-gate check`."
        raise SettingError(f"is no result of a validation ({error})", validation, fix) from error
    place = ready_folder(Path(out)) / PAGE
    write_text(defused(page), place)
    return place


def _document(path: Path, fix: str) -> Mapping[str, Any]:
    with faults_told("cannot be read", path, fix):
        document = strict_json(read_regular_file(path))
    if not isinstance(document, dict):
        raise SettingError("is no JSON object", path, fix)
    return document
