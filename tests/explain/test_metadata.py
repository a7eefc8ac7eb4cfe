"""Columns that tell a class: found out of fold, and only where they do."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from deri_gate.explain.metadata import binned, column_kinds, names_labels, tellings


def strength(values, targets):
    found = tellings({"column": np.asarray(values)}, np.asarray(targets), seed=1)
    return found[0] if found else None


def test_agrees_with_a_tree_out_of_fold():
    """A tree on the kinds, classes balanced, is an oracle that shares no code."""
    rng = np.random.default_rng(0)
    targets = np.repeat([0, 1, 2], [300, 200, 60])
    kinds = np.where(rng.random(560) < 0.7, targets, rng.integers(0, 3, 560))
    tree = DecisionTreeClassifier(class_weight="balanced", random_state=0)
    told = cross_val_predict(tree, np.eye(3)[kinds], targets, cv=5)

    found = strength(kinds, targets)
    assert found.accuracy == pytest.approx(balanced_accuracy_score(targets, told), abs=0.01)
    assert found.strength < (found.accuracy - 1 / 3) * 1.5


def test_a_scanner_for_each_class_tells_all():
    found = strength(np.repeat([0, 1], 50), np.repeat([0, 1], 50))

    assert (found.strength, found.accuracy) == (1.0, 1.0)


@pytest.mark.parametrize("seed", range(20))
def test_chance_tells_next_to_nothing(seed):
    """Twenty sites, 200 images of four classes, none of which has to do with another."""
    rng = np.random.default_rng(seed)

    assert strength(rng.integers(0, 20, 200), rng.integers(0, 4, 200)).strength < 0.1


def test_a_name_for_each_image_tells_nothing():
    """No image of another fold has the value, so that there is nothing to predict from."""
    assert strength(np.arange(100), np.repeat([0, 1], 50)).strength == 0
    assert column_kinds({"file": [f"{i}.png" for i in range(100)]}) == {}


def test_a_rare_class_counts_as_much_as_a_common_one():
    """A column that says "common" of all is no better than chance."""
    assert strength(np.zeros(500, int), np.repeat([0, 1], [480, 20])).strength == 0


def test_few_images_are_not_judged():
    assert strength(np.repeat([0, 1], 9), np.repeat([0, 1], 9)) is None
    assert tellings({"column": np.zeros(0, int)}, np.zeros(0, int), seed=0) == ()


def test_numbers_and_dates_are_put_in_order_and_in_bins():
    """A hundred values each; months of two years are in order, an unknown one is by itself."""
    months = [f"20{22 + i // 50}-{1 + i % 12:02d}-{1 + i % 28:02d}" for i in range(100)]
    found = column_kinds(
        {"age": [str(20 + i % 60) for i in range(100)], "date": months, "one": ["a"] * 100}
    )

    assert set(found) == {"age", "date"}
    assert found["date"][:50].max() < found["date"][50:].min() + 1
    assert len(set(found["age"].tolist())) == 12
    np.testing.assert_array_equal(binned(np.array([np.nan, 1.0, 2.0]), 2), [2, 0, 1])
    assert binned(np.full(3, np.nan), 4).tolist() == [0, 0, 0]


def test_text_that_looks_like_numbers_in_part_is_text():
    """Codes and blanks keep their own kinds."""
    found = column_kinds({"site": ["1", "2", "A", ""] * 10})

    assert len(set(found["site"].tolist())) == 4


@pytest.mark.parametrize(
    ("column", "is_one"),
    [("label", True), ("Class ID", True), ("dx_type", True), ("diagnosis", True), ("y", True),
     ("scanner", False), ("site", False), ("month", False), ("year", False), ("age", False)],
)  # fmt: skip
def test_other_names_of_the_label_are_left_out(column, is_one):
    assert names_labels(column) is is_one
