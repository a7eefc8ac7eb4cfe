"""Start the program of a cell, bound what it may use, and end it where the disk fills up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from deri_gate.isolation.cell import PROCESSES, cell_memory
from deri_gate.runtime.kept_words import note_isolation
from deri_gate.runtime.system import free_space, limit_process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_FILE = 2**30  # bytes of one file of a report
MOST_SAID = 100_000  # characters of what it prints that are shown
MOST_LINE = 4096  # characters of a line that are read at once
MOST_TAKEN = 64 * 2**30  # bytes of the scratch folder's disk: its cache of results starts empty
LEAST_LEFT = 0.02  # share of what was free that must stay so, of bytes and of files
EVERY = 1.0  # seconds between two looks at the disk


def run_cell(command: list[str], env: Mapping[str, str], scratch: Path) -> int:
    """Exit status of the cell's program; what it prints goes to standard error, up to a bound.

    Args:
        command: The command line.
        env: The environment of the program that makes the cell.
        scratch: The folder that it may write, whose disk is watched.
    """
    note_isolation()
    with subprocess.Popen(  # noqa: S603  # no shell; every word is ours or a path of ours
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=_limited if os.name == "posix" else None,  # noqa: PLW1509  # no threads yet
    ) as process:
        assert process.stdout is not None
        ended = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process, scratch, ended), daemon=True)
        watcher.start()
        said = 0
        try:
            while part := process.stdout.readline(MOST_LINE):
                sys.stderr.write(part if said < MOST_SAID else "")
                said += len(part)
            status = process.wait()
        except KeyboardInterrupt:  # at a terminal the cell has it as well, and ends by itself
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
            process.terminate()
            raise
        finally:
            ended.set()
        watcher.join()
    return status


def _limited() -> None:
    """Bounds of the system for the process that is to come."""
    limit_process(file=4 * MOST_FILE, memory=cell_memory(), processes=PROCESSES)


def _watch(process: subprocess.Popen[str], scratch: Path, ended: threading.Event) -> None:
    """End the cell once it has taken its share of a disk, or has left nobody else any."""
    start = free_space(scratch)
    while start is not None and not ended.wait(EVERY):
        left = free_space(scratch) or start
        few = any(now < LEAST_LEFT * before for now, before in zip(left, start, strict=True))
        if few or start[0] - left[0] > MOST_TAKEN:
            sys.stderr.write("the isolated judge has filled the disk, and is ended\n")
            process.terminate()  # Docker's client hands it on; bubblewrap takes all with it
            if not ended.wait(EVERY):
                process.kill()
            return
