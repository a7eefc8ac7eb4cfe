"""Names of tar shards: the split that each says, and gaps in their numbers."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.splits import is_split
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ENDING = ".tar"
_NUMBERED = re.compile(r"(?P<stem>.*?)[-_.]?(?P<number>\d{3,})")


def split_of_archive(shard: str) -> str:
    """Split of a shard: the last word of its name that is one, or its folder's; "" for none."""
    stem = posixpath.basename(shard)[: -len(ENDING)]
    words = [word for word in re.split(r"[-_.]", stem) if not word.isdigit()]
    folder = posixpath.basename(posixpath.dirname(shard))
    return next((word for word in (*reversed(words), folder) if is_split(word)), "")


def refuse_some_splits(root: Path, shards: Sequence[str]) -> None:
    """Refuse shards of no split beside those of one: nobody would judge their images.

    Raises:
        DatasetError: If there are any.
    """
    without = [shard for shard in shards if not split_of_archive(shard)]
    if without and len(without) < len(shards):
        what = f"the name of {path_text(without[0])!r} says no split, and that of others does"
        fix = "Name a split in the name of each shard, or of none; or leave it out by --exclude."
        raise DatasetError(what, root, fix)


def refuse_gaps(shards: Sequence[str], root: Path) -> None:
    """Refuse numbered shards, from 0 or 1 on, of which one is missing.

    Raises:
        DatasetError: If one is.
    """
    numbers: dict[str, set[int]] = {}
    for shard in shards:
        if match := _NUMBERED.fullmatch(shard[: -len(ENDING)]):
            numbers.setdefault(match["stem"], set()).add(int(match["number"]))
    for stem, there in numbers.items():
        first = 0 if 0 in there else 1
        if max(there) - first >= len(there):
            missing = next(n for n in range(first, max(there)) if n not in there)
            what = f"lacks shard {missing} of {path_text(stem)!r}"
            raise DatasetError(what, root, "Download all shards, or name one file.")
