"""A few values beyond all others are seen, and what chance brings is not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from deri_gate.stats.clusters import Groups
from deri_gate.stats.extremes import became_extreme, more_extremes
from deri_gate.stats.rank_tests import more_common_among, stratified_rank_test


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


@pytest.mark.parametrize("each", [1, 3, 19])
def test_patients_beside_few_others_are_no_proof(each) -> None:
    """Where no class had twenty others, nothing was asked, and p was 0 for all new patients."""
    generator = np.random.default_rng(each)
    values, others = generator.normal(size=24), generator.normal(size=19)
    groups = Groups(100 + np.arange(24) // each, np.arange(19) // each)

    assert more_extremes(values, np.zeros(24, int), others, np.zeros(19, int), groups) == 1
    assert (
        more_common_among(np.zeros(0, bool), others > 0, Groups(groups.asked[:0], groups.others))
        == 1
    )


@pytest.mark.parametrize("count", [2, 24])
@pytest.mark.parametrize("beside", [8, 31, 120])
def test_p_of_honest_patients_is_below_a_twentieth_as_rarely_as_that(count, beside) -> None:
    """Sets of any size, of which each patient has a level of his own."""
    ps = []
    for seed in range(150):
        generator = np.random.default_rng(seed)
        own, other = 1000 + np.arange(count) // 3, np.arange(beside) // 4
        level = generator.normal(size=2000)
        values = level[own] + generator.normal(size=count)
        others = level[other] + generator.normal(size=beside)
        strata = own % 2, other % 2
        groups = Groups(own, other)
        ps.append(
            (
                more_extremes(values, strata[0], others, strata[1], groups),
                stratified_rank_test(values, strata[0], others, strata[1], groups).p,
                more_common_among(values > 2, others > 2, groups),
            )
        )

    assert (np.mean(np.array(ps) < 0.05, axis=0) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)).all()


def test_one_group_of_extremes_is_one_chance() -> None:
    """Sixteen images of one patient say less than those of sixteen."""
    values, others = drawn(1, 56, 16), drawn(0, 400)
    apart = Groups(1000 + np.arange(56), np.arange(400))
    together = Groups(np.where(np.arange(56) < 16, 1000, 2000 + np.arange(56)), np.arange(400))

    assert more_extremes(*values, *others, apart) < 1e-4
    assert more_extremes(*values, *others, together) > 0.01


@pytest.mark.parametrize("stratum", [0, -1])
def test_pairs_that_became_extreme_are_counted_against_those_that_came_back(stratum) -> None:
    """Ten go from the middle to the end, two the other way; -1 is what bears no label."""
    others = np.arange(100.0)
    before = np.concatenate([np.full(10, 50.0), np.full(2, 99.0), np.arange(80.0)])
    after = np.concatenate([np.full(10, 99.0), np.full(2, 50.0), np.arange(80.0) + 1])
    one = np.full(100, stratum, dtype=np.int64)
    p, rose = became_extreme(before, after, one[:92], others, one, least=5.0)

    assert p == pytest.approx(stats.binomtest(10, 12, alternative="greater").pvalue)
    assert np.flatnonzero(rose).tolist() == list(range(10))
    assert became_extreme(before, after, one[:92], others, one, least=60.0)[0] == 1


def test_a_small_shift_of_all_makes_none_extreme() -> None:
    values, strata = drawn(0, 400)
    p, rose = became_extreme(values, values + 0.2, strata, values, strata, least=0.1)

    assert p == 1
    assert not rose.any()


def test_p_of_pairs_of_one_law_is_below_a_twentieth_as_rarely_as_that() -> None:
    """A p below .05 in a twentieth of the draws at most, where each pair only shakes by chance."""
    ps = []
    for seed in range(200):
        image, strata = drawn(seed, 400)
        shake = np.random.default_rng(1000 + seed).normal(size=(2, 400))
        before, after = image + shake
        ps.append(became_extreme(before, after, strata, before, strata, least=0.5)[0])

    assert np.mean(np.array(ps) < 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
