"""Great Expectations in a process of its own, which loads it while images are measured.

It takes two seconds to import, and a pull request with a few new images costs not much more;
another processor has them to spare. The process ends with its pipes, however the first one ends.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# Modules come from where they come from here, and never from the current folder, as with
# multiprocessing they would: it may be the checkout of a pull request by anybody.
STARTED = "import sys; sys.path[:] = {path!r}; from deri_gate.gate.worker import serve; serve()"


class WorkerProcess:
    """A process that is ready to judge; not to be asked by two threads at once."""

    def __init__(self) -> None:
        """Start it; it loads what it needs at once."""
        command = [sys.executable, "-P", "-c", STARTED.format(path=sys.path)]
        self._process = subprocess.Popen(  # noqa: S603  # nothing in it is from outside
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """What the function returns or raises there.

        Raises:
            LostError: If there is no answer, as where the system ran out of memory.
        """
        there, back = self._process.stdin, self._process.stdout
        assert there is not None
        assert back is not None
        try:
            pickle.dump((function, arguments), there)
            there.flush()
            answer, raised, trace = pickle.load(back)  # noqa: S301  # both ends are ours
        except Exception as error:  # gone, or raised what cannot be sent as it is
            raise LostError from error
        if raised is not None:
            raised.add_note(trace)
            raise raised
        return answer

    def close(self) -> None:
        """End it; there is nothing that it could leave half done."""
        self._process.kill()
        self._process.communicate()  # closes the pipes and waits


class LostError(Exception):
    """There is no answer and will be none; what was asked can still be done here."""


def serve() -> None:
    """Answer what comes in, until nothing can come any more; the process is for this alone."""
    from tqdm import tqdm  # noqa: PLC0415

    from deri_gate.gate import load  # noqa: PLC0415  # that is what this process is for

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts both; the first decides
    tqdm.set_lock(threading.RLock())  # its own is a semaphore of the system, which would be left
    back = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed is no answer
    gc.disable()  # a million objects are made, and stay
    load()
    gc.freeze()
    gc.enable()
    while True:
        try:
            function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  # both ends are ours
        except EOFError:
            return
        back.write(_done(function, arguments))
        back.flush()


def _done(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    """What came of it, ready to be sent; nothing where that cannot be, so that it is done there."""
    answer: tuple[Any, Exception | None, str]
    try:
        answer = function(*arguments), None, ""
    except Exception as error:  # noqa: BLE001  # whoever asked decides what to make of it
        answer = None, error, traceback.format_exc()
    try:
        return pickle.dumps(answer)
    except Exception:  # noqa: BLE001  # whatever pickle makes of a stranger's exception
        return pickle.dumps(None)
