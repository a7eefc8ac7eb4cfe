"""Common base of all models of JSON files, and the bytes in which they are written.

`schema_version` follows one rule. It is raised when a reader of the version before would misread
the file: a key is gone, renamed, of another type, or means something else. A new key that may be
left out does not raise it. Readers refuse every other version, and every key that they do not know.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Annotated, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field

from deri_gate.runtime.output import defused_json

NUMBERS = re.compile(r"\[(\n(?:[-+.,\d\se]|null)+\n\s*)\]")  # a row of numbers goes on one line
DIGITS = 9  # significant ones kept: what another kernel may add lies below
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
NumberPair = tuple[Number, Number]
PAIR = 2


class JsonRecord(BaseModel):
    """An object in a JSON file; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


Record = TypeVar("Record", bound=JsonRecord)


class ProfileInfo(JsonRecord):
    """Definitions and encoder that values were measured with."""

    name: str
    hash: str


class PoolInfo(JsonRecord):
    """Reference pool that values were scored against."""

    name: str
    hash: str


def rounded_finite(value: float, digits: int = DIGITS) -> float:
    """Return a number that is known to be finite as it is written: nine significant digits."""
    return float(f"{value:.{digits}g}")


def rounded(value: float | None, digits: int = DIGITS) -> float | None:
    """Return the number as it is written; None for no number."""
    return None if value is None or not math.isfinite(value) else rounded_finite(value, digits)


def rounded_pair(between: tuple[float, float] | None) -> NumberPair | None:
    """Return both ends as they are written; None unless both are numbers."""
    ends = (None, None) if between is None else (rounded(between[0]), rounded(between[1]))
    return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])


def as_written(kind: type[Record], record: object) -> Record:
    """Copy a record into the model whose fields have the same names, its numbers as written.

    Raises:
        AttributeError: If the record lacks a field.
    """
    return kind(**{name: _as_written(getattr(record, name)) for name in kind.model_fields})


def _as_written(value: object) -> object:
    if _is_number(value):
        return rounded(float(cast("Real", value)))
    if isinstance(value, Mapping):
        return {name: _as_written(one) for name, one in value.items()}
    if isinstance(value, tuple) and len(value) == PAIR and all(map(_is_number, value)):
        return rounded_pair(value)
    return value


def _is_number(value: object) -> bool:
    """True unless it is a count: NumPy's numbers are of these kinds as well."""
    return isinstance(value, Real) and not isinstance(value, Integral)


def as_one_line(document: BaseModel) -> str:
    """Write a document that no person reads: the same bytes for the same content."""
    plain = document.model_dump(mode="json", by_alias=True)
    text = json.dumps(plain, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"
    return defused_json(text)


def as_json(document: BaseModel) -> str:
    """Write a document: the same bytes for the same content."""
    plain = document.model_dump(mode="json", by_alias=True)
    text = json.dumps(plain, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return defused_json(NUMBERS.sub(lambda row: "[" + " ".join(row[1].split()) + "]", text))
