"""Labels denied where the class is surest: made beliefs, and real digits with labels drawn anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from deri_gate.measuring.denied_labels import UNSURE, denied_share
from deri_gate.metrics.profile import PAPER_SMALL
from deri_gate.metrics.surest_labels import surest_of
from deri_gate.runtime.store import Store


def believed(sure, labels, classes=3):
    """Probabilities that are so sure of class 0, 1, ...; neighbours that all bear one label."""
    out_of_fold = np.full((len(labels), classes), 0.0)
    for i, (kind, belief) in enumerate(sure):
        out_of_fold[i] = (1 - belief) / (classes - 1)
        out_of_fold[i, kind] = belief
    membership = csr_array(np.eye(classes)[labels])
    neighbours = np.zeros((len(labels), 2), dtype=np.int64)
    return neighbours, membership, out_of_fold


def test_the_surest_fifth_is_asked_and_no_other() -> None:
    """Two of ten images are sure of class 1, of which one bears it; the neighbours are of it."""
    sure = [(2, 0.4)] * 4 + [(1, 0.99), (1, 0.98)] + [(2, 0.4)] * 4
    labels = [1, 1, 2, 1, 1, 2, 0, 1, 0, 1]

    surest, denied = surest_of(*believed(sure, labels))

    assert surest.tolist() == [4, 5]
    assert denied.tolist() == [False, True]


def test_votes_of_neighbours_count_as_much_as_the_probe() -> None:
    """All neighbours are the first image: what the probe doubts is surely of its class."""
    sure = [(0, 0.6), (1, 0.7), (1, 0.8), (0, 0.55), (1, 0.9)]
    neighbours, membership, out_of_fold = believed(sure, [0, 1, 1, 0, 1])

    surest, denied = surest_of(neighbours, membership, out_of_fold)

    beliefs = out_of_fold + membership[[0] * 5].toarray()
    assert surest.tolist() == [int(beliefs.max(axis=1).argmax())]
    assert denied.tolist() == [False]


@pytest.fixture
def digits(dataset_of):
    """200 digits of three kinds, with a share of the labels drawn anew."""
    from sklearn.datasets import load_digits

    whole = load_digits()
    chosen = np.flatnonzero(whole.target < 3)[:200]
    pictures = [np.kron(p * 15.9, np.ones((4, 4))).astype(np.uint8) for p in whole.images[chosen]]

    def build(wrong):
        rng = np.random.default_rng(4)
        labels = whole.target[chosen].copy()
        drawn = rng.permutation(200)[: int(200 * wrong)]
        labels[drawn] = rng.integers(0, 3, len(drawn))
        return dataset_of(pictures, labels.tolist())

    return build


@pytest.fixture
def asked(evidence_of, tmp_path):
    """Share of a dataset of which label noise was asked for; pictures are known by their content."""
    store = Store(tmp_path / "one")

    def build(dataset):
        evidence = evidence_of(dataset, store=store)
        return denied_share(replace(evidence, wanted=frozenset({"embeddings", "label_evidence"})))

    return build


@pytest.fixture(scope="module")
def answers():
    """Answers by the share of labels that was drawn anew."""
    return {}


@pytest.fixture
def drawn_anew(digits, asked, answers):
    """The share that is denied where this share was drawn anew; each is asked about once."""

    def build(share):
        if share not in answers:
            answers[share] = asked(digits(share))
        return answers[share]

    return build


def test_labels_drawn_anew_are_denied(drawn_anew) -> None:
    """Two thirds of those drawn anew are wrong; nothing else moves."""
    honest, half, drawn = map(drawn_anew, (0.0, 0.5, 0.8))

    assert honest.value < 0.1
    assert drawn.value > 0.1  # the shipped limit that warns
    assert half.value > UNSURE  # the one that fails, where most labels still agree
    assert "of the 40 images" in drawn.note
    assert "most of them class class" in drawn.note


@pytest.mark.sweep
def test_labels_of_classes_that_look_alike_are_not_said_to_be_wrong(drawn_anew) -> None:
    """All drawn anew: more are denied than before, and neighbours outvote nearly as many."""
    drawn, random = map(drawn_anew, (0.8, 1.0))

    assert drawn.value <= random.value == UNSURE
    assert "the most similar images contradict" in random.note
    assert "the value is limited to 15 %" in random.note


def test_what_cannot_be_told_is_not_looked_at(dataset_of, evidence_of, asked) -> None:
    """One class; too few images; labels that were not asked about; the paper's words."""
    pictures = [np.full((8, 8, 3), i, np.uint8) for i in range(40)]
    alone = asked(dataset_of(pictures, [0] * 40))
    few = asked(dataset_of(pictures, [0, 1] * 20))
    silent = denied_share(evidence_of(dataset_of(pictures, [0, 1] * 20)))
    paper = denied_share(evidence_of(dataset_of(pictures, [0, 1] * 20), profile=PAPER_SMALL))

    assert [one.value for one in (alone, few, silent, paper)] == [None] * 4
    assert "class" in alone.reason
    assert "50 images" in few.reason
    assert "not asked for" in silent.reason
    assert paper.reason == "the paper's definition of label_noise fits no probe"  # it was asked for
