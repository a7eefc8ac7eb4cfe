"""Threads that multiply matrices."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Multiply in one thread: of many small products each would wait for the others to wake up.

    On two processors with other busy programs, two threads take six times the processor time of
    one for the search in cells, and as much longer by the clock.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        yield
