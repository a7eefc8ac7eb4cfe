"""A file of a remote store, and what a store can do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deri_gate.runtime.remote.address import Address


@dataclass(frozen=True, kw_only=True, order=True)
class RemoteFile:
    """One file as a store lists it.

    Attributes:
        path: Path below the address, with forward slashes; one that ends with a slash and has no
            bytes stands for an empty folder.
        size: Number of bytes; -1 where only the answer to a request says it.
        identity: What changes whenever the content does, such as an ETag with the time of the
            last change; "" where the store says nothing, and nothing is cached.
        md5: MD5 of the content in hexadecimal; "" where the store does not say it.
        query: End of its address on a web server, such as a signature; a secret.
    """

    path: str
    size: int = -1
    identity: str = ""
    md5: str = ""
    query: str = field(default="", repr=False)


Known: TypeAlias = "Callable[[RemoteFile], Path | None]"  # gives a kept content


class RemoteStore(Protocol):
    """Files below one folder."""

    @property
    def folder(self) -> Address:
        """Address of the folder."""

    def listing(self) -> tuple[RemoteFile, ...]:
        """All files below the folder, sorted by path; empty where there is none.

        Raises:
            DatasetError: If they cannot be listed whole.
        """

    def named(self, path: str, query: str = "") -> RemoteFile | None:
        """One file; None if there is none, as far as the store can say.

        Args:
            path: Its path below the folder.
            query: What its address ends with on a web server.

        Raises:
            DatasetError: If the store does not answer.
        """

    def fetch(self, file: RemoteFile, place: Path, known: Known) -> Path | None:
        """Write a file's content to a new place; one try, and its length is checked.

        Args:
            file: The file.
            place: Where to.
            known: Asked where only the answer to the request says size and identity.

        Returns:
            The kept content, if the answer says that it is the same; None if it was written.

        Raises:
            Exception: Whatever the client raises; `deeds.reason` puts it into words.
        """
