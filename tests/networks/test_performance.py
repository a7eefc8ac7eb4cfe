"""Figures against scikit-learn, and worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score, recall_score, roc_auc_score

from deri_gate.networks.performance import performance
from tests.sweeps import randomly


def judged(probabilities, truth, *, multilabel=False, expected=None):
    truth = np.asarray(truth, dtype=bool)
    names = tuple(f"class{k}" for k in range(truth.shape[1]))
    known = np.ones(len(names), dtype=bool) if expected is None else np.array(expected)
    return performance(
        np.asarray(probabilities, dtype=np.float32),
        truth,
        multilabel=multilabel,
        classes=names,
        expected=known,
    )


def drawn(n, classes, seed):
    rng = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, n)])
    scores = rng.normal(size=(len(labels), classes)).round(1) + np.eye(classes)[labels]
    said = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    return labels, said.astype(np.float32)  # as networks answer; ties must be the same for both


@randomly(25)
@given(st.integers(2, 40), st.integers(2, 5), st.integers(0, 10**6))
def test_agrees_with_scikit_learn(n, classes, seed):
    """Ties included, which the rounding of the scores makes."""
    labels, said = drawn(n, classes, seed)
    found = judged(said, np.eye(classes)[labels])
    guess = said.argmax(axis=1)
    one_hot = np.eye(classes)[labels]

    assert found.accuracy == pytest.approx(accuracy_score(labels, guess))
    assert found.balanced_accuracy == pytest.approx(balanced_accuracy_score(labels, guess))
    assert found.auc == pytest.approx(roc_auc_score(one_hot, said, average="macro"), abs=1e-6)
    np.testing.assert_allclose(found.recalls, recall_score(labels, guess, average=None))
    assert found.reason == ""


@randomly(25)
@given(st.integers(4, 40), st.integers(2, 5), st.integers(0, 10**6))
def test_several_labels_agree_with_scikit_learn(n, classes, seed):
    """Each label on its own, then the mean over labels."""
    rng = np.random.default_rng(seed)
    truth = rng.random((n, classes)) < 0.4
    truth[0], truth[1] = True, False
    said = np.clip(0.3 * truth + 0.7 * rng.random((n, classes)), 0, 1).astype(np.float32)
    found = judged(said, truth, multilabel=True)
    guess = said >= 0.5
    balanced = [balanced_accuracy_score(truth[:, k], guess[:, k]) for k in range(classes)]

    assert found.balanced_accuracy == pytest.approx(np.mean(balanced))
    assert found.accuracy == pytest.approx((truth == guess).mean())
    assert found.auc == pytest.approx(roc_auc_score(truth, said, average="macro"), abs=1e-6)


def test_worked_by_hand():
    """Class 0: 2 of 3 right; class 1: 1 of 1. One of the three lies above class 1's image."""
    said = [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.4, 0.6]]
    found = judged(said, [[1, 0], [1, 0], [1, 0], [0, 1]])

    assert found.recalls == (pytest.approx(2 / 3), 1.0)
    assert found.balanced_accuracy == pytest.approx(5 / 6)
    assert found.accuracy == 0.75
    assert found.auc == pytest.approx(2 / 3)


@pytest.mark.parametrize("multilabel", [False, True])
def test_an_absent_class_has_no_auc(multilabel):
    """Null and a reason, never NaN; the rest stands on the classes that are there."""
    truth = [[1, 0, 0], [0, 1, 0], [1, 0, 0]]
    found = judged(np.array(truth) * 0.8 + 0.1, truth, multilabel=multilabel)

    assert found.auc is None
    assert "no image of the validation is of class 'class2'" in found.reason
    assert found.balanced_accuracy == 1.0
    assert found.recalls == (1.0, 1.0, None)


def test_a_class_of_nowhere_is_not_missed():
    """A name without any image, in training or validation, is not asked about."""
    truth = [[1, 0, 0], [0, 1, 0]]
    found = judged(np.array(truth) * 0.8 + 0.1, truth, expected=[True, True, False])

    assert found.auc == 1.0
    assert found.reason == ""


def test_a_label_on_every_image_has_no_auc():
    found = judged([[0.9, 0.2], [0.9, 0.8]], [[1, 0], [1, 1]], multilabel=True)

    assert found.auc is None
    assert "every image" in found.reason
    assert found.balanced_accuracy == 1.0


def test_a_diverged_network_has_no_figures():
    """NaN in, null and a reason out."""
    found = judged([[np.nan, 0.5], [0.1, 0.9]], [[1, 0], [0, 1]])

    assert (found.balanced_accuracy, found.accuracy, found.auc) == (None, None, None)
    assert "diverged" in found.reason
