"""Slices: the value over each class and group alone, and no more work for each than its images."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from deri_gate.measuring.slices import BLOCK, slices_of
from deri_gate.metrics.base import Answer, WeightedMean
from deri_gate.metrics.profile import STANDARD
from deri_gate.metrics.separation import paper_separation

SIZE, GROUPS = 21, BLOCK + 7  # images of a group; more groups than are looked at together


@pytest.fixture
def images(dataset_of, membership_of):
    """Embeddings, classes and groups of images, which lie one after another in no order."""
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat(np.arange(GROUPS), SIZE))
    classes, vectors = rng.integers(0, 3, len(groups)), rng.normal(size=(len(groups), 5))
    vectors[:, 0] += classes
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    pictures = [np.zeros((1, 1), np.uint8)] * len(groups)
    dataset = dataset_of(pictures, classes, groups=[f"{g:03}" for g in groups])
    evidence = SimpleNamespace(dataset=dataset, profile=STANDARD)
    return SimpleNamespace(
        evidence=evidence, groups=groups, vectors=vectors, classes=membership_of(classes.tolist())
    )


def judged(images, name, answer):
    """Value of each group, in their order."""
    measured = SimpleNamespace(evidence=images.evidence, answers={name: answer})
    slices = slices_of(measured)["group", name].judged
    return [one.value for one in sorted(slices, key=lambda one: one.name)]


def test_separation_of_a_group_is_that_of_its_images_alone(images):
    answer = paper_separation(images.vectors, images.classes)
    alone = []
    for group in range(GROUPS):
        own = images.groups == group
        of_group = paper_separation(images.vectors[own], images.classes[own])
        alone.append(of_group.statistic(np.ones((1, SIZE)))[0])

    assert judged(images, "separation", answer) == pytest.approx(alone, abs=1e-9)


def test_a_mean_over_a_group_leaves_out_what_has_no_value(images):
    values = np.random.default_rng(1).uniform(1, 2, len(images.groups))
    values[images.groups == 3] = np.r_[np.nan, np.full(SIZE - 1, 1.5)]
    means = [np.nanmean(values[images.groups == group]) for group in range(GROUPS)]
    found = judged(images, "sharpness", Answer(statistic=WeightedMean(values), per_image=values))

    assert found == pytest.approx(means, abs=1e-9)
    assert found[3] == 1.5


def test_many_groups_are_no_square(images):
    """Weights are made of the images of the groups that are looked at together, not of all."""
    seen = []

    class Watched(WeightedMean):
        def __call__(self, weights):
            seen.append(weights.shape)
            return super().__call__(weights)

        def part(self, rows):
            return Watched(self.values[rows])

    values = np.random.default_rng(1).uniform(1, 2, len(images.groups))
    judged(images, "sharpness", Answer(statistic=Watched(values), per_image=values))

    assert seen[-2:] == [(BLOCK, BLOCK * SIZE), (7, 7 * SIZE)]
