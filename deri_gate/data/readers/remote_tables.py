"""Images that a table names and that lie elsewhere: listed first, fetched once it is read."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deri_gate.data.readers.assembly import file_source
from deri_gate.data.readers.manifest import Frame, dataset_from, read_table
from deri_gate.data.readers.side_tables import Beside, beside_on_disk, with_side_tables
from deri_gate.data.readers.tables import MAX_TEXT
from deri_gate.errors import DatasetError, SettingError
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.remote.address import Address
from deri_gate.runtime.remote.mirror import Mirror, naming_address
from deri_gate.runtime.remote.records import RemoteFile
from deri_gate.runtime.remote.stores import store_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadOptions
    from deri_gate.runtime.remote.records import RemoteStore

_BOTH = "Write a table of the remote files, and another of those that are here."


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """Addresses in the cells of a table, each with a path below the copy.

    Attributes:
        only: Whether every cell must be one, as the other files are not fetched.
        addresses: The address of each path.
    """

    only: bool
    addresses: dict[str, Address] = field(default_factory=dict)

    def placed(self, written: Sequence[str]) -> list[str]:
        """The cells, with a path in place of each address.

        Raises:
            DatasetError: If some name files of this machine, and others remote ones.
        """
        return [self._path(cell) for cell in written]

    def _path(self, cell: str) -> str:
        address = Address.of(cell)
        if address is None:
            if self.only and cell.strip():
                raise DatasetError("names both remote files and files of this machine", "", _BOTH)
            return cell
        path = f"{address.host}/{address.plain_path}"
        known = self.addresses.setdefault(path, address)
        if known != address:
            what = "names two addresses that differ in what a report does not show"
            raise DatasetError(what, address.shown, "Name each file once, by one address.")
        return path


@dataclass(frozen=True, kw_only=True)
class _Files:
    """Files of the folder that paths start from.

    Attributes:
        store: The folder's store; None where every cell is an address.
        listed: Its files by path; None for a web server, which lists nothing.
    """

    store: RemoteStore | None
    listed: Mapping[str, RemoteFile] | None

    @classmethod
    def of(cls, root: Address | None) -> _Files:
        """List the files, where they can be listed."""
        if root is None:
            return cls(store=None, listed={})
        store = store_of(root.folder())
        return cls(
            store=store, listed=None if root.on_web else {f.path: f for f in store.listing()}
        )

    def beside(self, mirror: Mirror) -> Beside:
        """The files directly in the folder, each fetched when it is read."""

        def read(name: str) -> bytes:
            mirror.fill([(self.listed or {})[name]])
            return read_regular_file(mirror.root / name, MAX_TEXT)

        return Beside(
            names=lambda: [name for name in self.listed or {} if "/" not in name], read=read
        )

    def wanted(self, path: str) -> RemoteFile | None:
        """The file of a path; None if there is none."""
        return RemoteFile(path=path) if self.listed is None else self.listed.get(path)


class _Listed(frozenset[str]):
    """Paths that may be there: those of a listing, or any where nothing is listed."""

    files: _Files
    cells: _Cells

    @classmethod
    def of(cls, files: _Files, cells: _Cells) -> _Listed:
        listed = cls(files.listed or {})
        listed.files, listed.cells = files, cells
        return listed

    def __contains__(self, path: object) -> bool:
        return (
            self.files.listed is None or path in self.cells.addresses or super().__contains__(path)
        )


def names_remote_files(table: Path, options: ReadOptions) -> bool:
    """True if the images of a table of this machine are to be fetched."""
    if Address.of(options.root):
        return True
    if not options.allow_remote:
        return False
    read = read_table(table, options)
    return any(Address.of(cell) for column in read.columns for cell in column)


def read_remote_table(
    path: Path, *, home: Address | None, name: str, labels_required: bool, options: ReadOptions
) -> Dataset:
    """The dataset that a table describes, with its images fetched.

    Args:
        path: The table, or its copy.
        home: Address of the folder that it came from; None for a table of this machine.
        name: Name of the dataset.
        labels_required: Whether a missing label is an error.
        options: Its columns, and where its paths start from.

    Raises:
        DatasetError: If it is malformed, or what it names cannot be fetched.
        SettingError: If an option does not fit.
    """
    root = _root(home, options.root)
    files = _Files.of(root)
    cells = _Cells(only=root is None)
    mirror = Mirror.of(files.store, "images")
    beside = beside_on_disk(path) if home is None else files.beside(mirror)
    table, notes = with_side_tables(read_table(path, options), options, beside)
    if options.root:
        options = options.model_copy(update={"root": str(mirror.root)})
    frame = Frame(
        name=name,
        home=mirror.root / path.name,
        labels_required=labels_required,
        options=options,
        listed=_Listed.of(files, cells),
        notes=notes,
        cells=cells.placed if options.allow_remote else None,
    )
    with naming_address(mirror.root, "" if root is None else root.shown):
        dataset = dataset_from(table, frame)
    _fetch(file_source(dataset).paths, mirror, files, cells)
    return dataset


def _root(home: Address | None, said: str) -> Address | None:
    """The folder that the paths of a table start from; None where each cell is an address.

    Raises:
        SettingError: If it leads out of the folder of a remote table.
    """
    if address := Address.of(said):
        return address.folder()
    if home is None or not said:
        return home
    if said.startswith("/") or ".." in said.split("/"):
        fix = "Name a folder below that of the table, or an address."
        raise SettingError("leads out of the folder of a remote table", f"--root {said}", fix)
    return home.below(posixpath.normpath(said)).folder()


def _fetch(paths: Sequence[str], mirror: Mirror, files: _Files, cells: _Cells) -> None:
    """Fetch these files; one that is nowhere stays away, and its image is unreadable."""
    if files.store is not None:
        own = {path: files.wanted(path) for path in paths if path not in cells.addresses}
        present = [file for file in own.values() if file is not None]
        mirror.fill(present, needed=lambda _: False, may_lack=files.listed is None)
    by_host: dict[Address, list[RemoteFile]] = {}
    for path in dict.fromkeys(paths):
        if address := cells.addresses.get(path):
            file = RemoteFile(path=address.plain_path, query=address.query)
            by_host.setdefault(address.top, []).append(file)
    for top, remote in by_host.items():
        elsewhere = mirror.elsewhere(store_of(top, by_user=False), top.host)
        elsewhere.fill(remote, needed=lambda _: False)
