"""The tests behind the alarms: against SciPy, by hand, and for the level they promise."""

from __future__ import annotations

from itertools import combinations
from statistics import fmean

import numpy as np
import pytest
from scipy import stats

from deri_gate.stats import rank_tests
from deri_gate.stats.composition_tests import composition, fewer_groups
from deri_gate.stats.rank_tests import holm, more_common, pairs_worsened, stratified_rank_test
from tests.sweeps import sampled

ONE = np.zeros(100, dtype=np.int64)


@pytest.fixture
def no_trifle(monkeypatch):
    """The tests without their smallest effect, as other libraries have them."""
    monkeypatch.setattr(rank_tests, "TRIFLE", 0.0)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("ties", [False, True])
def test_ranks_agree_with_scipy_in_one_class(no_trifle, ties):
    """Mann and Whitney's test, ties and all."""
    values, others = rng().normal(0.5, size=30), rng(1).normal(size=70)
    if ties:
        values, others = values.round(), others.round()
    found = stratified_rank_test(values, ONE[:30], others, ONE[:70])
    oracle = stats.mannwhitneyu(
        values, others, alternative="greater", method="asymptotic", use_continuity=False
    )

    assert found.p == pytest.approx(oracle.pvalue)
    assert found.effect == pytest.approx(2 * oracle.statistic / (30 * 70) - 1)


@pytest.mark.parametrize(
    ("values", "others"),
    [
        ([1], [0] * 80),
        ([1], [0] * 78 + [1, 2]),
        ([1, 2], [0] * 40),
        ([0, 1], [0] * 40),
        ([0, 0, 1], [0] * 30),
        ([0, 1, 2], [0] * 28 + [1, 1]),
    ],
)
def test_few_values_beside_equal_ones_are_no_surer_than_all_draws(values, others):
    """Each draw of as many from both counted: the share of as high a sum, or a tenth less."""
    ranks = stats.rankdata(values + others)
    sums = [sum(drawn) for drawn in combinations(ranks, len(values))]
    exact = fmean(drawn >= ranks[: len(values)].sum() for drawn in sums)
    found = stratified_rank_test(
        np.array(values, float), ONE[: len(values)], np.array(others, float), ONE[: len(others)]
    )

    assert found.p >= 0.9 * exact
    assert found.open


def test_few_values_of_several_classes_are_drawn_in_each():
    """One above twenty equal ones in each of two classes: by chance once in 21 times 21."""
    found = stratified_rank_test(np.ones(2), np.arange(2), np.zeros(40), np.arange(40) % 2)

    assert found.p == pytest.approx(1 / 21**2)


def test_only_the_own_class_counts():
    """Values that are high in the whole and usual in their class are usual."""
    others = np.concatenate([rng().normal(0, 1, 50), rng(1).normal(9, 1, 50)])
    classes = np.repeat([0, 1], 50)
    new = rng(2).normal(9, 1, 20)

    assert stratified_rank_test(new, np.full(20, 1), others, classes).p > 0.05
    assert stratified_rank_test(new, np.full(20, 0), others, classes).p < 1e-6


def test_a_class_without_others_is_held_against_all():
    found = stratified_rank_test(np.full(5, 9.0), np.full(5, 7), np.arange(9.0), ONE[:9])

    assert found.contributions.tolist() == [1.0] * 5


def test_equal_values_are_no_finding():
    assert stratified_rank_test(np.ones(9), ONE[:9], np.ones(50), ONE[:50])[:2] == (0.0, 1.0)


def test_only_what_could_differ_is_open():
    """Equal values, and changes that are trifles whichever way they go."""
    assert not stratified_rank_test(np.ones(9), ONE[:9], np.ones(50), ONE[:50]).open
    assert stratified_rank_test(np.ones(9), ONE[:9], np.arange(50.0), ONE[:50]).open
    assert not pairs_worsened(np.array([0.1, -0.1]), 0.1).open
    assert pairs_worsened(np.array([0.1, -0.2]), 0.1).open


def test_what_is_missing_is_left_out():
    values = np.array([np.nan, 5.0])
    found = stratified_rank_test(values, ONE[:2], np.array([np.nan, 1.0, 2.0]), ONE[:3])

    assert np.isnan(found.contributions[0])
    assert found.contributions[1] == 1.0


def test_pairs_agree_with_scipy():
    change = rng().normal(0.3, 1, 40)

    assert pairs_worsened(change, 0.0).p == pytest.approx(
        stats.wilcoxon(change, alternative="greater", method="exact").pvalue
    )


def test_eight_pairs_that_all_worsen_by_hand():
    """One sign pattern of 2 ^ 8."""
    found = pairs_worsened(np.arange(1.0, 9.0), 0.0)

    assert found.p == pytest.approx(2.0**-8)
    assert found.effect == 1.0


def test_a_trifle_is_no_change():
    assert pairs_worsened(np.full(500, 0.09), 0.1).p == 1.0
    assert pairs_worsened(np.full(500, 0.11), 0.1).p < 1e-9


def test_hits_agree_with_fisher():
    table = [[5, 15], [20, 380]]

    assert more_common(5, 20, 20, 400) == pytest.approx(
        stats.fisher_exact(table, alternative="greater").pvalue
    )
    assert more_common(0, 20, 20, 400) == 1.0


def test_composition_of_two_classes_is_fishers_test():
    """By Monte Carlo, and so about the same."""
    p = composition(np.array([8, 2]), np.array([40, 60]), rng(), came=True)

    assert p == pytest.approx(stats.fisher_exact([[8, 2], [40, 60]]).pvalue, abs=0.03)


def test_composition_at_its_edges():
    assert composition(np.array([0, 0]), np.array([5, 5]), rng(), came=True) == 1.0
    assert composition(np.array([3, 0]), np.array([5, 0]), rng(), came=True) == 1.0
    assert composition(np.array([50, 0]), np.array([50, 100]), rng(), came=True) < 1e-4


def test_counts_agree_with_scipy():
    """The test of Freeman and Tukey, so many images that its limit law holds; the classes are
    alike common, which leaves one way to see it."""
    counts, others = np.array([115, 100, 85]), np.array([9885, 9900, 9915])
    oracle = stats.power_divergence(counts, lambda_="freeman-tukey")

    assert composition(counts, others, rng(), came=True) == pytest.approx(oracle.pvalue, rel=0.1)


def test_a_class_that_is_spared_is_seen():
    """Two of ten classes lose none of eighty images: Pearson's statistic is 20, with 9 degrees
    of freedom not below 1 %, and the likelihood ratio 36."""
    gone, stays = np.array([0, 0, *[10] * 8]), np.array([1000, 1000, *[990] * 8])

    assert stats.chi2.sf(20, 9) > 0.01
    assert composition(gone, stays, rng(), came=False) < 1e-3


def test_rare_ones_that_go_are_seen_among_what_stays():
    """One of each of seven classes, six of them rare: surer to have gone badly than come badly."""
    stays, gone = np.array([718, 97, 81, 44, 30, 13, 9]), np.ones(7, dtype=int)
    went = composition(gone, stays, rng(), came=False)

    assert went < 0.001
    assert went < composition(gone, stays, rng(), came=True) / 2


@pytest.mark.sweep
@pytest.mark.parametrize("came", sampled([False, True]))
def test_two_ways_to_see_it_have_one_level(came):
    """Random draws are called sure as often as is said, though the surer of two counts."""
    every, generator = np.array([60, 30, 20, 10]), rng(3)
    drawn = generator.multivariate_hypergeometric(every, 15, size=300)
    ps = np.array([composition(own, every - own, generator, came=came) for own in drawn])

    assert (ps < 0.1).mean() == pytest.approx(0.1, abs=0.05)


def test_whole_patients_are_seen():
    groups = np.repeat(np.arange(50), 4)

    assert fewer_groups(groups, np.arange(20), rng()) < 0.001
    assert fewer_groups(groups, np.arange(0, 200, 10), rng()) > 0.01
    assert fewer_groups(np.arange(200), np.arange(20), rng()) == 1.0


def test_holm_by_hand():
    """Sorted .01 .02 .04 times 3, 2, 1, never falling."""
    assert holm([0.04, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@pytest.mark.parametrize("count", sampled([3, 20, 200], 1))
def test_chance_alone_is_seldom_called_sure(count):
    """Ranks of draws from the same source: below 5 % in at most about 5 % of the cases."""
    generator = rng(7)
    hits = [
        stratified_rank_test(
            generator.normal(size=count), ONE[[0] * count], generator.normal(size=100), ONE
        ).p
        < 0.05
        for _ in range(400)
    ]

    assert fmean(hits) < 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5
