"""The linear probe: honest out of fold, deterministic, and kept without pickle."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from deri_gate.errors import UnmeasurableError
from deri_gate.features import linear_probe
from deri_gate.features.linear_probe import (
    ITERATIONS,
    STRENGTH,
    fit_probe,
    probabilities,
    stratified_folds,
)
from deri_gate.metrics.records import Probe
from deri_gate.runtime import large_arrays
from tests.sweeps import randomly


def blobs(labels, *, dimensions=40, spread=0.3, seed=0):
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(max(labels) + 1, dimensions))
    features = centres[labels] + generator.normal(0, spread, (len(labels), dimensions))
    return features.astype(np.float32)


def fitted(features, membership, *, multilabel=False, folds=5):
    parts = stratified_folds(membership, folds=folds, seed=42)
    return fit_probe(features, membership, multilabel=multilabel, folds=parts)


def sklearn_model():
    return LogisticRegression(C=STRENGTH, max_iter=ITERATIONS, tol=1e-3)


@pytest.mark.parametrize("groups", [("p",) * 12, ("p", "q") * 6, tuple("ppppqrstuvwx")])
def test_groups_without_which_one_class_is_left_are_told(membership_of, groups):
    """One patient in all; a patient a class; one that has all images of a class. No warning."""
    labels = [0, 1] * 6 if groups[-1] != "x" else [0] * 4 + [1] * 8
    own = membership_of(labels)
    parts = stratified_folds(own, folds=5, seed=42, groups=groups)

    with pytest.raises(UnmeasurableError, match="whole groups of them, and without one of"):
        fit_probe(blobs(labels), own, multilabel=False, folds=parts)
    with pytest.raises(UnmeasurableError, match="needs two classes"):
        fit_probe(blobs([0] * 12), membership_of([0] * 12), multilabel=False, folds=parts)


def test_one_group_of_images_of_several_labels_is_told(membership_of):
    own = membership_of([(0,), (0, 1)] * 6)

    with pytest.raises(UnmeasurableError, match="whole groups of them"):
        fit_probe(blobs([0, 1] * 6), own, multilabel=True, folds=np.zeros(12, dtype=np.int64))


@pytest.mark.parametrize("classes", [2, 5])
def test_tells_clear_classes_apart_that_it_has_not_seen(membership_of, classes):
    """Out of fold, every image of separable blobs gets its class."""
    labels = [i % classes for i in range(150)]
    probe = fitted(blobs(labels), membership_of(labels))

    np.testing.assert_array_equal(probe.out_of_fold.argmax(axis=1), labels)
    np.testing.assert_allclose(probe.out_of_fold.sum(axis=1), 1.0, atol=1e-5)


def test_has_not_seen_what_it_judges(membership_of):
    """On labels drawn by lot it is right by chance, where on its own images it would not be."""
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 200).tolist()
    features = generator.normal(size=(200, 300)).astype(np.float32)
    probe = fitted(features, membership_of(labels))
    seen = (features @ probe.weights.T + probe.bias).argmax(axis=1)

    assert (seen == labels).mean() > 0.8
    assert 0.35 < (probe.out_of_fold.argmax(axis=1) == labels).mean() < 0.65


BY_BLOCKS = pytest.mark.parametrize("most_scores", [linear_probe.SCORES, 0])


@BY_BLOCKS
@pytest.mark.parametrize("classes", [2, 4])
def test_equals_scikit_learn(membership_of, classes, most_scores, monkeypatch):
    """Folded into raw features and, for two classes, into two rows: the same probabilities."""
    monkeypatch.setattr(linear_probe, "SCORES", most_scores)
    labels = [i % classes for i in range(120)]
    features = blobs(labels, spread=2.0) * 7 + 3
    probe = fitted(features, membership_of(labels))
    scaler = StandardScaler().fit(features.astype(float))
    scaled = scaler.transform(features).astype(np.float32)
    oracle = sklearn_model().fit(scaled, labels).predict_proba(scaled)
    found = probabilities(features @ probe.weights.T + probe.bias, multilabel=False)

    np.testing.assert_allclose(found, oracle, atol=1e-4)


@BY_BLOCKS
def test_out_of_fold_equals_scikit_learn_fitted_by_hand(membership_of, most_scores, monkeypatch):
    """One fold, done in the open; the images of the fold are asked two at a time, too."""
    monkeypatch.setattr(linear_probe, "SCORES", most_scores)
    monkeypatch.setattr(large_arrays, "BLOCK", max(80, most_scores))
    labels = np.arange(90) % 3
    features, membership = blobs(labels, spread=2.0), membership_of(labels.tolist())
    folds = stratified_folds(membership, folds=5, seed=42)
    probe = fit_probe(features, membership, multilabel=False, folds=folds)
    inside = folds == 2
    scaler = StandardScaler().fit(features[~inside].astype(float))
    model = sklearn_model().fit(
        scaler.transform(features[~inside]).astype(np.float32), labels[~inside]
    )
    oracle = model.predict_proba(scaler.transform(features[inside]).astype(np.float32))

    np.testing.assert_allclose(probe.out_of_fold[inside], oracle, atol=1e-4)


def test_several_labels_are_told_independently(membership_of):
    """One regression a class: each equals scikit-learn's own, and rows need not add up to 1."""
    generator = np.random.default_rng(1)
    dense = generator.random((160, 3)) < [0.5, 0.3, 0.6]
    dense[~dense.any(axis=1), 0] = True
    features = (
        dense @ generator.normal(size=(3, 30)) + generator.normal(0, 0.3, (160, 30))
    ).astype(np.float32)
    membership = membership_of([tuple(np.flatnonzero(row).tolist()) for row in dense])
    probe = fitted(features, membership, multilabel=True)
    scaled = StandardScaler().fit_transform(features.astype(float)).astype(np.float32)
    found = probabilities(features @ probe.weights.T + probe.bias, multilabel=True)

    assert ((probe.out_of_fold > 0.5) == dense).mean() > 0.95
    for k in range(3):
        oracle = sklearn_model().fit(scaled, dense[:, k]).predict_proba(scaled)[:, 1]
        np.testing.assert_allclose(found[:, k], oracle, atol=1e-4)


@pytest.mark.parametrize("multilabel", [False, True])
def test_a_class_without_images_cannot_win(membership_of, multilabel):
    """Its weights are zero and its probability is nil."""
    labels = [2 * (i % 2) for i in range(60)]
    probe = fitted(blobs(labels), membership_of(labels, classes=4), multilabel=multilabel)

    np.testing.assert_array_equal(probe.weights[[1, 3]], 0)
    assert probe.out_of_fold[:, [1, 3]].max() == 0
    assert probe.weights.shape == (4, 40)


def test_a_class_that_all_images_have_always_wins(membership_of):
    """Nothing to learn, and nothing to divide by."""
    labels = [(0, 1) if i % 2 else (0,) for i in range(40)]
    probe = fitted(blobs([i % 2 for i in range(40)]), membership_of(labels), multilabel=True)

    assert probe.out_of_fold[:, 0].min() == 1.0


def test_a_constant_feature_tells_nothing(membership_of):
    """And divides by nothing."""
    labels = [i % 2 for i in range(40)]
    features = blobs(labels)
    features[:, 3] = 8.0
    probe = fitted(features, membership_of(labels))

    assert np.isfinite(probe.out_of_fold).all()
    np.testing.assert_allclose(probe.weights[:, 3], 0, atol=1e-6)


@pytest.mark.parametrize("labels", [[0] * 10, [0] * 9 + [1]], ids=["one class", "one in a fold"])
def test_too_few_classes_are_unmeasurable(membership_of, labels):
    """With one class, or one left when a fold is taken out."""
    with pytest.raises(UnmeasurableError, match="two classes"):
        fitted(np.random.default_rng(0).normal(size=(10, 4)), membership_of(labels, classes=2))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=120), st.integers(2, 6), st.integers(0, 9))
@randomly(60)
def test_folds_spread_each_class_evenly(membership_of, labels, folds, seed):
    """No fold has two more of a class, or of all images, than another."""
    found = stratified_folds(membership_of(labels, classes=5), folds=folds, seed=seed)

    assert found.min() >= 0
    assert found.max() < folds
    assert np.ptp(np.bincount(found, minlength=folds)) <= 1
    for k in range(5):
        assert np.ptp(np.bincount(found[np.array(labels) == k], minlength=folds)) <= 1


@given(st.lists(st.integers(0, 12), min_size=2, max_size=60), st.integers(0, 9))
@randomly(40)
def test_groups_stay_together(membership_of, patients, seed):
    """All images of a patient are in one fold, and patients are spread evenly."""
    groups = tuple(f"patient {p}" for p in patients)
    labels = [p % 3 for p in patients]
    found = stratified_folds(membership_of(labels, classes=3), folds=4, seed=seed, groups=groups)
    fold_of = {
        group: {int(f) for f, g in zip(found, groups, strict=True) if g == group}
        for group in groups
    }

    assert all(len(some) == 1 for some in fold_of.values())
    assert np.ptp(np.bincount([min(some) for some in fold_of.values()], minlength=4)) <= 1


def test_the_seed_decides_the_folds(membership_of):
    """The same seed, the same folds; another one, others."""
    membership = membership_of([0, 1] * 30)
    first, again, other = (stratified_folds(membership, folds=5, seed=s) for s in (1, 1, 2))

    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_same_data_give_the_same_bytes(membership_of):
    """No randomness is left in the solver."""
    labels = [i % 3 for i in range(90)]
    first, second = (fitted(blobs(labels, spread=2.0), membership_of(labels)) for _ in range(2))

    assert first.to_bytes() == second.to_bytes()


def test_bytes_give_the_probe_back(membership_of):
    """Everything it holds, exactly."""
    labels = [i % 3 for i in range(30)]
    probe = fitted(blobs(labels), membership_of(labels), multilabel=True)
    back = Probe.from_bytes(probe.to_bytes())

    for name in ("weights", "bias", "out_of_fold"):
        np.testing.assert_array_equal(getattr(back, name), getattr(probe, name))
    assert back.multilabel is True


def test_bytes_hold_no_pickle(membership_of):
    """What lies in a shared cache must not be able to run code."""
    labels = [i % 2 for i in range(20)]
    raw = fitted(blobs(labels), membership_of(labels)).to_bytes()
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        headers = [file.read(name)[:128] for name in file.namelist()]

    assert len(headers) == 4
    assert not any(b"'|O'" in header for header in headers)


def test_pickled_bytes_are_refused():
    """An object array put in their place is not loaded."""
    file = io.BytesIO()
    trap = np.array([{"run": "me"}], dtype=object)
    np.savez(file, weights=trap, bias=trap, out_of_fold=trap, multilabel=trap)

    with pytest.raises(ValueError, match="allow_pickle"):
        Probe.from_bytes(file.getvalue())


def test_many_classes_are_no_warning_of_a_library(membership_of):
    """pytest makes warnings errors; the reader says in words that such labels are numbers."""
    labels = [0, 0, *range(1, 39)]  # the library counts from twenty on

    probe = fit_probe(
        blobs(labels), membership_of(labels), multilabel=False, folds=np.arange(40) % 2
    )

    assert probe.out_of_fold.shape == (40, 39)
