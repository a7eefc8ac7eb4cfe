"""Great Expectations in a process of its own, which loads it while images are measured.

It takes two seconds to import, and a pull request with a few new images costs not much more;
another processor has them to spare. The process ends with its pipes, however the first one ends.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# Modules come from where they come from here, and never from the current folder, as with
# multiprocessing they would: it may be the checkout of a pull request by anybody.
STARTED = """import sys; sys.path[:] = {path!r}
from deri_gate.gate.serve import serve; serve({parent})"""


class WorkerProcess:
    """A process that is ready to judge; not to be asked by two threads at once."""

    def __init__(self) -> None:
        """Prepare it; it is started by `start`, or by the first call."""
        self._process: subprocess.Popen[bytes] | None = None
        self._starting = threading.Lock()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, unless that was done; it loads what it needs at once."""
        with self._starting:
            if self._process is None:
                code = STARTED.format(path=sys.path, parent=os.getpid())
                self._process = subprocess.Popen(  # noqa: S603  # nothing in it is from outside
                    [sys.executable, "-P", "-c", code],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                )
            return self._process

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return or raise what the function does there.

        Raises:
            LostError: If there is no answer, as where the system ran out of memory.
        """
        process = self.start()
        there, back = process.stdin, process.stdout
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
        if self._process is not None:
            self._process.kill()
            self._process.communicate()  # closes the pipes and waits


class LostError(Exception):
    """There is no answer and will be none; what was asked can still be done here."""
