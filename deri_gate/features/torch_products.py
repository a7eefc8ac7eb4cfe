"""Products of bytes by the processor's own instructions for them, which torch knows of."""

from __future__ import annotations

from functools import cache
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from deri_gate.features.byte_products import Bytes, Products

LARGEST, LENGTH = 127, 1024  # of the vectors by which a processor is tried


@cache
def multiplies_bytes() -> bool:
    """True if this processor multiplies bytes, and without an error; older ones cut off sums."""
    if torch.backends.cpu.get_cpu_capability() != "AVX512" or not hasattr(torch, "_int_mm"):
        return False
    tried = np.full((32, LENGTH), LARGEST, dtype=np.int8)
    highest = LARGEST**2 * LENGTH
    return bool(
        (products_of_bytes(tried, tried) == highest).all()
        and (products_of_bytes(tried, -tried) == -highest).all()
    )


def products_of_bytes(left: Bytes, right: Bytes) -> Products:
    """Products of all vectors with all others, by this thread alone; shape (n, m)."""
    if current_thread() is not main_thread():
        torch.set_num_threads(1)  # of this thread
    one, other = (torch.from_numpy(np.require(some, requirements="W")) for some in (left, right))
    made: Products = torch._int_mm(one, other.T).numpy()  # noqa: SLF001  # it has no other name
    return made
