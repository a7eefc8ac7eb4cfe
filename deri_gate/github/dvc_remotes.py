"""DVC remotes of a repository, and what pip must install so that a runner reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.runtime.tracking.dvc import CONFIG_PATH
from deri_gate.runtime.tracking.dvc_cache import remote_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

S3 = "s3"
# Stores that DVC reaches by a package of its own, by the scheme of the address.
OTHERS: Mapping[str, str] = {
    **{scheme: f"dvc-{scheme}" for scheme in ("azure", "gdrive", "gs", "hdfs", "oss", "ssh")},
    "webhdfs": "dvc-hdfs",
    "webdav": "dvc-webdav",
    "webdavs": "dvc-webdav",
}


def remote_schemes(root: Path) -> frozenset[str]:
    """Schemes of the addresses of all remotes, such as `s3`; none where there is no DVC."""
    addresses = (url for url in remote_addresses(root) if "://" in url)
    return frozenset(url.partition("://")[0].lower() for url in addresses)


def remote_notes(root: Path, workflow: str) -> Iterator[str]:
    """Yield what to add to a workflow that was written, for remotes that it does not reach.

    Args:
        root: The repository.
        workflow: Path of the workflow.
    """
    for package in sorted({OTHERS[scheme] for scheme in remote_schemes(root) & OTHERS.keys()}):
        yield (
            f"{CONFIG_PATH} has a remote that DVC reaches by {package}: "
            f"add it to each `pip install` of {workflow}"
        )
