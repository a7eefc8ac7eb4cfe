"""Cases of a behaviour that is tried often: a few in every run, all with `make sweeps`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable


def sampled(cases: Iterable[Any], *kept: int) -> list[Any]:
    """The cases, of which those at these places (by default the first) stay in every run.

    The others are marked `sweep`. Each case costs seconds, and they differ in a seed, a kind or a
    format alone. A tuple holds the values of several arguments.
    """
    found = []
    for place, case in enumerate(cases):
        values = case if isinstance(case, tuple) else (case,)
        marks = () if place in (kept or (0,)) else (pytest.mark.sweep,)
        found.append(pytest.param(*values, marks=marks))
    return found
