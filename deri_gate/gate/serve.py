"""The process that loads Great Expectations and judges; `worker` starts it."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from deri_gate.gate.spared import load_spared

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK = 0.1  # seconds between two looks at the parent


def serve(parent: int) -> None:
    """Answer what comes in, until nothing can come any more; the process is for this alone.

    Args:
        parent: Process that asks.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal interrupts both; the first decides
    tqdm.set_lock(threading.RLock())  # its own is a semaphore of the system, which would be left
    back = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what is printed is no answer
    loaded = threading.Event()
    threading.Thread(target=_end_with_parent, args=(parent, loaded), daemon=True).start()
    gc.disable()  # a million objects are made, and stay
    load_spared()
    gc.freeze()
    gc.enable()
    loaded.set()
    while True:
        try:
            function, arguments = pickle.load(sys.stdin.buffer)  # noqa: S301  # both ends are ours
        except EOFError:
            return
        back.write(_done(function, arguments))
        back.flush()


def _end_with_parent(parent: int, loaded: threading.Event) -> None:
    """End the process when its parent has ended, until it is loaded and sees so by its pipe.

    Loading takes seconds, in which it would hold the terminal or pipe of an interrupted command.
    """
    while not loaded.wait(LOOK):
        if os.getppid() != parent:
            os._exit(1)


def _done(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    """Pickle the outcome; None if it cannot be pickled: the parent then runs the function."""
    answer: tuple[Any, Exception | None, str]
    try:
        answer = function(*arguments), None, ""
    except Exception as error:  # noqa: BLE001  # whoever asked decides what to make of it
        answer = None, error, traceback.format_exc()
    try:
        return pickle.dumps(answer)
    except Exception:  # noqa: BLE001  # whatever pickle makes of a stranger's exception
        return pickle.dumps(None)
