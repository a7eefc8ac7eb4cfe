"""Texts of errors."""

from __future__ import annotations

import pytest

from deri_gate.errors import did_you_mean


@pytest.mark.parametrize(
    ("word", "names", "expected"),
    [
        ("sharpnes", ("exposure", "sharpness"), "Did you mean 'sharpness'?"),
        ("zzz", ("exposure", "sharpness"), "There are exposure, sharpness."),
        ("zzz", (), "There are none."),
    ],
)
def test_a_misspelt_word_gets_the_closest_name_or_all(word, names, expected) -> None:
    """A person who mistypes is told what to type."""
    assert did_you_mean(word, iter(names)) == expected
