"""`deri-gate ci fetch`: what DVC keeps of the datasets that are to be judged.

The head's files of DVC's say which contents the datasets have, and nothing else: remotes, cache
and all settings are the base's, and this machine's own. DVC itself is asked for bytes only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.commands.ci import path_of
from deri_gate.data.readers.endings import MANIFESTS
from deri_gate.github.changed import touched
from deri_gate.github.commits import repo_root
from deri_gate.github.fetching.fetching import Fetching
from deri_gate.runtime.tracking.missing import recorded

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.github.settings import GateSettings


def fetch(names: Sequence[str], base: str, *, given: GateSettings | None = None) -> list[str]:
    """Get what DVC keeps of datasets: the head's into the working tree, the base's to the cache.

    Args:
        names: Datasets; those touched when empty.
        base: A revision, such as origin/main.
        given: Settings, instead of those in params.yaml.

    Returns:
        What was fetched, a line a dataset; datasets that git itself holds need nothing.

    Raises:
        DeriGateError: If it cannot be had, or must not be laid out.
    """
    root = repo_root()
    changed = touched(base, root, given)
    fetching = Fetching.of(root, changed.base)
    return [
        fetching.fetch(path_of(name, changed.settings), changed.settings.options_of(name).root)
        for name in names or changed.datasets
    ]


def pull_missing(path: str, root: Path, beside: str = "") -> None:
    """Get a dataset that DVC keeps and the working tree lacks, as after a checkout.

    A table may be git's, and the images that it names DVC's.

    Args:
        path: The dataset's, from the repository's root.
        root: The repository.
        beside: Folder of the images that a table names; the table's own when "".

    Raises:
        DeriGateError: If it cannot be had.
    """
    home = root / path
    if home.suffix.lower() in MANIFESTS and not home.is_dir():
        home = root / beside if beside else home.parent
    kept = recorded(home, below=True)
    if not (root / path).exists() or any(not one.place.exists() for one in kept):
        Fetching.of(root, "HEAD").fetch(path, beside)
