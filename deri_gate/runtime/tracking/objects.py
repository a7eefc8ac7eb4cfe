"""Contents that git keeps, by their full names, over one process that stays open.

A name is the hash of its content, so git's answer is checked: half an answer, another's answer or
none is an error, whatever became of the process.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from deri_gate.errors import DatasetError
from deri_gate.runtime.git import OBJECT, environment

if TYPE_CHECKING:
    from deri_gate.runtime.git import Repository

Kind = Literal["blob", "tree", "commit"]
SHA256_DIGITS = 64
MOST_DIGITS = 15  # of a size that git says


class Objects:
    """Git's contents by name; picklable, as each process asks for itself."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # process that started it
        self._end: weakref.finalize[Any, Objects] | None = None

    def __getstate__(self) -> Repository:
        return self.repository

    def __setstate__(self, repository: Repository) -> None:
        self.__init__(repository)  # type: ignore[misc]  # a process of its own

    def read(self, name: str, kind: Kind = "blob") -> bytes:
        """Content of an object.

        Args:
            name: Its full name, never a short one or a reference.
            kind: The kind it must be of.

        Raises:
            DatasetError: If it is not here, as in a partial clone without its remote, or if git
                does not give it whole.
        """
        with self._lock:
            content = self._checked(name, kind)
        if content is None:
            fix = "Run `git fetch --refetch origin`; a partial clone leaves contents out."
            raise DatasetError(f"git has not the content {name}", self.repository.root, fix)
        return content

    def _checked(self, name: str, kind: Kind) -> bytes | None:
        """Return git's answer if it is what the name stands for.

        After anything else the process is given up: what it says next may answer this question.
        """
        content = None
        try:
            content = self._answer(name, kind) if OBJECT.fullmatch(name) else None
            if content is not None and object_name(content, kind, len(name)) != name:
                content = None
        except (OSError, ValueError):  # git has ended, or its pipe was closed
            content = None
        finally:  # interrupted in the middle of an answer, too
            if content is None:
                self._give_up()
        return content

    def _answer(self, name: str, kind: Kind) -> bytes | None:
        into, out = self._pipes()
        into.write(f"{name}\n".encode())
        into.flush()
        said = out.readline().split()
        if said[:2] != [name.encode(), kind.encode()] or len(said) <= 2:  # noqa: PLR2004  # size
            return None
        if not said[2].isdigit() or len(said[2]) > MOST_DIGITS:
            return None
        size = int(said[2])
        content: bytes = out.read(size)
        return content if len(content) == size and out.read(1) == b"\n" else None

    def _pipes(self) -> tuple[Any, Any]:
        """Both ends of a process of this one; a fork must not read its parent's answers."""
        if self._process is None or self._owner != os.getpid():
            self._owner = os.getpid()
            self._process = subprocess.Popen(  # noqa: S603  # a list, no shell
                self.repository.command("cat-file", "--batch"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.repository.root,
                env=environment(),
            )
            self._end = weakref.finalize(self, _close, self._process, self._owner)
        return self._process.stdin, self._process.stdout

    def _give_up(self) -> None:
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
        if self._end is not None:
            self._end()
        self._process = None


def object_name(content: bytes, kind: Kind, digits: int) -> str:
    """Name that git gives to a content, by SHA-1 or SHA-256 as the number of digits says."""
    digest = new_name(kind, len(content), digits)
    digest.update(content)
    return str(digest.hexdigest())


def new_name(kind: Kind, size: int, digits: int) -> Any:
    """The start of git's name for an object of this size, to be updated with its content."""
    start = f"{kind} {size}\0".encode()
    if digits == SHA256_DIGITS:
        return hashlib.sha256(start)
    return hashlib.sha1(start, usedforsecurity=False)  # git's name, not a proof of ours


def _close(process: subprocess.Popen[bytes], owner: int) -> None:
    if owner != os.getpid():  # a fork: its parent goes on
        return
    for pipe in (process.stdin, process.stdout):
        with suppress(OSError):  # what was begun cannot be sent to one that has ended
            if pipe is not None:
                pipe.close()
    process.wait()
