"""Diversity: means over pairs without making the pairs, against those made one by one."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from deri_gate.errors import UnmeasurableError
from deri_gate.metrics import diversity as module
from deri_gate.metrics.diversity import Spectrum, paper_diversity, spectrum_of
from deri_gate.metrics.diversity import diversity as of_spectrum
from tests.sweeps import randomly


def diversity(vectors):
    """Through the store and back, as between two runs."""
    return of_spectrum(Spectrum.from_bytes(spectrum_of(vectors).to_bytes()))


BOTH = pytest.mark.parametrize("metric", [diversity, paper_diversity])


def units(count, *, dimensions=7, seed=0, spread=1.0):
    vectors = np.random.default_rng(seed).normal(1, spread, (count, dimensions))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def value(vectors, metric=diversity):
    return float(metric(vectors).statistic(np.ones((1, len(vectors))))[0])


def kinds(vectors, weights):
    """By the definition: 1 over the mean squared cosine, a pair as often as both are drawn."""
    one, other = np.triu_indices(len(vectors), 1)
    squares = (vectors.astype(float) @ vectors.T.astype(float))[one, other] ** 2
    return 1 / np.average(squares, weights=weights[one] * weights[other])


def over_all_pairs(vectors, weights):
    """Each pair of different images counts as often as both were drawn together."""
    pairs = list(combinations(range(len(vectors)), 2))
    distances = [1 - float(vectors[i].astype(float) @ vectors[j].astype(float)) for i, j in pairs]
    return np.average(distances, weights=[weights[i] * weights[j] for i, j in pairs])


@pytest.mark.parametrize(("count", "dimensions"), [(2, 7), (5, 7), (60, 7), (40, 90), (120, 90)])
def test_is_the_mean_over_all_pairs(count, dimensions):
    """From the second moments as from the matrix of all similarities."""
    vectors = units(count, dimensions=dimensions)

    assert value(vectors) == pytest.approx(kinds(vectors, np.ones(count)), rel=1e-4)


def test_the_number_of_images_does_not_matter():
    """Draws of 20, 60 and 200 images of one source have the same mean; Vendi's score grows."""
    source = units(4000, dimensions=40, spread=3.0)
    generator = np.random.default_rng(0)
    means = [
        np.mean([1 / value(source[generator.permutation(4000)[:n]]) for _ in range(60)])
        for n in (20, 60, 200)
    ]

    assert means == pytest.approx([1 / value(source)] * 3, rel=0.03)


@given(st.lists(st.integers(0, 4), min_size=3, max_size=12), st.integers(0, 99))
@randomly(40)
def test_bootstrap_weights_are_counts(counts, seed):
    """An image drawn twice is there twice, and no more variety for that.

    Of single precision, what is nearly nothing is not exact, and its inverse is large.
    """
    weights = np.array(counts)
    if np.count_nonzero(weights) < 2:
        weights[:2] = 1
    vectors = units(len(counts), seed=seed)
    found = diversity(vectors).statistic(np.array([weights], dtype=float))

    assert 1 / found[0] == pytest.approx(1 / kinds(vectors, weights), rel=1e-3, abs=1e-6)


def test_a_resample_of_one_image_has_no_value():
    """NaN, which the interval leaves out, and no warning."""
    assert np.isnan(diversity(units(3)).statistic(np.array([[3.0, 0.0, 0.0]]))[0])


def test_resamples_in_many_dimensions_move_as_by_the_definition():
    """Beyond the leading directions the shape is that of the whole, which repetition would
    narrow; that is the same in all resamples, and what differs between them is kept.
    """
    steep = 0.97 ** np.arange(200)  # as embeddings are
    vectors = np.random.default_rng(0).normal(0.2, 1, (300, 200)) * steep
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    weights = np.random.default_rng(1).multinomial(300, [1 / 300] * 300, 40)
    found = np.log(diversity(vectors).statistic(weights.astype(float)))
    oracle = np.log([kinds(vectors, row) for row in weights])

    assert found - found.mean() == pytest.approx(oracle - oracle.mean(), abs=0.05)
    assert np.corrcoef(found, oracle)[0, 1] > 0.7


@pytest.mark.parametrize(
    ("vectors", "expected"),
    [
        ([[1, 0], [1, 0]], 1.0),  # alike
        ([[1, 0], [1, 0], [0, 1], [0, 1]], 3.0),  # 2 of 6 pairs are alike, the others unrelated
        ([[1, 0], [1, 0], [1, 0], [0, 1]], 2.0),  # 3 of 6
        ([[1, 0], [0.6, 0.8]], 1 / 0.36),  # a cosine of .6
    ],
)
def test_values_worked_by_hand(vectors, expected):
    """Where a person can check it."""
    assert value(np.array(vectors, np.float32)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("count", "seed"), [(2, 0), (5, 1), (60, 2)])
def test_the_papers_words_agree_with_scipy(count, seed):
    """SciPy's pdist makes every pair."""
    vectors = units(count, seed=seed)
    oracle = pdist(vectors.astype(float), "cosine").mean()

    assert value(vectors, paper_diversity) == pytest.approx(oracle, abs=1e-6)


@given(st.lists(st.integers(0, 4), min_size=3, max_size=12), st.integers(0, 99))
@randomly(40)
def test_in_the_papers_words_an_image_is_not_compared_with_itself(counts, seed):
    """However often it is drawn; all pairs say what is left."""
    weights = np.array(counts, dtype=float)
    if np.count_nonzero(weights) < 2:
        weights[:2] = 1
    vectors = units(len(counts), seed=seed)
    found = paper_diversity(vectors).statistic(np.array([weights, np.ones(len(counts))]))

    assert found[0] == pytest.approx(over_all_pairs(vectors, weights), abs=1e-6)
    assert found[1] == pytest.approx(over_all_pairs(vectors, np.ones(len(counts))), abs=1e-6)


def test_in_the_papers_words_a_resample_of_one_image_has_no_value():
    """NaN, which the interval leaves out, and no warning."""
    assert np.isnan(paper_diversity(units(3)).statistic(np.array([[3.0, 0.0, 0.0]]))[0])


@BOTH
def test_a_single_image_is_unmeasurable(metric):
    """It differs from nothing, which is not the same as no diversity."""
    with pytest.raises(UnmeasurableError, match="single image"):
        metric(units(1))


@BOTH
def test_blocks_change_nothing(metric, monkeypatch):
    """However few images are summed at a time."""
    vectors = units(50)
    whole = value(vectors, metric)
    monkeypatch.setattr(module, "BLOCK", 7)

    assert value(vectors, metric) == pytest.approx(whole, abs=1e-9)


@BOTH
def test_order_and_rotation_do_not_matter(metric):
    """Shuffling the images or turning the space keeps every similarity."""
    vectors = units(30)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(7, 7)))[0]
    turned = (vectors @ turn).astype(np.float32)

    assert value(vectors[::-1], metric) == pytest.approx(value(vectors, metric), abs=1e-6)
    assert value(turned, metric) == pytest.approx(value(vectors, metric), abs=1e-5)


@BOTH
def test_falls_as_images_come_closer(metric):
    """Known damage: less spread, less diversity."""
    values = [value(units(40, spread=s), metric) for s in (1.0, 0.5, 0.1)]

    assert values[0] > values[1] > values[2]


def test_falls_as_kinds_are_dropped():
    """Known damage that the mean distance does not see: a kind between two others goes."""
    kinds = np.array([[1, 0, 0.05], [0.7, 0.7, 0.05], [0, 1, 0.05]])
    rng = np.random.default_rng(0)
    vectors = kinds.repeat(20, axis=0) + rng.normal(0, 0.02, (60, 3))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    ends = np.delete(vectors, slice(20, 40), axis=0)

    assert value(ends, paper_diversity) > value(vectors, paper_diversity)
    assert value(vectors[:40]) < value(vectors)


def test_copies_add_nothing():
    """The same images twice are no more diverse than once."""
    vectors = units(25)

    assert value(np.concatenate([vectors, vectors])) < value(vectors)
