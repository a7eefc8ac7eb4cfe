"""Ctrl-C is answered within two seconds, whatever the process is doing."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

INTERRUPTED = 130  # exit status: 128 and the number of the signal
GRACE = 0.3  # seconds to end in order; a busy machine needs the rest of the two to end at all


@contextmanager
def prompt_interrupts(farewell: Callable[[], None]) -> Iterator[None]:
    """End the process soon after a Ctrl-C, in order if it can be done in time.

    Python raises KeyboardInterrupt between two of its own steps alone, and waits for all threads
    at its end. So another thread is told by the system itself. It gives the process a moment to
    tidy up, then says farewell and ends it; at a second Ctrl-C it does so at once.

    Args:
        farewell: Says what is kept; called when the process could not do so itself.
    """
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # signals are the main thread's business; who ignores this one shall not be told
        return
    pair = socket.socketpair()
    told = pair[0]
    told.settimeout(0)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    signalled, said = threading.Event(), threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        signalled.set()  # before the block learns of it, and ends
        signal.default_int_handler(number, frame)

    usual = signal.signal(signal.SIGINT, note)
    watch = threading.Thread(target=_watch, args=(pair, farewell, said), daemon=True)
    watch.start()
    try:
        yield
    finally:
        said.set()  # whoever ends in order says so
        if not signalled.is_set():  # otherwise Python's own end is watched: it waits for threads
            signal.signal(signal.SIGINT, usual)
            signal.set_wakeup_fd(before)
            told.close()
            watch.join()


def _watch(
    pair: tuple[socket.socket, socket.socket],
    farewell: Callable[[], None],
    said: threading.Event,
) -> None:
    """Wait for a signal, then for a second one or the end of the grace, and end the process.

    Both sockets are held on to, so that neither is closed before Python itself ends.
    """
    with pair[1] as listening:
        if not _interrupted(listening):
            return
        listening.settimeout(GRACE)
        with suppress(TimeoutError):
            _interrupted(listening)
    if not said.is_set():
        farewell()
    os._exit(INTERRUPTED)


def _interrupted(listening: socket.socket) -> bool:
    """Wait for Ctrl-C; False when no signal can come any more."""
    while signals := listening.recv(64):
        if signal.SIGINT in signals:
            return True
    return False
