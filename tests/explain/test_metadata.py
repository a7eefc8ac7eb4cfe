"""Columns that tell a class: found out of fold, and only where they do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from deri_gate.explain.metadata import Targets, tellings


def targets_of(targets, units=None):
    """Targets of images that have one each, or several as rows of 0 and 1."""
    rows = np.asarray(targets)
    member = rows if rows.ndim > 1 else np.eye(max(rows, default=0) + 1)[rows]
    return Targets(
        names=[f"class {k}" for k in range(member.shape[1])],
        membership=csr_array(member.astype(np.float32)),
        units=np.arange(len(rows)) if units is None else np.asarray(units),
        seed=1,
    )


def strength(values, targets, units=None):
    found = tellings({"column": np.asarray(values)}, targets_of(targets, units))
    return found[0] if found else None


def test_agrees_with_a_tree_out_of_fold():
    """A tree on the kinds, classes balanced, is an oracle that shares no code."""
    rng = np.random.default_rng(0)
    targets = np.repeat([0, 1], [300, 60])
    kinds = np.where(rng.random(360) < 0.7, targets, rng.integers(0, 3, 360))
    tree = DecisionTreeClassifier(class_weight="balanced", random_state=0)
    told = cross_val_predict(tree, np.eye(3)[kinds], targets, cv=5)

    found = strength(kinds, targets)
    assert found.target == ""
    assert found.accuracy == pytest.approx(balanced_accuracy_score(targets, told), abs=0.01)
    assert found.strength < (found.accuracy - 1 / 2) * 2


def test_all_classes_at_once_are_told_where_each_has_its_own_values():
    """Three of four sites of each of four classes are right: no class alone is told better."""
    targets = np.arange(400) % 4
    kinds = np.where(
        np.arange(400) % 16 < 12, targets, (targets + 1 + np.arange(400) // 16 % 3) % 4
    )
    tree = DecisionTreeClassifier(class_weight="balanced", random_state=0)
    told = cross_val_predict(tree, np.eye(4)[kinds], targets, cv=5)

    assert strength(kinds, targets).accuracy >= balanced_accuracy_score(targets, told) - 0.01


def test_a_scanner_for_each_class_tells_all():
    found = strength(np.repeat([0, 1], 50), np.repeat([0, 1], 50))

    assert (found.strength, found.accuracy) == (1.0, 1.0)


@pytest.mark.parametrize("seed", range(20))
def test_chance_tells_next_to_nothing(seed):
    """Twenty sites, 200 images of four classes, none of which has to do with another."""
    rng = np.random.default_rng(seed)

    assert strength(rng.integers(0, 20, 200), rng.integers(0, 4, 200)).strength < 0.2


def test_a_name_for_each_image_tells_nothing():
    """No image of another fold has the value, so that there is nothing to predict from."""
    assert strength(np.arange(100), np.repeat([0, 1], 50)).strength == 0


def test_a_rare_class_counts_as_much_as_a_common_one():
    """A column that says "common" of all is no better than chance."""
    assert strength(np.zeros(500, int), np.repeat([0, 1], [480, 20])).strength == 0


def test_few_images_are_not_judged():
    assert strength(np.repeat([0, 1], 9), np.repeat([0, 1], 9)) is None
    assert tellings({"column": np.zeros(0, int)}, targets_of(np.zeros(0, int))) == ()


@pytest.mark.parametrize("classes", [3, 7, 10])
def test_one_class_from_another_scanner_is_told_among_many(classes):
    """Nothing tells the other nine of ten classes, so that the mean over all says little."""
    targets = np.arange(classes * 30) % classes
    found = strength(targets == 2, targets)

    assert (found.target, found.strength, found.accuracy) == ("class 2", 1.0, 1.0)


def test_a_class_is_told_from_the_others_as_by_a_tree():
    """The oracle knows nothing of the code: a tree on one class against the rest."""
    rng = np.random.default_rng(3)
    targets = rng.integers(0, 5, 1500)
    kinds = np.where((targets == 4) & (rng.random(1500) < 0.8), 9, rng.integers(0, 10, 1500))
    tree = DecisionTreeClassifier(class_weight="balanced", random_state=0)
    told = cross_val_predict(tree, np.eye(10)[kinds], targets == 4, cv=5)

    found = strength(kinds, targets)
    assert found.target == "class 4"
    assert found.accuracy == pytest.approx(balanced_accuracy_score(targets == 4, told), abs=0.01)


def test_images_of_several_classes_are_told_class_by_class():
    """Half of the images are of both classes; the second is from one site alone."""
    member = np.array([[1, 0], [1, 1], [0, 1], [1, 0]] * 20)
    found = strength(member[:, 1], member)

    assert (found.target, found.strength) == ("class 1", 1.0)
    assert strength(np.arange(80) // 4 % 3, member).strength < 0.2


@pytest.mark.parametrize("seed", range(5))
def test_many_classes_are_not_told_by_chance(seed):
    rng = np.random.default_rng(seed)

    assert strength(rng.integers(0, 12, 600), rng.integers(0, 20, 600)).strength < 0.15


def test_what_is_the_same_in_each_patient_tells_nothing_of_other_patients():
    """Numbers and ages of 30 patients with eight images each, all of one class."""
    patients = np.arange(240) // 8
    classes = np.random.default_rng(0).integers(0, 2, 30)[patients]
    ages = np.random.default_rng(1).integers(0, 12, 30)[patients]

    assert strength(patients, classes).strength == 1  # where patients are not known
    assert strength(patients, classes, patients).strength == 0
    assert strength(ages, classes, patients).strength < 0.3
    assert strength(classes, classes, patients).strength == 1  # a site of each class


def test_of_few_patients_nothing_is_said():
    """Three patients of a class have three scanners at most."""
    patients = np.arange(60) // 10

    assert strength(patients % 2, patients % 2, patients) is None


def test_of_very_many_values_the_common_ones_count():
    """254 of the values that one image has say nothing, and all others are one: half are right."""
    values = np.concatenate([np.repeat([0, 1], 200), np.arange(2, 702)])
    targets = np.concatenate([np.repeat([0, 1], 200), np.arange(700) % 2])

    assert strength(values, targets).accuracy == pytest.approx((400 + 446 / 2) / 1100, abs=0.02)
