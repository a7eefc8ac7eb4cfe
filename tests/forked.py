"""`deri-gate` in processes that need not load what others wrote, which takes most of their time.

Each is a fork of one that has loaded it, and nothing of ours: that comes anew from where the
process's own path leads. Only Linux forks safely.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

LOADED = ("click", "cv2", "great_expectations", "numpy", "pandas", "PIL.Image", "pyarrow.parquet",
          "pydantic", "scipy.stats", "sklearn.neighbors")  # fmt: skip


class Ended(NamedTuple):
    """The end of a command: its exit status, and what it took.

    Attributes:
        status: Its exit status; negative for a signal.
        seconds: Processor time, of its children as well.
        mib: Peak memory, of which what was loaded before is a part.
    """

    status: int
    seconds: float
    mib: int


def can_fork() -> bool:
    """True where a process that has loaded libraries is safely forked: on Linux."""
    return sys.platform == "linux"


class Forks:
    """The process that has loaded all that, and is asked for forks; to be closed by `with`."""

    def __enter__(self) -> Self:
        """Start it; it answers once it is loaded."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End it."""
        self._process.communicate()

    def run(
        self, words: Sequence[str], *, cwd: Path, env: Mapping[str, str], out: Path, err: Path,
        most: int = 240,
    ) -> Ended:  # fmt: skip
        """Run the command to its end.

        Args:
            words: What is typed behind `python -m deri_gate.cli.main`.
            cwd: Where.
            env: All of its environment; modules come from `PYTHONPATH`, too.
            out: File of its standard output.
            err: File of its standard error.
            most: Seconds, by the clock, after which it is ended by a signal.
        """
        asked = {"words": list(words), "cwd": str(cwd), "env": dict(env), "most": most}
        asked |= {"streams": [os.devnull, str(out), str(err)]}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{json.dumps(asked)}\n")
        self._process.stdin.flush()
        return Ended(*json.loads(self._process.stdout.readline()))


def completed(
    forks: Forks | None, *words: str, cwd: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a command, and give what it prints; in a process that is started anew without forks."""
    if forks is None:
        command = [sys.executable, "-m", "deri_gate.cli.main", *words]
        return subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, check=False
        )
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        ended = forks.run(words, cwd=cwd, env=env, out=out, err=err)
        said = [path.read_text("utf-8") for path in (out, err)]
    return subprocess.CompletedProcess(list(words), ended.status, *said)


def serve() -> None:
    """Answer by one line what is asked by one line, until there is no more."""
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(**json.loads(line))
            return
        _, status, used = os.wait4(child, 0)
        with suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)  # what it has left behind
        ended = (os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime)
        print(json.dumps([*ended, used.ru_maxrss // 1024]), flush=True)


def become(
    *, words: list[str], cwd: str, env: dict[str, str], streams: list[str], most: int
) -> None:
    """Be the command, in a session of its own."""
    os.setsid()
    signal.alarm(most)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), number)
    first = [] if env.get("PYTHONSAFEPATH") else [cwd]
    sys.path[:0] = [*first, *filter(None, env.get("PYTHONPATH", "").split(os.pathsep))]
    sys.argv = ["deri-gate", *words]
    runpy.run_module("deri_gate.cli.main", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve()
