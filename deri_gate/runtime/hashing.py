"""Contents by name: a hash for which nobody can make two contents that share one."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

BYTES = 32  # of BLAKE2b: 256 bits, so that a collision takes 2^128 tries


def content_hash(*parts: bytes | memoryview) -> str:
    """BLAKE2b-256 of these bytes one after the other, in hexadecimal.

    Results are kept by it and "nothing changed" is said by it, of files that somebody else made.
    MD5 and SHA-1 are not enough there: pairs of pictures with one MD5 are made in milliseconds.
    """
    hashed = hashlib.blake2b(digest_size=BYTES)
    for part in parts:
        hashed.update(part)
    return hashed.hexdigest()


def file_hash(file: BinaryIO) -> str:
    """Hash of an open file, read piece by piece."""
    return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=BYTES)).hexdigest()  # type: ignore[arg-type]


def file_md5(file: BinaryIO) -> str:
    """MD5 of an open file, as DVC, stores and publishers tell it: it finds damage only."""
    return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()  # type: ignore[arg-type]


def md5_of(path: Path) -> str:
    """MD5 of a file; see `file_md5`."""
    with path.open("rb") as file:
        return file_md5(file)


def json_digest(content: object) -> str:
    """SHA-256 of plain content as JSON with sorted keys, in hexadecimal: recipes, cache keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
