"""Use of processors and memory by this process; for programs that own their process."""

from __future__ import annotations

import atexit
import ctypes
import gc
import os
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # names of glibc's mallopt
KEPT_BYTES = 2**30
# Of OpenMP and OpenBLAS: a thread that has no work sleeps at once.
SLEEPING = {"OMP_WAIT_POLICY": "PASSIVE", "OPENBLAS_THREAD_TIMEOUT": "4"}
UNPLUGGED = {"PYDANTIC_DISABLE_PLUGINS": "__all__"}  # it would search every installed package
SELDOM = (200_000, 20, 20)  # objects made, and rounds, before the collector looks for cycles


def settle_in() -> None:
    """Start, compute and end fast on a small or busy machine. Call it before torch is loaded.

    * Threads that wait for each other sleep: spinning, two of them on a two-core machine with
      another busy process embed 20 images a second instead of 119, and an eigenvalue problem takes
      ten times the processor time. A setting of the user's stays.
    * Freed memory is kept: by default glibc hands a network's large buffers back to the system
      after every layer, which costs a third of all processor time.
    * No plugins of pydantic are searched, which would look through every installed package.
    * Cycles among objects are looked for seldom, and not once more at the end: what is imported
      is a million objects that stay. Both together were 4 s of a warm `check`.

    None of it changes a result. Where there is no glibc, the second does nothing.
    """
    gc.set_threshold(*SELDOM)
    atexit.register(gc.freeze)
    for name, value in (SLEEPING | UNPLUGGED).items():
        os.environ.setdefault(name, value)
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)


def hand_back_freed() -> None:
    """Give freed memory back to the system; where there is no glibc, nothing.

    Each thread keeps what it has freed for itself: after many large arrays that adds up.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
