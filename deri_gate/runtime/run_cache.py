"""Results of looking at files, kept for one run: between two runs of a process, files change."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Found = TypeVar("Found")
_forget: list[Callable[[], None]] = []  # one for each function; made while modules are imported


def once_a_run(most: int) -> Callable[[Callable[Given, Found]], Callable[Given, Found]]:
    """Keep the latest results of a function until `begin_run`; for functions that look at files.

    Args:
        most: How many are kept.
    """

    def kept(function: Callable[Given, Found]) -> Callable[Given, Found]:
        cached = lru_cache(maxsize=most)(function)
        _forget.append(cached.cache_clear)
        return cast("Callable[Given, Found]", cached)

    return kept


def begin_run() -> None:
    """Look everything up anew: a notebook or a service judges more than once in a process."""
    for forget in _forget:
        forget()
