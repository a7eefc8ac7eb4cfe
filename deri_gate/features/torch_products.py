"""Products of bytes by the processor's own instructions for them, which torch knows of."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

import numpy as np
import torch
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    """Products of all vectors with all others, shape (n, m); only the main thread has others."""
    one, other = (torch.from_numpy(np.require(some, requirements="W")) for some in (left, right))
    with _alone():
        made: Products = torch._int_mm(one, other.T).numpy()  # noqa: SLF001  # no other name
    return made


@contextmanager
def _alone() -> Iterator[None]:
    """Let operations have no other thread, in all threads but the main one.

    `torch.set_num_threads` would leave one thread to all of torch's work that begins later,
    such as training in the main thread.
    """
    if current_thread() is main_thread():
        yield
        return
    torch.get_num_threads()  # now, as torch sets a thread's number when it is first asked
    libraries = _openmp().lib_controllers
    before = [library.num_threads for library in libraries]
    try:
        for library in libraries:
            library.set_num_threads(1)
        yield
    finally:
        for library, number in zip(libraries, before, strict=True):
            library.set_num_threads(number)


@cache
def _openmp() -> ThreadpoolController:
    """Libraries that share out torch's work; each thread has its own number of threads."""
    return ThreadpoolController().select(user_api="openmp")
