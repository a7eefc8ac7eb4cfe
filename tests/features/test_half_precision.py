"""Half precision is read as single precision, to the bit."""

from __future__ import annotations

import numpy as np

from deri_gate.features.half_precision import as_singles


def test_every_finite_half_is_what_numpy_makes_of_it():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]

    singles = as_singles(finite)

    assert singles.dtype == np.float32
    np.testing.assert_array_equal(
        singles.view(np.uint32), finite.astype(np.float32).view(np.uint32)
    )


def test_rows_and_parts_of_them_keep_their_shape_and_are_not_written_over():
    halves = np.random.default_rng(0).normal(size=(7, 9)).astype(np.float16)
    before = halves.copy()

    np.testing.assert_array_equal(as_singles(halves[::2, 1:6]), halves[::2, 1:6])
    np.testing.assert_array_equal(halves, before)
