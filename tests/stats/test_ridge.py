"""Margins of ridge regression, against scikit-learn's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from deri_gate.stats.ridge import PENALTY, ridge_margins

if TYPE_CHECKING:
    from collections.abc import Callable

    from scipy.sparse import csr_array


def clouds(count: int, width: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Features around a centre a class, on scales that differ, and the classes."""
    rng = np.random.default_rng(count + width)
    labels = rng.integers(0, classes, count)
    centres = rng.normal(0, 1, (classes, width))
    features = (centres[labels] + rng.normal(0, 1, (count, width))) * rng.uniform(0.1, 9, width)
    return features.astype(np.float32), labels


def expected(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Own fitted value less the best other one, by scikit-learn."""
    scaled = features.astype(float) - features.mean(axis=0)
    scaled /= features.std(axis=0) * np.sqrt(features.shape[1])
    truth = np.eye(labels.max() + 1)[labels]
    fitted = Ridge(alpha=PENALTY * len(labels)).fit(scaled, truth).predict(scaled)
    own = fitted[np.arange(len(labels)), labels]
    return np.asarray(own - np.where(truth > 0, -np.inf, fitted).max(axis=1))


@pytest.mark.parametrize(("count", "width"), [(40, 90), (300, 20), (30, 30)])
def test_scikit_learn_has_the_same_margins(
    membership_of: Callable[..., csr_array], count: int, width: int
) -> None:
    """With fewer rows than features, and with more: two ways to one answer."""
    features, labels = clouds(count, width)
    margins = ridge_margins(features, membership_of(labels.tolist()))

    np.testing.assert_allclose(margins, expected(features, labels), atol=1e-5)


def test_blocks_of_rows_change_nothing(
    membership_of: Callable[..., csr_array], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few rows are held at once."""
    features, labels = clouds(300, 20)
    monkeypatch.setattr("deri_gate.stats.ridge.AT_ONCE", 64)
    margins = ridge_margins(features, membership_of(labels.tolist()))

    np.testing.assert_allclose(margins, expected(features, labels), atol=1e-5)


def test_one_wrong_label_is_denied_though_it_was_fitted(
    membership_of: Callable[..., csr_array],
) -> None:
    """The others of its class outweigh it."""
    features, labels = clouds(300, 20)
    labels[7] = (labels[7] + 1) % 3
    margins = ridge_margins(features, membership_of(labels.tolist()))

    assert margins.argmin() == 7
    assert margins[7] < -0.5


def test_a_row_of_all_classes_has_no_margin(membership_of: Callable[..., csr_array]) -> None:
    """No other class is there to be compared; constant features divide by nothing."""
    margins = ridge_margins(np.ones((4, 2)), membership_of([(0, 1), (0,), (0,), (1,)]))

    assert margins[0] == 0
    np.testing.assert_allclose(margins[1:], [0.25, 0.25, -0.25])
