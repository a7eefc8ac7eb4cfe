"""Ctrl-C and SIGTERM are answered within two seconds, whatever the process is doing."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from deri_gate.runtime.system import in_each_fork

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from types import FrameType

INTERRUPTED = 130  # exit status after Ctrl-C: 128 and the number of the signal
# Signals that end a run, each with what Python does at it unless it was told otherwise.
USUAL: Mapping[int, Callable[[int, FrameType | None], object] | signal.Handlers] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
GRACE = 0.3  # seconds to end in order; a busy machine needs the rest of the two to end at all


class TerminatedError(KeyboardInterrupt):
    """SIGTERM, as a scheduler, a container or a workflow sends it: the run ends as at Ctrl-C."""


def interrupted_status(stop: BaseException) -> int:
    """Exit status of a run that ended so, itself or by what it was raised from."""
    terminated = isinstance(stop, TerminatedError) or isinstance(stop.__cause__, TerminatedError)
    return 128 + signal.SIGTERM if terminated else INTERRUPTED


@contextmanager
def prompt_interrupts(farewell: Callable[[], None]) -> Iterator[None]:
    """End the process soon after Ctrl-C or SIGTERM, in order if it can be done in time.

    Python raises KeyboardInterrupt between two of its own steps alone, and waits for all threads
    at its end. So another thread is told by the system itself. It gives the process a moment to
    tidy up, then says farewell and ends it; at a second signal it does so at once.

    Args:
        farewell: Says what is kept; called when the process could not do so itself.
    """
    ours = threading.current_thread() is threading.main_thread()
    heard = [number for number, usual in USUAL.items() if signal.getsignal(number) is usual]
    if not (ours and heard):
        yield  # signals are the main thread's business; who ignores them shall not be told
        return
    pair = socket.socketpair()
    told = pair[0]
    told.settimeout(0)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    signalled, said = threading.Event(), threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        signalled.set()  # before the block learns of it, and ends
        if number == signal.SIGTERM:
            raise TerminatedError
        signal.default_int_handler(number, frame)

    for number in heard:
        signal.signal(number, note)
    _leave_forks_alone(heard, said)
    watch = threading.Thread(target=_watch, args=(pair, heard, farewell, said), daemon=True)
    watch.start()
    try:
        yield
    finally:
        said.set()  # whoever ends in order says so
        if not signalled.is_set():  # otherwise Python's own end is watched: it waits for threads
            for number in heard:
                signal.signal(number, USUAL[number])
            signal.set_wakeup_fd(before)
            told.close()
            watch.join()


def _leave_forks_alone(heard: Collection[int], said: threading.Event) -> None:
    """Let a fork answer signals as usual: it would tell this process, and end it, by its own."""

    def as_usual() -> None:
        if not said.is_set():
            signal.set_wakeup_fd(-1)
            for number in heard:
                signal.signal(number, USUAL[number])

    in_each_fork(as_usual)


def _watch(
    pair: tuple[socket.socket, socket.socket],
    heard: Collection[int],
    farewell: Callable[[], None],
    said: threading.Event,
) -> None:
    """Wait for a signal, then for a second one or the end of the grace, and end the process.

    Both sockets are held on to, so that neither is closed before Python itself ends.
    """
    with pair[1] as listening:
        number = _next_signal(listening, heard)
        if number is None:
            return
        listening.settimeout(GRACE)
        with suppress(TimeoutError):
            _next_signal(listening, heard)
    if not said.is_set():
        farewell()
    os._exit(128 + number)


def _next_signal(listening: socket.socket, heard: Collection[int]) -> int | None:
    """Wait for one of the signals; None when none can come any more."""
    while numbers := listening.recv(64):
        for number in numbers:
            if number in heard:
                return number
    return None
