"""Files of a web server: one by its address, or those that the pages of its folders list."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from deri_gate.errors import DatasetError
from deri_gate.runtime.extras import extra
from deri_gate.runtime.remote.deeds import (
    FaultyTransferError,
    RefusedTransferError,
    asked,
    failed,
    patient,
    tried,
)
from deri_gate.runtime.remote.guard import guarded_client, host_name
from deri_gate.runtime.remote.records import RemoteFile

if TYPE_CHECKING:
    from deri_gate.runtime.remote.address import Address
    from deri_gate.runtime.remote.records import Known

_CHUNK = 2**18
_ANY_SIZE = 2**50  # bytes; the speed is looked at as they come
_LARGEST_PAGE = 64 * 2**20
_MOST_FOLDERS = 100_000
_INDEX = re.compile(r"<title>\s*(index of|directory listing for|listing of)\b", re.IGNORECASE)
_WHOLE, _GONE, _FORBIDDEN = 200, (404, 410), (401, 403)
_EMPTY_TAG = 2  # two quotes
_NO_INDEX = "Name a file of it: a table, .npz, .tar or .parquet."


@dataclass(frozen=True)
class WebStore:
    """Files below a folder of the web."""

    folder: Address
    client: Any = field(repr=False)

    @classmethod
    def of(cls, folder: Address, *, by_user: bool = True) -> WebStore:
        """The store at an address; nothing is asked yet.

        Args:
            folder: The address.
            by_user: Whether the user named the host, which then may be any.

        Raises:
            SettingError: If the extra is missing.
        """
        with extra("http", folder.shown):
            import aiohttp  # noqa: F401, PLC0415  # an extra
            from fsspec.implementations.http import HTTPFileSystem  # noqa: PLC0415  # needs it
        guarded = partial(
            guarded_client, given=host_name(folder.host) if by_user else "", scheme=folder.scheme
        )
        return cls(folder, HTTPFileSystem(get_client=guarded, skip_instance_cache=True))

    def listing(self) -> tuple[RemoteFile, ...]:
        """The files that the pages of its folders link to, at any depth.

        Raises:
            DatasetError: If a page is no list of files, or is cut.
        """
        files, waiting, seen = set[str](), [""], {""}
        while waiting:
            path = waiting.pop()
            folder = self.folder.below(path) if path else self.folder
            for target in (path + link for link in _links(self._page(folder), folder)):
                if not target.endswith("/"):
                    files.add(target)
                elif target not in seen:
                    seen.add(target)
                    waiting.append(target)
            if len(seen) > _MOST_FOLDERS:
                raise DatasetError("lists folders without end", self.folder.shown, _NO_INDEX)
        return tuple(RemoteFile(path=path) for path in sorted(files))

    def named(self, path: str, query: str = "") -> RemoteFile:
        """One file; whether it is there, only fetching it says."""
        return RemoteFile(path=path, query=query)

    def fetch(self, file: RemoteFile, place: Path, known: Known) -> Path | None:
        """Write a file's content to a new place, or return the kept one."""
        url = replace(self.folder.below(file.path), query=file.query).whole
        told, kept = asked(self.client.loop, self._fetched, url, file, place, known, size=_ANY_SIZE)
        if kept is None and place.stat().st_size != told.size >= 0:
            raise FaultyTransferError("its length is not what the server said")
        return kept if kept is None else Path(kept)

    async def _fetched(
        self, url: str, file: RemoteFile, place: Path, known: Known
    ) -> tuple[RemoteFile, Path | None]:
        session = await self.client.set_session()
        async with session.get(yarl_of(url)) as answer:
            told = _described(answer, file)
            kept = known(told) if told.identity else None
            if kept is not None:
                return told, kept
            begun, received = time.monotonic(), 0
            with place.open("wb") as written:
                async for chunk in answer.content.iter_chunked(_CHUNK):
                    written.write(chunk)
                    received += len(chunk)
                    if time.monotonic() - begun > patient(received):
                        raise TimeoutError
        return told, None

    def _page(self, folder: Address) -> str:
        try:
            page: str = tried(lambda: asked(self.client.loop, self._paged, folder.whole))
        except DatasetError:
            raise
        except Exception as error:  # whatever a client raises
            raise failed(folder, error, "cannot be listed") from error
        return page

    async def _paged(self, url: str) -> str:
        session = await self.client.set_session()
        async with session.get(yarl_of(url)) as answer:
            _described(answer, RemoteFile(path=""))
            content = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > _LARGEST_PAGE:
                    raise RefusedTransferError("its list of files has no end")
        text = content.decode("utf-8", errors="replace")
        if not _INDEX.search(text):
            raise DatasetError("is no list of files", self.folder.shown, _NO_INDEX)
        if "</html>" not in text.lower():
            raise FaultyTransferError("its list of files was cut")
        return text


def _described(answer: Any, file: RemoteFile) -> RemoteFile:
    """A file with size and identity as the server's answer has them.

    Raises:
        Exception: For an answer that is an error, or that does not say where it ends.
    """
    if answer.status in _GONE:
        raise FileNotFoundError(file.path)
    if answer.status in _FORBIDDEN:
        raise PermissionError(file.path)
    answer.raise_for_status()
    if answer.status != _WHOLE:
        raise FaultyTransferError(f"HTTP status {answer.status}")
    headers = answer.headers
    packed = headers.get("Content-Encoding", "identity") not in {"", "identity"}
    size = int(headers.get("Content-Length", -1))
    if size < 0 and "chunked" not in headers.get("Transfer-Encoding", "").lower():
        raise FaultyTransferError("the server does not say how long it is")
    tag = headers.get("ETag", "")
    strong = tag if tag.startswith('"') and len(tag) > _EMPTY_TAG else ""
    return replace(file, size=-1 if packed else size, identity="" if packed else strong)


def yarl_of(url: str) -> Any:
    """An address as the client takes it, which encodes nothing a second time."""
    import yarl  # noqa: PLC0415  # comes with aiohttp

    return yarl.URL(url, encoded=True)


class _Links(HTMLParser):
    """Targets of all links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets = list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the target of a link."""
        if tag == "a":
            self.targets += [value for name, value in attrs if name == "href" and value]


def _links(page: str, folder: Address) -> list[str]:
    """Paths below a folder that its page links to, however they are written; folders end with `/`.

    Links elsewhere, such as to the folder above or to another order of the page, are none of it.
    """
    parser = _Links()
    parser.feed(page)
    start, links = f"/{folder.plain_path}", []
    for target in parser.targets:
        parts = urlsplit(urljoin(folder.whole, target))
        path, host = unquote(parts.path), parts.netloc.rpartition("@")[2]
        if (parts.scheme, host.lower()) == (folder.scheme, folder.host.lower()) and path.startswith(
            start
        ):
            links.append(path.removeprefix(start))
    return [link for link in links if link]
