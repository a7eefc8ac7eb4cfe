"""Images that lie in files: their ids, their bytes, and a Dataset of them."""

from __future__ import annotations

import functools
import os
import stat
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deri_gate import imaging
from deri_gate.dataset import NO_LABEL, Column, Dataset, OtherFiles, Reading, split_counts
from deri_gate.errors import UnreadableImageError
from deri_gate.hashing import content_hash, file_hash
from deri_gate.memory import budget
from deri_gate.readers.splits import split_rank
from deri_gate.readers.unions import UnionSource
from deri_gate.tracking.lfs import PULL, is_pointer
from deri_gate.tracking.links import LEADS_OUT, bounds_of
from deri_gate.tracking.missing import pull_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deri_gate.dataset import Finding, Picture

MAX_BYTES = 512 * 2**20  # no picture under the pixel limit needs more; a larger file is no picture


@dataclass(frozen=True, kw_only=True)
class EncodedImage:
    """The bytes of one image file."""

    where: str
    content: bytes = field(repr=False)

    @property
    def key(self) -> str:
        """Hash of the bytes, by which the image is known again."""
        return content_hash(self.content)

    def decode(self) -> Picture:
        """The image as a person sees it.

        Raises:
            UnreadableImageError: When there is no picture in the content.
        """
        return imaging.decode(self.content, self.where)


@dataclass(frozen=True, kw_only=True)
class FileSource:
    """Image files below one folder.

    Attributes:
        root: The folder.
        paths: Each file's path below it, with forward slashes, as the file system spells it.
        names: The same for people: what `printable` makes of it.
    """

    root: Path
    paths: tuple[str, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    def load(self, row: int) -> EncodedImage:
        """Read one file, once.

        Raises:
            UnreadableImageError: With the reason, when its bytes cannot be had.
        """
        if row < 0:
            raise IndexError(row)  # -1 stands for "no mask", never for the last file
        where = self.names[row]
        try:
            content = self._read(self.root / self.paths[row], where)
        except FileNotFoundError as error:
            pull = pull_command(self.root / self.paths[row])
            text = f"it was not pulled: run `{pull}`" if pull else "there is no such file"
            raise UnreadableImageError(text, where) from error
        except PermissionError as error:
            raise UnreadableImageError("no permission to read the file", where) from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise UnreadableImageError(f"cannot be read: {reason}", where) from error
        if not content:
            raise UnreadableImageError("the file is empty", where)
        if is_pointer(content):
            raise UnreadableImageError(PULL, where)
        return EncodedImage(where=where, content=content)

    def digest(self, row: int) -> str:
        """Hash of a file's bytes, whatever its size; a word where they cannot be had."""
        path = self.root / self.paths[row]
        try:
            self._refuse(path, self.names[row], any_size=True)
            with path.open("rb") as file:
                return file_hash(file)
        except UnreadableImageError as error:
            return f"unreadable: {error.what}"
        except OSError as error:
            return f"unreadable: {error.strerror}"

    def part(self, row: int, start: int, size: int) -> bytes:
        """Some bytes of a file; none when they cannot be had, `load` says why."""
        path = self.root / self.paths[row]
        try:
            self._refuse(path, self.names[row])
            with path.open("rb", buffering=0) as file:  # a buffer costs as much as the read
                file.seek(start)
                return file.read(size)
        except (UnreadableImageError, OSError):
            return b""

    def _read(self, path: Path, where: str) -> bytes:
        self._refuse(path, where)
        budget().claim(path.stat().st_size, where)
        return path.read_bytes()

    def _refuse(self, path: Path, where: str, *, any_size: bool = False) -> None:
        link_out = path.is_symlink() and not is_inside(path, self.root)
        if link_out or not _folder_inside(os.fspath(path.parent), os.fspath(self.root)):
            raise UnreadableImageError(LEADS_OUT, where, "Put the file itself there.")
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
            raise UnreadableImageError("not a file", where)
        if not any_size and status.st_size > MAX_BYTES:
            size = f"{status.st_size / 2**20:.0f} MiB"
            limit = f"the {MAX_BYTES // 2**20} MiB an image file may have"
            raise UnreadableImageError(f"{size} is more than {limit}", where)


class Entry(NamedTuple):
    """One image file, and what is said of it."""

    path: str  # below the root, with forward slashes
    labels: tuple[str, ...]
    split: str = ""
    group: str = ""
    mask: str = ""
    time: str = ""  # ISO 8601
    groups: tuple[str, ...] = ()  # in each grouping column, the first of which `group` is
    metadata: tuple[str, ...] = ()  # in each other column
    more_masks: tuple[str, ...] = ()  # further masks, which together with the first are one


def is_inside(path: str | Path, root: Path) -> bool:
    """If a path may be read once all symbolic links are followed.

    It may below the dataset's folder, in the repository around it, and in that one's DVC cache.
    """
    return bounds_of(root).allow(path)


@functools.lru_cache(maxsize=4096)
def _folder_inside(folder: str, root: str) -> bool:
    """The same of a folder, followed once: many files lie in each."""
    return is_inside(folder, Path(root))


def printable(path: str) -> str:
    r"""A path that can be printed on one line and written as UTF-8.

    What cannot, a line break or a byte that is no UTF-8, shows as an escape: ``\n``, ``\xff``.
    """
    if path.isascii() and path.isprintable():
        return path
    return "".join(map(_printable_character, path))


def _printable_character(character: str) -> str:
    byte = ord(character) - 0xDC00  # so Python keeps a byte of a name that is no UTF-8
    if 0x80 <= byte <= 0xFF:  # noqa: PLR2004  # the range of such a byte
        return f"\\x{byte:02x}"
    hidden = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
    return character.encode("unicode_escape").decode() if hidden else character


def dataset_of(
    entries: Iterable[Entry],
    *,
    name: str,
    root: Path,
    findings: Iterable[Finding] = (),
    reading: Reading = Reading(),  # noqa: B008  # frozen
    group_names: Sequence[str] = (),
    metadata_names: Sequence[str] = (),
    others: Iterable[str] = (),
) -> Dataset:
    """The Dataset of these files, in its fixed order whatever order they come in.

    An id is the file's path; where the same file comes again it ends in #2, #3 and so on.

    Args:
        entries: The files.
        name: What the dataset is called.
        root: The folder that their paths are relative to.
        findings: What the reader noticed.
        reading: What the reader knows; splits and masks are counted here.
        group_names: Names of the columns in `Entry.groups`.
        metadata_names: Names of the columns in `Entry.metadata`.
        others: Paths of all other files that lie in the dataset.
    """
    first = sorted(entries, key=lambda e: (split_rank(e.split), e))
    ids = unique([printable(e.path) for e in first])
    order = sorted(
        range(len(ids)), key=lambda i: (split_rank(first[i].split), first[i].split, ids[i])
    )
    kept = [first[i] for i in order]
    classes = sorted({label for e in kept for label in e.labels}, key=lambda c: (c == NO_LABEL, c))
    index = {label: i for i, label in enumerate(classes)}
    splits = _column([e.split for e in kept])
    groups = _column([e.group for e in kept])
    sources = _Sources.of(kept, sorted(set(others)), root)
    told = replace(reading, splits=split_counts(splits or ()), masks=sources.mask_files)
    return Dataset(
        name=name,
        ids=tuple(ids[i] for i in order),
        classes=tuple(classes),
        labels=tuple(tuple(sorted({index[label] for label in e.labels})) for e in kept),
        source=sources.source,
        rows=np.arange(len(kept)),
        splits=splits,
        groups=groups,
        group_columns=_named(group_names, [e.groups for e in kept])
        or (() if groups is None else (Column(reading.group_column or "group", groups),)),
        metadata=_named(metadata_names, [e.metadata for e in kept]),
        times=_column([e.time for e in kept]),
        masks=sources.masks,
        findings=tuple(sorted(findings, key=lambda f: (f.path, f.kind))),
        reading=told,
        other_files=sources.other_files,
    )


def _column(values: list[str]) -> tuple[str, ...] | None:
    return tuple(values) if any(values) else None


def _named(names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> tuple[Column, ...]:
    """The columns of these rows, by name."""
    return tuple(Column(name, tuple(row[i] for row in rows)) for i, name in enumerate(names))


@dataclass(frozen=True, kw_only=True)
class _Sources:
    """Where the images, their masks and the other files lie, each file once, in this order."""

    source: FileSource | UnionSource
    masks: np.ndarray[tuple[int], np.dtype[np.int64]] | None
    mask_files: int
    other_files: OtherFiles | None

    @classmethod
    def of(cls, entries: Sequence[Entry], others: Sequence[str], root: Path) -> _Sources:
        images = [e.path for e in entries]
        wanted = [(e.mask, *e.more_masks) if e.mask else () for e in entries]
        masks = sorted({mask for own in wanted for mask in own})
        paths = (*images, *masks, *others)
        row = {path: len(images) + i for i, path in enumerate(paths[len(images) :])}
        files = FileSource(root=root, paths=paths, names=tuple(map(printable, paths)))
        unions = sorted({tuple(row[m] for m in own) for own in wanted if len(own) > 1})
        rows = {(row[mask],): row[mask] for mask in masks} | {
            own: len(paths) + i for i, own in enumerate(unions)
        }
        return cls(
            source=UnionSource(source=files, count=len(paths), unions=tuple(unions))
            if unions
            else files,
            masks=np.array([rows.get(tuple(row[m] for m in own), -1) for own in wanted])
            if masks
            else None,
            mask_files=len(masks),
            other_files=OtherFiles(
                source=files,
                paths=tuple(files.names[len(images) :]),
                rows=tuple(range(len(images), len(paths))),
            )
            if len(paths) > len(images)
            else None,
        )


def unique(names: Sequence[str]) -> list[str]:
    """The names, those that come again with a number that no other name has taken."""
    taken = set(names)
    if len(taken) == len(names):
        return list(names)
    seen: dict[str, int] = {}
    result = []
    for name in names:
        number = seen.get(name, 0) + 1
        while number > 1 and f"{name}#{number}" in taken:
            number += 1
        seen[name] = number
        result.append(name if number == 1 else f"{name}#{number}")
        taken.add(result[-1])
    return result
