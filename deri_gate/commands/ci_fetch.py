"""`deri-gate ci fetch`: what DVC tracks of the datasets that are to be judged."""

from __future__ import annotations

import logging
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deri_gate.commands.ci import is_at, path_of
from deri_gate.errors import DeriGateError
from deri_gate.pull_request.changed import touched
from deri_gate.pull_request.git import knows, top

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.pull_request.settings import GateSettings


def fetch(names: Sequence[str], base: str, *, given: GateSettings | None = None) -> list[str]:
    """Get what DVC tracks of datasets: the head's into the working tree, the base's to the cache.

    Returns:
        What was fetched, a line a dataset; datasets that git itself holds need nothing.

    Raises:
        DeriGateError: If DVC cannot get it.
    """
    root = top(Path.cwd())
    found = touched(base, root, given)
    if not (root / ".dvc").is_dir():
        return ["no DVC repository here: nothing to fetch"]
    return [_fetched(path_of(name, found.settings), found.base, root)
            for name in names or found.datasets]  # fmt: skip


def pull_missing(path: str, root: Path) -> None:
    """Get a dataset that DVC tracks and the working tree lacks, as after a checkout.

    Raises:
        DeriGateError: If DVC cannot get it.
    """
    if not (root / path).exists() and (root / ".dvc").is_dir():
        with _opened(path, root) as repo:
            repo.pull(targets=[path])


def _fetched(path: str, base: str, root: Path) -> str:
    if any(knows(one, root) for one in (path, *_some_files(root / path, root))):
        return f"{path}: in git"
    with _opened(path, root) as repo:
        repo.pull(targets=[path])
        if is_at(base, path, root):
            repo.fetch(targets=[path], revs=[base], workspace=False)
    return f"{path}: pulled, and {base[:12]}'s fetched"


@contextmanager
def _opened(path: str, root: Path) -> Iterator[Any]:
    """The DVC repository; what it cannot do for a path is said in our words, and by us alone."""
    from dvc.exceptions import DvcException  # noqa: PLC0415
    from dvc.repo import Repo  # noqa: PLC0415

    log = logging.getLogger("dvc")  # it writes to standard output, which is the report's
    handlers, log.handlers = log.handlers, [logging.NullHandler()]
    try:
        with Repo(str(root)) as repo, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of what DVC imports
            yield repo
    except DvcException as error:
        fix = "Look whether the remote is reachable from here, and whether `dvc push` was run."
        raise DeriGateError(f"dvc cannot get it ({error})", path, fix) from error
    finally:
        log.handlers = handlers


def _some_files(folder: Path, root: Path) -> list[str]:
    """A file below a folder, if there is one: a dataset is in git or in DVC as a whole."""
    first = next((p for p in sorted(folder.rglob("*")) if p.is_file()), None)
    return [] if first is None else [first.relative_to(root).as_posix()]
