"""Threads that multiply matrices."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """Multiply in one thread: of many small products each would wait for the others to wake up.

    On two processors with other busy programs, two threads take six times the processor time of
    one for the search in cells, and as much longer by the clock.

    Yields:
        How many threads there would be, for parts that are multiplied side by side.
    """
    blas = _blas()
    threads = max((library.num_threads for library in blas.lib_controllers), default=1)
    with blas.limit(limits=1):
        yield threads


@cache
def _blas() -> ThreadpoolController:
    """Libraries of linear algebra; to look for them takes a millisecond."""
    return ThreadpoolController().select(user_api="blas")
