"""A few values beyond all others are seen, and what chance brings is not."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.stats.clusters import Groups
from deri_gate.stats.extremes import more_extremes
from deri_gate.stats.rank_tests import stratified_rank_test


def drawn(seed, count, wrong=0, strata=3):
    """Values and strata; the first ones lie where one of a hundred others does."""
    generator = np.random.default_rng(seed)
    values, classes = generator.normal(size=count), generator.integers(0, strata, count)
    values[:wrong] = generator.normal(2.5, 0.3, wrong)
    return values + classes, classes


def test_sixteen_of_fifty_six_are_seen_where_ranks_say_nothing() -> None:
    others = drawn(0, 400)
    seen = [more_extremes(*drawn(seed, 56, 16), *others) for seed in range(1, 21)]
    by_ranks = [stratified_rank_test(*drawn(seed, 56, 16), *others).p for seed in range(1, 21)]

    assert np.median(seen) < 1e-4
    assert np.mean(np.array(by_ranks) < 1e-3) < 0.2


@pytest.mark.parametrize("count", [5, 56, 900])
def test_p_of_values_of_one_law_is_below_a_twentieth_as_rarely_as_that(count) -> None:
    ps = [more_extremes(*drawn(2 * s, count), *drawn(2 * s + 1, 400)) for s in range(200)]

    assert np.mean(np.array(ps) < 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_strata_of_few_others_and_unknown_values_take_no_part() -> None:
    others = np.zeros(19), np.zeros(19, dtype=np.int64)
    nothing = np.full(30, np.nan), np.zeros(30, dtype=np.int64)

    assert more_extremes(np.full(9, 5.0), np.zeros(9, dtype=np.int64), *others) == 1
    assert more_extremes(*nothing, *drawn(0, 400)) == 1


def test_one_group_of_extremes_is_one_chance() -> None:
    """Sixteen images of one patient say less than those of sixteen."""
    values, others = drawn(1, 56, 16), drawn(0, 400)
    apart = Groups(1000 + np.arange(56), np.arange(400))
    together = Groups(np.where(np.arange(56) < 16, 1000, 2000 + np.arange(56)), np.arange(400))

    assert more_extremes(*values, *others, apart) < 1e-4
    assert more_extremes(*values, *others, together) > 0.01
