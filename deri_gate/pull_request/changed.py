"""What a pull request touches: which datasets, and whether the bar itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from deri_gate.errors import SettingError
from deri_gate.pull_request.git import changed_files, content_at, forked
from deri_gate.pull_request.settings import (
    PARAMS,
    GateSettings,
    in_repository,
    read_yaml,
    settings_at,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

LOCK = "dvc.lock"
# Who can change these can change what is judged, how, or by what: part of the bar everywhere.
GUARDED = (".github/", "action.yml", ".dvc/config", "CODEOWNERS", "docs/CODEOWNERS")


class NoGateError(SettingError):
    """Neither base nor head say which datasets are to be judged."""


@dataclass(frozen=True, kw_only=True)
class Touched:
    """What differs between a pull request and its base.

    Attributes:
        base: The commit they part at.
        datasets: Names of the datasets touched, in the order of the settings.
        bar: Files of the bar that were changed.
        settings: Datasets of base and head, all else as the base has it.
        new: Whether the base has no gate yet, so that the head's own bar is used.
    """

    base: str
    datasets: tuple[str, ...]
    bar: tuple[str, ...]
    settings: GateSettings
    new: bool


def touched(base: str, root: Path, given: GateSettings | None = None) -> Touched:
    """Look at what the commits since base change.

    Args:
        base: A revision, such as origin/main; what counts is where HEAD left it.
        root: The repository.
        given: Settings from elsewhere, as the composite action's; params.yaml's when None.

    Raises:
        NoGateError: If there are no settings, neither in the base nor in the head.
        SettingError: If they do not fit.
        GitError: If the base is not here.
    """
    start = forked(base, root)
    before = given or settings_at(start, root)
    after = given or settings_at("HEAD", root)
    settings = before or after
    if settings is None:
        fix = "Run `deri-gate init`, or write a section `gate` with `datasets`."
        raise NoGateError("has no settings of the gate", PARAMS, fix)
    files = changed_files(start, root)
    datasets = {**(after.datasets if after else {}), **settings.datasets}  # the base's path wins
    new = {n: r for n, r in (after.reading if after else {}).items() if n not in settings.datasets}
    reading = {**new, **settings.reading}
    outs = _changed_outs(start, root) if LOCK in files else set()
    return Touched(
        base=start,
        datasets=tuple(name for name, path in datasets.items() if touches(path, files, outs)),
        bar=bar_files(settings, files, params_differ=before != after),
        settings=settings.model_copy(update={"datasets": datasets, "reading": reading}),
        new=before is None,
    )


def touches(path: str, files: Collection[str], outs: Collection[str] = ()) -> bool:
    """Whether any of these changes may be one of the dataset at `path`.

    Args:
        path: A folder, or a file such as a manifest, which stands for all beside it.
        files: Changed files, as git names them.
        outs: Changed outputs of DVC stages.
    """
    place = PurePosixPath(path)
    parents = [place, *place.parents][:-1]  # all but the repository itself
    folder = place.parent if place.suffix and place.parent.parts else place
    tracked = {f"{parent}.dvc" for parent in parents}
    in_git = (
        name == path or name in tracked or PurePosixPath(name).is_relative_to(folder)
        for name in files
    )
    by_dvc = (
        PurePosixPath(out) in parents or PurePosixPath(out).is_relative_to(place) for out in outs
    )
    return any(in_git) or any(by_dvc)


def bar_files(
    settings: GateSettings, files: Collection[str], *, params_differ: bool
) -> tuple[str, ...]:
    """The changed files that a dataset is judged by."""
    limits = (settings.suite, settings.change_suite, settings.pool)
    own = [path for path in map(in_repository, limits) if path is not None]
    places = (*GUARDED, *own, *(f"{place.rstrip('/')}/" for place in own))
    found = {name for name in files if any(_at(name, place) for place in places)}
    return tuple(sorted(found | ({PARAMS} if params_differ else set())))


def _at(name: str, place: str) -> bool:
    return name == place or (place.endswith("/") and name.startswith(place))


def _changed_outs(base: str, root: Path) -> set[str]:
    before, after = (outs_at(rev, root) for rev in (base, "HEAD"))
    return {path for path in before | after if before.get(path) != after.get(path)}


def outs_at(rev: str, root: Path) -> dict[str, Any]:
    """By path of an output in the dvc.lock of a revision, what identifies its content."""
    lock = content_at(rev, LOCK, root)
    if lock is None:
        return {}
    stages = read_yaml(lock, LOCK).get("stages") or {}
    return {
        out["path"]: (out.get("md5"), out.get("hash"), out.get("size"))
        for stage in stages.values()
        for out in stage.get("outs", ())
    }
