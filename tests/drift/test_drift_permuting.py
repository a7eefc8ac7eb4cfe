"""The permutation tests: exact, against oracles, and corrected for their number."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from deri_gate.drift.features import cumulative_histograms, frequencies, rank_feature, shares
from deri_gate.drift.testing import clusters_of
from deri_gate.stats.fourier_features import fourier_rows
from deri_gate.stats.permutation import DriftFeature, draws_of_few, permutation_test, step_down
from tests.sweeps import sampled


def p_of(feature, batch, *, permutations=1_999, seed=0, clusters=None):
    rng = np.random.default_rng(seed)
    return float(
        permutation_test([feature], batch, rng=rng, permutations=permutations, clusters=clusters).p[
            0
        ]
    )


def embedding(vectors, seed=0):
    rows = fourier_rows(vectors, np.random.default_rng(seed))
    return DriftFeature(name="embedding", rows=rows, weights=np.ones(rows.shape[1]))


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_all_deals_of_a_small_case_give_the_exact_p():
    """Against every way to choose two of six, worked out by brute force."""
    values = np.array([1.0, 2.0, 3.0, 4.0, 9.0, 10.0])
    every = [
        abs(values[list(c)].mean() - np.delete(values, c).mean()) for c in combinations(range(6), 2)
    ]
    seen = abs(values[4:].mean() - values[:4].mean())
    exact = np.mean([d >= seen - 1e-9 for d in every])

    feature = DriftFeature(
        name="size", rows=values[:, None].astype(np.float32), weights=np.ones(1), power=1
    )

    assert p_of(feature, 2, permutations=19_999) == pytest.approx(exact, abs=0.01)


@pytest.mark.parametrize("batch", [5, 40])
def test_ranks_agree_with_mann_and_whitney(batch):
    """Two-sided p and rank-biserial correlation of scipy."""
    rng = np.random.default_rng(batch)
    values = rng.normal(size=150)
    values[-batch:] += 0.4
    theirs = stats.mannwhitneyu(values[-batch:], values[:-batch])

    assert p_of(rank_feature("size", values), batch, permutations=9_999) == pytest.approx(
        theirs.pvalue, abs=0.015
    )


def test_shares_agree_with_fishers_exact_test():
    """Of two kinds, Pearson's distance orders the tables as Fisher's two-sided test does here."""
    kinds = ["a"] * 30 + ["b"] * 10 + ["a"] * 4 + ["b"] * 8
    theirs = stats.fisher_exact([[30, 10], [4, 8]]).pvalue

    assert p_of(frequencies("format", kinds), 12, permutations=19_999) == pytest.approx(
        theirs, rel=0.25
    )


def test_shares_agree_with_chi_square():
    """Of many images, with the asymptotic test of scipy."""
    rng = np.random.default_rng(3)
    kinds = list(rng.choice(list("abcd"), 900)) + list(
        rng.choice(list("abcd"), 300, p=[0.31, 0.25, 0.22, 0.22])
    )
    table = [[kinds[:900].count(k) for k in "abcd"], [kinds[900:].count(k) for k in "abcd"]]

    assert p_of(frequencies("classes", kinds), 300) == pytest.approx(
        stats.chi2_contingency(table).pvalue, abs=0.03
    )


def test_distance_of_histograms_is_wassersteins():
    """Between all pixels of one set of pictures and of another, when pictures are of one size."""
    rng = np.random.default_rng(0)
    first = (4 * rng.integers(0, 40, (20, 32, 32))).astype(np.uint8)
    second = (4 * rng.integers(10, 64, (30, 32, 32))).astype(np.uint8)
    rows = cumulative_histograms(np.concatenate([first, second]))
    feature = DriftFeature(name="intensity", rows=rows, weights=np.full(63, 4.0), power=1)

    ours = feature.distance(rows[20:].mean(axis=0) - rows[:20].mean(axis=0))

    assert ours == pytest.approx(
        stats.wasserstein_distance(first.ravel(), second.ravel()), rel=1e-4
    )


def test_mean_rows_of_features_give_the_mmd():
    """Against the O(n^2) sum over the Gaussian kernel of the same width."""
    rng = np.random.default_rng(1)
    first, second = unit(rng.normal(size=(200, 16))), unit(rng.normal(size=(150, 16)) + 0.5)
    both = np.concatenate([first, second]).astype(float)
    squares = ((both[:, None] - both[None]) ** 2).sum(axis=2)
    kernel = np.exp(-squares / (2 * np.median(squares[np.triu_indices(350, 1)])))
    exact = kernel[:200, :200].mean() + kernel[200:, 200:].mean() - 2 * kernel[:200, 200:].mean()
    found = []
    for seed in range(10):
        rows = fourier_rows(both.astype(np.float32), np.random.default_rng(seed))
        found.append(((rows[:200].mean(axis=0) - rows[200:].mean(axis=0)) ** 2).sum())

    assert np.mean(found) == pytest.approx(exact, rel=0.05)


@pytest.mark.parametrize("batch", sampled([1, 3, 20, 90], 2))
def test_level_is_held_at_any_size(batch):
    """Of 200 pairs from one source about 10 % have p below 0.1: within binomial bounds."""
    rng = np.random.default_rng(batch)
    low, high = stats.binom.ppf([0.0005, 0.9995], 200, 0.1)
    hits = 0
    for seed in range(200):
        vectors = unit(rng.normal(size=(60 + batch, 8)))
        hits += p_of(embedding(vectors, seed), batch, permutations=199, seed=seed) <= 0.1

    assert low <= hits <= high


def test_a_shift_of_the_embedding_is_found_and_more_surely_in_a_larger_batch():
    """Half a standard deviation in one of 16 directions."""
    rng = np.random.default_rng(0)

    def p(batch):
        vectors = rng.normal(size=(400 + batch, 16))
        vectors[400:, 0] += 0.8
        return p_of(embedding(unit(vectors)), batch)

    assert p(200) == 1 / 2000
    assert p(200) <= p(10)


def test_what_is_constant_differs_nowhere():
    """No rounding error passes for a difference."""
    alike = rank_feature("size", np.full(700, 28.0 * 28))

    assert (alike.rows == 0).all()  # no effect of a rounding error
    assert p_of(alike, 100) == 1.0
    assert p_of(frequencies("channels", ["3"] * 333), 33) == 1.0


def test_order_within_baseline_and_batch_does_not_matter():
    """The distance is the same, whatever the order."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=90)
    order = np.concatenate([rng.permutation(60), 60 + rng.permutation(30)])

    def seen(some):
        return permutation_test(
            [rank_feature("size", some)], 30, rng=np.random.default_rng(0), permutations=9
        ).distance[0]

    assert seen(values) == pytest.approx(seen(values[order]))


def test_correction_keeps_the_family_together():
    """Of 200 batches without drift, at most about 5 % have any adjusted p of 0.05 or less."""
    rng = np.random.default_rng(5)
    hits = 0
    for seed in range(200):
        values = rng.normal(size=(80, 6))
        features = [rank_feature(f"a{k}", values[:, k] + values[:, 0]) for k in range(6)]
        found = permutation_test(features, 20, rng=np.random.default_rng(seed), permutations=399)
        hits += found.adjusted.min() <= 0.05

    assert hits <= stats.binom.ppf(0.9995, 200, 0.05)


def test_correction_costs_less_than_holms_where_aspects_move_together():
    """Six copies of one feature need no correction; six independent ones need about Holm's."""
    rng = np.random.default_rng(2)
    values = rng.normal(size=120)
    values[90:] += 0.5
    copies = [rank_feature(f"a{k}", values) for k in range(6)]
    apart = [copies[0], *(rank_feature(f"b{k}", rng.normal(size=120)) for k in range(5))]

    same = permutation_test(copies, 30, rng=np.random.default_rng(0), permutations=1_999)
    others = permutation_test(apart, 30, rng=np.random.default_rng(0), permutations=1_999)

    assert same.adjusted[0] == pytest.approx(same.p[0])
    assert others.adjusted[0] == pytest.approx(6 * others.p[0], rel=0.25)


def test_step_down_by_hand():
    """Four permutations, two features: p .25 and .5; a smallest p of .25 occurs in two of four permutations."""
    p = np.array([[0.25, 0.5], [0.5, 0.25], [0.75, 0.75], [1.0, 1.0]])

    assert step_down(p) == pytest.approx([0.5, 0.5])


def test_images_of_one_patient_are_dealt_together():
    """Ten like images of each patient are one witness: what looks sure by images is not."""
    rng = np.random.default_rng(4)
    patients = np.repeat(np.arange(24), 10)
    values = np.repeat(rng.normal(size=24), 10) + 0.01 * rng.normal(size=240)
    values[200:] += 0.8
    by_image, by_patient = (
        p_of(rank_feature("size", values), 40, clusters=c) for c in (None, patients)
    )

    assert by_image < 0.005
    assert by_patient > 0.05


def test_level_is_held_where_images_come_in_clusters():
    """200 pairs of patients from one source, ten images each; p below 0.1 in about 10 %."""
    rng = np.random.default_rng(7)
    clusters = np.repeat(np.arange(30), 10)
    low, high = stats.binom.ppf([0.0005, 0.9995], 200, 0.1)
    hits = sum(
        p_of(rank_feature("size", np.repeat(rng.normal(size=30), 10) + 0.1 * rng.normal(size=300)), 100,
             permutations=199, seed=seed, clusters=clusters) <= 0.1
        for seed in range(200)
    )  # fmt: skip

    assert low <= hits <= high


def test_which_groups_are_dealt_as_a_whole():
    """Patients are; sites, or patients on both sides, are not."""
    patients = [f"p{i // 2}" for i in range(40)]
    others = [f"q{i // 2}" for i in range(40)]

    assert len(np.unique(clusters_of(patients, others))) == 40
    assert clusters_of(patients, patients) is None
    assert clusters_of(["a", "b"] * 20, others) is None
    assert clusters_of(None, others) is None


def test_multi_label_shares_count_every_label():
    """An image of two classes counts for both."""
    rows = np.array([[1, 1], [1, 0], [0, 1], [1, 1]], dtype=np.float32)

    assert shares("classes", rows).distance(rows[3] - rows[:3].mean(axis=0)) == pytest.approx(
        2 * (1 / 3) ** 2 / 0.75
    )


@pytest.mark.parametrize(("every", "few"), [(2, 1), (40, 7), (260, 130), (30, 30), (900, 600)])
def test_draws_made_at_once_are_those_of_numpy(every, few):
    """To the last one, and the generator goes on from the same place."""
    ours, theirs = np.random.default_rng(every), np.random.default_rng(every)
    drawn = draws_of_few(ours, every, few, 50)

    for row in drawn:
        chosen = theirs.choice(every, few, replace=False, shuffle=False)
        assert set(np.flatnonzero(row)) == set(chosen)
    assert ours.bit_generator.state == theirs.bit_generator.state


def test_many_of_more_than_ten_thousand_are_drawn_as_numpy_draws_them():
    """By another method than fewer are."""
    drawn = draws_of_few(np.random.default_rng(0), 10_001, 501, 2)

    chosen = np.random.default_rng(0).choice(10_001, 501, replace=False, shuffle=False)
    assert set(np.flatnonzero(drawn[0])) == set(chosen)
