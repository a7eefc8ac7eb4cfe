"""The symbolic links of a dataset that are followed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from deri_gate.runtime.git import CHOSEN, GitError, repository_of
from deri_gate.runtime.run_cache import once_a_run
from deri_gate.runtime.tracking.dvc import FOLDER
from deri_gate.runtime.tracking.dvc_cache import DvcCache, cache_here

LEADS_OUT = "a symbolic link that leads out of the dataset, which is not followed"
GIT = ".git"


@dataclass(frozen=True)
class Bounds:
    """The places to which links of a dataset may lead; picklable.

    Attributes:
        root: The dataset's folder.
        repository: Working tree of the repository in which it lies; None for none.
    """

    root: Path
    repository: Path | None

    def allow(self, path: str | os.PathLike[str]) -> bool:
        """True if a path may be read, wherever the links on the way lead.

        It may when its real place is in the dataset, in the same repository (its `.git` and
        `.dvc` folders excepted), or when it is a file that DVC keeps in the cache of the
        repository in which the link lies.
        """
        real = os.path.realpath(path)
        if _is_below(real, os.path.realpath(self.root)):
            return True
        if self.repository is None:
            return False
        here = os.path.realpath(os.path.dirname(path))  # noqa: PTH120  # beside its kin
        if _is_below(real, os.fspath(self.repository)):
            inner = Path(os.path.relpath(real, self.repository)).parts
            own = _innermost(here, self.repository) == _innermost(real, self.repository)
            if own and {GIT, FOLDER}.isdisjoint(inner):
                return True
        return any(cache.holds(real) for cache in _caches(here, self.repository))


def bounds_of(root: Path) -> Bounds:
    """Bounds of a dataset's folder.

    The repository is the one around the working directory (or --repo), where the dataset lies
    in it. It is never looked for from the dataset: what lies there may look like one.
    """
    return _bounds(root, Path.cwd(), os.environ.get(CHOSEN, ""))


@once_a_run(256)
def _bounds(root: Path, _working: Path, _chosen: str) -> Bounds:
    real = Path(os.path.realpath(root))
    try:
        repository = Path(os.path.realpath(repository_of().root))
    except GitError:
        return Bounds(root, None)
    return Bounds(root, repository if real.is_relative_to(repository) else None)


@once_a_run(4096)
def _innermost(place: str, repository: Path) -> str:
    """Folder of the submodule in which a place lies, or else of the repository."""
    while place != os.fspath(repository) and _is_below(place, os.fspath(repository)):
        if os.path.lexists(os.path.join(place, GIT)):  # noqa: PTH118  # beside its kin
            return place
        place = os.path.dirname(place)  # noqa: PTH120  # same
    return os.fspath(repository)


@once_a_run(4096)
def _caches(folder: str, repository: Path) -> tuple[DvcCache, ...]:
    """Caches of the DVC repositories around a folder, up to the root of git's."""
    caches = []
    for place in (Path(folder), *Path(folder).parents):
        if (place / FOLDER).is_dir() and not (place / FOLDER).is_symlink():
            caches.append(cache_here(place))
        if place == repository:
            break
    return tuple(caches)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
