"""Labels of another split: real digits, relabelled, exchanged, or few; the judged ones are right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from deri_gate.measuring.denied_elsewhere import denied_elsewhere
from deri_gate.measuring.denied_labels import UNSURE
from deri_gate.metrics.profile import PAPER_SMALL
from tests.sweeps import sampled

EACH = 60  # images of a class in each half


@pytest.fixture
def asked(dataset_of, evidence_of, tiny_encoder, monkeypatch):
    """Share of the labels denied in splits of digits 0, 1, 2, by digits with the right labels."""
    monkeypatch.setattr("deri_gate.features.encoder.load_encoder", lambda *_, **__: tiny_encoder())
    whole = load_digits()
    rows = [np.flatnonzero(whole.target == kind) for kind in range(3)]

    def half(start, labels=None, splits=None, *, readable=True):
        chosen = np.concatenate([own[start : start + EACH] for own in rows])
        pictures = [
            np.kron(p * 15.9, np.ones((4, 4))).astype(np.uint8) if readable else None
            for p in whole.images[chosen]
        ]
        made = dataset_of(pictures, whole.target[chosen] if labels is None else labels)
        return replace(made, splits=splits or ("train",) * len(chosen))

    def build(labels, splits=None, *, readable=True, **known):
        evidence = evidence_of(half(0), **known)
        evidence = replace(evidence, wanted=frozenset({"embeddings", "label_evidence"}))
        others = half(EACH, labels, splits or ("test",) * (3 * EACH), readable=readable)
        return denied_elsewhere(evidence, evidence_of(others, **known))

    return build


TRUE = np.repeat([0, 1, 2], EACH)


def relabelled(share):
    labels, rng = TRUE.copy(), np.random.default_rng(5)
    drawn = rng.permutation(len(labels))[: round(share * len(labels))]
    labels[drawn] = (labels[drawn] + rng.integers(1, 3, len(drawn))) % 3
    return labels


def test_a_relabelled_split_is_told_and_an_honest_one_is_not(asked) -> None:
    honest, wrong = asked(TRUE), asked(relabelled(0.4))

    assert honest.value < 0.1
    assert wrong.value > UNSURE
    assert "of the 36 images of test that the classifier is surest of" in wrong.note
    assert honest.note == ""


def test_the_worst_split_is_the_one_that_counts(asked) -> None:
    """Every other image is of val, whose labels are right."""
    splits = ("val", "test") * (3 * EACH // 2)
    inside = np.array(splits) == "test"

    found = asked(np.where(inside, relabelled(0.6), TRUE), splits)

    assert found.value == UNSURE  # neighbours outvote most labels
    assert "18 images of test" in found.note


def test_a_split_that_is_too_small_is_said_beside_one_that_is_not(asked) -> None:
    """Forty images are of val."""
    found = asked(TRUE, ("val",) * 40 + ("test",) * (3 * EACH - 40))

    assert found.value < 0.1
    assert found.note == "not asked: val, with fewer than 50 images of its classes"


@pytest.mark.parametrize("share", sampled([0.0, 0.6], 1))
def test_small_splits_are_asked_together(asked, share) -> None:
    """A test split out of which another was carved could no longer be asked."""
    splits = ("val", "holdout", "test", "dev") * (3 * EACH // 4)

    found = asked(relabelled(share), splits)

    assert (found.value > 0.1) == (share > 0)
    assert share == 0 or "36 images of val, holdout, test and dev" in found.note


def test_exchanged_classes_warn_though_they_fit_each_other(asked) -> None:
    found = asked(np.array([1, 2, 0])[TRUE])

    assert found.value >= UNSURE
    assert "test" in found.note


def test_classes_that_are_not_judged_are_left_out(asked) -> None:
    """Images of a fourth class alone: nothing is known of it."""
    found = asked(np.full(3 * EACH, 3))

    assert found.value is None
    assert "50 images of classes" in found.reason


def test_another_split_of_which_no_image_can_be_read_is_not_looked_at(asked) -> None:
    """That ended in an error of indices, so nothing said that the split is broken."""
    found = asked(TRUE, readable=False)

    assert "no other split has 50 images" in found.reason


def test_what_cannot_be_told_is_not_looked_at(asked, dataset_of, evidence_of) -> None:
    """Labels not asked for; the paper's words; no splits; all splits judged."""
    data = dataset_of([np.full((8, 8, 3), i, np.uint8) for i in range(4)], [0, 1] * 2)
    alone = evidence_of(data)
    folds = evidence_of(replace(data, splits=("fold1", "fold2") * 2))
    paper = replace(evidence_of(data, profile=PAPER_SMALL), wanted=frozenset({"label_evidence"}))

    assert "not asked for" in denied_elsewhere(alone, alone).reason
    assert "fits no probe" in denied_elsewhere(paper, alone).reason
    assert denied_elsewhere(alone, None).reason == "the dataset has no splits"
    assert denied_elsewhere(folds, None).reason == "all splits are judged"
