"""Files of a store, fetched into a folder of this run: whole, or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from tqdm import tqdm

from deri_gate.errors import DatasetError, DeriGateError, words_of_error
from deri_gate.runtime.remote.fetched import FetchedContents, object_key
from deri_gate.runtime.remote.names import refuse_names
from deri_gate.runtime.remote.transfers import Transfer
from deri_gate.runtime.remote.trees import LOCK, new_tree
from deri_gate.runtime.sizes import as_size
from deri_gate.runtime.store import REMOTE, default_folder, size_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from deri_gate.runtime.remote.address import Address
    from deri_gate.runtime.remote.records import RemoteFile, RemoteStore

CONNECTIONS = 16  # transfers at a time
_BATCH = 4096  # files handed out at a time


@contextmanager
def naming_address(root: Path, shown: str) -> Iterator[None]:
    """Let errors about files of a folder name the address that they came from.

    Args:
        root: The folder.
        shown: The address, for people.
    """
    try:
        yield
    except DeriGateError as error:
        parts = (error.what, error.where, error.fix)
        own = [part.replace(str(root), shown) for part in parts]
        raise type(error)(*own) from error


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A folder of this machine that is filled from a store.

    Attributes:
        store: Where the files come from; None if all come from elsewhere.
        root: The folder.
        objects: Contents of earlier runs.
        folds_case: Whether names that differ by case alone are one file's on this disk.
    """

    store: RemoteStore | None
    root: Path
    objects: FetchedContents = field(repr=False)
    folds_case: bool = False

    @classmethod
    def of(cls, store: RemoteStore | None, name: str) -> Self:
        """Make an empty folder for the files of a store; it goes when the process ends.

        Args:
            store: The store; None if it is filled from others alone.
            name: Name of the folder, which is that of the dataset.

        Raises:
            DatasetError: If it cannot be made.
        """
        remote = default_folder() / REMOTE
        try:
            tree = new_tree(remote)
            root = tree / name
            root.mkdir()
            folds_case = (tree / LOCK.upper()).exists()
        except (OSError, ValueError) as error:
            why = words_of_error(error)
            fix = "Name another folder by DERI_GATE_CACHE."
            raise DatasetError(f"no folder can be made for it ({why})", remote, fix) from error
        objects = FetchedContents.of(remote, size_limit())
        return cls(store=store, root=root, objects=objects, folds_case=folds_case)

    def fill(
        self,
        files: Sequence[RemoteFile],
        *,
        needed: Callable[[str], bool] = lambda _: True,
        may_lack: bool = False,
    ) -> None:
        """Fetch files, `CONNECTIONS` at a time.

        Args:
            files: The files.
            needed: True for a path without which nothing can be judged; in place of any other
                file that cannot be fetched lies a stand-in, which reads as unreadable.
            may_lack: True if a file that the store does not have is simply not there.

        Raises:
            DatasetError: If a needed file cannot be fetched, or many of the others.
        """
        assert self.store is not None  # one that is filled from elsewhere is not asked
        refuse_names(files, self.store.folder.shown, folds_case=self.folds_case)
        for folder in (file.path for file in files if file.path.endswith("/")):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        files = [file for file in files if not file.path.endswith("/")]
        self._make_room(files, self.store.folder)
        transfer = Transfer(
            store=self.store, root=self.root, objects=self.objects, needed=needed, may_lack=may_lack
        )
        with (
            ThreadPoolExecutor(CONNECTIONS) as pool,
            tqdm(total=len(files), desc="fetch", unit="file", disable=None) as bar,
        ):
            try:
                for start in range(0, len(files), _BATCH):
                    for _ in pool.map(transfer.take, files[start : start + _BATCH]):
                        bar.update()
            finally:
                transfer.stop.set()
                pool.shutdown(cancel_futures=True)

    def fill_empty(self, paths: Iterable[str]) -> None:
        """Make empty files for what is counted and never read."""
        for path in paths:
            place = self.root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()

    def elsewhere(self, store: RemoteStore, folder: str) -> Mirror:
        """A folder below this one, for the files of another store."""
        return replace(self, store=store, root=self.root / folder)

    def _make_room(self, files: Iterable[RemoteFile], folder: Address) -> None:
        """Drop old contents for new ones.

        Raises:
            DatasetError: If the files are more than may be kept.
        """
        limit = self.objects.limit
        if not limit:
            return
        sizes = {object_key(folder.below(f.path), f): max(0, f.size) for f in files}
        if sum(sizes.values()) > limit:
            what = f"takes {as_size(sum(sizes.values()))}, of {as_size(limit)} that may be kept"
            fix = "Allow more by DERI_GATE_CACHE_SIZE."
            raise DatasetError(what, folder.shown, fix)
        new = sum(size for key, size in sizes.items() if key not in self.objects.kept)
        self.objects.make_room(new, sizes.keys())
