"""Documents that people and programs hand in: taken as they are written, or refused.

A lenient reader takes "5" and true for numbers, the last of two equal keys for the only one, and
NaN for a value below every limit. Whoever writes such a document could steer what is judged.
"""

from __future__ import annotations

import json
import math
from codecs import BOM_UTF8
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from deri_gate.errors import DeriGateError, SettingError, first_fault, words_of_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import TypeAdapter

DEEPEST = 60  # levels: no document of ours has ten
MOST = 2_000_000  # values: metrics.json of a thousand classes has thirty thousand
DIGITS = 16  # of an integer: more are not exact in other readers of JSON
_MAY_READ = "Let this user read it, and open its folders."
Model = TypeVar("Model", bound=BaseModel)
Kind = TypeVar("Kind")


def strict_json(content: bytes) -> Any:
    """JSON in UTF-8 in which every key occurs once and every number is finite.

    Raises:
        ValueError: If it is not, names half a character, or is nested beyond reason.
    """
    try:
        document = json.loads(
            content.decode("utf-8-sig"),  # Windows writes a mark of the encoding before it
            parse_int=_integer,
            parse_float=_finite,
            parse_constant=_finite,
            object_pairs_hook=unique_keys,
        )
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    check_plain(document)
    return document


def validated(content: bytes, model: type[Model]) -> Model:
    """A document of this kind, no type taken for another.

    Raises:
        ValueError: If it is none, or of another version; pydantic's `ValidationError` is one.
    """
    check_schema_version(strict_json(content), model)
    return model.model_validate_json(content.removeprefix(BOM_UTF8), strict=True)


def check_schema_version(document: Any, model: type[BaseModel]) -> None:
    """Refuse a document of another version than the model's; say which of the two is newer.

    Raises:
        ValueError: If it is one. A document without a version is left to the model.
    """
    field = model.model_fields.get("schema_version")
    stated = document.get("schema_version") if isinstance(document, dict) else None
    if field is None or stated is None:
        return
    if type(stated) is not int:  # true and 1.0 are equal to 1, which is all that a model asks
        raise ValueError(f"schema_version is {str(stated)[:20]!r}, not a whole number")
    (supported,) = get_args(field.annotation)
    if stated > supported:
        raise ValueError(f"schema_version is {stated}, newer than {supported}: upgrade deri-gate")
    if stated < supported:
        raise ValueError(f"schema_version is {stated}, older than {supported}: make the file again")


def validated_plain(document: Any, kind: type[Model]) -> Model:
    """Return a part of a document that was read already, held to its model.

    Raises:
        ValueError: If it does not fit.
    """
    return kind.model_validate_json(json.dumps(document), strict=True)


def validated_list(document: Any, kind: TypeAdapter[Kind]) -> Kind:
    """Return a part that is no object, held to its type.

    Raises:
        ValueError: If it does not fit.
    """
    return kind.validate_json(json.dumps(document), strict=True)


def check_plain(document: Any) -> None:
    """Refuse what JSON has no form for, and half characters, which no file can be written with.

    Raises:
        ValueError: If it is or holds anything but objects, lists, texts, numbers, booleans, null.
    """
    for value, where in parts_of(document):
        if isinstance(value, dict):
            for key in value:
                _check_key(key, where)
        elif not isinstance(value, list):
            _check_scalar(value, where)


def parts_of(document: Any) -> Iterator[tuple[Any, str]]:
    """All values in a document, and where they stand.

    Raises:
        ValueError: If they are too many or too deep.
    """
    waiting, seen = [(document, "", 0)], 0
    while waiting:
        value, where, depth = waiting.pop()
        seen += 1
        if depth > DEEPEST or seen > MOST:  # an alias in YAML may hold itself, or a thousand others
            raise ValueError("is nested too deeply, or holds too much")
        yield value, where
        if isinstance(value, dict):
            waiting += [(v, f"{where}.{k}".strip("."), depth + 1) for k, v in value.items()]
        elif isinstance(value, list):
            waiting += [(item, where, depth + 1) for item in value]


def _check_key(key: object, where: str) -> None:
    if not isinstance(key, str):
        raise ValueError(f'{_at(where)}the key {key} is no text: write "{key}" in quotes')  # noqa: TRY004 - a document's fault, not a caller's
    _check_scalar(key, where)


def _check_scalar(value: object, where: str) -> None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError(f"{_at(where)}{value[:40]!r} holds half a character")
    elif isinstance(value, float):
        _finite(str(value))
    elif isinstance(value, int) and not isinstance(value, bool):
        _integer(str(value))
    elif value is not None and not isinstance(value, bool):
        kind = type(value).__name__
        raise ValueError(f"{_at(where)}{str(value)[:40]} is a {kind}: write it in quotes")


def fault_of(error: ValueError | OSError) -> str:
    """Fault of a document, or of reading it, in one line."""
    if isinstance(error, ValidationError):
        return first_fault(error)
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8 text"
    return " ".join(words_of_error(error).split())[:200]


@contextmanager
def faults_told(
    what: str,
    where: object,
    fix: str = "",
    *,
    unread: str = "",
    kind: type[DeriGateError] = SettingError,
) -> Iterator[None]:
    """Tell a fault of a document that is read here, or that it cannot be read.

    Args:
        what: A clause on a document that is not as it should be.
        where: Its file.
        fix: What to do.
        unread: The clause on a file that cannot be read; `what` when empty.
        kind: Kind of the error.

    Raises:
        DeriGateError: Of this kind, for an OSError or a ValueError of the block.
    """
    try:
        yield
    except OSError as error:
        fix = _MAY_READ if isinstance(error, PermissionError) else fix
        raise kind(f"{unread or what} ({fault_of(error)})", where, fix) from error
    except ValueError as error:
        raise kind(f"{what} ({fault_of(error)})", where, fix) from error


def _at(where: str) -> str:
    return f"{where[:80]}: " if where else ""


def _integer(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError(f"{text[:20]} is too large a number")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:20]} is not a finite number")
    return number


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object of JSON, each of whose keys occurs once; for `object_pairs_hook`.

    Raises:
        ValueError: If one occurs twice: readers keep the last, so the first would not count.
    """
    unique: dict[str, Any] = {}
    for key, value in pairs:
        if key in unique:
            raise ValueError(f"the key {key[:40]!r} occurs twice in one object")
        unique[key] = value
    return unique
