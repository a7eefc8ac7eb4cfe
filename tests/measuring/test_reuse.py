"""What a dataset takes over from an earlier state of itself, and when it does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from deri_gate.features.linear_probe import STRENGTH, fit_probe, stratified_folds
from deri_gate.measuring import evidence as evidence_module
from deri_gate.measuring.evidence import Evidence
from deri_gate.measuring.measure import measure_dataset, metrics_named
from deri_gate.measuring.reuse import differs_little, lent_probe, origins
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import PAPER_SMALL, STANDARD
from deri_gate.reports.documents import metrics_document
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store
from deri_gate.schemas.base import as_json


def test_pictures_are_found_by_content_each_once():
    """Of two copies each is taken once, in order; a third has no origin."""
    found = origins(["b", "a", "new", "a", "a"], ["a", "x", "a", "b"])

    np.testing.assert_array_equal(found, [3, 0, -1, 2, -1])


@pytest.mark.parametrize(
    ("removed", "relabelled", "little"),
    [(0, 0, True), (5, 5, True), (10, 0, True), (11, 0, False), (0, 11, False), (6, 5, False)],
)
def test_a_tenth_is_little(dataset_of, removed, relabelled, little):
    """Of a hundred images; removed and relabelled ones count alike."""
    labels = [i % 2 for i in range(100)]
    earlier = dataset_of([None] * 100, labels)
    now = earlier.select(np.arange(removed, 100))
    own = [(1 - k,) if i < relabelled else (k,) for i, (k,) in enumerate(now.labels)]
    origin = np.arange(removed, 100)

    assert differs_little(replace(now, labels=tuple(own)), earlier, origin) is little


def test_other_classes_are_not_little(dataset_of):
    """A class list in another order would take a class for another."""
    earlier = dataset_of([None] * 20, [i % 2 for i in range(20)], classes=("a", "b"))

    assert not differs_little(replace(earlier, classes=("b", "a")), earlier, np.arange(20))


def test_a_lent_probe_has_not_seen_what_it_judges(membership_of):
    """Known pictures keep their fold's word; a new one gets that of a probe fitted by hand."""
    generator = np.random.default_rng(0)
    labels = [i % 3 for i in range(90)]
    features = (generator.normal(size=(3, 20))[labels] + generator.normal(size=(90, 20))).astype(
        np.float32
    )
    membership = membership_of(labels)
    folds = stratified_folds(membership, folds=5, seed=1)
    probe = fit_probe(features, membership, multilabel=False, folds=folds)
    new = generator.normal(size=(1, 20)).astype(np.float32)
    names = [f"k{i}" for i in range(90)]
    lent = lent_probe(probe, np.concatenate([features[5:7], new]), ["k5", "k6", "n"], names)

    np.testing.assert_array_equal(lent.out_of_fold[:2], probe.out_of_fold[5:7])
    scaler = StandardScaler().fit(features)
    oracle = LogisticRegression(C=STRENGTH, max_iter=200, tol=1e-3)
    oracle.fit(scaler.transform(features), labels)
    np.testing.assert_allclose(
        lent.out_of_fold[2], oracle.predict_proba(scaler.transform(new))[0], atol=2e-3
    )


@pytest.fixture
def measure(tmp_path, monkeypatch, tiny_encoder):
    """Measures with a tiny stand-in for the network."""
    encoder = tiny_encoder()
    monkeypatch.setattr(Evidence, "encoder", encoder)

    def run(dataset, earlier=None, *, folder="store", profile=STANDARD):
        return measure_dataset(
            dataset,
            split=None,
            context=Context(
                profile=profile,
                store=Store(tmp_path / folder),
                machine=Machine(device="cpu", workers=1, progress=False),
            ),
            metrics=metrics_named("data", profile),
            earlier=earlier,
        )

    return run


@pytest.fixture
def states(dataset_of, random_pictures):
    """Sixty pictures of two classes, and the same with two of them gone and two new."""
    pictures = random_pictures(62)
    every = dataset_of(pictures, [i % 2 for i in range(62)])
    return every.select(np.arange(60)), every.select(np.arange(2, 62))


def test_an_earlier_state_changes_no_number_but_the_probes(measure, states):
    """All metrics agree with a run that knows nothing of it."""
    base, head = states
    alone = measure(head, folder="a")
    after = measure(head, measure(base, folder="b"), folder="b")

    assert after.values == alone.values
    np.testing.assert_array_equal(after.evidence.neighbours, alone.evidence.neighbours)


def test_where_little_differs_nothing_is_fitted(measure, states, monkeypatch):
    """The base's probe serves the head."""
    base, head = states
    earlier = measure(base)
    _ = earlier.evidence.probe
    monkeypatch.setattr(evidence_module, "probe_of", None)  # would not survive a call

    after = measure(head, earlier)

    np.testing.assert_array_equal(after.evidence.probe.weights, earlier.evidence.probe.weights)


@pytest.mark.sweep
def test_networks_of_the_papers_words_are_taken_over_too(measure, states):
    """Five CNNs are not taught again for one image in thirty, and are for other classes."""
    base, head = states
    earlier = measure(base, profile=PAPER_SMALL)
    renamed = replace(head, classes=("other", "class1"))
    after, other = (measure(one, earlier, profile=PAPER_SMALL) for one in (head, renamed))

    assert after.evidence._training is earlier.evidence._training
    assert other.evidence._training.dataset.classes == ("other", "class1")


def test_where_much_differs_the_probe_is_fitted_anew(measure, states):
    """A third of the images new: what was learnt before is no yardstick for it."""
    base, head = states
    earlier = measure(base.select(np.arange(40)))
    after, alone = measure(head, earlier), measure(head, folder="other")

    np.testing.assert_array_equal(after.evidence.probe.weights, alone.evidence.probe.weights)


@pytest.mark.sweep
def test_what_is_kept_does_not_depend_on_what_came_first(measure, states):
    """With the base or without, in either order: each gives its own bytes."""
    base, head = states

    def with_base(folder):
        return as_json(metrics_document(measure(head, measure(base, folder=folder), folder=folder)))

    def alone(folder):
        return as_json(metrics_document(measure(head, folder=folder)))

    first = with_base("x"), alone("x")
    second = alone("y"), with_base("y")

    assert first == (second[1], second[0])
