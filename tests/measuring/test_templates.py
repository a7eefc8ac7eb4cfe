"""Classes that show one picture over and over, by embeddings that are made and by real pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deri_gate.measuring.templates import LEAST, MOST, SAME, repeated_share, templates_of
from deri_gate.metrics.profile import STANDARD

WIDE = 64


def around(centres, each, noise, seed=0):
    """Unit vectors around some directions, so many of each; cosines to one about 1 - noise."""
    rng = np.random.default_rng(seed)
    spread = rng.normal(0, np.sqrt(noise / WIDE), (len(centres) * each, WIDE))
    found = np.repeat(centres, each, axis=0) + spread
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def directions():
    """Ten directions at right angles."""
    return np.eye(10, WIDE)


def by_counting(vectors):
    """Share of vectors with a tenth of the others, and five, at least as near as SAME."""
    cosines = np.array([[float(a @ b) for b in vectors] for a in vectors.astype(float)])
    near = (cosines >= SAME).sum(axis=1) - 1
    return float(np.mean(near >= max(5, round(len(vectors) / 10))))


@pytest.mark.parametrize("pictures", [1, 2, 9])
def test_a_class_of_a_few_pictures_repeats_them_all(directions, pictures):
    vectors = around(directions[:pictures], 20, 0.02)

    assert repeated_share(vectors) == by_counting(vectors) == 1.0


def test_pictures_that_differ_repeat_nothing(directions):
    vectors = around(directions, 20, 0.5)

    assert repeated_share(vectors) == by_counting(vectors) == 0.0


def test_a_part_that_repeats_is_that_part(directions):
    vectors = np.concatenate([around(directions[:1], 30, 0.02), around(directions, 7, 0.6)])

    assert repeated_share(vectors) == pytest.approx(0.3)
    assert repeated_share(vectors) == by_counting(vectors)


def test_it_needs_five_others_however_small_the_class(directions):
    """Two copies in a class of ten are copies, which have measures of their own."""
    vectors = np.concatenate([around(directions[:1], 4, 0.01), around(directions[1:], 1, 0.01)])

    assert repeated_share(vectors) == 0.0


def with_vectors(evidence_of, dataset_of, vectors, labels):
    pictures = [np.full((8, 8, 3), i % 250, np.uint8) for i in range(len(labels))]
    evidence = evidence_of(dataset_of(pictures, labels))
    vars(evidence)["embeddings"] = vectors
    return evidence


def test_classes_count_by_their_images(evidence_of, dataset_of, directions):
    """One of 40 images that repeats, one of 100 that does not; one too small to be judged."""
    vectors = np.concatenate(
        [around(directions[:1], 40, 0.02), around(directions, 10, 0.5), around(directions, 1, 0.1)]
    )
    labels = [0] * 40 + [1] * 100 + [2] * (LEAST - 1) + [0]
    found = templates_of(with_vectors(evidence_of, dataset_of, vectors, labels))

    assert [one.label for one in found.judged] == ["class0", "class1"]
    assert found.share.value == pytest.approx(40 / 141)
    assert [f.path for f in found.findings()] == ["class0"]
    assert "97.6 % of 41 images" in found.share.note


def test_large_classes_are_looked_at_in_part(evidence_of, dataset_of, directions):
    """As many as are compared, evenly spread, so that the share stays what it is."""
    vectors = around(directions[:2], MOST, 0.02)
    found = templates_of(with_vectors(evidence_of, dataset_of, vectors, [0] * len(vectors)))

    assert found.share.value == 1.0
    assert found.judged[0].images == 2 * MOST


def test_order_does_not_matter(directions):
    vectors = np.concatenate([around(directions[:1], 30, 0.05), around(directions, 7, 0.6)])
    order = np.random.default_rng(1).permutation(len(vectors))

    assert repeated_share(vectors[order]) == repeated_share(vectors)


def test_what_cannot_be_told_is_not_looked_at(evidence_of, dataset_of, directions):
    """Too few images; another encoder, in which the bound is not known; no embeddings."""
    few = with_vectors(evidence_of, dataset_of, around(directions, 1, 0.1), [0] * 5 + [1] * 5)
    pictures = [np.full((8, 8, 3), i, np.uint8) for i in range(20)]
    other = evidence_of(
        dataset_of(pictures, [0] * 20), profile=replace(STANDARD, encoder="resnet18")
    )

    assert templates_of(few).share.value is None
    assert "10 images" in templates_of(few).share.reason
    assert "encoder" in templates_of(other).share.reason
    assert templates_of(other).findings() == []
