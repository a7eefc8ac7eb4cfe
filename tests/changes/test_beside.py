"""How the base sees images, its own and others, against loops over every pair."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.changes.reference import Reference
from deri_gate.runtime import large_arrays

GROUPS = np.repeat(np.arange(9), [30, 9, 4, 1, 1, 1, 5, 6, 3])
CLASSES = np.arange(60) % 3


@pytest.fixture
def base(evidence_of, dataset_of, random_pictures):
    names = [f"patient {g}" for g in GROUPS]
    return evidence_of(dataset_of(random_pictures(60), CLASSES, groups=names))


def expected(base, embedding, k, others):
    """Novelty, share of the neighbours and separation of one image of class `k`."""
    every = base.embeddings[others].astype(float)
    alike, of_class = every @ embedding, CLASSES[others] == k
    nearest = np.argsort(-alike)
    novelty = 1 - alike[nearest[:5]].mean()
    share = of_class[nearest[:10]].mean()
    return novelty, share, alike[of_class].mean() - alike[~of_class].mean()


@pytest.mark.parametrize("at_once", [large_arrays.BLOCK, 2**15], ids=["whole", "blocks of 25"])
def test_an_image_is_seen_by_other_groups_alone(base, at_once, monkeypatch):
    monkeypatch.setattr(large_arrays, "BLOCK", at_once)
    own = Reference(base, GROUPS).own
    for i, (k, group) in enumerate(zip(CLASSES, GROUPS, strict=True)):
        others = np.flatnonzero(group != GROUPS)
        novelty, share, separation = expected(base, base.embeddings[i], k, others)
        probability = base.probe.out_of_fold[i, k]

        assert own.novelty[i] == pytest.approx(novelty, abs=1e-5)
        assert own.belief[i] == pytest.approx((share + probability) / 2, abs=1e-5)
        assert own.separation[i] == pytest.approx(separation, abs=1e-5)


@pytest.mark.parametrize("edited", [False, True])
def test_what_comes_is_seen_as_the_bases_own(base, edited):
    """The very same images, as new ones of these groups, or as later versions of themselves."""
    reference = Reference(base, GROUPS)
    themselves = np.arange(60) if edited else None
    found = reference.of(base.features, base.membership, themselves, None if edited else GROUPS)

    np.testing.assert_allclose(found.novelty, reference.own.novelty, atol=1e-6)
    np.testing.assert_allclose(found.separation, reference.own.separation, atol=1e-6)


def test_a_new_group_is_seen_by_all(base):
    new = np.full(60, 9)
    found = Reference(base, GROUPS).of(base.features, base.membership, groups=new)

    for i in range(60):
        novelty, _, separation = expected(base, base.embeddings[i], CLASSES[i], np.arange(60))
        assert found.novelty[i] == pytest.approx(novelty, abs=1e-5)
        assert found.separation[i] == pytest.approx(separation, abs=1e-5)


def test_groups_of_one_image_change_nothing(base):
    apart, together = Reference(base).own, Reference(base, np.arange(60)).own

    for name in ("novelty", "belief", "separation"):
        np.testing.assert_array_equal(getattr(apart, name), getattr(together, name))


def test_too_few_others_tell_nothing(evidence_of, dataset_of, random_pictures):
    """Of one group nine others are left, of the other the many."""
    groups = np.repeat([0, 1], [31, 9])
    names = [str(g) for g in groups]
    base = evidence_of(dataset_of(random_pictures(40), np.arange(40) % 2, groups=names))
    own = Reference(base, groups).own

    assert np.isnan(own.novelty[groups == 0]).all()
    assert np.isnan(own.belief[groups == 0]).all()
    assert np.isfinite(own.novelty[groups == 1]).all()
