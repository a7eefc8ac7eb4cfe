"""Questions to Great Expectations: whether it takes the arguments in a suite."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from great_expectations.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.expectations.registry import (
    get_expectation_impl,
    list_registered_expectation_implementations,
)

import deri_gate.gate.expectations  # noqa: F401  # registers ours
from deri_gate.errors import SettingError
from deri_gate.gate.vocabulary import (
    CORRECT,
    check_arguments,
    check_type,
    registered_arguments,
)

if TYPE_CHECKING:
    from deri_gate.gate.declared import Declared, Suite


def check_constructed(suite: Suite) -> None:
    """Refuse whatever Great Expectations would drop, ignore or take otherwise.

    Limits of ours of which it can say nothing more are not made for it.

    Args:
        suite: A suite whose file shows no fault.

    Raises:
        SettingError: If an expectation in it is not one that it takes.
    """
    known = list_registered_expectation_implementations()
    for declared in suite.declared:
        if declared.is_settled:
            continue
        check_type(declared.entry.type, known, declared.where)
        implementation = get_expectation_impl(declared.entry.type)
        check_arguments(declared.kwargs, registered_arguments(implementation), declared.where)
        _construct(declared)


def _construct(declared: Declared) -> None:
    """Make the expectation once, for what it says of its arguments: in a suite GX drops it."""
    arguments = {"type": declared.entry.type, "kwargs": dict(declared.kwargs)}
    try:
        ExpectationConfiguration(**arguments, severity=declared.severity).to_domain_obj()
    except (GreatExpectationsError, ValueError, TypeError, ArithmeticError) as error:
        raise SettingError(_said(error), declared.where, CORRECT) from error


def _said(error: Exception) -> str:
    """Fault of the arguments; pydantic gives it in parts."""
    parts: list[dict[str, Any]] = getattr(error, "errors", list)()
    if not parts:
        return str(error).rstrip(".")
    return "; ".join(
        f"{part['loc'][0]}: {part['msg']}".removeprefix("__root__: ") for part in parts
    )
