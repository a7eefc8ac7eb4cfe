"""Contents that git keeps, by their full names, over one process that stays open."""

from __future__ import annotations

import subprocess
import threading
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from deri_gate.errors import DatasetError
from deri_gate.runtime.git import environment

if TYPE_CHECKING:
    from deri_gate.runtime.git import Repository

PARTS = 3  # of an answer: name, type, size


class Objects:
    """Git's contents by name; picklable, as each process asks for itself."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __getstate__(self) -> Repository:
        return self.repository

    def __setstate__(self, repository: Repository) -> None:
        self.__init__(repository)  # type: ignore[misc]  # a process of its own

    def __del__(self) -> None:
        if self._process is not None:
            _close(self._process)

    def read(self, blob: str) -> bytes:
        """Content of a blob.

        Args:
            blob: Its full name, never a short one or a reference.

        Raises:
            DatasetError: If it is not here, as in a partial clone without its remote.
        """
        with self._lock:
            try:
                content = self._answer(blob)
            except OSError:  # git has ended
                content = None
        if content is None:
            fix = "Run `git fetch --refetch origin`; a partial clone leaves contents out."
            raise DatasetError(f"git has not the content {blob}", self.repository.root, fix)
        return content

    def _answer(self, blob: str) -> bytes | None:
        """What git says; None where it has none, or ends before it is whole."""
        into, out = self._pipes()
        into.write(f"{blob}\n".encode())
        into.flush()
        answer = out.readline().split()
        if len(answer) != PARTS or answer[1] != b"blob":
            return None
        size = int(answer[2])
        content = out.read(size)
        return content if len(content) == size and out.read(1) == b"\n" else None

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            self._process = subprocess.Popen(  # noqa: S603  # a list, no shell
                self.repository.command("cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.repository.root,
                env=environment(),
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was begun cannot be sent to one that has ended
            if pipe is not None:
                pipe.close()
    process.wait()
