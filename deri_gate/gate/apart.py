"""Great Expectations in a process of its own, which loads it while images are measured.

It takes two seconds to import, a fifth of what a pull request with a few new images costs, and
another processor has them to spare. The process ends with its pipe, however the first one ends.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import threading
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection


class Apart:
    """A process that is ready to judge; not to be asked by two threads at once."""

    def __init__(self) -> None:
        """Start it; it loads what it needs at once."""
        context = multiprocessing.get_context("spawn")  # a fork would take threads' locks along
        self._pipe, its = context.Pipe()
        self._process = context.Process(target=_serve, args=(its,), daemon=True)
        self._process.start()
        its.close()  # or a process that dies would keep us waiting

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function returns or raises there.

        Raises:
            LostError: If the process is gone, as where the system ran out of memory.
        """
        try:
            self._pipe.send((function, arguments))
            answer, raised, trace = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise LostError from error
        if raised is not None:
            raised.add_note(trace)
            raise raised
        return answer

    def close(self) -> None:
        """End it; there is nothing that it could leave half done."""
        self._pipe.close()
        self._process.kill()
        self._process.join()


class LostError(Exception):
    """The process is gone; what it was asked can still be done here."""


def _serve(pipe: Connection) -> None:
    """Answer until the pipe ends."""
    from tqdm import tqdm  # noqa: PLC0415

    from deri_gate.gate import load  # noqa: PLC0415  # that is what this process is for

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts both; the first decides
    tqdm.set_lock(threading.RLock())  # its own is a semaphore of the system, which would be left

    gc.disable()  # a million objects are made, and stay
    load()
    gc.freeze()
    gc.enable()
    while True:
        try:
            function, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(_done(function, arguments))


def _done(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, Any, str]:
    try:
        return function(*arguments), None, ""
    except Exception as error:  # noqa: BLE001  # whoever asked decides what to make of it
        return None, error, traceback.format_exc()
