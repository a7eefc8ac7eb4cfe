"""Suites and pools that come with the package, and how they are told from paths."""

from __future__ import annotations

import os
from pathlib import Path

HERE = Path(__file__).parents[1]  # the package
PATH_MARKS = "/\\."  # a name with any of these is a path


def shipped(name: str) -> Path:
    """The folder docs, expectations or reference_pool: in the wheel, or in a checkout beside us."""
    installed = HERE / "shipped" / name
    return installed if installed.is_dir() else HERE.parent / name


def is_shipped_name(given: str | Path) -> bool:
    """Tell a shipped suite's or pool's name from a path, without a look at the disk.

    A folder of that name in the working directory may be a stranger's, so it is never looked for.
    """
    return not any(mark in os.fspath(given) for mark in PATH_MARKS)


def shipped_suites() -> dict[str, Path]:
    """Shipped suites by name."""
    return {path.stem: path for path in sorted(shipped("expectations").glob("*.json"))}


def suite_name(suite: Path) -> str:
    """Name of a shipped suite; the path of any other."""
    return suite.stem if suite.parent == shipped("expectations") else str(suite)


def shipped_pools() -> dict[str, Path]:
    """Files of the shipped pools by name."""
    pools = sorted(shipped("reference_pool").glob("*/pool.json"))
    return {path.parent.name: path for path in pools}
