"""Files of an object store: S3 and what speaks like it, Google Cloud Storage, Azure."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from deri_gate.errors import DatasetError
from deri_gate.runtime.extras import EXTRAS, extra
from deri_gate.runtime.hashing import md5_of
from deri_gate.runtime.remote.address import SCHEMES
from deri_gate.runtime.remote.deeds import FaultyTransferError, asked, failed, reason, tried
from deri_gate.runtime.remote.pages import EXPRESS, s3_objects
from deri_gate.runtime.remote.records import RemoteFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from deri_gate.runtime.remote.address import Address
    from deri_gate.runtime.remote.records import Known

_MD5 = re.compile(r"[0-9a-f]{32}")
_ITS_TIME = 2**30  # making a client is no transfer: its own limits hold
_FRESH = {"skip_instance_cache": True, "use_listings_cache": False}
_S3 = {
    "config_kwargs": {
        "connect_timeout": 10,
        "read_timeout": 30,
        "max_pool_connections": 32,
        "retries": {"mode": "standard", "total_max_attempts": 1},  # `tried` tries again
    }
}


@dataclass(frozen=True)
class BucketStore:
    """FetchedContents below a prefix of a bucket or container.

    Attributes:
        folder: Address of the prefix.
        client: File system of fsspec.
        start: The prefix with its bucket as the client spells it, without a last slash.
    """

    folder: Address
    client: Any = field(repr=False)
    start: str = ""

    @classmethod
    def of(cls, folder: Address) -> BucketStore:
        """The store at an address; nothing is asked but, once, whether there are credentials.

        Raises:
            SettingError: If the extra is missing.
            DatasetError: If the store does not answer.
        """
        kind = SCHEMES[folder.scheme]
        with extra(kind, folder.shown):
            client, start = _client(folder, kind)
        store = cls(folder, client, start.rstrip("/"))
        if kind == "s3" and not store._has_credentials():
            with extra(kind, folder.shown):
                client, start = _client(folder, kind, anon=True)
            store = cls(folder, client, start.rstrip("/"))
        return store

    def listing(self) -> tuple[RemoteFile, ...]:
        """All objects below the prefix, sorted by path.

        Raises:
            DatasetError: If they cannot be listed whole, or a name is none that a file may have.
        """
        try:
            objects: Iterable[Mapping[str, Any]] = self._objects()
        except Exception as error:  # whatever a client raises
            raise failed(self.folder, error, "cannot be listed") from error
        start = f"{self.start}/"
        described = [
            _described(entry, entry["name"].removeprefix(start), self.folder) for entry in objects
        ]
        return tuple(sorted(one for one in described if one is not None))

    def named(self, path: str, query: str = "") -> RemoteFile | None:
        """One object; None if there is none."""
        del query  # a web server's
        try:
            told = tried(lambda: self._told(path))
        except FileNotFoundError:
            return None
        except Exception as error:  # whatever a client raises
            raise failed(self.folder.below(path), error) from error
        if told.get("type") == "directory":
            return None
        return _described(told, path, self.folder)

    def fetch(self, file: RemoteFile, place: Path, known: Known) -> Path | None:
        """Write an object's content to a new place; its length and its checksum are checked."""
        if file.size < 0:
            told = _described(self._told(file.path), file.path, self.folder)
            if told is None or told.path.endswith("/"):
                raise FileNotFoundError(file.path)
            file = told
            if (kept := known(file)) is not None:
                return kept
        where = f"{self.start}/{file.path}"
        asked(self.client.loop, self.client._get_file, where, str(place), size=file.size)  # noqa: SLF001  # fsspec's coroutine
        if place.stat().st_size != file.size:
            raise FaultyTransferError("its length is not what the listing said")
        if not (file.md5 and md5_of(place) == file.md5):
            self._refuse_another(file)
        return None

    def _objects(self) -> list[dict[str, Any]]:
        if hasattr(self.client, "_call_s3"):
            bucket, _, prefix = self.start.partition("/")
            return s3_objects(self._caller(), bucket, f"{prefix}/" if prefix else "")
        find = self.client._find  # noqa: SLF001  # fsspec's coroutine
        objects = tried(lambda: asked(self.client.loop, find, self.start, detail=True))
        return [*objects.values()]

    def _caller(self) -> Callable[..., Any]:
        call = self.client._call_s3  # noqa: SLF001  # fsspec's coroutine
        return lambda method, **keywords: asked(self.client.loop, call, method, **keywords)

    def _told(self, path: str) -> dict[str, Any]:
        told: dict[str, Any] = asked(self.client.loop, self.client._info, f"{self.start}/{path}")  # noqa: SLF001  # fsspec's coroutine
        return told

    def _refuse_another(self, file: RemoteFile) -> None:
        """Look at an object again whose content is not known by its checksum.

        Raises:
            FaultyTransferError: If it was damaged on its way, or is no longer what was listed.
        """
        now = _described(self._told(file.path), file.path, self.folder)
        if now is None or now.identity != file.identity or now.size != file.size:
            raise FaultyTransferError("it was changed while it was read")
        if file.md5 and not self._is_encrypted(file.path):
            raise FaultyTransferError("its checksum is not what the listing said")

    def _is_encrypted(self, path: str) -> bool:
        """True for an object whose ETag is no checksum, as the store has encrypted it by a key."""
        if not hasattr(self.client, "_call_s3"):
            return False
        bucket, _, key = f"{self.start}/{path}".partition("/")
        told = self._caller()("head_object", Bucket=bucket, Key=key)
        by = told.get("ServerSideEncryption", "")
        return by.startswith("aws:kms") or "SSECustomerAlgorithm" in told

    def _has_credentials(self) -> bool:
        try:
            asked(self.client.loop, self.client.set_session, size=_ITS_TIME)
        except Exception as error:  # whatever a client raises
            what = f"its client cannot be made: {reason(error)}"
            raise DatasetError(what, self.folder.shown, "Look at its configuration.") from error
        signer = self.client.s3._request_signer  # noqa: SLF001  # nothing else tells
        return signer._credentials is not None  # noqa: SLF001  # as above


def _client(folder: Address, kind: str, **more: Any) -> tuple[Any, str]:
    """The file system of an address, and the address as it spells it."""
    for module in EXTRAS[kind]:  # here, as the client's own error names no extra
        import_module(module)
    from fsspec.core import url_to_fs  # noqa: PLC0415  # slow to import

    options = {**_FRESH, **(_S3 if kind == "s3" else {}), **more}
    client, start = url_to_fs(replace(folder, user="").whole, **options)
    if hasattr(client, "_call_s3"):
        client.retries = 1
    return client, start


def _described(told: Mapping[str, Any], path: str, folder: Address) -> RemoteFile | None:
    """A file as a store tells of it; None for the empty object that stands for the folder itself.

    Raises:
        DatasetError: If the store does not say its size.
    """
    size = told.get("size", told.get("Size"))
    if not isinstance(size, int):
        what, fix = (
            "the store does not say the size of an object",
            "Copy it here, and name the copy.",
        )
        raise DatasetError(what, folder.below(path).shown, fix)
    if not size and not path:
        return None
    tag = str(told.get("ETag") or told.get("etag") or "").strip('"')
    changed = [told.get(name) for name in ("LastModified", "last_modified", "updated", "mtime")]
    when = next((_second(one) for one in changed if one), "")
    identity = "|".join((tag, when, str(told.get("generation") or "")))
    return RemoteFile(
        path=path,
        size=size,
        identity=identity if tag or when else "",
        md5=_told_md5(told, tag, folder),
    )


def _second(when: Any) -> str:
    """A time as text; some answers have parts of a second, and others of the same object none."""
    return when.strftime("%Y-%m-%dT%H:%M:%S") if isinstance(when, datetime) else str(when)


def _told_md5(told: Mapping[str, Any], tag: str, folder: Address) -> str:
    """The MD5 that a store tells of an object, in hexadecimal; "" for none."""
    if folder.scheme == "s3":
        return tag if _MD5.fullmatch(tag) and not folder.host.endswith(EXPRESS) else ""
    google = told.get("md5Hash")
    azure = (told.get("content_settings") or {}).get("content_md5")
    raw = base64.b64decode(google) if google else bytes(azure or b"")
    return raw.hex()
