"""Memory budget of pictures in work, one for all threads of a process.

A file of a megabyte may hold a picture of a gigabyte. Its header says so; whoever decodes it claims
the bytes first and waits while others hold too many, so that many workers are no more memory.
"""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.sizes import as_size, size_setting
from deri_gate.runtime.system import physical_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTING = "DERI_GATE_MEMORY"
LEAST = 2 * 2**30  # of the budget, unless set: more than the largest picture takes
UNKNOWN = 8 * 2**30  # of the machine, where the system does not tell
SMALL = 2**20  # bytes that are not worth a lock
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


class _Held(threading.local):
    """Bytes that a thread holds, and scopes that it is in, one within another."""

    count = 0
    scopes = 0


class _Entered(threading.local):
    """Budget of the scope that a thread is in: asking the environment anew takes microseconds."""

    budget: MemoryBudget | None = None


_ENTERED = _Entered()


class MemoryBudget:
    """Bytes that all together may hold at a time.

    Attributes:
        most: How many.
        taken: How many are held now.
    """

    def __init__(self, most: int) -> None:
        """Begin with nothing held."""
        self.most = most
        self.taken = 0
        self._changed = threading.Condition()
        self._held = _Held()

    def scope(self) -> MemoryBudget:
        """Within it this thread holds what it claims; in a scope already, until that one ends.

        The budget itself is what is entered: each image enters some scopes, and an object made for
        each would take as long as to measure its tones.
        """
        return self

    def __enter__(self) -> None:
        """Enter a scope."""
        self._held.scopes += 1
        _ENTERED.budget = self

    def __exit__(self, *_: object) -> None:
        """Leave it; with the outermost one, let go."""
        held = self._held
        held.scopes -= 1
        if not held.scopes:
            _ENTERED.budget = None
        if held.count and not held.scopes:  # small pictures claim nothing, and are many
            with self._changed:
                self.taken -= held.count
                self._changed.notify_all()
            held.count = 0

    def claim(self, count: int, where: str) -> None:
        """Hold so many bytes more, once there is room; the first to come always finds some.

        Who holds some already does not wait, or two that hold a half each would for ever.

        Raises:
            UnreadableImageError: If it is more than the whole budget.
        """
        if count > self.most:
            text = f"takes {as_size(count)} of memory, of {as_size(self.most)} that may be used"
            raise UnreadableImageError(text, where, f"Set {SETTING}, or store it smaller.")
        held = self._held
        if count < SMALL or not held.scopes:
            return
        with self._changed:
            if not held.count:
                self._changed.wait_for(lambda: not self.taken or self.taken + count <= self.most)
            self.taken += count
            held.count += count


def budget() -> MemoryBudget:
    """The budget of this process: `DERI_GATE_MEMORY`, or half of the machine's memory.

    Within a scope it is that of the scope.

    Raises:
        SettingError: If the setting is no size.
    """
    return _ENTERED.budget or _budget(os.environ.get(SETTING, ""))


@lru_cache(maxsize=1)
def _budget(_setting: str) -> MemoryBudget:
    """The one budget of all threads, until the setting changes."""
    return MemoryBudget(size_setting(SETTING, max(LEAST, machine_memory() // 2)))


def share_among(processes: int) -> None:
    """Keep to a share of the budget, as one of so many processes on a machine."""
    whole = size_setting(SETTING, max(LEAST, machine_memory() // 2))
    budget().most = max(min(LEAST, whole), whole // max(1, processes))


def machine_memory() -> int:
    """Bytes of memory of the machine, or of the container in it."""
    physical = physical_memory() or UNKNOWN
    return min([physical, *_container_limits()])


def _container_limits() -> Iterator[int]:
    for path in _LIMITS:
        try:
            yield int(Path(path).read_text("ascii"))
        except (OSError, ValueError):  # there is none, or it says "max"
            continue
