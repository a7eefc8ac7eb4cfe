"""Addresses of remote data: `s3://bucket/set`, `https://host/set.npz`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

# The extra that brings the client of each scheme.
SCHEMES: Mapping[str, str] = {
    "s3": "s3",
    "gs": "gcs",
    "gcs": "gcs",
    "az": "azure",
    "abfs": "azure",
    "abfss": "azure",
    "http": "http",
    "https": "http",
}
_WEB = frozenset({"http", "https"})
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+)://(?P<rest>[^/].*)", re.DOTALL)
_SAFE = "/:@!$&'()*+,;=~-._"  # characters of a path that stay as they are in a web address


@dataclass(frozen=True, kw_only=True)
class Address:
    """Place of remote data.

    Attributes:
        scheme: How it is reached, such as "s3".
        host: Bucket, container or host, with a port if one is named.
        path: Path below it without the first slash; percent-encoded for web servers.
        user: Name and password before the host; a secret.
        query: What follows a question mark on web servers, such as a signature; a secret.
    """

    scheme: str
    host: str
    path: str
    user: str = field(default="", repr=False)
    query: str = field(default="", repr=False)

    @classmethod
    def of(cls, text: str) -> Self | None:
        """The address in a text; None for a local path and for schemes that are not read."""
        match = _ADDRESS.fullmatch(text)
        scheme = match["scheme"].lower() if match else ""
        if match is None or scheme not in SCHEMES:
            return None
        rest, query = match["rest"], ""
        if scheme in _WEB:
            rest, _, query = rest.partition("#")[0].partition("?")
        whole, _, path = rest.partition("/")
        user, _, host = whole.rpartition("@")
        if scheme.startswith("abfs"):
            user, host = "", whole  # the container stands before the account
        return cls(scheme=scheme, host=host, path=path, user=user, query=query)

    @property
    def on_web(self) -> bool:
        """True for a web server, which lists nothing by itself."""
        return self.scheme in _WEB

    @property
    def shown(self) -> str:
        """The address for people and reports, without what may be secret."""
        text = f"{self.scheme}://{self.host}/{self.path}".rstrip("/")
        return text if text.isprintable() else ascii(text)[1:-1]

    @property
    def whole(self) -> str:
        """The address as a client needs it, secrets included: never to be printed."""
        user = f"{self.user}@" if self.user else ""
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{user}{self.host}/{self.path}{query}"

    @property
    def name(self) -> str:
        """Last part of the path, or else the bucket."""
        last = self.path.rstrip("/").rpartition("/")[2]
        return (unquote(last) if self.on_web else last) or self.host

    @property
    def plain_path(self) -> str:
        """The path, not encoded."""
        return unquote(self.path) if self.on_web else self.path

    @property
    def top(self) -> Address:
        """Address of its bucket or host."""
        return replace(self, path="", query="")

    @property
    def parent(self) -> Address:
        """The folder that it lies in; a signature is for one object, and does not go with it."""
        folder = self.path.rstrip("/").rpartition("/")[0]
        return replace(self, path=f"{folder}/" if folder else "", query="")

    def below(self, path: str) -> Address:
        """The address of a file below this folder.

        Args:
            path: Its path, with forward slashes, not encoded.
        """
        start = f"{self.path.rstrip('/')}/" if self.path.rstrip("/") else ""
        return replace(self, path=start + (quote(path, safe=_SAFE) if self.on_web else path))

    def folder(self) -> Address:
        """Address of a folder of this name: it ends with a slash."""
        path = self.path.rstrip("/")
        return replace(self, path=f"{path}/" if path else "")


def without_secrets(text: str) -> str:
    """A dataset as it was given, for people: an address loses password and signature."""
    address = Address.of(text)
    return text if address is None else address.shown
