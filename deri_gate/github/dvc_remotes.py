"""DVC remotes of a repository, and what pip must install so that a runner reaches them."""

from __future__ import annotations

import configparser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CONFIG = ".dvc/config"  # what is committed; `config.local` is on this machine alone
S3 = "s3"
# Stores that DVC reaches by a package of its own, by the scheme of the address.
OTHERS: Mapping[str, str] = {
    **{scheme: f"dvc-{scheme}" for scheme in ("azure", "gdrive", "gs", "hdfs", "oss", "ssh")},
    "webhdfs": "dvc-hdfs",
    "webdav": "dvc-webdav",
    "webdavs": "dvc-webdav",
}


def remote_schemes(root: Path) -> frozenset[str]:
    """Schemes of the addresses of all remotes, such as `s3`; none where there is no DVC.

    A file that cannot be read names none: DVC says what is wrong with it.
    """
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string((root / CONFIG).read_text("utf-8", errors="replace"))
    except (OSError, configparser.Error):
        return frozenset()
    addresses = [
        parser.get(section, "url", fallback="").strip("\"' ")
        for section in parser.sections()
        if section.strip("'").startswith("remote ")
    ]
    return frozenset(url.partition("://")[0].lower() for url in addresses if "://" in url)


def remote_notes(root: Path, workflow: str) -> Iterator[str]:
    """Yield what to add to a workflow that was written, for remotes that it does not reach.

    Args:
        root: The repository.
        workflow: Path of the workflow.
    """
    for package in sorted({OTHERS[scheme] for scheme in remote_schemes(root) & OTHERS.keys()}):
        yield (
            f"{CONFIG} has a remote that DVC reaches by {package}: "
            f"add it to each `pip install` of {workflow}"
        )
