"""Name of a dataset for which nobody gave one."""

from __future__ import annotations

from pathlib import PurePosixPath

from deri_gate.data.readers.endings import MANIFESTS
from deri_gate.github.fetching.names import name_fault

FILES = (*MANIFESTS, ".npz")  # endings of datasets that are a file; a folder `v1.2` keeps its dot
LONGEST_NAME = 100  # characters of a dataset's name in the settings


def name_of_path(dataset: str) -> str:
    """Letters, digits and hyphens of the path's last part, without the ending of a file.

    Args:
        dataset: Path in the repository, with forward slashes.
    """
    path = PurePosixPath(dataset)
    last = path.stem if path.suffix.lower() in FILES else path.name
    name = "".join(c if c.isalnum() and c.isascii() else "-" for c in last).strip("-")
    name = name[:LONGEST_NAME].strip("-") or "dataset"
    return f"{name}-images" if name_fault(name) else name  # aux, con: devices of Windows
