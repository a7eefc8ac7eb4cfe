"""Label noise: the vote of the neighbours, and who is blamed after it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from deri_gate.errors import UnmeasurableError
from deri_gate.features.linear_probe import fit_probe, stratified_folds
from deri_gate.features.neighbours import nearest_neighbours
from deri_gate.metrics.label_noise import METRIC, disagrees, least_precision, paper_label_noise
from deri_gate.metrics.label_noise import label_noise as with_evidence
from deri_gate.metrics.records import Probe
from deri_gate.metrics.wrong_labels import weigh_labels


def label_noise(neighbours, membership, probe, given_away=None, features=None):
    """Where no mark gives a class away, unless it is said."""
    nothing = np.zeros(len(neighbours), dtype=bool)
    features = np.zeros((len(neighbours), 1)) if features is None else features
    label_evidence = weigh_labels(neighbours, membership, probe.out_of_fold, features)
    given_away = nothing if given_away is None else given_away
    return with_evidence(neighbours, membership, probe, label_evidence, given_away)


def blobs(count, *, classes=4, spread=0.35, seed=0):
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    hidden = generator.normal(0, spread, (count, 8)) + np.eye(8)[labels]
    vectors = hidden @ generator.normal(0, 1, (8, 200))  # as many features say the same
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32), labels


def flipped(labels, share, *, classes=4, seed=1):
    generator = np.random.default_rng(seed)
    wrong = np.zeros(len(labels), dtype=bool)
    wrong[generator.permutation(len(labels))[: round(share * len(labels))]] = True
    moved = (labels + generator.integers(1, classes, len(labels))) % classes
    return np.where(wrong, moved, labels), wrong


def saying(out_of_fold):
    shape = out_of_fold.shape[1]
    return Probe(
        weights=np.zeros((shape, 1)),
        bias=np.zeros(shape),
        out_of_fold=np.asarray(out_of_fold, dtype=np.float32),
        multilabel=False,
    )


def answer_for(vectors, labels, membership_of):
    membership = membership_of(labels.tolist())
    folds = stratified_folds(membership, folds=5, seed=42)
    probe = fit_probe(vectors, membership, multilabel=False, folds=folds)
    return label_noise(nearest_neighbours(vectors, 10), membership, probe, features=vectors)


def test_the_vote_agrees_with_scikit_learn(membership_of):
    """Two classes and an odd k leave no ties; each image is left out of its own vote."""
    vectors, labels = blobs(120, classes=2, spread=0.9)
    votes = np.empty(120, dtype=int)
    for i in range(120):
        others = np.arange(120) != i
        model = KNeighborsClassifier(7, metric="cosine", algorithm="brute")
        votes[i] = model.fit(vectors[others], labels[others]).predict(vectors[i : i + 1])[0]
    found = disagrees(nearest_neighbours(vectors, 7), membership_of(labels.tolist()))

    assert found.any()
    np.testing.assert_array_equal(found, votes != labels)


@pytest.mark.parametrize(("a_class", "classes"), [(2, 8), (3, 7), (1, 15)])
def test_classes_too_small_for_the_vote_have_no_value(membership_of, a_class: int, classes: int):
    """They lie in pairs, as far apart as can be: the next class alone outvotes the own one.

    Of a class of three, two others vote, and all three of the class beside it.
    """
    corners = np.eye(16)[np.arange(classes) // 2 * 2] + 0.3 * np.eye(16)[np.arange(classes)]
    labels = np.repeat(np.arange(classes), a_class)
    vectors = corners[labels] + np.random.default_rng(5).normal(0, 0.01, (len(labels), 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    with pytest.raises(UnmeasurableError, match="the classes have too few images"):
        answer_for(vectors.astype(np.float32), labels, membership_of)


def test_wrong_labels_of_small_classes_keep_their_value(membership_of) -> None:
    """Labels drawn at random lie far from their class: the vote denies them for what they are."""
    vectors, _ = blobs(90, classes=3)
    labels = np.random.default_rng(0).permutation(np.arange(90) % 30)

    answer = answer_for(vectors, labels, membership_of)

    assert float(answer.statistic(np.ones((1, 90)))[0]) > 0.8


def test_a_tie_that_includes_the_label_agrees(membership_of):
    """Image 0 is of class 0, its neighbours of 0, 0, 1, 1; image 5 of class 2 has no vote."""
    neighbours = np.array([[1, 2, 3, 4], [0, 2, 3, 4], [0, 1, 3, 4], [0, 1, 2, 4], [0, 1, 2, 3],
                           [0, 1, 3, 4]])  # fmt: skip
    found = disagrees(neighbours, membership_of([0, 0, 0, 1, 1, 2]))

    np.testing.assert_array_equal(found, [False, False, False, True, True, True])


def test_an_image_of_several_classes_agrees_when_one_of_them_wins(membership_of):
    """Image 0 is of classes 0 and 1; the vote goes to 1. Image 3 is of 0 alone."""
    membership = membership_of([(0, 1), (1,), (1, 2), (0,)])
    neighbours = np.array([[1, 2], [0, 2], [0, 1], [1, 2]])

    np.testing.assert_array_equal(disagrees(neighbours, membership), [False, False, False, True])


def test_the_value_is_the_share_outvoted(membership_of):
    """The mean of the votes lost, and with weights their weighted mean."""
    membership = membership_of([0, 0, 0, 1])
    neighbours = np.array([[1, 2], [0, 2], [0, 1], [0, 1]])
    answer = paper_label_noise(neighbours, membership)

    np.testing.assert_allclose(
        answer.statistic(np.array([[1, 1, 1, 1], [1, 0, 0, 3]], dtype=float)), [0.25, 0.75]
    )
    np.testing.assert_array_equal(answer.suspects, [3])


@pytest.fixture
def doubted(membership_of):
    """All neighbours of six images are of the other class; the probe is sure of three of these."""
    labels = [0] * 6 + [1] * 6
    others = np.array([[6, 7]] * 6 + [[8, 9], [8, 9], [9, 10], [8, 10], [8, 9], [8, 9]])
    own = np.array([0.9, 0.8, 0.75, 0.26, 0.2, 0.05, *[0.05] * 6])
    sure = np.where(np.arange(12) < 6, own, 1 - own)
    return others, membership_of(labels), saying(np.stack([sure, 1 - sure], axis=1))


def test_doubt_needs_neighbours_and_probe(doubted, monkeypatch):
    """Beliefs by hand: of image 5 half of 0.05 against half of 0.95 and of a whole vote.

    The features tell nothing here, and images of both classes are equally many.
    """
    monkeypatch.setattr("deri_gate.metrics.wrong_labels.ONE_WAY", 0.0)
    answer = label_noise(*doubted)

    np.testing.assert_array_equal(answer.suspects, [5, 4, 3])
    assert answer.per_image[5] == pytest.approx(0.985 / (0.985 + 0.035), abs=1e-6)
    assert answer.per_image[0] == pytest.approx(0.56 / (0.56 + 0.46), abs=1e-6)
    assert answer.per_image[6] < 0.5  # probe and neighbours disagree; the neighbours are firmer
    assert "agrees with 25 % of the labels. How many of the suspects" in answer.note  # three of 12


@pytest.mark.parametrize(
    ("denied", "least"),
    [(0, 0.9), (3, 0.9), (10, 0.1), (15, 0.05), (20, 0.0), (90, 0.0)],
)
def test_the_lower_bound_follows_the_labels_that_are_not_suspected(denied, least):
    """So many of 100 others are denied; all 15 suspects are, and do not count."""
    agreed = np.arange(115) >= 15 + denied

    assert least_precision(agreed, np.arange(15)) == pytest.approx(least)


def test_of_a_long_list_nothing_is_promised():
    """More than 15 of 100, though the probe agrees with all others."""
    agreed = np.arange(100) >= 16

    assert least_precision(agreed, np.arange(15)) > 0.8
    assert least_precision(agreed, np.arange(16)) == 0.0


def test_labels_taken_for_another_class_one_way_only_are_doubted_less(doubted, monkeypatch):
    """By 0.4 times the log of how many more there are than the other way round."""
    told = label_noise(*doubted).per_image
    monkeypatch.setattr("deri_gate.metrics.wrong_labels.ONE_WAY", 0.0)
    plain = label_noise(*doubted).per_image
    more = (plain[:6].sum() + 1) / (plain[6:].sum() + 1)

    assert more > 1.1
    np.testing.assert_allclose(logit(plain[:6]) - logit(told[:6]), 0.4 * np.log(more))
    np.testing.assert_allclose(logit(told[6:]) - logit(plain[6:]), 0.4 * np.log(more))


def test_a_class_too_small_to_be_learnt_is_not_blamed(membership_of):
    """Four images tell a probe nothing, so its certainty is worth nothing."""
    labels = [0] * 4 + [1] * 6
    neighbours = np.tile([[8, 9]], (10, 1))
    neighbours[8:] = [[4, 5], [4, 5]]
    certain = np.tile([0.01, 0.99], (10, 1))
    answer = label_noise(neighbours, membership_of(labels), saying(certain))

    assert answer.statistic(np.ones((1, 10)))[0] == pytest.approx(0.4)
    assert answer.suspects.size == 0
    assert answer.note == ""


def test_suspects_are_the_planted_flips(membership_of):
    """Every twentieth label flipped among clear classes: found, and little else with it."""
    vectors, labels = blobs(400, spread=0.25)
    noisy, wrong = flipped(labels, 0.05)
    suspects = answer_for(vectors, noisy, membership_of).suspects

    assert wrong[suspects].mean() >= 0.9
    assert len(suspects) >= 0.7 * wrong.sum()


def test_an_image_blamed_is_more_surely_wrong_than_the_vote_says(membership_of):
    """Among classes that overlap, the list has a higher precision than the vote."""
    vectors, labels = blobs(400, spread=0.55)
    noisy, wrong = flipped(labels, 0.05)
    answer = answer_for(vectors, noisy, membership_of)
    outvoted = disagrees(nearest_neighbours(vectors, 10), membership_of(noisy.tolist()))

    assert wrong[answer.suspects].mean() > 1.5 * wrong[outvoted].mean()


def test_rises_as_labels_are_flipped(membership_of):
    """Known damage, step by step."""
    vectors, labels = blobs(300)
    neighbours = nearest_neighbours(vectors, 10)
    values = [
        paper_label_noise(neighbours, membership_of(flipped(labels, s)[0].tolist())).statistic(
            np.ones((1, 300))
        )[0]
        for s in (0, 0.05, 0.2)
    ]

    assert values[0] < values[1] < values[2]


def test_order_and_names_of_classes_do_not_matter(membership_of):
    """Shuffling the images and renaming the classes moves no vote."""
    vectors, labels = blobs(100, spread=0.7)
    order = np.random.default_rng(2).permutation(100)
    before = disagrees(nearest_neighbours(vectors, 10), membership_of(labels.tolist()))
    after = disagrees(
        nearest_neighbours(vectors[order], 10), membership_of((3 - labels[order]).tolist())
    )

    np.testing.assert_array_equal(after, before[order])


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]])
def test_one_class_is_unmeasurable(labels, membership_of):
    """No label can be told from another, in either definition."""
    membership, neighbours = membership_of(labels, classes=2), np.array([[1], [0], [0]])

    with pytest.raises(UnmeasurableError, match="one class"):
        paper_label_noise(neighbours, membership)
    with pytest.raises(UnmeasurableError, match="one class"):
        label_noise(neighbours, membership, saying(np.full((3, 2), 0.5)))


def test_the_paper_asks_no_probe():
    """Its definition blames by the vote alone."""
    assert METRIC.paper.needs == ("neighbours", "membership")


def test_scikit_learn_finds_the_neighbours_meant():
    """The oracle's neighbours are ours, so that the vote above is compared and nothing else."""
    vectors, _ = blobs(60)
    oracle = NearestNeighbors(n_neighbors=6, metric="cosine").fit(vectors)

    np.testing.assert_array_equal(
        oracle.kneighbors(return_distance=False), nearest_neighbours(vectors, 6)
    )


def test_a_label_that_a_mark_gives_away_is_not_confirmed(membership_of):
    """Neighbours alike by a mark say nothing: these images count, and nobody is suspected for it."""
    vectors, labels = blobs(80, spread=0.05)
    membership = membership_of(labels.tolist())
    folds = stratified_folds(membership, folds=5, seed=42)
    probe = fit_probe(vectors, membership, multilabel=False, folds=folds)
    neighbours = nearest_neighbours(vectors, 10)
    plain, marked = (
        label_noise(neighbours, membership, probe, given_away)
        for given_away in (np.zeros(80, dtype=bool), labels == 0)
    )
    every = np.ones((1, 80))

    assert plain.statistic(every)[0] == 0
    assert marked.statistic(every)[0] == pytest.approx(0.25)
    assert marked.suspects.size == plain.suspects.size == 0


def test_wrong_labels_of_one_neighbourhood_do_not_confirm_each_other(membership_of):
    """Two wrong labels beside each other: each is the other's neighbour, but not trusted.

    Images 0 and 1 are among eight of class 1. The probe doubts both; a plain vote of the
    neighbours gives each a third for its own label, a vote by trust next to nothing.
    """
    labels = [0, 0, *[1] * 8, *[0] * 8]
    neighbours = np.array(
        [
            [1, 2, 3],
            [0, 4, 5],
            *[[6, 7, 8]] * 4,
            *[[2, 3, 4]] * 4,
            *[[15, 16, 17]] * 5,
            *[[10, 11, 12]] * 3,
        ]
    )
    first = np.array([0.2, 0.2, *[0.1] * 8, *[0.9] * 8])
    said = np.stack([first, 1 - first], axis=1).astype(np.float32)
    label_evidence = weigh_labels(neighbours, membership_of(labels), said, np.zeros((18, 1)))

    np.testing.assert_array_equal(np.sort(label_evidence.suspects), [0, 1])
    np.testing.assert_array_equal(label_evidence.suggested[:2], [1, 1])
    plain = (0.8 + 2 / 3) / 2
    assert (label_evidence.probability[:2] > plain + 0.1).all()
    assert (label_evidence.disagreement[2:] < 0.2).all()


@pytest.mark.parametrize("kinds", [4, 2])
@pytest.mark.parametrize("share", [0.02, 0.2])
def test_the_list_grows_with_the_share_of_wrong_labels(membership_of, kinds, share):
    """Few of many or many: precise and nearly whole, whatever their share."""
    vectors, labels = blobs(400, classes=kinds, spread=0.25)
    noisy, wrong = flipped(labels, share, classes=kinds)
    suspects = answer_for(vectors, noisy, membership_of).suspects

    assert wrong[suspects].mean() >= 0.8
    assert wrong[suspects].sum() >= 0.8 * wrong.sum()


def test_an_image_of_every_class_is_no_suspect(membership_of):
    """There is no other label to suggest."""
    membership = membership_of([(0, 1)] * 4 + [(0,)] * 5)
    neighbours = np.array([[4, 5]] * 4 + [[0, 1]] * 5)
    said = np.full((9, 2), 0.5, dtype=np.float32)
    label_evidence = weigh_labels(neighbours, membership, said, np.zeros((9, 1)))

    assert not set(label_evidence.suspects.tolist()) & {0, 1, 2, 3}
    assert np.isfinite(label_evidence.disagreement).all()
