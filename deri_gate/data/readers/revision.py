"""Datasets at another revision: `git:REVISION:PATH`, from git's objects and DVC's cache.

Nothing is checked out and nothing of the user's is written. The MD5 that DVC has recorded only
says where a content lies: every image is read, and known by the hash of its own bytes.
"""

from __future__ import annotations

import atexit
import io
import os
import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.readers.assembly import file_source
from deri_gate.data.readers.endings import MANIFESTS
from deri_gate.data.readers.files import EncodedImage, FileSource, bytes_at, path_text
from deri_gate.data.readers.folder import read_listing
from deri_gate.data.readers.hub import read_hub_folder, read_image_file
from deri_gate.data.readers.imagefolder import metadata_in
from deri_gate.data.readers.listing import head_of_absent, known_head, list_paths
from deri_gate.data.readers.manifest import Frame, dataset_from, read_table
from deri_gate.data.readers.medmnist import read_npz
from deri_gate.data.readers.options import PLAIN
from deri_gate.data.readers.shards import shards_in
from deri_gate.data.readers.side_tables import Beside, with_side_tables
from deri_gate.data.readers.tracked import Revision, Tracked
from deri_gate.data.readers.unions import UnionSource
from deri_gate.data.signatures import HEAD
from deri_gate.errors import DatasetError, UnreadableImageError
from deri_gate.runtime.hashing import content_hash

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadOptions

PREFIX = "git:"
FORM = "Write git:REVISION:PATH, for instance git:main:data/images."
_ONE_PICTURE = (".jpg", ".jpeg", ".bmp", ".pgm", ".ppm", ".pbm", ".pnm")


@dataclass(frozen=True, kw_only=True)
class RevisionSource:
    """Image files of another revision.

    Attributes:
        revision: Which one, and how to read of it.
        files: Where each file is kept, None for one that is not there.
        names: The path of each for people.
    """

    revision: Revision
    files: tuple[Tracked | None, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    def digest(self, row: int) -> str:
        """Hash of a file's bytes; a word where the revision has none.

        Raises:
            DatasetError: When it should be there, and has not been fetched.
        """
        file = self.files[row]
        return "unreadable: not there" if file is None else content_hash(self.revision.read(file))

    def load(self, row: int) -> EncodedImage:
        """Read one file.

        Raises:
            UnreadableImageError: When there is no such file in the revision, or nothing in it.
            DatasetError: When it should be there, and has not been fetched.
        """
        if row < 0:
            raise IndexError(row)  # -1 stands for "no mask", never for the last file
        file, where = self.files[row], self.names[row]
        if file is None:
            raise UnreadableImageError("there is no such file in this revision", where)
        try:
            content = self.revision.read(file)
        except UnreadableImageError as error:
            raise UnreadableImageError(error.what, where, error.fix) from error
        if not content:
            raise UnreadableImageError("the file is empty", where)
        return EncodedImage(where=where, content=content)

    def part(self, row: int, start: int, size: int) -> bytes:
        """First bytes of a file; none when they cannot be read.

        Git gives contents as a whole only, so files with the names of single pictures are not
        asked for: nothing before decoding depends on their bytes.
        """
        file = self.files[row]
        if file is None:
            return b""
        try:
            if file.cached is not None:
                with file.cached.open("rb") as opened:
                    return bytes_at(opened, start, size)
            if self.names[row].lower().endswith(_ONE_PICTURE):
                return b""
            return self.revision.read(file)[start : start + size]
        except (DatasetError, UnreadableImageError, OSError):
            return b""


def read_revision(
    spec: str, *, labels_required: bool = True, options: ReadOptions = PLAIN
) -> Dataset:
    """Open a dataset as it was at another git revision.

    Args:
        spec: `git:REVISION:PATH`; the path, relative to the working folder, of any form of
            dataset that lies in files.
        labels_required: False to allow images without labels.
        options: What the user says of its form.

    Raises:
        DatasetError: If revision or path do not exist, or are not here; says what to fetch.
    """
    name, _, path = spec.removeprefix(PREFIX).partition(":")
    if not name or not path:
        raise DatasetError("names no revision and path", spec, FORM)
    revision = Revision.of(name, Path(path))
    tracked = revision.files(Path(path))
    try:
        return _dataset(
            revision, tracked, Path(path), labels_required=labels_required, options=options
        )
    except DatasetError as error:
        raise DatasetError(error.what, spec, error.fix) from error


def _dataset(
    revision: Revision,
    found: dict[str, Tracked],
    path: Path,
    *,
    labels_required: bool,
    options: ReadOptions,
) -> Dataset:
    """Read what lies at the path: a folder, an archive, images in a table, or a table of paths."""
    if "" not in found:
        return _folder(revision, found, path, labels_required=labels_required, options=options)
    suffix = path.suffix.lower()
    if suffix == ".npz":
        file = revision.local(found[""]) or _extracted(revision, found[""], path.name)
        return replace(read_npz(file, labels_required=labels_required), name=path.stem)
    if suffix not in MANIFESTS:
        raise DatasetError("is not a dataset", path, FORM)
    if suffix == ".parquet":
        file = _extracted(revision, found[""], path.name)
        images = read_image_file(file, labels_required=labels_required, options=options)
        if images is not None:
            return images
    return _manifest(revision, found[""], path, labels_required=labels_required, options=options)


def _folder(
    revision: Revision,
    files: dict[str, Tracked],
    path: Path,
    *,
    labels_required: bool,
    options: ReadOptions,
) -> Dataset:
    name = path_text(os.path.basename(os.path.abspath(path)))  # noqa: PTH100, PTH119
    hub = _hub(revision, files, name, labels_required=labels_required, options=options)
    if hub is not None:
        return hub
    dataset = read_listing(
        files,
        where=str(path),
        name=name,
        labels_required=labels_required,
        head=_heads(revision, files),
        options=options,
    )
    return _with_source(dataset, revision, files)


def _manifest(
    revision: Revision, file: Tracked, path: Path, *, labels_required: bool, options: ReadOptions
) -> Dataset:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(revision.read(file))
        table = read_table(copy, options)
    beside = _beside(revision, path)
    table, notes = with_side_tables(table, options, beside)
    below = revision.files(Path(options.root) if options.root else path.parent)
    frame = Frame(
        name=path.stem,
        home=path,
        labels_required=labels_required,
        options=options,
        listed=frozenset(below),
        notes=notes,
        beside=beside,
    )
    return _with_source(dataset_from(table, frame), revision, below)


def _beside(revision: Revision, table: Path) -> Beside:
    """The files in a table's folder, as they were."""
    home = revision.files(table.parent) if table.parent != table else {}
    return Beside(
        names=lambda: [name for name in home if name and "/" not in name],
        read=lambda name: revision.read(home[name]),
    )


def _hub(
    revision: Revision,
    found: dict[str, Tracked],
    name: str,
    *,
    labels_required: bool,
    options: ReadOptions,
) -> Dataset | None:
    """A folder as the hub keeps it: only its tables and Parquet files are laid out, apart."""
    tables = [*metadata_in(found), *shards_in([*found])]
    if not tables:
        return None
    folder = Path(tempfile.mkdtemp(prefix="deri-gate-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for table in tables:
        if ".." in table.split("/") or table.startswith("/"):  # a list of DVC's may say anything
            fix = "`dvc add` the folder anew."
            raise DatasetError("names a file outside its folder", path_text(table), fix)
        place = folder / table
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(revision.read(found[table]))
    dataset = read_hub_folder(
        folder,
        name=name,
        labels_required=labels_required,
        options=options,
        files=sorted(found),
        listed=lambda exclude: list_paths(found, _heads(revision, found), exclude),
    )
    if dataset is None or not isinstance(dataset.source, FileSource):
        return dataset
    return _with_source(dataset, revision, found)


def _heads(revision: Revision, files: dict[str, Tracked]) -> Callable[[str], bytes]:
    """First bytes of each file, those of an image for one that cannot be read, so it counts."""

    def head(path: str) -> bytes:
        try:
            start = revision.head(files[path], HEAD)
            return known_head(start, lambda: io.BytesIO(revision.read(files[path])))
        except UnreadableImageError:
            return head_of_absent(path)

    return head


def _with_source(dataset: Dataset, revision: Revision, found: dict[str, Tracked]) -> Dataset:
    given = dataset.source
    source = file_source(dataset)
    files = tuple(found.get(path) for path in source.paths)
    own = RevisionSource(revision=revision, files=files, names=source.names)
    others = dataset.other_files
    return replace(
        dataset,
        source=replace(given, source=own) if isinstance(given, UnionSource) else own,
        other_files=None if others is None else replace(others, source=own),
    )


def _extracted(revision: Revision, file: Tracked, name: str) -> Path:
    """A copy outside the user's folders, which goes when the process ends."""
    folder = tempfile.mkdtemp(prefix="deri-gate-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / os.path.basename(name)  # noqa: PTH119  # a name, not a path
    path.write_bytes(revision.read(file))
    return path
