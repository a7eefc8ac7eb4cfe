"""git-annex: links and pointers that stand for files."""

from __future__ import annotations

import os

_POINTER = b"/annex/objects/"
_STORE = f"{os.sep}annex{os.sep}objects{os.sep}"
GET = "kept by git-annex, and not here: run `git annex get`"
UNLOCK = (
    "a link to what git-annex keeps outside the dataset: run `git annex get` and `git annex unlock`"
)


def points_into_annex(content: bytes) -> bool:
    """True if a content, or its beginning, is a pointer rather than the file itself."""
    return content.startswith(_POINTER)


def links_into_annex(path: str) -> bool:
    """True for a link to a file in git-annex's store, which may be there or not."""
    try:
        return _STORE in os.readlink(path)  # noqa: PTH115  # a Path is slow
    except OSError:
        return False
