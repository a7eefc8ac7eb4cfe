"""Each group of a batch against its own past."""

import numpy as np
import pytest

from deri_gate.drift.features import rank_feature
from deri_gate.drift.per_group import LEAST, group_drifts


def found(values, before, after, names=("sharpness",)):
    features = [rank_feature(name, values) for name in names]
    ids = [f"{i}.png" for i in range(len(after))]
    return group_drifts(features, ids, (before, after), rng=np.random.default_rng(0))


@pytest.fixture
def values():
    """Two sites that differ by nature: b is far sharper."""
    rng = np.random.default_rng(0)
    before, after = ["a", "b"] * 60, ["a", "b"] * 30
    return rng.normal(size=180) + 5 * np.tile([0, 1], 90), before, after


def test_sites_that_differ_by_nature_do_not_drift(values):
    groups, thin = found(*values)

    assert [g.known for g in groups] == [True, True]
    assert all(g.least_p > 0.05 for g in groups)
    assert thin == 0


def test_the_group_that_drifts_is_the_worst(values):
    """Only b changes, and its images are named."""
    numbers, before, after = values
    numbers[120 + 1 :: 2] -= 3

    groups, _ = found(numbers, before, after)

    assert groups[0].name == "b"
    assert groups[0].least_p < 0.001 < groups[1].least_p
    assert set(groups[0].tests[0].images) == {f"{i}.png" for i in range(1, 60, 2)}


def test_p_is_corrected_for_the_number_of_groups(values):
    one = found(*values)[0][0].tests[0]

    assert one.adjusted_p == pytest.approx(min(1, 2 * one.p))


def test_a_group_without_a_past_is_held_against_all(values):
    numbers, before, _ = values
    groups, _ = found(numbers, before, ["c"] * 60)

    assert (groups[0].known, groups[0].of_group) == (False, 120)


def test_small_groups_are_counted_not_judged(values):
    numbers, before, _ = values
    after = ["a"] * (60 - LEAST + 1) + ["b"] * (LEAST - 1)

    groups, thin = found(numbers, before, after)

    assert ([g.name for g in groups], thin) == (["a"], 1)


def test_a_baseline_without_groups_is_taken_whole(values):
    numbers, _, after = values

    assert all(not g.known for g in found(numbers, None, after)[0])
