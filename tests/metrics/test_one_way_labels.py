"""Pairs of classes of which one has the label of the other too often."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import fisher_exact

from deri_gate.features.linear_probe import fit_probe, stratified_folds
from deri_gate.features.neighbours import nearest_neighbours
from deri_gate.metrics.one_way_labels import CHANCE, one_way_pairs
from deri_gate.metrics.wrong_labels import weigh_labels


def evidence(looks, labels, classes=3):
    """Each image is surely of the class that it looks like, the first of each class surest.

    Each has one neighbour, the last that looks so, which bears the right label.
    """
    count = len(looks)
    last = {look: i for i, look in enumerate(looks.tolist())}
    said = np.full((count, classes), 0.01)
    said[np.arange(count), looks] = 0.9 - np.arange(count) / (10 * count)
    return (
        np.array([[last[look]] for look in looks.tolist()]),
        csr_array(np.eye(classes)[labels]),
        said,
    )


def three_classes(*moved):
    """100 images that look like each class, of which some among the surest bear other labels.

    Args:
        moved: What images look like, the label that they bear, and how many do.
    """
    looks = np.repeat([0, 1, 2], 100)
    labels, used = looks.copy(), [0, 0, 0]
    for look, label, count in moved:
        start = 100 * look + used[look]
        labels[start : start + count] = label
        used[look] += count
    return looks, labels


@pytest.mark.parametrize("pair", [(0, 1), (2, 0)])
def test_labels_moved_one_way_are_told(pair):
    look, label = pair

    assert one_way_pairs(*evidence(*three_classes((look, label, 6)))) == [(label, look)]


@pytest.mark.parametrize(
    "moved",
    [
        [],
        [(0, 1, 3)],
        [(0, 1, 3), (0, 2, 3)],
        [(look, label, 6) for look in range(3) for label in range(3) if look != label],
    ],
)
def test_few_labels_and_those_moved_in_every_way_are_not(moved):
    """Three of 40, of one label or two; and twelve of each class."""
    assert one_way_pairs(*evidence(*three_classes(*moved))) == []


@pytest.mark.parametrize("elsewhere", range(5))
def test_the_chance_is_that_of_an_exact_test(elsewhere):
    """Six of 40 of one class, and so many of each other; Fisher's test in SciPy is the oracle."""
    moved = [(0, 1, 6), *((look, 0, elsewhere) for look in (1, 2) if elsewhere)]
    table = [[6, 34], [2 * elsewhere, 80 - 2 * elsewhere]]
    chance = fisher_exact(table, alternative="greater").pvalue
    found = one_way_pairs(*evidence(*three_classes(*moved)))

    assert ((1, 0) in found) == (3 * chance <= CHANCE)


def test_a_class_of_few_images_is_not_asked():
    """Six of nine images that look so, with one other label."""
    looks = np.repeat([0, 1], [9, 200])
    labels = looks.copy()
    labels[:6] = 1

    assert one_way_pairs(*evidence(looks, labels, classes=2)) == []


def test_images_of_several_classes_are_not_asked():
    neighbours, membership, said = evidence(*three_classes((0, 1, 6)))
    both = membership.toarray()
    both[299, 0] = 1

    assert one_way_pairs(neighbours, csr_array(both), said) == []


def test_the_size_of_a_class_does_not_count():
    """Ten of 400 are likest to a class of 60, images of which the probe takes for the large one."""
    labels = np.repeat([0, 1], [400, 60])
    said = np.repeat([[0.55, 0.35], [0.9, 0.01], [0.6, 0.3]], [10, 390, 60], axis=0)
    neighbours = np.where((said[:, 1] > 0.1)[:, None], [399, 459], [398, 399])

    assert one_way_pairs(neighbours, csr_array(np.eye(2)[labels]), said) == [(0, 1)]


def test_the_list_has_all_denied_labels_of_the_pair(monkeypatch):
    """A fifth of a class bears the label of a class three times as large, which it overlaps."""
    rng = np.random.default_rng(3)
    truth = np.repeat([0, 1], [300, 100])
    features = rng.normal(0, 1, (400, 6)) + np.eye(6)[truth] * 2
    vectors = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    labels = truth.copy()
    labels[300:320] = 0
    members = csr_array(np.eye(2)[labels])
    folds = stratified_folds(members, folds=5, seed=42)
    said = fit_probe(vectors, members, multilabel=False, folds=folds).out_of_fold
    near = nearest_neighbours(vectors, 10)
    longer = set(weigh_labels(near, members, said, vectors).suspects.tolist())
    monkeypatch.setattr("deri_gate.metrics.wrong_labels.one_way_pairs", lambda *_: [])
    shorter = set(weigh_labels(near, members, said, vectors).suspects.tolist())

    assert one_way_pairs(near, members, said) == [(0, 1)]
    assert shorter < longer
    assert (labels[sorted(longer - shorter)] == 0).all()
    assert len(longer & set(range(300, 320))) > len(shorter & set(range(300, 320)))
