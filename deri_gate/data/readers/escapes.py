"""Paths that a table holds as a web address does, or of which only the case differs."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from deri_gate.data.readers.files import path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.data.readers.places import Place

_SCHEME = "file:"
_TRIED = 20_000  # paths by which the count is made


def spelling_hint(missing: Sequence[str], place: Place) -> str:
    """A sentence on files that lie there under another spelling of these paths; "" for none.

    Percent-encoded paths (`a%20b.png`) and `file://` addresses are not read as what they stand
    for, since `a%20b.png` may be a name: the sentence says which file is there.

    Args:
        missing: Paths that are not there, as the reader has them.
        place: Where they were looked for.
    """
    kinds: tuple[tuple[str, Callable[[str, Place], str | None]], ...] = (
        ("web addresses of files (file://)", _of_address),
        ("percent-encoded", _decoded),
        ("written in another case than the files", _Folders(place).file_like),
    )
    for words, way in kinds:
        spelled = [(path, there) for path in missing[:_TRIED] if (there := way(path, place))]
        if spelled:
            path, there = spelled[0]
            return (
                f"{len(spelled):,} of {len(missing[:_TRIED]):,} paths are {words}: "
                f"{path_text(path)!r} is not there, and {path_text(there)!r} is. "
                "Write the paths as the files are called."
            )
    return ""


def _of_address(path: str, place: Place) -> str | None:
    """Path below the root that a `file:` address names, by its whole path or its end."""
    if not path.lower().startswith(_SCHEME):
        return None
    plain = unquote(path[len(_SCHEME) :]).lstrip("/")
    inside = place.plain(f"/{plain}")
    parts = plain.split("/")
    ends = ["/".join(parts[i:]) for i in range(len(parts))]
    return next((one for one in (inside, *ends) if _is_there(one, place)), None)


def _decoded(path: str, place: Place) -> str | None:
    plain = unquote(path)
    return plain if plain != path and _is_there(plain, place) else None


class _Folders:
    """Names in the folders below a root, each listed once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._names: dict[str, dict[str, str]] = {}

    def file_like(self, path: str, _place: Place) -> str | None:
        """The file whose path differs in case alone, as it may on Windows and macOS."""
        spelled_path = ""
        for part in path.split("/"):
            names = self._in(spelled_path)
            name = part if part in names.values() else names.get(part.casefold())
            if name is None:
                return None
            spelled_path = posixpath.join(spelled_path, name)
        return spelled_path

    def _in(self, folder: str) -> dict[str, str]:
        """By name in lower case the name, of what lies in a folder."""
        if folder not in self._names:
            self._names[folder] = {name.casefold(): name for name in self._listed(folder)}
        return self._names[folder]

    def _listed(self, folder: str) -> list[str]:
        if self._place.listed is not None:
            start = f"{folder}/" if folder else ""
            below = (path for path in self._place.listed if path.startswith(start))
            return sorted({one[len(start) :].partition("/")[0] for one in below})
        try:
            return sorted(entry.name for entry in (self._place.root / folder).iterdir())
        except OSError:
            return []


def _is_there(path: str, place: Place) -> bool:
    """True if a file of the root has this path; one that leads out is not looked for."""
    plain = posixpath.normpath(path)
    outside = plain.startswith(("/", "..")) or "\0" in plain
    return not outside and place.has(plain)
