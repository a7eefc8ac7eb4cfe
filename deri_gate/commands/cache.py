"""`deri-gate cache`: what is kept of earlier runs, and how to be rid of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from deri_gate.errors import SettingError, words_of_error
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.sizes import as_size
from deri_gate.runtime.store import REMOTE, SHARDS, default_folder, kept_files, size_limit

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class CacheInfo:
    """Size and place of the cache.

    Attributes:
        folder: Where it lies.
        results: Bytes of measured values, and of a damaged file that was moved aside.
        networks: Bytes of trained networks.
        remote: Bytes of remote files.
        shards: Bytes of what workers of a cluster wrote.
        limit: Bytes that results and networks may take, as many remote files, and as many shards.
    """

    folder: Path
    results: int
    networks: int
    remote: int
    shards: int
    limit: int

    def __str__(self) -> str:
        return (
            f"{self.folder}: {as_size(self.results)} of results, {as_size(self.networks)} of "
            f"networks, of {as_size(self.limit)} that may be kept (DERI_GATE_CACHE_SIZE)"
            + (f"; {as_size(self.remote)} of remote files" if self.remote else "")
            + (f"; {as_size(self.shards)} of shards" if self.shards else "")
        )


@checking_arguments()
def cache(action: Literal["info", "clear"] = "info") -> CacheInfo:
    """Look at what is kept of earlier runs, or delete it and nothing else that lies there.

    Args:
        action: "info" to look, "clear" to delete; every run after that starts anew.

    Returns:
        What was kept until now.

    Raises:
        SettingError: If `DERI_GATE_CACHE_SIZE` is no size, or a file cannot be deleted.
    """
    info = _info()
    if action == "clear":
        _clear(info.folder)
    return info


def _info() -> CacheInfo:
    folder = default_folder()
    sizes = {path: path.lstat().st_size for path in kept_files(folder)}
    results = sum(size for path, size in sizes.items() if path.parent == folder)
    remote, shards = (
        sum(size for path, size in sizes.items() if folder / name in path.parents)
        for name in (REMOTE, SHARDS)
    )
    return CacheInfo(
        folder=folder,
        results=results,
        networks=sum(sizes.values()) - results - remote - shards,
        remote=remote,
        shards=shards,
        limit=size_limit(),
    )


def _clear(folder: Path) -> None:
    for path in kept_files(folder):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            fix = "Close what uses it, or delete it yourself."
            raise SettingError(f"cannot be deleted: {words_of_error(error)}", path, fix) from error
