"""Damaged inputs of every door: a right answer or a clear error, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.scripts import module_of

targets = module_of(Path(__file__).with_name("fuzz") / "targets.py")


@st.composite
def damage(draw, seeds: tuple[bytes, ...]) -> bytes:
    """A sound input with bytes changed, cut out, doubled or put in."""
    content = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 12))
        kind = draw(st.sampled_from(["change", "cut", "double", "end"]))
        if kind == "change":
            content[start : start + length] = draw(st.binary(min_size=length, max_size=length))
        elif kind == "cut":
            del content[start : start + length]
        elif kind == "double":
            content[start:start] = content[start : start + length]
        else:
            del content[start:]
    return bytes(content)


@pytest.mark.parametrize("name", sorted(targets.TARGETS))
def test_damage_is_answered(name):
    """The target raises whatever is neither an answer nor one of our errors."""
    target = targets.TARGETS[name]
    tried = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(damage(target.seeds))
    def answered(content):
        tried.append(content)
        target.feed(content)

    answered()

    assert len(set(tried)) > 20  # or nothing was damaged at all
