"""Contents in DVC's cache of this machine: sound ones, or none."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.errors import DatasetError
from deri_gate.runtime.extras import extra
from deri_gate.runtime.folders import folder_for
from deri_gate.runtime.hashing import file_md5

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import BinaryIO

    from deri_gate.github.fetching.remote import Remotes
    from deri_gate.runtime.tracking.dvc_cache import DvcCache

READ_ONLY = 0o444


class Content(NamedTuple):
    """Content of a file as DVC names it."""

    md5: str
    plain: bool  # if that is the MD5 of the bytes themselves, as since DVC 3


@dataclass(frozen=True, kw_only=True)
class Cache:
    """DVC's cache, filled from remotes.

    Attributes:
        folder: DVC's own.
        root: The repository's; what lies in it may be a stranger's, links and all.
        remotes: Where missing contents come from.
    """

    folder: DvcCache
    root: Path
    remotes: Remotes

    def file(self, content: Content) -> Path:
        """Path of a content, if it is there."""
        return self.folder.place(content.md5, plain=content.plain)

    def fill(self, wanted: Collection[Content], remote: str = "") -> None:
        """Make sure that contents are there and are what they are called.

        Raises:
            DatasetError: If one is to be had nowhere, or is not what it is called.
        """
        unique = sorted(set(wanted))
        with ThreadPoolExecutor() as pool:
            sound = list(pool.map(lambda one: is_sound(self.file(one), one), unique))
        missing = [one for one, there in zip(unique, sound, strict=True) if not there]
        for plain in (True, False):
            some = [one for one in missing if one.plain is plain]
            if some:
                self._download(some, plain=plain, remote=remote)

    def _download(self, wanted: Sequence[Content], *, plain: bool, remote: str) -> None:
        own = folder_for(self.folder.folder, self.root)
        scratch = Path(tempfile.mkdtemp(prefix="deri-gate-", dir=own))
        try:
            files = [(content.md5, scratch / content.md5) for content in wanted]
            self.remotes.download(files, plain=plain, name=remote)
            with ThreadPoolExecutor() as pool:
                list(pool.map(self._taken, wanted, [file for _, file in files]))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _taken(self, content: Content, file: Path) -> None:
        if not is_sound(file, content):
            what = f"the remote holds another content under MD5 {content.md5}"
            raise DatasetError(what, self.root, "Run `dvc push` again from where it is whole.")
        place = self.file(content)
        folder_for(place.parent, self.root)
        file.chmod(READ_ONLY)
        file.replace(place)

    def read(self, content: Content, most: int) -> bytes:
        """A content that is there, up to a size.

        Raises:
            DatasetError: If it is larger.
        """
        with _opened(self.file(content)) as file:
            data = file.read(most + 1)
        if len(data) > most:
            what = f"DVC's list of a folder has more than {most:,} bytes"
            raise DatasetError(what, self.root, "Track it as several folders, each by its own.")
        return data


def is_sound(file: Path, content: Content) -> bool:
    """True for a regular file whose MD5 is the one it is called by."""
    try:
        with _opened(file) as opened:
            return _md5(opened, plain=content.plain) == content.md5.removesuffix(".dir")
    except OSError:
        return False


def is_held(file: Path, cache: Cache) -> bool:
    """True for a file whose content the cache holds as well, so that none is lost with it."""
    for plain in (True, False):
        try:
            with _opened(file) as opened:
                content = Content(_md5(opened, plain=plain), plain)
        except OSError:
            return False
        if is_sound(cache.file(content), content):
            return True
    return False


def _opened(file: Path) -> BinaryIO:
    """A regular file, opened without following a link or waiting for a writer."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(file, flags | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("no regular file")
    return os.fdopen(handle, "rb")


def _md5(file: BinaryIO, *, plain: bool) -> str:
    """The MD5 of DVC's: the whole world's since DVC 3, one of changed line ends before."""
    if not plain:
        with extra("dvc"):
            from dvc_data.hashfile.hash import fobj_md5  # noqa: PLC0415  # seconds

        return str(fobj_md5(file, name="md5-dos2unix"))
    return file_md5(file)
