"""Labels of images that may have several: a wrong one more is seen, a right one is welcome."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deri_gate.changes.beliefs import standing
from tests.sweeps import sampled


@pytest.fixture
def several(dataset_of):
    """Bright corners, each a class; of three classes an image has one or two."""
    generator, kinds = np.random.default_rng(0), [(0,), (1,), (2,), (0, 1), (1, 2)]
    places = [np.s_[:12, :12], np.s_[:12, 12:], np.s_[12:, :12]]
    labels, pictures = [kinds[i % 5] for i in range(200)], []
    for own in labels:
        picture = generator.normal(90, 25, (24, 24, 3))
        for k in own:
            picture[places[k]] += 70
        pictures.append(np.clip(picture, 0, 255).astype(np.uint8))
    return dataset_of(pictures, labels)


def sure(found):
    return {test.name for test in found.tests if test.adjusted_p < 0.01}


@pytest.mark.parametrize("more", sampled([True, False], 1))
def test_a_label_more_is_wrong_or_right(change, several, more):
    """Thirty images get a class that they do not show; or one back that they had lost."""
    labels = [
        ((0, 2) if more else (1,)) if i < 150 and own == ((0,) if more else (0, 1)) else own
        for i, own in enumerate(several.labels)
    ]
    other = replace(several, labels=tuple(labels))
    pair = (several, other) if more else (other, several)

    assert len(change(*pair).matching.relabelled) == 30
    assert ("relabelled.label_noise" in sure(change(*pair))) == more


@pytest.mark.sweep
def test_new_images_with_a_wrong_label_beside_the_right_one(change, several):
    """Forty of forty; as they are they pass."""
    base = several.select(np.arange(160))
    labels = [
        tuple(sorted({*own, {0: 2, 1: 0, 2: 0}[own[0]]})) if i >= 160 and len(own) == 1 else own
        for i, own in enumerate(several.labels)
    ]

    assert "added.label_noise" in sure(change(base, replace(several, labels=tuple(labels))))
    assert "added.label_noise" not in sure(change(base, several))


@pytest.mark.sweep
@pytest.mark.parametrize("right", sampled([True, False], 1))
def test_new_images_with_more_labels_than_most(change, dataset_of, right):
    """Three labels, all right or one wrong, beside ten of the base that have as many."""
    generator, halves = np.random.default_rng(0), (np.s_[:12], np.s_[12:])
    kinds = [(0,), (1,), (2,), (3,), (0, 1), (1, 2)]
    shown = [kinds[i % 6] for i in range(180)] + [(0, 1, 2)] * 10
    shown += [(0, 1, 2) if right else (0, 1)] * 30
    pictures = generator.normal(90, 25, (220, 24, 24, 3))
    for picture, own in zip(pictures, shown, strict=True):
        for k in own:
            picture[halves[k // 2], halves[k % 2]] += 70
    labels = shown[:190] + [(0, 1, 2)] * 30
    head = dataset_of(list(pictures.clip(0, 255).astype(np.uint8)), labels)

    found = sure(change(head.select(np.arange(190)), head))

    assert ("added.label_noise" in found) != right


def test_belief_stands_among_images_with_as_many_labels():
    """One label beside twenty, two beside twenty others, three beside two and one below."""
    others, numbers = np.linspace(0, 0.99, 42), np.repeat([1, 2, 3], [20, 20, 2])
    belief = np.array([others[10], others[30], others[40], np.nan])
    found = standing(belief, np.array([1, 2, 3, 1]), others, numbers)

    assert found[:3].tolist() == pytest.approx([10.5 / 20, 10.5 / 20, 1.5 / 3])
    assert np.isnan(found[3])


@pytest.mark.parametrize(("wrong", "fails"), sampled([(0, False), (3, True)], 1))
def test_new_images_with_more_labels_than_any(change, dataset_of, wrong, fails):
    """Nobody knows how the least of three right labels is believed; all three wrong is seen."""
    generator, halves = np.random.default_rng(1), (np.s_[:12], np.s_[12:])
    kinds = [(0,), (1,), (2,), (3,), (4,), (5,), (0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)]
    shown = [kinds[i % 12] for i in range(180)] + [(0, 1, 2)] * 30
    pictures = generator.normal(90, 25, (210, 24, 24, 3))
    for picture, own in zip(pictures, shown, strict=True):
        for k in own:
            picture[halves[k // 3], slice(8 * (k % 3), 8 * (k % 3) + 8)] += 70
    labels = shown[:180] + [tuple(k + wrong for k in (0, 1, 2))] * 30
    head = dataset_of(list(pictures.clip(0, 255).astype(np.uint8)), labels)

    found = change(head.select(np.arange(180)), head)

    assert ("added.label_noise" in sure(found)) == fails
    (told,) = found.too_few
    assert told.startswith("30 changed images have more labels than any of the base")
    assert "of each only the likeliest 2 labels were asked about" in told
