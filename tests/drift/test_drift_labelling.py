"""Labels against similar images of the baseline: brute force, closed forms, flipped labels."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from deri_gate.drift.features import BatchFeatures, FeaturePair
from deri_gate.drift.label_evidence import label_evidence, neighbour_disagreement, neighbours_of_all
from deri_gate.drift.testing import drift_tests
from deri_gate.features.neighbours import nearest_neighbours

OTHER = {"class 0": "class 1", "class 1": "class 0"}


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def strangers_by_hand(baseline, batch, classes, k):
    """Image by image: sort all distances, drop the image itself, count."""
    found = []
    for i, image in enumerate([*baseline, *batch]):
        order = np.argsort(np.linalg.norm(baseline - image, axis=1), kind="stable")
        nearest = [j for j in order.tolist() if j != i][:k]
        own = np.flatnonzero(classes[i]).tolist()
        found.append(max((sum(not classes[j, c] for j in nearest) for c in own), default=k))
    return found


@pytest.mark.parametrize("k", [1, 7])
def test_strangers_agree_with_brute_force(k):
    """Images of several classes, where the rarest among the neighbours counts, and of none."""
    rng = np.random.default_rng(k)
    baseline, batch = unit(rng.normal(size=(40, 6))), unit(rng.normal(size=(15, 6)))
    classes = rng.random((55, 4)) < 0.4
    nearest = neighbours_of_all(baseline, batch, nearest_neighbours(baseline, k))

    ours = neighbour_disagreement(nearest, classes, np.arange(55))

    assert ours.tolist() == strangers_by_hand(baseline, batch, classes, k)


def heaps(rng, images, *, apart=3.0, rare=0.5):
    """Images of two heaps, a class each."""
    classes = (rng.random(images) < rare).astype(int)
    centres = np.where(classes[:, None] == 1, apart, -apart) * np.eye(1, 8)
    zeros = np.zeros(images, dtype=int)
    return BatchFeatures(
        ids=tuple(f"{i}.png" for i in range(images)),
        labels=tuple((f"class {c}",) for c in classes),
        height=zeros + 8, width=zeros + 8, channels=zeros + 1,
        thumbnails=np.zeros((images, 32, 32), dtype=np.uint8),
        chroma=np.full((images, 16, 16, 2), 128, dtype=np.uint8), values={},
        embeddings=unit(rng.normal(size=(images, 8)) + centres),
    )  # fmt: skip


def compared(base, batch, seed=0):
    base = replace(base, neighbours=nearest_neighbours(base.embeddings, 10))
    pair = FeaturePair(base, batch, seed)
    rng = np.random.default_rng(seed)
    return {test.name: test for test in drift_tests(pair.found[0], batch.ids, rng=rng)}


def flipped(side, count):
    labels = [(OTHER[own[0]],) if i < count else own for i, own in enumerate(side.labels)]
    return replace(side, labels=tuple(labels))


def test_a_few_flipped_labels_are_sure_where_classes_are_clear():
    """Five of a hundred; the effect is their share, and those images are named."""
    rng = np.random.default_rng(0)
    base, batch = heaps(rng, 400), heaps(rng, 100)
    tests = compared(base, flipped(batch, 5))

    assert tests["label_noise"].drifted
    assert tests["label_noise"].effect == pytest.approx(0.05, abs=0.015)
    assert set(tests["label_noise"].images[:5]) == {f"{i}.png" for i in range(5)}
    assert not tests["embedding"].drifted


def test_a_wrong_label_beside_the_right_one_is_a_wrong_label():
    """Five of a hundred images are said to be of both classes."""
    rng = np.random.default_rng(0)
    base, batch = heaps(rng, 400), heaps(rng, 100)
    both = [(*own, OTHER[own[0]]) if i < 5 else own for i, own in enumerate(batch.labels)]
    test = compared(base, replace(batch, labels=tuple(both)))["label_noise"]

    assert test.drifted
    assert set(test.images[:5]) == {f"{i}.png" for i in range(5)}


def test_where_neighbours_tell_nothing_flipped_labels_are_no_drift():
    """Two classes that look the same: half of the labels flipped changes nothing."""
    rng = np.random.default_rng(1)
    base, batch = heaps(rng, 300, apart=0.0), heaps(rng, 100, apart=0.0)

    assert compared(base, flipped(batch, 50))["label_noise"].p > 0.01


def test_doubt_is_the_logarithm_of_the_likelihood_ratio():
    """Two classes, one neighbour, 2,000 images: against shares counted and divided here."""
    rng = np.random.default_rng(2)
    kinds = (np.arange(2_000) % 2).astype(int)
    classes = np.eye(2, dtype=bool)[kinds]
    own = rng.random(2_000) < 0.9  # who has a neighbour of its own class
    nearest = np.where(own, kinds, 1 - kinds)[:, None]  # image 0 is of class 0, image 1 of class 1

    ours = label_evidence(nearest, classes, rng)

    right = np.array([own.mean(), 1 - own.mean()])  # of a neighbour of one's own, and of another
    worth = np.log(0.95 + 0.05 * right[::-1] / right)  # a wrong label turns the two round
    worth /= right[::-1] @ worth - right @ worth
    assert ours[own] == pytest.approx(worth[0], abs=0.03)
    assert ours[~own] == pytest.approx(worth[1], abs=0.03)


@pytest.mark.sweep
def test_level_is_held_where_a_class_is_rare_and_hard():
    """Of 100 pairs from one source about 10 % have p below 0.1."""
    rng = np.random.default_rng(3)
    hits = 0
    for seed in range(100):
        base, batch = heaps(rng, 150, apart=0.4, rare=0.1), heaps(rng, 50, apart=0.4, rare=0.1)
        neighbours = nearest_neighbours(base.embeddings, 10)
        pair = FeaturePair(replace(base, neighbours=neighbours), batch, seed)
        features = [feature for feature in pair.found[0] if feature.name == "label_noise"]
        found = drift_tests(features, batch.ids, rng=np.random.default_rng(seed), permutations=199)
        hits += found[0].p <= 0.1

    low, high = binom.ppf([0.0005, 0.9995], 100, 0.1)
    assert low <= hits <= high
