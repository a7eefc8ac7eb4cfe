"""Number of images in a file that nobody judges: by its listing, without unpacking any."""

from __future__ import annotations

import tarfile
import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED
from deri_gate.data.readers.files import FileSource
from deri_gate.data.readers.looking import further_in
from deri_gate.data.readers.medmnist import pictures_beside
from deri_gate.data.readers.npz import headers
from deri_gate.data.signatures import claims_image
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from deri_gate.data.dataset import Dataset, Finding

MOST_FILES = 10_000  # that are opened; each of the others counts once
MOST_MEMBERS = 100_000  # of an archive that are looked through; the others count as images
MOST_LISTED = 64 * 2**20  # bytes of an archive's list, about 100 for each of its members
_DAMAGE = (OSError, ValueError, zipfile.BadZipFile, tarfile.TarError, NotImplementedError)
_Member = tuple[str, int]  # name without folders, and size in bytes


def with_held(dataset: Dataset, root: Path) -> Dataset:
    """The dataset whose findings on files that nobody judges say how many images these hold.

    What was downloaded lies beside what was unpacked: members of the name and size of a file that
    is judged are that file. Arrays have no names, so as many as are judged may be those.

    Args:
        dataset: What was read of a folder.
        root: The folder.
    """
    told = [f for f in dataset.findings if f.kind == UNJUDGED and f.images == 1]
    if not told:
        return dataset
    known = _Known(dataset=dataset, root=root)
    # Archives first: of a folder full of images beside the classes not all need be opened.
    first = sorted(told, key=lambda f: claims_image(f.path))[:MOST_FILES]
    found = {finding: known.counted(finding) for finding in first}
    return replace(dataset, findings=tuple(found.get(f, f) for f in dataset.findings))


@dataclass(frozen=True, kw_only=True)
class _Known:
    """Images that are judged, which may lie in an archive beside them as well."""

    dataset: Dataset
    root: Path

    def counted(self, finding: Finding) -> Finding:
        """The finding with the number of images of its file."""
        path = self.root / finding.path
        try:
            images = self._images(path) if path.is_file() and not path.is_symlink() else 1
        except (*_DAMAGE, DatasetError):
            return finding
        if images <= 1:
            return finding
        detail = f"{finding.detail}; it holds {counted(images, 'image')} that nobody judges"
        return replace(finding, detail=detail, images=images)

    def _images(self, path: Path) -> int:
        with path.open("rb") as file:
            head = file.read(512)
        if head.startswith(b"PK\x03\x04"):
            if path.suffix.lower() != ".npz":
                return self._in_zip(path)
            return pictures_beside(headers(path)) - len(self.dataset)
        if head[257:262] == b"ustar":
            with tarfile.open(path, "r:") as archive:
                files = ((m.name, m.size) for m in archive if m.isfile())
                return self._others(islice(files, MOST_MEMBERS))
        source = FileSource(root=path.parent, paths=(path.name,), names=(path.name,))
        return 1 + further_in(source, 0, path.name)

    def _in_zip(self, path: Path) -> int:
        _refuse_long_list(path)
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
        own = self._others((m.filename, m.file_size) for m in members[:MOST_MEMBERS])
        return own + max(0, len(members) - MOST_MEMBERS)

    def _others(self, members: Iterator[_Member]) -> int:
        """Number of images among members, without those that are judged."""
        held = Counter(
            (name.replace("\\", "/").rpartition("/")[2], size)
            for name, size in members
            if claims_image(name) and not name.startswith("__MACOSX/")
        )
        names = {name for name, _ in held}
        beside = (name for name in self.dataset.ids if name.rpartition("/")[2] in names)
        return (held - Counter(self._size(name) for name in beside)).total()

    def _size(self, name: str) -> _Member:
        try:
            return name.rpartition("/")[2], (self.root / name).stat().st_size
        except OSError:
            return name, -1


def _refuse_long_list(path: Path) -> None:
    """Raise for a list that would take much memory: `zipfile` reads it as a whole."""
    with path.open("rb") as file:
        file.seek(0, 2)
        size = file.tell()
        file.seek(max(0, size - 2**16 - 22))
        end = file.read()
    at = end.rfind(b"PK\x05\x06")
    length = int.from_bytes(end[at + 12 : at + 16], "little")
    if at < 0 or min(length, size) > MOST_LISTED:
        raise ValueError
