"""What is trained on and what is asked."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from deri_gate.damage import degrade
from deri_gate.data.sampling import proportional_sample
from deri_gate.errors import DatasetError
from deri_gate.networks.arrangement import arranged


def keys_of(dataset):
    return [dataset.source.load(int(row)).key for row in dataset.rows]


def ready(dataset, *, images=None, validation=None, seed=42):
    return arranged(dataset, images=images, validation=validation, seed=seed)


def with_splits(dataset, splits):
    return replace(dataset, splits=tuple(splits))


@pytest.fixture
def base(dataset_of, random_pictures):
    """Sixty images of classes of 30, 20 and 10."""
    labels = [0] * 30 + [1] * 20 + [2] * 10
    return dataset_of(random_pictures(60, side=8), labels)


@pytest.mark.parametrize(
    ("splits", "asked"), [(("train", "val", "test"), "val"), (("train", "train", "test"), "test")]
)
def test_validation_comes_before_test(base, splits, asked):
    """And the other one is left alone."""
    marked = with_splits(base, [splits[i % 3] for i in range(60)])
    found = ready(marked)

    assert found.asked == asked
    assert found.validation.ids == marked.split(asked).ids
    assert found.train.ids == marked.split("train").ids


def test_a_fifth_is_held_out(base):
    """Stratified, and never trained on."""
    found = ready(base)

    assert found.asked == "held out"
    assert len(found.validation) == 12
    assert not set(found.train.ids) & set(found.validation.ids)
    assert abs(np.array(list(found.validation.class_counts().values())) - [6, 4, 2]).max() <= 1


@pytest.mark.parametrize("group", ["duplicates", "duplicates.near", "separation", "imbalance"])
def test_variants_are_made_of_training_images_alone(base, group):
    """What is held out is taken off before: no copy of it, and no mixture with it."""
    found = ready(base)
    made = degrade(found.train, group, "strong", seed=42)
    held_out = set(found.validation.rows.tolist())

    assert not {name.partition("#")[0] for name in made.ids} & set(found.validation.ids)
    assert not set(made.rows.tolist()) & held_out
    if hasattr(made.source, "inputs"):
        assert not set(made.source.inputs.ravel().tolist()) & held_out


def test_copies_and_groups_are_held_out_together(dataset_of, random_pictures):
    """The same content, or the same patient, is on one side."""
    pictures, labels = random_pictures(20, side=8) * 2, [0, 1] * 20
    copies = ready(dataset_of(pictures, labels))
    patients = ready(
        dataset_of(random_pictures(40, side=8), labels, groups=[f"p{i // 4}" for i in range(40)])
    )

    assert not set(keys_of(copies.train)) & set(keys_of(copies.validation))
    assert not set(patients.train.groups) & set(patients.validation.groups)


def test_a_sample_keeps_the_shares(base):
    """Half of 30, 20 and 10; the order of the dataset does not matter; the seed does."""
    mixed = base.select(np.random.default_rng(0).permutation(60))

    assert list(proportional_sample(base, 30, seed=1).class_counts().values()) == [15, 10, 5]
    assert set(proportional_sample(base, 30, seed=1).ids) == set(
        proportional_sample(mixed, 30, seed=1).ids
    )
    assert set(proportional_sample(base, 30, seed=1).ids) > set(
        proportional_sample(base, 12, seed=1).ids
    )
    assert set(proportional_sample(base, 30, seed=1).ids) != set(
        proportional_sample(base, 30, seed=2).ids
    )


def test_a_sample_keeps_rare_classes(dataset_of, random_pictures):
    """One of a class with one image in fifty."""
    found = proportional_sample(dataset_of(random_pictures(50, side=8), [0] * 49 + [1]), 5, seed=1)

    assert Counter(found.labels) == {(0,): 4, (1,): 1}


def test_the_fingerprint_knows_what_matters(base, dataset_of, random_pictures):
    """Labels and contents; not the order."""
    order = np.random.default_rng(0).permutation(60)
    other = replace(base, labels=((1,), *base.labels[1:]))

    assert ready(base).fingerprint == ready(base.select(order)).fingerprint
    assert ready(base).fingerprint != ready(other).fingerprint
    assert ready(base, images=30).fingerprint != ready(base).fingerprint


@pytest.mark.parametrize("labels", [[0], [0] * 20])
def test_too_little_to_train_on(dataset_of, random_pictures, labels):
    with pytest.raises(DatasetError, match="too few images for probes"):
        ready(dataset_of(random_pictures(len(labels), side=8), labels))
