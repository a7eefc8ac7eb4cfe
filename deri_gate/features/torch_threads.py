"""Threads that torch shares its work among: last bits depend on how many there are."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS = 2  # more of them slow down networks on small pictures, and a lone processor hardly minds


@contextmanager
def fixed_threads() -> Iterator[None]:
    """Share torch's work among so many threads, however many processors there are.

    Training amplifies a last bit: maps of the same network had other stability altogether where
    there was one processor instead of two.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(before)
