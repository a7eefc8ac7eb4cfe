"""Separation: equal to the means over all pairs, for several labels an image as well."""

from __future__ import annotations

import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.errors import UnmeasurableError
from deri_gate.metrics.separation import paper_separation as separation
from deri_gate.metrics.separation import separation as with_marks
from deri_gate.runtime import large_arrays
from tests.sweeps import randomly


def default(vectors, membership):
    """Where no mark gives a class away."""
    return with_marks(vectors, membership, np.zeros(len(vectors), dtype=bool))


def units(count, *, dimensions=6, seed=0):
    vectors = np.random.default_rng(seed).normal(0.5, 1, (count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def value(vectors, membership):
    return float(separation(vectors, membership).statistic(np.ones((1, len(vectors))))[0])


def over_all_pairs(vectors, labels, weights, only=None):
    """Mean distance of memberships of different classes minus that of equal ones.

    Pairs of two different images, once for each pair of their classes; with `only`, those it is in.
    """
    x = vectors.astype(float)
    sums = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for i, j in combinations(range(len(labels)), 2):
        if only is not None and only not in {i, j}:
            continue
        for one in labels[i]:
            for other in labels[j]:
                weight = weights[i] * weights[j]
                sums[one == other][0] += weight * (1 - x[i] @ x[j])
                sums[one == other][1] += weight
    (inside, inside_pairs), (across, across_pairs) = sums[True], sums[False]
    if not inside_pairs or not across_pairs:
        return np.nan
    return across / across_pairs - inside / inside_pairs


def tuples(labels):
    return [one if isinstance(one, tuple) else (one,) for one in labels]


SINGLE = [0, 1, 2, 0, 1, 2, 0, 0, 1, 1, 2, 0]
MULTI = [(0,), (0, 1), (1, 2), (2,), (0, 1, 2), (0,), (3,), (1,), (3,), (2, 0), (1,), (0, 2)]


@pytest.mark.parametrize("labels", [SINGLE, MULTI], ids=["one label", "several"])
def test_equals_all_pairs(labels, membership_of):
    """The class sums give what the pairs give."""
    vectors = units(len(labels))
    oracle = over_all_pairs(vectors, tuples(labels), np.ones(len(labels)))

    assert value(vectors, membership_of(labels)) == pytest.approx(oracle, abs=1e-6)


@pytest.mark.parametrize("labels", [SINGLE, MULTI], ids=["one label", "several"])
@given(st.lists(st.integers(0, 3), min_size=12, max_size=12), st.integers(0, 99))
@randomly(30)
def test_bootstrap_weights_are_counts(membership_of, labels, counts, seed):
    """Copies of one original are never paired with each other; all pairs say what is left."""
    vectors = units(12, seed=seed)
    oracle = over_all_pairs(vectors, tuples(labels), np.array(counts, dtype=float))
    found = separation(vectors, membership_of(labels)).statistic(np.array([counts], dtype=float))

    assert found[0] == pytest.approx(oracle, abs=1e-6, nan_ok=True)


@pytest.mark.parametrize("labels", [SINGLE, MULTI], ids=["one label", "several"])
def test_an_image_has_the_value_of_its_own_pairs(labels, membership_of):
    """What is said of an image is the same, over the pairs that it is in."""
    vectors = units(len(labels))
    oracle = [
        over_all_pairs(vectors, tuples(labels), np.ones(len(labels)), only=i)
        for i in range(len(labels))
    ]

    np.testing.assert_allclose(
        separation(vectors, membership_of(labels)).per_image, oracle, atol=1e-5
    )


def test_a_class_of_one_image_has_no_value_of_its_own(membership_of):
    """Nothing to compare it with inside its class: NaN, not blamed, no warning."""
    answer = separation(units(5), membership_of([0, 0, 0, 0, 1]))

    assert np.isnan(answer.per_image[4])
    assert 4 not in answer.suspects


def test_a_resample_with_nothing_to_compare_has_no_value(membership_of):
    """No class with two images, or one class only: NaN, not rounding over 0."""
    weights = np.array([[2, 0, 0, 3], [2, 1, 0, 0]], dtype=float)

    assert np.isnan(separation(units(4), membership_of([0, 0, 1, 1])).statistic(weights)).all()


def test_values_worked_by_hand(membership_of):
    """Two classes at right angles: 1 apart outside, 0 inside."""
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)

    assert value(vectors, membership_of([0, 0, 1, 1])) == pytest.approx(1.0)
    assert value(vectors, membership_of([0, 1, 0, 1])) == pytest.approx(0.5 - 1.0)


@pytest.mark.parametrize(
    ("labels", "reason"), [([0, 0, 0], "two classes"), ([0, 1, 2], "two images")]
)
def test_what_cannot_be_compared_is_unmeasurable(labels, reason, membership_of):
    """One class, or classes of one image each."""
    with pytest.raises(UnmeasurableError, match=reason):
        separation(units(3), membership_of(labels))


def test_empty_classes_do_not_count(membership_of):
    """A class that lost its images, as in a split, changes nothing."""
    vectors = units(len(SINGLE))
    wider = membership_of([label + 1 for label in SINGLE], classes=6)

    assert value(vectors, wider) == pytest.approx(value(vectors, membership_of(SINGLE)), abs=1e-12)


def test_order_and_names_of_classes_do_not_matter(membership_of):
    """Shuffling the images and renaming the classes changes nothing."""
    vectors, order = units(12), np.random.default_rng(3).permutation(12)
    renamed = membership_of([(2 - SINGLE[i]) for i in order])

    assert value(vectors[order], renamed) == pytest.approx(
        value(vectors, membership_of(SINGLE)), abs=1e-9
    )


def test_falls_as_labels_are_flipped(membership_of):
    """Known damage: the more labels are wrong, the less the classes differ."""
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1], 60)
    vectors = generator.normal(0, 0.4, (120, 5)) + np.eye(5)[labels]
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    values = []
    for share in (0, 12, 36):
        flipped = labels.copy()
        flipped[:: 120 // share if share else 500] ^= share > 0
        values.append(value(vectors, membership_of(flipped.tolist())))

    assert values[0] > values[1] > values[2]


def test_what_all_images_share_is_taken_off(membership_of):
    """The default is the paper's value of embeddings without the set's mean."""
    vectors, members = units(12), membership_of(SINGLE)
    centred = vectors - vectors.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    found = default(vectors, members)

    assert found.statistic(np.ones((1, 12)))[0] == pytest.approx(value(centred, members), abs=1e-6)
    np.testing.assert_allclose(found.per_image, separation(centred, members).per_image, atol=1e-6)


def test_images_that_all_look_alike_are_not_separate(membership_of):
    """Nothing is left when the mean is taken off: 0, not noise blown up."""
    vectors = np.tile(units(1), (6, 1))
    found = default(vectors, membership_of([0, 0, 0, 1, 1, 1])).statistic(np.ones((1, 6)))

    assert found[0] == pytest.approx(0, abs=1e-3)


def test_what_is_easy_because_of_a_mark_does_not_count(membership_of):
    """Classes far apart are worth nothing where a mark gives one away; poor ones stay poor."""
    labels = [0, 0, 0, 1, 1, 1]
    apart = np.repeat(np.eye(6, dtype=np.float32)[:2], 3, axis=0)
    every, marked = np.ones((1, 6)), np.array(labels) == 1
    mixed = units(6, seed=3)
    values = [
        with_marks(vectors, membership_of(labels), given_away).statistic(every)[0]
        for vectors in (apart, mixed)
        for given_away in (~marked & marked, marked)
    ]

    assert values[0] > 1
    assert values[1] == 0
    assert values[3] == min(values[2], 0)


def test_the_vectors_of_a_class_are_not_copied(membership_of, monkeypatch):
    """Half of a million images would be 2.5 GB in memory, whatever file all of them lie in."""
    monkeypatch.setattr(large_arrays, "BLOCK", 2**18)  # 2,048 rows
    vectors, membership = units(40_000, dimensions=128), membership_of([0, 1] * 20_000)
    tracemalloc.start()
    answer = separation(vectors, membership)
    values = answer.statistic(np.ones((2, 40_000), dtype=np.float32))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert values == pytest.approx(answer.per_image.mean(), abs=1e-6)
    assert peak < vectors.nbytes / 2
