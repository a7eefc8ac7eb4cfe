"""Contents of remote files that are kept from run to run, within a bound.

A content lies under the hash of its address, size and identity, with the hash of its bytes in the
name of its file. What does not hash to its name is fetched again.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.runtime.hashing import content_hash, file_hash

if TYPE_CHECKING:
    from collections.abc import Collection

    from deri_gate.runtime.remote.address import Address
    from deri_gate.runtime.remote.records import RemoteFile

FOLDER = "objects"
_PREFIX = 2  # digits of the hash that name a folder


@dataclass(frozen=True, kw_only=True)
class _Kept:
    path: str
    size: int
    used: float


def object_key(address: Address, file: RemoteFile) -> str:
    """The name of a content in the cache; "" for a file without identity."""
    if not file.identity:
        return ""
    parts = (address.shown, str(file.size), file.identity)
    return content_hash("\0".join(parts).encode("utf-8", errors="surrogateescape"))


@dataclass(frozen=True, kw_only=True)
class FetchedContents:
    """The contents that are kept in one folder.

    Attributes:
        folder: Where they lie.
        limit: Bytes that they may take; 0 to keep none.
        kept: What was there at the start, by key.
    """

    folder: Path
    limit: int
    kept: dict[str, _Kept] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, folder: Path, limit: int) -> FetchedContents:
        """Look at what is kept."""
        kept = dict[str, _Kept]()
        for path in kept_objects(folder) if limit else ():
            with suppress(OSError):  # another run has dropped it
                status = path.stat()
                kept_file = _Kept(path=str(path), size=status.st_size, used=status.st_mtime)
                kept[path.name.partition("-")[0]] = kept_file
        return cls(folder=folder / FOLDER, limit=limit, kept=kept)

    def path(self, key: str) -> Path | None:
        """File of a kept content, sound or not; None if there is none."""
        kept_file = self.kept.get(key) if key else None
        return Path(kept_file.path) if kept_file else None

    def link(self, key: str, size: int, place: Path) -> bool:
        """Put a kept content at a place, if there is one and it is sound."""
        kept_file = self.kept.get(key) if key else None
        if kept_file is None or size not in {kept_file.size, -1}:
            return False
        try:
            with open(kept_file.path, "rb") as file:  # noqa: PTH123  # once an image
                sound = file_hash(file) == kept_file.path.rpartition("-")[2]
            if sound:
                linked(kept_file.path, place)
                os.utime(kept_file.path)
        except OSError:
            return False
        return sound

    def keep(self, key: str, content: Path) -> None:
        """Keep a content that was fetched, under its key, and leave it where it is."""
        if not key or not self.limit:
            return
        with content.open("rb") as file:
            name = f"{key}-{file_hash(file)}"
        place = self.folder / key[:_PREFIX] / name
        with suppress(OSError):  # it is for speed alone
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.exists():
                linked(str(content), place)

    def make_room(self, size: int, keys: Collection[str]) -> None:
        """Drop what was used longest ago, and is not among these keys, for so many bytes."""
        taken = sum(kept_file.size for kept_file in self.kept.values()) + size
        oldest = sorted(self.kept.items(), key=lambda item: item[1].used)
        for key, kept_file in oldest:
            if taken <= self.limit:
                return
            if key not in keys:
                with suppress(OSError):
                    os.unlink(kept_file.path)  # noqa: PTH108  # once an image
                    taken -= kept_file.size


def linked(source: str, place: Path) -> None:
    """Give a file a second name, or a copy where the disk has no such links.

    Raises:
        OSError: If neither can be, or there is such a file.
    """
    try:
        os.link(source, place)
    except FileExistsError:
        raise
    except OSError:
        with open(source, "rb") as read, place.open("xb") as written:  # noqa: PTH123  # as above
            shutil.copyfileobj(read, written)


def kept_objects(folder: Path) -> list[Path]:
    """All contents that are kept below the folder of remote data."""
    return sorted((folder / FOLDER).glob(f"{'[0-9a-f]' * _PREFIX}/*-*"))
