"""The head that is fitted block by block: that of scikit-learn, whichever device and blocks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deri_gate.errors import UnmeasurableError
from deri_gate.features import block_probe
from deri_gate.features.block_probe import BlockHeads
from deri_gate.features.linear_probe import ITERATIONS, STRENGTH, TOLERANCE, fitted_head

GPU = pytest.param("cuda", marks=[
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
])  # fmt: skip
DEVICES = pytest.mark.parametrize("device", ["cpu", GPU])


def heads(features, device="cpu"):
    return BlockHeads(
        features, strength=STRENGTH, iterations=ITERATIONS, tolerance=TOLERANCE, device=device
    )


def clouds(labels, classes, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, 24))
    return (3 + 2 * (centres[labels] + rng.normal(size=(len(labels), 24)))).astype(np.float32)


@DEVICES
@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("classes", [2, 4])
def test_is_the_head_of_scikit_learn(membership_of, classes, multilabel, device, monkeypatch):
    """Fitted on most of the images, with a class that none is of, in blocks of 70."""
    for limit in ("SCORES", "SCORES_OF_PROCESSOR"):
        monkeypatch.setattr(block_probe, limit, 70 * 24)
    labels = np.random.default_rng(1).integers(0, classes, 600)
    features, membership = clouds(labels, classes), membership_of(labels, classes + 1)
    inside = np.arange(600) % 5 > 0

    weights, bias = heads(features, device).fitted(membership, inside, multilabel=multilabel)

    oracle = fitted_head(features[inside], membership[inside], multilabel=multilabel)
    np.testing.assert_allclose(weights, oracle[0], atol=1e-5)
    np.testing.assert_allclose(bias, oracle[1], atol=1e-4)


def test_a_class_that_all_images_have_always_wins(membership_of):
    """As on a processor: there is nothing to fit."""
    labels = np.zeros(40, dtype=np.int64)

    _, bias = heads(clouds(labels, 1)).fitted(
        membership_of(labels, 2), np.ones(40, dtype=bool), multilabel=True
    )

    assert bias[0] > 100
    assert bias[1] < -100


def test_one_class_is_unmeasurable(membership_of):
    labels = np.array([0, 0, 0, 1])

    with pytest.raises(UnmeasurableError, match="two classes"):
        heads(clouds(labels, 2)).fitted(membership_of(labels, 2), labels == 0, multilabel=False)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_two_fits_are_the_same_to_the_last_bit(membership_of):
    labels = np.random.default_rng(1).integers(0, 3, 5000)
    features, every = clouds(labels, 3), np.ones(5000, dtype=bool)
    first, second = (
        heads(features, "cuda").fitted(membership_of(labels, 3), every, multilabel=False)
        for _ in range(2)
    )

    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
