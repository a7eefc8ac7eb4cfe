"""Images that come together: by hand, by closed forms, and for the level that tests promise."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy import stats

from deri_gate.stats import composition_tests, rank_tests
from deri_gate.stats.clusters import (
    Groups,
    Stratum,
    class_counts,
    effective,
    intraclass,
    number_of,
    numbered,
    order_of_units,
)
from deri_gate.stats.composition_tests import Drawn, composition
from deri_gate.stats.rank_tests import more_common, more_common_among, stratified_rank_test
from tests.sweeps import sampled

DRAWS = 400


@pytest.fixture
def no_trifle(monkeypatch):
    """The tests without their smallest effect, so that nothing helps them to their level."""
    monkeypatch.setattr(rank_tests, "TRIFLE", 0.0)


def zeros(count):
    return np.zeros(count, dtype=np.int64)


def rng(*seed):
    return np.random.default_rng(seed)


def patients(generator, count, agree, sizes=(3, 16)):
    """Values of so many patients' images: normal, this share of the variance between patients."""
    units = np.repeat(np.arange(count), generator.integers(*sizes, count))
    own = generator.normal(size=count)[units]
    return np.sqrt(agree) * own + np.sqrt(1 - agree) * generator.normal(size=len(units)), units


def judged(values, units, new, *, together=True):
    """The test of the patients from number `new` on beside the others."""
    came = units >= new
    groups = Groups(units[came], units[~came]) if together else None
    strata = zeros(came.sum()), zeros((~came).sum())
    return stratified_rank_test(values[came], strata[0], values[~came], strata[1], groups)


def test_agreement_by_hand():
    """Two pairs 1, 2 and 3, 4: mean squares 4 between and 1/2 within, (4 - 1/2) / (4 + 1/2).
    Of sizes 1, 2 and 3: n0 = (6 - 14/6) / 2 = 11/6."""
    pairs = intraclass(np.array([1.0, 2, 3, 4]), np.array([5, 5, 9, 9]))
    between = (4**2 + 2 * 0.5**2 + 3 * 1**2 - 6 * 0.0) / 2  # means 4, -1/2, -1; mean of all 0
    within = (0.5 + 2.0) / 3
    uneven = intraclass(np.array([4.0, -1, 0, -2, 0, -1]), np.array([0, 1, 1, 2, 2, 2]))

    assert pairs == pytest.approx(7 / 9)
    assert uneven == pytest.approx((between - within) / (between + (11 / 6 - 1) * within))


def test_agreement_at_its_edges():
    values = np.arange(6.0)

    assert intraclass(values, np.arange(6)) == 0.0  # nobody has two
    assert intraclass(values, zeros(6)) == 0.0
    assert intraclass(np.ones(6), np.repeat([0, 1], 3)) == 0.0
    assert intraclass(np.repeat([0.0, 1], 3), np.repeat([0, 1], 3)) == 1.0
    assert intraclass(np.tile([0.0, 1], 3), np.repeat([0, 1, 2], 2)) == 0.0  # below 0


def test_groups_of_one_image_are_images():
    generator = rng(0)
    values = generator.normal(size=200)
    strata = generator.integers(0, 3, 200)
    units = generator.permutation(200)
    new = slice(0, 20), slice(20, 200)
    apart = stratified_rank_test(values[new[0]], strata[new[0]], values[new[1]], strata[new[1]])
    groups = Groups(units[new[0]], units[new[1]])
    found = stratified_rank_test(
        values[new[0]], strata[new[0]], values[new[1]], strata[new[1]], groups
    )

    assert (found.effect, found.p) == (apart.effect, apart.p)
    np.testing.assert_array_equal(found.contributions, apart.contributions)


def test_the_design_effect_is_kishs(no_trifle):
    """Fifty patients of eight images: Mann and Whitney's statistic over the root of 1 + 7 rho,
    rho from the variances of and within the patients' means; Student's t of 47."""
    values, units = patients(rng(3), 50, 0.3, sizes=(8, 9))
    ranks = stats.rankdata(values).reshape(50, 8)
    between, within = 8 * ranks.mean(axis=1).var(ddof=1), ranks.var(axis=1, ddof=1).mean()
    agree = (between - within) / (between + 7 * within)
    came = units >= 48
    oracle = stats.mannwhitneyu(
        values[came], values[~came], alternative="greater", method="asymptotic",
        use_continuity=False,
    )  # fmt: skip
    z = stats.norm.isf(oracle.pvalue) / np.sqrt(1 + 7 * agree)

    assert 0.1 < agree < 0.5
    assert judged(values, units, 48).p == pytest.approx(stats.t.sf(z, 47))


@pytest.mark.parametrize("new", [3, 5, 12])
def test_the_order_of_many_patients_is_wilcoxons(new):
    """Of their mean ranks, where all have eight images; equal ones speak for the others."""
    values, units = patients(rng(4), 60, 0.8, sizes=(8, 9))
    values += 0.5 * (units >= 60 - new)
    means = stats.rankdata(values).reshape(60, 8).mean(axis=1) + rng(5).uniform(0, 1e-6, 60)
    oracle = stats.mannwhitneyu(means[-new:] - 1e-5, means[:-new], alternative="greater")

    part = Stratum.of(
        *np.split(values[::-1], [new * 8]), 1.0, np.split(units[::-1], [new * 8]), inside=False
    )

    assert order_of_units([part]) == pytest.approx(oracle.pvalue)


def test_four_patients_above_all_others_are_as_sure_as_their_order():
    """One order of C(50, 4), twice, as two tests are asked; no variance would tell as much."""
    units = np.repeat(np.arange(50), 6)
    values = units + 0.01 * rng(6).normal(size=300)
    values[units >= 46] += 1000.0
    variance = judged(values, units, 46, together=False)

    assert judged(values, units, 46).p == pytest.approx(2 / comb(50, 4))
    assert variance.p < 1e-12


def test_equal_patients_are_no_finding():
    """Ties count for the others: most of them show nothing, as most new ones do."""
    values, units = np.zeros(400), np.repeat(np.arange(50), 8)
    values[::97] = 1.0

    assert judged(values, units, 46).p > 0.1


@pytest.mark.parametrize("agree", sampled([0.2, 0.0, 0.6]))
@pytest.mark.parametrize(("base", "new"), sampled([(8, 3), (40, 4), (8, 1), (40, 1)]))
def test_honest_patients_are_seldom_called_sure(no_trifle, agree, base, new):
    """At both levels no oftener than said, within three standard deviations of so many draws."""
    generator = rng(1, base, new)
    made = [patients(generator, base + new, agree) for _ in range(DRAWS)]
    ps = np.array([judged(*one, base).p for one in made])
    apart = np.array([judged(*one, base, together=False).p for one in made])

    for level in (0.01, 0.001):
        assert (ps < level).mean() < level + 3 * (level / DRAWS) ** 0.5
    if agree:
        assert (apart < 0.01).mean() > 0.04  # what taking images for independent does


@pytest.mark.parametrize(
    ("base", "new", "agree", "p"), [(48, 2, 0.0, 1e-3), (47, 3, 0.0, 1e-4), (45, 5, 0.2, 1e-5)]
)
def test_strong_damage_of_few_patients_is_sure_where_patients_agree(base, new, agree, p):
    """The more patients came, and the less they differ, the surer."""
    values, units = patients(rng(5), base + new, agree)
    found = judged(values + 4.0 * (units >= base), units, base)

    assert found.p < p
    assert found.effect > 0.95


def test_one_patient_of_a_kind_tells_nothing():
    """Where all are of one group, nothing says how groups differ; that is no answer."""
    values = np.append(np.arange(9.0), np.full(5, 99.0))
    found = judged(values, np.repeat([0, 1], [9, 5]), 1)

    assert found.p == 1.0
    assert not found.open


def test_images_of_a_known_site_are_held_against_it():
    """As if the site were the class; where it has nine images there, beside those of all."""
    generator, new = rng(2), rng(3).normal(9.5, 1, 25)
    for known, among in ((10, [1]), (9, [0, 1])):
        sites = np.repeat([0, 1], [60, known])
        others = generator.normal(9 * sites, 1)
        found = stratified_rank_test(
            new, zeros(25), others, zeros(len(sites)), Groups(zeros(25) + 1, sites)
        )
        oracle = (new[:, None] > others[np.isin(sites, among)]).mean(axis=1)

        np.testing.assert_allclose(found.contributions, oracle)


def test_a_patient_of_near_duplicates_counts_as_one():
    """All ten of one new patient's images and none of thirty others': one in 31, not sure."""
    hits, others = np.ones(10, dtype=bool), np.zeros(300, dtype=bool)
    groups = Groups(np.full(10, 99), np.repeat(np.arange(30), 10))
    counts = effective(hits, others, groups)

    assert counts == (1, 1, 0, 30)
    assert more_common(*counts) == pytest.approx(1 / 31)


def test_copies_in_known_sites_are_held_against_these():
    """Two sites of twenty that differ: 2 of 2 hits beside 1 of 20, and 1 of 1 beside 19 of 20.
    All three of them by chance: 3 C(20, 0) / C(22, 2) times 20 / 21, worked by hand."""
    sites = np.repeat([0, 1], 20)
    others = np.concatenate([np.arange(20) < 1, np.arange(20) < 19])
    groups = Groups(np.array([0, 0, 1]), sites)
    p = more_common_among(np.ones(3, dtype=bool), others, groups)

    assert p == pytest.approx(comb(3, 2) / comb(22, 2) * 20 / 21)


def test_copies_in_sites_and_new_patients_are_two_tests():
    """The surer of both, counted twice; without groups' mates Fisher's own."""
    others = np.arange(400) < 4
    new = Groups(1000 + np.arange(20), 20 + np.arange(400))
    both = Groups(np.append(new.asked, [0] * 5), np.append(new.others, [0] * 10))
    hits = np.append(np.arange(20) < 5, [False] * 5)
    alone = more_common_among(hits[:20], others, new)

    assert alone == pytest.approx(more_common(5, 20, 4, 400))
    assert more_common_among(hits, np.append(others, [False] * 10), both) > 1.5 * alone


def test_hits_of_single_images_stay_as_they_are():
    hits, others = np.arange(20) < 5, np.arange(400) < 20

    assert effective(hits, others, Groups(np.arange(20), 20 + np.arange(400))) == (5, 20, 20, 400)


def test_classes_of_whole_patients_are_drawn_by_the_patient():
    """Both of two new patients are of the class that 10 of 40 are: C(10, 2) / C(40, 2)."""
    every = np.repeat([[12, 0], [0, 12]], [10, 30], axis=0)
    counts, others = np.array([24, 0]), np.array([96, 360])
    p = composition(counts, others, rng(0), came=True, whole=Drawn(every, 2))

    assert p == pytest.approx(comb(10, 2) / comb(40, 2), rel=0.1)
    assert composition(counts, others, rng(0), came=True) < 1e-4


@pytest.mark.sweep
@pytest.mark.parametrize("came", sampled([False, True]))
def test_honest_patients_classes_are_seldom_called_odd(monkeypatch, came):
    """Four patients of forty, of one class each and unlike sizes, drawn as they are said to be."""
    monkeypatch.setattr(composition_tests, "DRAWS", 499)
    generator, ps = rng(8), []
    for _ in range(200):
        every = np.zeros((40, 3), dtype=np.int64)
        every[np.arange(40), generator.integers(0, 3, 40)] = generator.integers(3, 12, 40)
        mine, others = every[:4].sum(axis=0), every[4:].sum(axis=0)
        ps.append(composition(mine, others, generator, came=came, whole=Drawn(every, 4)))

    assert np.mean(np.array(ps) < 0.1) == pytest.approx(0.1, abs=0.06)


def test_images_of_known_patients_are_drawn_one_by_one():
    """No whole patient among them: as without groups, to the draw."""
    counts, others = np.array([8, 2]), np.array([40, 60])
    drawn = Drawn(np.repeat([[4, 6]], 10, axis=0), 0)

    assert composition(counts, others, rng(0), came=True, whole=drawn) == composition(
        counts, others, rng(0), came=True
    )


def test_what_came_whole():
    groups = Groups(np.array([7, 7, 2, 9]), np.array([1, 2, 2]))

    assert groups.whole.tolist() == [True, True, False, True]
    assert number_of(groups) == 3
    assert set(groups.units[0]).isdisjoint(groups.units[1])
    assert number_of(None) == 0


def test_numbers_of_groups():
    """Those of the base first; an image of no group is one of its own; one group is none."""
    base, head = numbered(["b", "", "a", "b"], ["a", "new", "", "b"])

    assert base.tolist() == [0, 1, 2, 0]
    assert head.tolist() == [2, 3, 4, 0]
    assert numbered(["a", "a"], ["a", "b"]) is None
    assert numbered(["", ""], ["", "b"]) is not None


def test_class_counts_by_group(membership_of):
    counts = class_counts(membership_of([0, 1, 1, (0, 1)]), np.array([0, 2, 2, 0]))

    assert counts.tolist() == [[2, 1], [0, 0], [0, 2]]
