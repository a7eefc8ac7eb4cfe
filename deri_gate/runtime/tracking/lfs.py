"""Git LFS: pointers that stand for files, and where the files are kept on this machine."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from deri_gate.runtime.git import Repository

MOST_BYTES = 1024  # of a pointer, as its specification says
_START = b"version https://git-lfs.github.com/spec/"
_OLD_START = b"version http"
_NAME = re.compile(rb"^oid sha256:([0-9a-f]{64})\n", re.MULTILINE)
PULL = "a pointer of Git LFS and not the file itself: run `git lfs pull`"


def is_pointer(content: bytes) -> bool:
    """True if a content is a pointer, sound or not, rather than the file itself."""
    old = content.startswith(_OLD_START) and b"\noid sha256:" in content[:MOST_BYTES]
    return content.startswith(_START) or old


def object_of(content: bytes) -> str:
    """SHA-256 of the file that a pointer stands for; "" where it names none."""
    match = _NAME.search(content) if len(content) <= MOST_BYTES else None
    return match[1].decode() if match else ""


def kept(sha256: str, repository: Repository) -> bytes:
    """The file of a pointer, from the repository's own store.

    Raises:
        DatasetError: If it was not fetched, or is damaged.
    """
    storage = repository.says("config", "--get", "--type=path", "lfs.storage")
    folder = repository.shared / (storage or "lfs")
    path = Path(folder, "objects", sha256[:2], sha256[2:4], sha256)
    try:
        content = path.read_bytes()
    except OSError as error:
        what = f"Git LFS has not fetched a file of this revision (SHA-256 {sha256})"
        raise DatasetError(what, repository.root, "Run `git lfs fetch --all`.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        fix = "Delete that file and run `git lfs fetch --all`."
        raise DatasetError("Git LFS holds another content under this name", path, fix)
    return content
