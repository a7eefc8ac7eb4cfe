"""Threads that multiply matrices."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import scipy
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """Multiply in one thread, so that no last bit depends on how many processors there are.

    A fit of a probe amplifies a last bit to three digits. Many small products take less time so,
    too: each would wait for threads to wake up. On two processors with other busy programs, a
    probe of 1,000 images took 20 times the processor time with two threads.

    Yields:
        How many threads there would be, for parts that are multiplied side by side.
    """
    blas, threads = _blas()
    with blas.limit(limits=1):
        yield threads


@cache
def _blas() -> tuple[ThreadpoolController, int]:
    """Libraries of linear algebra, and their threads; to look for them takes a millisecond."""
    scipy.linalg.get_blas_funcs("gemm")  # SciPy's own library is loaded when first asked for
    blas = ThreadpoolController().select(user_api="blas")
    return blas, max((library.num_threads for library in blas.lib_controllers), default=1)
