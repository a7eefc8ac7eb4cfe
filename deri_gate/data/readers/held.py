"""Number of images in files that nobody judges: by their listings or sizes, none is unpacked."""

from __future__ import annotations

import re
import struct
import tarfile
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED, Finding
from deri_gate.data.readers import database
from deri_gate.data.readers.file_sizes import Sizes, is_holder
from deri_gate.data.readers.files import FileSource
from deri_gate.data.readers.layouts import exclude_option
from deri_gate.data.readers.left_over import PACKED
from deri_gate.data.readers.listing import EXCLUDED
from deri_gate.data.readers.looking import pages_behind
from deri_gate.data.readers.packed import packed_images
from deri_gate.data.readers.records_beside import (
    declared_pictures,
    has_place_for_images,
    in_zarr,
    is_arrow_table,
    is_record_file,
)
from deri_gate.data.signatures import claims_image, counted_by, may_hold_arrays
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.packed import Packed
    from deri_gate.data.readers.records_beside import PicturesSaid

MOST_FILES = 10_000  # that are opened; each of the others counts once
LEAST_SIZE = 10  # images that a file which is no archive must have room for, to be told
_DAMAGE = (
    OSError, EOFError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError,
    SyntaxError, RecursionError, struct.error, zlib.error, tarfile.TarError, DatasetError,
)  # fmt: skip
_CHUNK = re.compile(r"\d+(\.\d+)*")  # name of a piece of an array of Zarr
_MOST_JSON = 2**16
_HEAD = 512
_LISTED = "it holds {} that nobody judges"
_BY_SIZE = "by its size it has room for {} that nobody judges"
_IF_NONE = "; if it holds no images, such as weights of a network, {option} leaves it out"
_WITHIN = "an archive or arrays among the images of a class"
_FILE = "a file of arrays or records, which is not looked at"


@dataclass
class _Excused:
    """Images that may be those of the folder, as they were before they were unpacked."""

    there: int  # images that lie in the folder
    left: dict[str, int] = field(default_factory=dict)  # by way of counting
    seen: set[object] = field(default_factory=set)  # images of files that were looked at before

    def beyond(self, way: str, images: int) -> int:
        """Number of images of one more file that are not excused."""
        left = self.left.setdefault(way, self.there)
        self.left[way] = left - min(left, images)
        return images - min(left, images)

    def new_of(self, found: Packed) -> int:
        """Number of images of an archive that no archive before had, by folder, name and size."""
        before = len(self.seen)
        known = len({*found.members} & self.seen)
        self.seen.update(found.members)
        twice = len(found.members) - known - (len(self.seen) - before)
        return len(self.seen) - before + twice + found.more


def with_held(dataset: Dataset, root: Path) -> Dataset:
    """The dataset whose findings on files that nobody judges say how many images these hold.

    What was downloaded lies beside what was unpacked, and may since have been renamed, resized or
    saved in another format. So as many images as lie in the folder may be those of archives
    together, of arrays, or of what cannot be listed. What is more than these is not there.

    Args:
        dataset: What was read of a folder.
        root: The folder.
    """
    told = [f for f in dataset.findings if f.kind == UNJUDGED and f.images == 1]
    others = [f for f in dataset.findings if f.kind == "ignored"]
    holders = filter(is_holder, dataset.ids)
    within = [Finding(kind=UNJUDGED, path=name, detail=_WITHIN) for name in holders]
    if not told and not others and not within:
        return dataset
    excused, sizes = _Excused(_images_there(dataset)), Sizes(dataset, root)
    # Archives first: of a folder full of images beside the classes not all need be opened.
    first = sorted(told, key=lambda f: claims_image(f.path))[:MOST_FILES]
    found = {finding: _counted(finding, root, excused, sizes) for finding in first}
    found |= {one: _promoted(one, root, excused, sizes) for one in others[:MOST_FILES]}
    counts = (_counted(one, root, excused, sizes) for one in within[:MOST_FILES])
    more = (one for one in counts if one.images > 1)  # a single one is unreadable, which is told
    return replace(dataset, findings=(*(found.get(f, f) for f in dataset.findings), *more))


def _images_there(dataset: Dataset) -> int:
    """Number of images that lie in the folder: judged, masks, left out by choice, or told of."""
    told = sum(f.kind == UNJUDGED and claims_image(f.path) for f in dataset.findings)
    excluded = dict(dataset.reading.left_out).get(EXCLUDED, 0)
    return len(dataset) + dataset.reading.masks + excluded + told


def _counted(finding: Finding, root: Path, excused: _Excused, sizes: Sizes) -> Finding:
    """The finding with the number of images of its file."""
    path = root / finding.path
    try:
        if not path.is_file() or path.is_symlink():
            return finding
        images, words = _images(path, excused, sizes)
    except _DAMAGE:
        return finding
    if images <= 1 and finding.detail == PACKED:
        return replace(finding, detail=f"{PACKED}: {exclude_option(finding.path)} leaves it out")
    if images <= 1:
        return finding
    detail = f"{finding.detail}; {_said(words, images, finding.path)}"
    return replace(finding, detail=detail, images=images)


def _images(path: Path, excused: _Excused, sizes: Sizes) -> tuple[int, str]:
    """Number of images of a file that are more than those of the folder, or pages of an image."""
    head = _head(path)
    declared = declared_pictures(path, head)
    if declared is not None:
        return _of_arrays(declared, excused), _LISTED
    packed = packed_images(path, head)
    if packed is not None:
        inside = _inside(packed, sizes)
        beyond = excused.beyond("archives", excused.new_of(packed) + inside)
        return beyond, _BY_SIZE if inside else _LISTED
    if way := counted_by(head):
        each = sizes.plain if way == "arrays" else sizes.stored
        return excused.beyond(way, _room(path.stat().st_size, each)), _BY_SIZE
    source = FileSource(root=path.parent, paths=(path.name,), names=(path.name,))
    return 1 + pages_behind(source, 0), _LISTED


def _inside(packed: Packed, sizes: Sizes) -> int:
    """Number of images for which archives and arrays in an archive have room."""
    in_arrays = (_room(size, sizes.plain) for size in packed.arrays)
    many = sum(images for images in in_arrays if images >= LEAST_SIZE)  # one array may be one image
    return _room(packed.inside, sizes.stored) + many


def _promoted(finding: Finding, root: Path, excused: _Excused, sizes: Sizes) -> Finding:
    """The finding as one on images that nobody judges, where its file may hold many."""
    path = root / finding.path
    try:
        piece = bool(_CHUNK.fullmatch(path.name))
        if path.is_symlink() or not (piece or sizes.may_hold(path, LEAST_SIZE)):
            return finding
        images, words = _in_zarr(path, excused) if piece else _records(path, excused, sizes)
    except _DAMAGE:
        return finding
    if images < 1:
        return finding
    detail = f"{_FILE}; {_said(words, images, finding.path)}"
    return replace(finding, kind=UNJUDGED, detail=detail, images=images)


def _in_zarr(path: Path, excused: _Excused) -> tuple[int, str]:
    """Number of images of an array of which a file is the first piece that is looked at."""
    about = path.with_name(".zarray")
    if about in excused.seen or about.is_symlink() or not about.is_file():
        return 0, ""
    excused.seen.add(about)
    with about.open("rb") as file:
        return _of_arrays(in_zarr(file.read(_MOST_JSON)), excused), _LISTED


def _records(path: Path, excused: _Excused, sizes: Sizes) -> tuple[int, str]:
    """Number of images of a file of records, or of a program's; 0 for one that holds none."""
    head = _head(path)
    arrow = is_arrow_table(path, head)
    if not (arrow or may_hold_arrays(head) or is_record_file(head)):
        return 0, ""
    if arrow and not has_place_for_images(path):
        return 0, ""
    declared = declared_pictures(path, head)
    if declared is not None:
        return _of_arrays(declared, excused), _LISTED
    if head.startswith(database.HEAD):
        room = _room(database.bytes_for_images(path), sizes.stored)
        return excused.beyond("archives", room) or int(room > 0), _BY_SIZE
    way, each = ("archives", sizes.stored) if arrow else ("arrays", sizes.plain)
    return max(1, excused.beyond(way, _room(path.stat().st_size, each))), _BY_SIZE


def _said(words: str, images: int, path: str) -> str:
    """Words on the images that a file holds, and the way out where only its size tells them."""
    way_out = _IF_NONE.format(option=exclude_option(path)) if words == _BY_SIZE else ""
    return words.format(counted(images, "image")) + way_out


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _of_arrays(declared: PicturesSaid, excused: _Excused) -> int:
    """Images beyond the folder; as many in another size or type may be those of a file before."""
    pictures, alike = declared.pictures, {declared.pictures, declared}
    in_another = pictures in excused.seen and declared not in excused.seen
    excused.seen |= alike
    if in_another:
        return 1
    return max(int(pictures > 0), excused.beyond("arrays listed", pictures))


def _room(size: int, each: float) -> int:
    """Number of images for which so many bytes are enough."""
    return int(size / each) if each else 0
