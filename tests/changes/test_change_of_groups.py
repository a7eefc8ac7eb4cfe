"""The whole comparison where images belong together: patients that come, go and are edited."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deri_gate.damage.catalogue import find
from deri_gate.damage.recipe import Recipe
from tests.sweeps import sampled

PATIENTS, EACH, NEW = 40, 6, 4
DRAWN = ("imbalance", "composition")  # tests by Monte Carlo


@pytest.fixture(scope="module")
def whole_of(dataset_of, random_pictures):
    """Patients of six images of one class each, taken in one light and with one grain."""

    def make(seed):
        generator = np.random.default_rng(seed)
        sides = np.where(np.arange(24) < 12, 40, -40)[None, :, None]
        patients = np.arange(PATIENTS * EACH) // EACH
        own = np.array(random_pictures(PATIENTS * EACH, seed=seed), dtype=float)
        scenes = own / 4 + own[patients * EACH] / 4 + 64  # a patient's images look alike
        scenes += np.where(patients % 2, 1, -1)[:, None, None, None] * sides
        scenes += generator.normal(0, 20, PATIENTS)[patients, None, None, None]
        grain = np.exp(generator.normal(1, 0.5, PATIENTS))[patients, None, None, None]
        shown = np.clip(scenes + grain * generator.normal(size=scenes.shape), 0, 255)
        names = [f"patient {patient}" for patient in patients]
        return dataset_of(list(shown.astype(np.uint8)), patients % 2, groups=names)

    return make


def first(whole, patients):
    """The set without its last patients."""
    return whole.select(np.arange((PATIENTS - patients) * EACH))


def sure(found, limit=0.01):
    return {t.name for t in found.tests if t.adjusted_p < limit}


def harmful(found):
    """What fails by the shipped limits; groups and composition warn."""
    return {name for name in sure(found) if name.partition(".")[2] not in {"groups", "composition"}}


@pytest.mark.parametrize("seed", sampled(range(3)))
def test_honest_new_patients_pass(change, whole_of, seed):
    """No test is sure; of one draw, taken for single images, some are."""
    whole = whole_of(seed)
    found = change(first(whole, NEW), whole)
    alone = replace(whole, groups=None)

    assert found.matching.counts["added"] == NEW * EACH
    assert harmful(found) == set()
    assert seed or harmful(change(first(alone, NEW), alone))


@pytest.mark.sweep
@pytest.mark.parametrize("seed", sampled(range(5)))
def test_honest_patients_may_go(change, whole_of, seed):
    """That whole ones went is said, and no damage seen in it."""
    whole = whole_of(seed)
    found = change(whole, first(whole, NEW))

    assert harmful(found) == set()
    assert "removed.groups" in sure(found)


@pytest.mark.parametrize("group", sampled(["sharpness", "xai_overlay.marker"]))
def test_new_patients_that_are_damaged_are_caught(change, whole_of, group):
    """All images of four, among forty; the sentence says of how many."""
    whole = whole_of(0)
    new = np.arange((PATIENTS - NEW) * EACH, PATIENTS * EACH)
    spec = Recipe.of("", group, "strong", seed=1).spec
    found = change(first(whole, NEW), find(group, "strong").change(whole, new, spec))
    said = [t.sentence for t in found.tests if t.adjusted_p < 0.01]

    assert harmful(found)
    assert any("24 new images of 4 groups are" in one for one in said)


@pytest.mark.sweep
def test_one_name_for_many_new_images_hides_no_damage(change, whole_of):
    """Six patients' images are called one patient's, of whom the base has no like in size."""
    whole = whole_of(0)
    new = np.arange((PATIENTS - 6) * EACH, PATIENTS * EACH)
    names = (*whole.groups[: new[0]], *("one" for _ in new))
    honest = replace(whole, groups=names)
    spec = Recipe.of("", "sharpness", "strong", seed=1).spec
    base = first(honest, 6)

    assert "added.sharpness" in sure(
        change(base, find("sharpness", "strong").change(honest, new, spec))
    )
    assert harmful(change(base, honest)) == set()


@pytest.mark.sweep
def test_damage_in_known_patients_is_caught(change, whole_of):
    """One blurred image more of each of twelve."""
    whole = whole_of(0)
    new = np.arange(12) * EACH
    spec = Recipe.of("", "sharpness", "strong", seed=1).spec
    head = find("sharpness", "strong").change(whole, new, spec)
    found = change(whole.select(np.setdiff1d(np.arange(len(whole)), new)), head)

    assert "added.sharpness" in sure(found)


def test_one_patient_is_never_enough(change, whole_of):
    """Nor may it crash where the base has one other."""
    whole = whole_of(0)
    few = whole.select(np.arange(3 * EACH))

    assert harmful(change(first(whole, 1), whole)) == set()
    assert harmful(change(few.select(np.arange(2 * EACH)), few)) == set()


@pytest.mark.sweep
def test_one_new_patient_is_told_as_too_few(change, whole_of):
    """Six images worse than all others would be no proof beside patients of six; four patients'
    are."""
    whole = whole_of(0)
    found = change(first(whole, 1), whole)

    assert found.too_few == (
        "6 new images of 1 group are too few to tell damage from chance: look at them.",
    )
    assert found.too_few[0] in found.sentence
    assert change(first(whole, NEW), whole).too_few == ()


@pytest.mark.parametrize("wrong", sampled([np.arange(3 * EACH), np.arange(18) * EACH]))
def test_wrong_labels_are_caught_and_corrected_ones_welcome(change, whole_of, wrong):
    """Of three whole patients, which their own images do not vouch for, and of eighteen."""
    whole, some = whole_of(0), set(wrong.tolist())
    labels = tuple((1 - k,) if i in some else (k,) for i, (k,) in enumerate(whole.labels))
    spoilt = replace(whole, labels=labels)

    assert sure(change(whole, spoilt)) == {"relabelled.label_noise"}
    assert sure(change(spoilt, whole)) == set()


@pytest.mark.sweep
def test_groups_of_one_image_change_nothing(change, whole_of):
    """Names without a mate are no groups: the same answers, to the draws of class counts."""
    plain = replace(whole_of(1), groups=None)
    named = replace(plain, groups=plain.ids)
    found = [change(first(one, 3), one) for one in (plain, named)]

    for one, other in zip(*(side.tests for side in found), strict=True):
        assert one.name == other.name
        assert one.p == pytest.approx(other.p, abs=0.02 if one.about in DRAWN else 1e-12)
