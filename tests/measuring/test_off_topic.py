"""Images of something else are named, though several of one kind lie near each other."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from deri_gate.measuring.off_topic import ANY_OTHER, off_topic_images

DIMENSIONS, K = 64, 10


def around(centre: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Unit vectors around a centre."""
    vectors = centre + rng.normal(0, 0.05, (count, DIMENSIONS))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def made(foreign: list[int], seed: int = 0, own: int = 120) -> tuple[np.ndarray, np.ndarray]:
    """Two classes, and groups of so many images of something else, with labels at random."""
    rng = np.random.default_rng(seed)
    centres = np.eye(DIMENSIONS)
    near = centres[0] + 0.3 * centres[1]
    parts = [around(centres[0], own, rng), around(near / np.linalg.norm(near), own, rng)]
    parts += [around(centres[10 + i], count, rng) for i, count in enumerate(foreign)]
    labels = np.r_[np.repeat([0, 1], own), rng.integers(0, 2, sum(foreign))]
    return np.concatenate(parts), labels


def judged(vectors: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score and names, with the neighbours of another library."""
    found = NearestNeighbors(n_neighbors=K, metric="cosine").fit(vectors)
    return off_topic_images(vectors, found.kneighbors(return_distance=False), labels)


@pytest.mark.parametrize("foreign", [[1], [3], [2, 2, 1], [6, 5, 4, 3, 2, 1], [4] * 6])
@pytest.mark.parametrize("seed", [0, 1])
def test_images_of_something_else_are_named(foreign, seed) -> None:
    """A tenth of them hid each other: they widened what they were held against."""
    _, named = judged(*made(foreign, seed))

    assert set(named.tolist()) >= set(range(240, 240 + sum(foreign)))
    assert len(named) <= sum(foreign) + 2


@pytest.mark.parametrize("seed", range(4))
def test_of_a_clean_set_next_to_none_is_named(seed) -> None:
    _, named = judged(*made([], seed))

    assert len(named) <= 1


@pytest.mark.sweep
def test_of_many_images_more_is_asked() -> None:
    """Seven of 18,000 were named by chance; what is something else still is."""
    clean = [len(judged(*made([], seed, own=3000))[1]) for seed in range(3)]
    foreign = judged(*made([2, 1], own=3000))[1]

    assert sum(clean) <= 5
    assert set(foreign.tolist()) >= {6000, 6001, 6002}


@pytest.mark.parametrize(("tight", "loose"), [((270, 0.02), (30, 0.2)), ((300, 0.02), (100, 0.1))])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_class_of_more_variety_is_not_off_topic(tight, loose, seed) -> None:
    """A third of it was named, held against the spread of classes that lie close together."""
    rng, centres = np.random.default_rng(seed), np.eye(DIMENSIONS)
    parts = [
        centres[i] + rng.normal(0, spread, (count, DIMENSIONS))
        for i, (count, spread) in enumerate((tight, loose))
    ]
    vectors = np.concatenate(parts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    _, named = judged(vectors, np.repeat([0, 1], [tight[0], loose[0]]))

    assert len(named) <= 1


@pytest.mark.parametrize("seed", range(4))
def test_what_is_unusual_in_a_close_class_alone_is_not_off_topic(seed) -> None:
    """It was named, though it is nearer to its like than most images of the set are to theirs."""
    rng, centres = np.random.default_rng(seed), np.eye(DIMENSIONS)
    groups = [(centres[0], 0.02, 200), (centres[0], 0.04, 6), (centres[1], 0.1, 250)]
    parts = [centre + rng.normal(0, spread, (n, DIMENSIONS)) for centre, spread, n in groups]
    vectors = np.concatenate([*parts, centres[10:12]])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    _, named = judged(vectors, np.repeat([0, 1, 0], [206, 250, 2]))

    assert {456, 457} <= set(named.tolist())
    assert not set(range(200, 206)) & set(named.tolist())


def test_few_images_name_none() -> None:
    _, named = judged(*made([2], own=15))

    assert not len(named)


@pytest.mark.parametrize("own", [200, 2000])
@pytest.mark.parametrize("seed", [0, 1])
def test_groups_as_large_as_the_neighbours_that_are_looked_at_are_named(own, seed) -> None:
    """Nine digits among films hid each other: they are the nearest of each other, but for one."""
    rng, centres = np.random.default_rng(seed), np.eye(DIMENSIONS)
    groups = [centres[i] + rng.normal(0, 0.02, (K - 1, DIMENSIONS)) for i in (10, 11)]
    varied = centres[0] + rng.normal(0, 0.07, (own, DIMENSIONS))
    vectors = np.concatenate([varied, *groups])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    _, named = judged(vectors, np.zeros(len(vectors), dtype=np.int64))

    assert set(named.tolist()) == set(range(own, len(vectors)))


def test_the_score_is_a_multiple_of_the_usual_distance() -> None:
    vectors, labels = made([1])
    score, named = judged(vectors, labels)
    tenth = 1 - np.sort(vectors @ vectors.T, axis=1)[:, -K - 1]
    usual = np.median(tenth[labels == labels[-1]])

    assert named.tolist() == [240]
    assert score[240] == pytest.approx(tenth[240] / usual, rel=0.05)
    assert np.median(score) == pytest.approx(1, abs=0.05)


def test_equal_images_are_no_reason_to_fail() -> None:
    vectors = np.repeat(np.eye(DIMENSIONS)[:1], 60, axis=0)
    score, named = judged(vectors, np.zeros(60, dtype=np.int64))

    assert np.isfinite(score).all()
    assert not len(named)


def leaning(angle: float, own: int = 150, few: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """One class, of which the last few are turned by an angle, in degrees, from all others."""
    rng, centres = np.random.default_rng(5), np.eye(DIMENSIONS)
    turned = np.cos(np.radians(angle)) * centres[0] + np.sin(np.radians(angle)) * centres[1]
    spread = rng.uniform(0.01, 0.07, (own, 1))  # some are much alike, some less
    varied = centres[0] + spread * rng.normal(size=(own, DIMENSIONS))
    varied /= np.linalg.norm(varied, axis=1, keepdims=True)
    vectors = np.concatenate([varied, around(turned, few, rng)])
    return vectors, np.zeros(own + few, dtype=np.int64)


def test_what_is_odd_and_still_much_like_the_others_is_not_off_topic() -> None:
    """Eyes on white ground were named among eyes on black."""
    assert len(judged(*leaning(58))[1]) == 0
    assert set(judged(*leaning(80))[1].tolist()) == set(range(150, 153))


def test_what_is_odd_by_far_in_a_set_much_alike_is_off_topic() -> None:
    """A part of a machine that lies upside down."""
    vectors, labels = made([])
    vectors[0] = 0.6 * np.eye(DIMENSIONS)[0] + 0.8 * np.eye(DIMENSIONS)[2]

    assert judged(vectors, labels)[1].tolist() == [0]


def test_by_the_scale_of_another_encoder_no_distance_is_near() -> None:
    vectors, labels = leaning(58)
    found = NearestNeighbors(n_neighbors=K, metric="cosine").fit(vectors)
    near = found.kneighbors(return_distance=False)

    assert {*range(150, 153)} <= {*off_topic_images(vectors, near, labels, asked=ANY_OTHER)[1]}


def test_among_many_images_less_distance_is_asked() -> None:
    """The nearest of thousands are nearer, of an X-ray among photographs as well."""
    named = judged(*leaning(68, own=4000))[1]

    assert set(named.tolist()) == set(range(4000, 4003))
