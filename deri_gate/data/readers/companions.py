"""Files beside images that are made of them: overlays, heat maps, thumbnails; told, not guessed."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import path_text
from deri_gate.data.signatures import stem_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_BEHIND = re.compile(r"(?P<of>.+?)(?P<end>[\s_.\-]++[^\W\d_]{3,}\d{0,2})")
_LEAST = 3  # images with such a file: fewer may be chance
_MOST_TOLD = 3


def companion_notes(images: Iterable[str]) -> list[str]:
    """A word on images of which another one of the folder has the name, with an end behind it.

    They are judged: augmented pictures are called so as well, and nothing else tells them apart.

    Args:
        images: Paths, masks left out.
    """
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for path in images:
        folder, name = posixpath.split(path)
        folders[folder].append(stem_of(name))
    ends: Counter[str] = Counter()
    bases = 0
    for stems in folders.values():
        image_stems = set(stems)
        found = [m for m in map(_BEHIND.fullmatch, image_stems) if m and m["of"] in image_stems]
        ends.update(match["end"] for match in found)
        bases += len(image_stems) - len(found)
    return [
        f"{count:,} images are called like another one with {path_text(end)!r} behind, and are "
        f"judged: --exclude '*{path_text(end)}.*' leaves them out"
        for end, count in ends.most_common(_MOST_TOLD)
        if count >= _LEAST and 2 * count >= bases
    ]
