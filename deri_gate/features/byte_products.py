"""Products of vectors in whole numbers: exact, whatever the processor, threads and block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate import features

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

    Bytes = npt.NDArray[np.int8]
    Products = npt.NDArray[np.int32]

SCALE = 127  # of a value of 1
ONE = SCALE**2  # product of a unit vector with itself, but for rounding
LONGEST = 2**24 // ONE  # values of a vector whose products are exact in single precision, too


def in_bytes(vectors: FloatArray) -> Bytes:
    """Values from -1 to 1 as bytes, as near as these come."""
    return np.asarray(np.rint(vectors * np.float32(SCALE)), dtype=np.int8)


def whole_products(left: Bytes, right: Bytes) -> Products:
    """Products of all vectors with all others, shape (n, m).

    Processors that multiply bytes do so several times as fast as they multiply floating-point
    numbers. Others multiply floating-point numbers: sums of so few whole numbers are exact.

    Args:
        left: Vectors of up to `LONGEST` values, shape (n, d).
        right: Others, shape (m, d).
    """
    if features.torch_products.multiplies_bytes():
        return features.torch_products.products_of_bytes(left, right)
    return (left.astype(np.float32) @ right.astype(np.float32).T).astype(np.int32)
