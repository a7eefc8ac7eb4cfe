"""Moments of columns, block by block: to the bit NumPy's, which needs the whole array twice more."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.runtime import large_arrays
from deri_gate.stats.moments import column_moments


@pytest.mark.parametrize("block", [1, 7, 1_000, 2**24])
@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (997, 5), (2_050, 1_280)], ids=str)
def test_numpy_has_the_same_bits(monkeypatch, block, shape):
    """Whatever the blocks; so a probe that is fitted on them stays the one that it was."""
    monkeypatch.setattr(large_arrays, "BLOCK", block * shape[1])
    features = np.random.default_rng(0).gamma(0.3, 4, shape).astype(np.float32)
    mean, deviation = column_moments(features)

    np.testing.assert_array_equal(mean, features.mean(axis=0, dtype=np.float64))
    np.testing.assert_array_equal(deviation, features.std(axis=0, dtype=np.float64))
