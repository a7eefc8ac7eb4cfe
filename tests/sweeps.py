"""Cases of a behaviour that is tried often: a few in every run, all with `make sweeps`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterable


def sampled(cases: Iterable[Any], *kept: int, single: bool = False) -> list[Any]:
    """The cases, of which those at these places (by default the first) stay in every run.

    The others are marked `sweep`. Each case costs seconds, and they differ in a seed, a kind or a
    format alone. A tuple holds the values of several arguments, or is one value (`single`).
    """
    found = []
    for place, case in enumerate(cases):
        values = case if isinstance(case, tuple) and not single else (case,)
        marks = () if place in (kept or (0,)) else (pytest.mark.sweep,)
        found.append(pytest.param(*values, marks=marks))
    return found


ALL, PART, FEWEST = 100, 5, 5  # random examples of a test: in sweeps, which part else, at least


def randomly(examples: int, **more: Any) -> settings:
    """Settings of a test of so many random examples: a part of them in every run.

    `make sweeps` runs the test again, with all.
    """
    few = max(FEWEST, examples // PART)
    return settings(max_examples=examples if sweeping() else few, deadline=None, **more)


def sweeping() -> bool:
    """True if this run is one of sweeps, as `choose` was told."""
    return bool(settings().max_examples == ALL)


def choose(expression: str) -> None:
    """Let tests of random examples, before they are read, try as many as the run asks for."""
    settings.register_profile("sweeps", deadline=None, max_examples=ALL)  # a machine may be busy
    settings.register_profile("few", deadline=None, max_examples=ALL // PART)
    settings.load_profile("sweeps" if expression == "sweep" else "few")


def also_sweeps(items: Iterable[pytest.Item]) -> None:
    """Mark tests of random examples, in a run of sweeps."""
    for item in items:
        if sweeping() and getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("sweep")
