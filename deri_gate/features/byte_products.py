"""Products of vectors in whole numbers: exact, whatever the processor, threads and block."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate import features

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import FloatArray

    Bytes = npt.NDArray[np.int8]
    Products = npt.NDArray[np.int32]
    Factors = npt.NDArray[Any]  # bytes, or the same numbers in single precision
    Sums = npt.NDArray[Any]  # whole numbers of 32 bits, or in single precision

SCALE = 127  # of a value of 1
ONE = SCALE**2  # product of a unit vector with itself, but for rounding
LONGEST = 2**24 // ONE  # values of a vector whose products are exact in single precision, too
AVX512 = {"AVX512_SKX", "X86_V4"}  # NumPy's names, before and since 2.4, for what torch asks for


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
    return np.asarray(exact_products(left, right), dtype=np.int32)


def as_factors(vectors: Bytes) -> Factors:
    """Vectors in the form in which this processor multiplies them."""
    return vectors if _multiplies_bytes() else vectors.astype(np.float32)


def exact_products(left: Factors, right: Factors) -> Sums:
    """The products of `whole_products`, in whichever form they come: it takes less time.

    Args:
        left: Vectors as bytes or as `as_factors` gives them, shape (n, d).
        right: Others, shape (m, d).
    """
    if left.dtype == right.dtype == np.int8 and _multiplies_bytes():
        return features.torch_products.products_of_bytes(left, right)
    return np.asarray(left.astype(np.float32, copy=False) @ right.astype(np.float32, copy=False).T)


def _multiplies_bytes() -> bool:
    return not lacks_avx512() and features.torch_products.multiplies_bytes()


@cache
def lacks_avx512() -> bool:
    """True if NumPy knows that this processor does not multiply bytes, so that torch can stay out.

    Torch takes seconds to load, and 0.4 GB.
    """
    config: Any = np.show_config(mode="dicts")
    return not AVX512.isdisjoint(config.get("SIMD Extensions", {}).get("not found", ()))
