"""What is written is read back, of any content that a model can hold."""

from __future__ import annotations

import json
import re
import types
import typing
from dataclasses import dataclass
from typing import Any, Literal, Union

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le, MinLen
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from pydantic import BaseModel, RootModel

from deri_gate.runtime.strict import strict_json, validated
from deri_gate.schemas.base import as_json, as_written
from deri_gate.schemas.changes import DifferenceInfo
from deri_gate.schemas.files import FILES
from deri_gate.schemas.statuses import Status
from deri_gate.schemas.suite import SuiteDocument, as_suite_text
from deri_gate.scoring.pool import Pool
from tests.sweeps import randomly

if typing.TYPE_CHECKING:
    from pydantic.fields import FieldInfo

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    ["##[add-mask]", "\u2028\x1b[31m", '"\\', "[1,\n2]", "NaN"]
)
INTS = st.integers(-(10**14), 10**14)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | INTS | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
SIMPLE = {
    str: TEXTS, int: INTS, float: FLOATS, bool: st.booleans(), type(None): st.none(), None: st.none(),
    Any: PLAIN,
}  # fmt: skip


def values(kind: Any, *limits: Any) -> st.SearchStrategy:
    """Values of an annotation, within its limits."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind in SIMPLE:
        return simple(kind, limits)
    if origin is Literal or kind is Status:
        return st.sampled_from(inner or list(Status))
    if origin is typing.Annotated:
        return values(inner[0], *(m for x in inner[1:] for m in getattr(x, "metadata", [x])))
    if origin in (Union, types.UnionType):
        return st.one_of([values(one) for one in inner])
    return several(inner, limits, dictionary=origin is dict) if origin else documents(kind)


def simple(kind: type, limits: tuple[Any, ...]) -> st.SearchStrategy:
    """Values of a type that has no parts."""
    if any(isinstance(x, Ge) for x in limits):
        above = min([x.le for x in limits if isinstance(x, Le)], default=10**14)
        counts = st.integers(1, above)
        return counts if kind is int else st.floats(0, allow_nan=False, allow_infinity=False)
    pattern = next((x.pattern for x in limits if getattr(x, "pattern", None)), None)
    if pattern is not None:
        return st.text("ab1", min_size=1, max_size=8).filter(re.compile(pattern).fullmatch)
    if any(isinstance(x, Gt) for x in limits):
        return st.integers(1, 10**14)
    return st.text("ab", min_size=1, max_size=4) if least(limits) else SIMPLE[kind]


def several(
    inner: tuple[Any, ...], limits: tuple[Any, ...], *, dictionary: bool
) -> st.SearchStrategy:
    """Values of a type that holds others."""
    if dictionary:
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=3)
    if inner[-1] is ...:
        count = least(limits)
        return st.lists(values(inner[0]), min_size=count, max_size=count + 2).map(tuple)
    return st.tuples(*map(values, inner))


def least(limits: tuple[Any, ...]) -> int:
    """Fewest parts that there may be."""
    return next((x.min_length for x in limits if isinstance(x, MinLen)), 0)


def field_values(field: FieldInfo) -> st.SearchStrategy:
    """Values of a field; one of a list has them in its schema."""
    words = (field.json_schema_extra or {}).get("enum")
    return st.sampled_from(words) if words else values(field.annotation, *field.metadata)


def documents(model: type[BaseModel]) -> st.SearchStrategy:
    """Documents of a model."""
    fields = {name: field_values(field) for name, field in model.model_fields.items()}
    if issubclass(model, RootModel):
        return fields["root"].map(model)
    return st.fixed_dictionaries(fields).map(lambda content: model(**content))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
@randomly(15, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_written_is_read_back(file, data):
    """Equal, and written again as the same bytes; strict JSON, so no NaN and no key twice."""
    document = data.draw(documents(file.model))
    text = as_json(document)
    again = validated(text.encode("utf-8"), file.model)

    assert again == document
    assert as_json(again) == text
    assert strict_json(text.encode("utf-8")) == json.loads(text)


@randomly(15, suppress_health_check=list(HealthCheck))
@given(document=documents(SuiteDocument))
def test_a_suite_is_read_back(document):
    """Though its keys are sorted and what is null is left out."""
    text = as_suite_text(document)

    assert validated(text.encode("utf-8"), SuiteDocument) == document


@pytest.mark.parametrize("spoilt", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_never_read(spoilt):
    """In whatever place; Python's own reader would take it."""
    text = f'{{"schema_version": 1, "pool": {{"name": "p", "hash": "h"}}, "subscores": {{"a": {spoilt}}}}}'
    model = next(f.model for f in FILES if f.name == "subscores")

    with pytest.raises(ValueError, match="finite"):
        validated(text.encode(), model)


def test_a_number_that_is_none_is_never_written():
    """The model refuses it before a byte is written."""
    model = next(f.model for f in FILES if f.name == "subscores")

    with pytest.raises(ValueError, match="finite"):
        model(schema_version=1, pool={"name": "p", "hash": "h"}, subscores={"a": float("nan")})


def test_the_pool_that_is_scored_with_is_the_pool_that_is_written():
    """Rules of scoring are added to the document, no keys."""
    document = next(f.model for f in FILES if f.name == "pool")

    assert list(Pool.model_fields) == list(document.model_fields)
    assert Pool.model_json_schema()["required"] == document.model_json_schema()["required"]


@dataclass(frozen=True)
class Pair:
    """A record of the fields that a model has, and one that it has not."""

    base: float
    head: float
    difference: float
    interval: tuple[float, float] | None
    subscore_base: float | None
    subscore_head: float | None
    secret: str = "left out"


def test_a_record_is_written_by_the_names_of_its_fields():
    """Nine digits; null for what is no number, also of NumPy's, and for an interval with one end."""
    record = Pair(
        1 / 3, np.float32("nan"), np.float64(2), (0.1, float("inf")), None, np.float32(1.5)
    )

    assert as_written(DifferenceInfo, record).model_dump() == {
        "base": 0.333333333,
        "head": None,
        "difference": 2.0,
        "interval": None,
        "subscore_base": None,
        "subscore_head": 1.5,
    }


def test_a_record_that_lacks_a_field_is_no_record_of_it():
    """A model that got a field which nobody fills would be written with its default."""
    with pytest.raises(AttributeError, match="base"):
        as_written(DifferenceInfo, object())
