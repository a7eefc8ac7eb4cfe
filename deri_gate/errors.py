"""Foreseen errors. Each says what went wrong, where, and what to do."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydantic import ValidationError


Given = ParamSpec("Given")
Answer = TypeVar("Answer")
# An option of ours in a text; commands that are quoted stay as they are typed.
OPTION = re.compile(r"`[^`]*`|(?:(?<=[\s(\"'])|^)--([a-z][a-z-]*[a-z])")


class DeriGateError(Exception):
    """Catch this to catch only what was foreseen; the command line prints it in one line.

    Attributes:
        what: What is wrong, a clause without a final stop.
        where: The file, option or dataset it is about; empty when `what` already says so.
        fix: What to do next, a full sentence.
    """

    def __init__(self, what: str, where: object = "", fix: str = "") -> None:
        super().__init__(what, where, fix)  # args stay whole, so it pickles between workers
        self.what = what
        self.where = str(where)
        self.fix = fix
        self.of_library = False  # whether it names arguments, `suite` and not `--suite`

    @property
    def told(self) -> str:
        """The text as the command line says it: settings are its options."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        text = f"{head}. {self.fix}" if self.fix else f"{head}."
        return " ".join(text.split())  # a file name may hold a line break; the message may not

    def __str__(self) -> str:
        if not self.of_library:
            return self.told
        return OPTION.sub(
            lambda found: found[1].replace("-", "_") if found[1] else found[0], self.told
        )


def naming_arguments(function: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """Let the errors of a library function name its arguments, unless a command has called it."""

    @wraps(function)
    def call(*arguments: Given.args, **keywords: Given.kwargs) -> Answer:
        try:
            return function(*arguments, **keywords)
        except DeriGateError as error:
            click = sys.modules.get("click")
            error.of_library = click is None or click.get_current_context(silent=True) is None
            raise

    return call


class DatasetError(DeriGateError):
    """A dataset that cannot be read at all (a single bad image is a finding instead)."""


class UnreadableImageError(DeriGateError):
    """One image that cannot be decoded; readers turn it into a finding."""


class SettingError(DeriGateError):
    """An option, profile, suite or other setting that does not exist or does not fit."""


class PoolError(DeriGateError):
    """A reference pool that is missing, malformed, or of another profile."""


class UnmeasurableError(DeriGateError):
    """A metric that has no answer on this dataset; `what` becomes the reason beside null."""


def first_fault(error: ValidationError, *above: str) -> str:
    """First fault of a document with its place: "datasets.0.name: Field required".

    Args:
        error: Error of pydantic, which lists all faults; one at a time is enough to mend.
        above: Names of what the document itself stands in.
    """
    first = error.errors()[0]
    place = ".".join(str(part) for part in (*above, *first["loc"]))
    said = first["msg"].removeprefix("Value error, ")  # says that Python raised it, to nobody's use
    return f"{place}: {said}" if place else said


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """The sentence that helps with a misspelt word: the closest name, or else all of them.

    Args:
        word: The text that names nothing.
        names: The names there are, in the order in which they are listed.
    """
    known = list(names)
    close = get_close_matches(word, known, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"There are {', '.join(known)}." if known else "There are none."


def words_of_error(error: BaseException) -> str:
    """Reason of an error in words, without the number of the system and the path."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
