"""Arguments of the functions that users call, held to what the signature says of them.

The command line checks its options before it calls one. A program may hand over anything. It
would meet an error deep inside, or be judged by another setting than it meant.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, signature
from math import inf
from numbers import Integral, Real
from os import PathLike
from typing import ParamSpec, TypeVar

from deri_gate.errors import SettingError, naming_arguments

Keys = ParamSpec("Keys")
Answer = TypeVar("Answer")
SHOWN = 60  # characters of a wrong value
FORMS = frozenset({"Given"})  # any object at all: readers tell what it is


@dataclass(frozen=True)
class Between:
    """Numbers that an argument may be, as the command line has them.

    Attributes:
        least: The least of them.
        most: The greatest of them.
        inside: Whether neither of the two is one.
    """

    least: float
    most: float = inf
    inside: bool = False

    def holds(self, number: float) -> bool:
        """True for a number that is one of them; NaN never is."""
        if self.inside:
            return self.least < number < self.most
        return self.least <= number <= self.most

    def __str__(self) -> str:
        if self.inside:
            return f"a number above {self.least:g} and below {self.most:g}"
        return f"{self.least:g} or more" + (f", {self.most:g} at most" if self.most < inf else "")


FROM_0, FROM_1, FROM_20 = Between(0), Between(1), Between(20)
SHARE, CHANCE = Between(0, 1), Between(0, 1, inside=True)


def checking_arguments(
    **ranges: Between,
) -> Callable[[Callable[Keys, Answer]], Callable[Keys, Answer]]:
    """Refuse arguments of another type than the signature names, and numbers out of range.

    Errors name arguments then, as those of `naming_arguments` do.

    Args:
        **ranges: By name of an argument, the numbers that it may be, or that it may hold.
    """

    def decorated(function: Callable[Keys, Answer]) -> Callable[Keys, Answer]:
        declared = signature(function)
        types = {
            name: ast.parse(parameter.annotation, mode="eval").body
            for name, parameter in declared.parameters.items()
            if isinstance(parameter.annotation, str)
        }

        @wraps(function)
        def call(*arguments: Keys.args, **keywords: Keys.kwargs) -> Answer:
            try:
                named = declared.bind(*arguments, **keywords).arguments
            except TypeError:  # a name that there is not, or one that lacks: Python says it best
                return function(*arguments, **keywords)
            for name, given in named.items():
                if name in types and not _fits(given, types[name]):
                    raise _refusal(name, given, f"Give {_in_words(types[name])}.")
                if name in types and _is_nameless(given, types[name], declared.parameters[name]):
                    raise _refusal(name, given, "Name a file or folder.")
                _refuse_out_of_range(name, given, ranges.get(name))
            return function(*arguments, **keywords)

        return naming_arguments(call)

    return decorated


def _refusal(name: str, given: object, fix: str) -> SettingError:
    shown = repr(given)
    shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}..."
    return SettingError(f"{shown} does not fit", "--" + name.replace("_", "-"), fix)


def _refuse_out_of_range(name: str, given: object, allowed: Between | None) -> None:
    numbers = given if isinstance(given, (list, tuple)) else [given]
    if allowed and not all(allowed.holds(float(one)) for one in numbers if isinstance(one, Real)):
        raise _refusal(name, given, f"Give {allowed}.")


def _is_nameless(given: object, kind: ast.expr, parameter: Parameter) -> bool:
    """True for text of no letters where a path is asked for: it would be the working folder."""
    if not isinstance(given, str) or given.strip() or given == parameter.default:
        return False
    return any(isinstance(part, ast.Name) and part.id == "Path" for part in ast.walk(kind))


def _fits(given: object, kind: ast.expr) -> bool:
    """True for a value of a type, and where the type is not known here."""
    match kind:
        case ast.BinOp(left=left, right=right):
            return _fits(given, left) or _fits(given, right)
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            return name not in WITH_PARTS or WITH_PARTS[name](given, inner)
        case ast.Name(id=name):
            return name in FORMS or _is_a(given, name)
    return not isinstance(kind, ast.Constant) or given is None


def _is_several(given: object, item: ast.expr) -> bool:
    if isinstance(given, (str, bytes, PathLike)) or not isinstance(given, Iterable):
        return False
    return not isinstance(given, (list, tuple)) or all(_fits(one, item) for one in given)


WITH_PARTS: dict[str, Callable[[object, ast.expr], bool]] = {
    "Literal": lambda given, words: given in _words(words),
    "Sequence": _is_several,
    "Mapping": lambda given, _: isinstance(given, Mapping),
    "Callable": lambda given, _: callable(given),
}


def _is_a(given: object, name: str) -> bool:
    """True for a value of a class of this name; whole numbers are numbers, flags are not."""
    flag = type(given).__name__ in {"bool", "bool_"}
    match name:
        case "int":
            return isinstance(given, Integral) and not flag
        case "float":
            return isinstance(given, Real) and not flag
        case "Path":
            return isinstance(given, PathLike)
        case "str":
            return isinstance(given, str) and "\0" not in given
        case "bool":
            return flag
    return name in {one.__name__ for one in type(given).__mro__}


def _words(words: ast.expr) -> tuple[object, ...]:
    found = ast.literal_eval(words)
    return found if isinstance(found, tuple) else (found,)


def _in_words(kind: ast.expr) -> str:
    """A type as a person would say it."""
    match kind:
        case ast.BinOp(left=left, right=right):
            return f"{_in_words(left)} or {_in_words(right)}"
        case ast.Subscript(value=ast.Name(id="Literal"), slice=words):
            return " or ".join(repr(word) for word in _words(words))
        case ast.Subscript(value=ast.Name(id="Sequence"), slice=item):
            return f"a list, each {_in_words(item)}"
        case ast.Subscript(value=ast.Name(id="Callable")):
            return "a function"
    plain = {"int": "a whole number", "float": "a number", "str": "text", "Path": "a path",
             "bool": "True or False"}  # fmt: skip
    return plain.get(ast.unparse(kind), ast.unparse(kind))
