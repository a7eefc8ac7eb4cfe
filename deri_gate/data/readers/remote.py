"""Datasets in object stores and on web servers, read from a copy that goes with the run.

Every form is read by the reader of its form: only where the files come from is another matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from deri_gate.data.readers.endings import MANIFESTS
from deri_gate.data.readers.image_columns import cells_in
from deri_gate.data.readers.listing import Listing
from deri_gate.data.readers.remote_tables import read_remote_table
from deri_gate.data.readers.rubbish import rubbish
from deri_gate.data.signatures import OTHER_ENDINGS, claims_image, ending_of
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import happened, listed
from deri_gate.runtime.remote.mirror import Mirror, naming_address
from deri_gate.runtime.remote.stores import store_of

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadOptions
    from deri_gate.runtime.remote.address import Address
    from deri_gate.runtime.remote.records import RemoteFile, RemoteStore

_NOTHING = (
    "Name a folder <class>/<image> or <split>/<class>/<image>, a manifest (.csv, .tsv, .jsonl or "
    ".parquet), shards (.tar or .parquet) or a MedMNIST file (.npz)."
)
_AGAIN = "Run it again when nobody writes there."


class LocalReader(Protocol):
    """Reader of a dataset in a folder or file of this machine."""

    def __call__(self, path: Path, *, labels_required: bool, options: ReadOptions) -> Dataset:
        """The dataset."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A dataset that is asked for by its address.

    Attributes:
        address: The address.
        labels_required: Whether a missing label is an error.
        options: What the user says of its form.
        read: Reads the copy.
    """

    address: Address
    labels_required: bool
    options: ReadOptions
    read: LocalReader


def read_remote(request: Request) -> Dataset:
    """Fetch a dataset and read it.

    Raises:
        DatasetError: If it cannot be listed or fetched, changes meanwhile, or is none.
        SettingError: If the extra for its store is missing.
    """
    ending = ending_of(request.address.name)
    is_file = ending in {*MANIFESTS, ".npz", ".tar"} and not request.address.path.endswith("/")
    return _file(request) if is_file else _folder(request)


def _folder(request: Request) -> Dataset:
    """A folder: everything that its reader would look at, as it was at one moment."""
    store = store_of(request.address.folder())
    files = store.listing()
    if not files:
        raise DatasetError("there is nothing", request.address.shown, _NOTHING)
    excludes = Listing(exclude=request.options.exclude).excludes
    kept = [file for file in files if not _is_tool(file.path)]
    mirror = Mirror.of(store, request.address.name)
    with naming_address(mirror.root, request.address.shown):
        mirror.fill([file for file in kept if not excludes(file.path)], needed=_is_needed)
        mirror.fill_empty(file.path for file in kept if excludes(file.path))
        _refuse_changes(store, files)
        return request.read(
            mirror.root, labels_required=request.labels_required, options=request.options
        )


def _file(request: Request) -> Dataset:
    """A dataset in one file; the images of a table are fetched after it."""
    address, options = request.address, request.options
    store = store_of(address.parent)
    file = store.named(address.name, address.query)
    if file is None:
        raise DatasetError("there is no such object", address.shown, _NOTHING)
    mirror = Mirror.of(store, "files")
    with naming_address(mirror.root, store.folder.shown):
        mirror.fill([file])
        path = mirror.root / file.path
        if is_table(path, options):
            return read_remote_table(
                path,
                home=store.folder,
                name=path.stem,
                labels_required=request.labels_required,
                options=options,
            )
        return request.read(path, labels_required=request.labels_required, options=options)


def is_table(path: Path, options: ReadOptions) -> bool:
    """True for a file that names images, and holds none."""
    ending = path.suffix.lower()
    if ending == ".parquet":
        return cells_in(path, options.columns) is None
    return ending in MANIFESTS


def _is_tool(path: str) -> bool:
    """True for what git and DVC keep in folders of their own; no reader looks there."""
    first, inside, _ = path.partition("/")
    return bool(inside) and rubbish(first, folder=True) == "tool"


def _is_needed(path: str) -> bool:
    """True for a table, a shard or any other file that is no image: without it all may differ.

    At the top that is any file that does not claim to be an image, such as LICENSE.
    """
    return ending_of(path) in OTHER_ENDINGS or ("/" not in path and not claims_image(path))


def _refuse_changes(store: RemoteStore, before: tuple[RemoteFile, ...]) -> None:
    """Look at the folder again, once all of it is here.

    Raises:
        DatasetError: If it is another now: what was read was then at no time all of it.
    """
    first, last = ({file.path: file for file in files} for files in (before, store.listing()))
    changes = [
        happened(count, "file", deed)
        for count, deed in (
            (len(last.keys() - first.keys()), "added"),
            (len(first.keys() - last.keys()), "removed"),
            (sum(first[p] != last[p] for p in first.keys() & last.keys()), "changed"),
        )
        if count
    ]
    if changes:
        what = f"it was changed while it was read: {listed(changes)}"
        raise DatasetError(what, store.folder.shown, _AGAIN)
