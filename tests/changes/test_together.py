"""Splits asked together: what is too little in each of them is much in all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2, norm

from deri_gate.changes import testing
from deri_gate.changes.compare import change_between
from deri_gate.changes.hypothesis import Hypothesis
from deri_gate.changes.together import beside_other_splits
from deri_gate.damage import degrade
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.stats.rank_tests import RankTest
from tests.sweeps import sampled


def told(p, kind="modified", about="sharpness", direction="worse", shared=0.0, **more):
    return Hypothesis(
        kind=kind,
        about=about,
        finding=RankTest(0.5, p, np.ones(1), **more),
        positions=np.zeros(1, int),
        direction=direction,
        shared=shared,
    )


def after(*tests):
    return [(round(test.finding.p, 6), test.together) for test in beside_other_splits(tests)]


def test_two_splits_by_hand():
    """Joint p of two of 0.01: beyond x = -4 ln 0.01, chi squared of 4 has exp(-x/2) (1 + x/2)."""
    joint = 0.01**2 * (1 - 2 * np.log(0.01))

    assert after(told(0.01), told(0.01)) == [(round(5 * joint, 6), True)] * 2


def test_new_images_of_two_splits_by_hand():
    """Half of the chance is common: 3.263 / 2 + 0.710 / 4 + 0.027 / 8 between the two.

    The sum -4 ln 0.01 has twice that more variance than 8: scale 1.453, and 2.753 degrees.
    """
    between = 3.263 / 2 + 0.710 / 4 + 0.027 / 8
    scale = (8 + 2 * between) / 8
    joint = chi2.sf(-4 * np.log(0.01) / scale, 4 / scale)

    found = after(*[told(0.01, kind="added", shared=0.5)] * 2)
    assert found == [(round(0.01 / 0.8, 6), False)] * 2  # 5 times the joint p is more
    assert 5 * joint > 0.01 / 0.8
    found = after(*[told(0.01, kind="added", shared=0.02)] * 2)
    assert [together for _, together in found] == [True, True]
    assert 5 * 0.01**2 * (1 - 2 * np.log(0.01)) < found[0][0] < 0.01


@pytest.mark.parametrize(
    "other",
    [
        told(0.001, about="exposure"),
        told(0.001, kind="relabelled"),
        told(0.001, kind="added", shared=0.1),
        told(0.001, open=False),
        told(0.001, direction="different"),
    ],
    ids=["another property", "another kind", "new images", "nothing to ask", "either direction"],
)
def test_other_questions_are_not_joined(other):
    assert after(told(0.01), other) == [(0.01, False), (0.001, False)]


def test_an_innocent_split_is_not_told_with_another():
    """Nor does a sure one become less sure by it than its share of the chance makes it."""
    assert after(told(1e-9), told(0.3)) == [(round(1e-9 / 0.8, 6), False), (0.375, False)]


def test_what_is_too_rare_for_a_number_is_no_warning():
    assert after(told(0.0), told(0.5)) == [(0.0, False), (0.625, False)]


@pytest.mark.parametrize("shared", sampled([0.0, 0.1, 0.5], 1))
def test_the_chance_of_a_false_alarm_is_kept(shared):
    """Uniform p of three splits: the smallest of what is told keeps below each level."""
    generator = np.random.default_rng(5)
    kind = "added" if shared else "modified"
    own, common = generator.normal(size=(3000, 3)), generator.normal(size=(3000, 1))
    least = np.array(
        [
            min(
                t.finding.p
                for t in beside_other_splits([told(p, kind, shared=shared) for p in row])
            )
            for row in norm.sf(np.sqrt(1 - shared) * own + np.sqrt(shared) * common).tolist()
        ]
    )

    for level in (0.01, 0.05):
        by_holm = (least * 3 < level).mean()
        assert by_holm < level + 2 * np.sqrt(level / len(least))


@pytest.fixture
def compared(measured, two_sides):
    """Compares a training and a test split, of which some images of each are noisy."""
    pool = read_pool(find_pool("standard"))
    picked = {"train": np.r_[0:60, 100:160], "test": np.r_[60:100, 160:200]}

    def part(split, damaged, left_out):
        some = two_sides.select(picked[split])
        share = damaged.get(split, 0) / len(some)
        worse = degrade(some, "sharpness", "medium", seed=1, share=share) if share else some
        touched = [content(worse, i) != content(some, i) for i in range(len(some))]
        ids = tuple(f"{split}/{i}" for i in some.ids)
        some = replace(some if left_out else worse, ids=ids, splits=(split,) * len(some))
        return some.select(np.flatnonzero(~np.array(touched))) if left_out else some

    def side(damaged, left_out=False):
        train, test = (part(split, damaged, left_out) for split in ("train", "test"))
        return measured(train, others=test)

    def compare(new=False, **damaged):
        base = side(damaged, left_out=True) if new else side({})
        return change_between(base, side(damaged), pool=pool)

    return compare


def content(dataset, i):
    return dataset.source.load(int(dataset.rows[i])).key


def test_damage_that_is_spread_over_splits_is_told(compared):
    """Five blurred images in each of two splits were too few in both, and passed."""
    alone, both = (
        [t for t in found.tests if t.about == "sharpness"]
        for found in (compared(test=5), compared(train=5, test=5))
    )

    assert [t.adjusted_p < 0.01 for t in alone] == [False]
    assert [(t.split, t.adjusted_p < 0.01) for t in both] == [("", True), ("test", True)]
    assert all(" with those of other splits)." in t.sentence for t in both)
    assert "with those of other splits" not in alone[0].sentence
    assert [len(t.images) for t in both] == [5, 5]


@pytest.mark.sweep
def test_new_images_that_are_spread_over_splits_are_told(compared, monkeypatch):
    """Three blurred ones that are new in each of two splits were too few in both, and passed."""

    def blurred():
        tests = compared(new=True, train=3, test=3).tests
        return [t for t in tests if t.kind == "added" and t.about == "sharpness"]

    together = blurred()
    monkeypatch.setattr(testing, "beside_other_splits", list)
    apart = blurred()

    assert [t.adjusted_p < 0.01 for t in apart] == [False, False]
    assert [(t.split, t.adjusted_p < 0.01) for t in together] == [("", True), ("test", True)]
    assert all(" with those of other splits)." in t.sentence for t in together)


@pytest.mark.sweep
def test_one_split_is_judged_as_ever(monkeypatch, compared):
    """A dataset of one changed split gives the same bytes as without the others."""
    found = compared(test=5)
    monkeypatch.setattr(testing, "beside_other_splits", list)

    assert compared(test=5) == found
