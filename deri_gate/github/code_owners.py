"""Owners of files, as CODEOWNERS names them: GitHub's reading of its patterns."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # GitHub reads the first
_WILD = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def owners_in(root: Path, paths: Sequence[str]) -> list[str]:
    """Owners of any of these files, each once, by the CODEOWNERS of a working tree.

    Args:
        root: The repository.
        paths: Files, from its root.
    """
    file = next((root / place for place in PLACES if (root / place).is_file()), None)
    lines = [] if file is None else file.read_text("utf-8", errors="replace").splitlines()
    return list(dict.fromkeys(owner for path in paths for owner in owners_of(path, lines)))


def owners_of(path: str, lines: Sequence[str]) -> list[str]:
    """Owners of a file: those of the last line that fits, which may name none."""
    owners: list[str] = []
    for line in lines:
        words = line.partition("#")[0].split()
        if words and _pattern(words[0]).fullmatch(path):
            owners = words[1:]
    return owners


@lru_cache(maxsize=1000)
def _pattern(written: str) -> re.Pattern[str]:
    """A pattern that fits whole paths of files."""
    plain = written.strip("/")
    anywhere = "/" not in written.rstrip("/")
    start = "(?:.*/)?" if anywhere else ""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", plain)
    body = "".join(_WILD.get(part, re.escape(part)) for part in parts)
    if written.endswith("/"):
        return re.compile(f"{start}{body}/.*")  # a folder's
    if not anywhere and plain.endswith("/*"):
        return re.compile(body)  # of the files in this folder, and not in those below it
    return re.compile(f"{start}{body}(?:/.*)?")
