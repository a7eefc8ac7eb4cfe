"""The datasets that a pull request touches, and the files of the policy.

A dataset counts as untouched only where it can be shown that base and head read the same.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError, SettingError
from deri_gate.github.commits import changed_files, merge_base, revision
from deri_gate.github.footprint import footprint_of
from deri_gate.github.records import changed_outputs, is_kept
from deri_gate.github.settings import PARAMS, GateSettings, in_repository, settings_at
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.tracking.dvc import CONFIG_PATH
from deri_gate.runtime.tracking.tree import tree_of
from deri_gate.runtime.tracking.tree_outputs import outputs

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from deri_gate.github.footprint import Footprint
    from deri_gate.runtime.tracking.tree import Tree

# Who can change these can change what is judged, how, or by what: part of the policy everywhere.
GUARDED = (
    ".github/", ".gitlab/", ".gitlab-ci.yml", "action.yml", "CODEOWNERS", "docs/CODEOWNERS",
)  # fmt: skip
GUARDED_ANYWHERE = (CONFIG_PATH, ".lfsconfig", ".gitmodules")
# What these say changes how files beside and below them are read.
RULES = (".gitattributes", ".dvcignore")


class NoGateError(SettingError):
    """Neither base nor head say which datasets are to be judged."""


@dataclass(frozen=True, kw_only=True)
class Touched:
    """Datasets and files of the policy that differ between a pull request and its base.

    Attributes:
        base: The commit they part at.
        policy: The commit whose limits and pool judge: the base as it is now.
        datasets: Names of the datasets touched, in the order of the settings.
        policy_files: Files of the policy that were changed.
        settings: Datasets of base and head, all else as the base has it.
        new: Whether the base has no gate yet, so that the head's own policy is used.
        overtaken: Touched datasets that the base, too, may have changed since they parted.
    """

    base: str
    policy: str
    datasets: tuple[str, ...]
    policy_files: tuple[str, ...]
    settings: GateSettings
    new: bool
    overtaken: tuple[str, ...] = ()


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
    start, tip, head = merge_base(base, root), revision(base, root), revision("HEAD", root)
    now, before, after = (given or settings_at(one, root) for one in (tip, start, head))
    known = now or before  # a branch from before the gate came is judged by the gate of today
    settings = known or after
    if settings is None:
        fix = "Run `deri-gate init`, or write a section `gate` with `datasets`."
        raise NoGateError("has no settings of the gate", PARAMS, fix)
    datasets = {**(after.datasets if after else {}), **settings.datasets}  # the base's path wins
    added = {
        name: own
        for name, own in (after.reading if after else {}).items()
        if name not in settings.datasets
    }  # those of the base stay as it reads them
    reading = {**added, **settings.reading}
    settings = settings.model_copy(update={"datasets": datasets, "reading": reading})
    files = changed_files(start, root, head)
    difference = _Difference.of(start, head, files, root)
    names = tuple(
        name
        for name in datasets
        if known is None or name not in known.datasets or difference.touches_dataset(name, settings)
    )
    return Touched(
        base=start,
        policy=tip if now else start if before else head,
        datasets=names,
        policy_files=policy_files(settings, files, params_differ=before != after),
        settings=settings,
        new=known is None,
        overtaken=_overtaken(start, tip, names, settings, root),
    )


def _overtaken(
    start: str, tip: str, names: Collection[str], settings: GateSettings, root: Path
) -> tuple[str, ...]:
    """Names of those that the base has too, and may have changed since the branch left it."""
    if start == tip or not names:
        return ()
    difference = _Difference.of(start, tip, changed_files(start, root, tip), root)
    return tuple(
        name
        for name in names
        if _is_kept(difference.head, settings.datasets[name])
        and difference.touches_dataset(name, settings)
    )


def refuse_base_itself(changed: Touched, root: Path) -> None:
    """Refuse a HEAD that is part of the base, as where a workflow has checked out the base.

    Nothing would be judged, and that would pass.

    Raises:
        SettingError: If it is.
    """
    if revision("HEAD", root) == changed.base:
        fix = "Check out the head of the pull request, or name the commit before HEAD."
        raise SettingError("HEAD holds no commit that the base lacks", "--base", fix)


@dataclass(frozen=True, kw_only=True)
class _Difference:
    """Two commits, and what differs between them."""

    base: Tree
    head: Tree
    files: Collection[str]
    outputs: Collection[str] | None  # of DVC; None: any

    @classmethod
    def of(cls, base: str, head: str, files: Collection[str], root: Path) -> _Difference:
        repository = repository_of(root)
        before, after = tree_of(repository, base), tree_of(repository, head)
        outputs = changed_outputs(before, after, files)
        return cls(base=before, head=after, files=files, outputs=outputs)

    def touches_dataset(self, name: str, settings: GateSettings) -> bool:
        """True if the dataset of this name cannot be shown to be the same at both commits."""
        return self.touches(settings.datasets[name], settings.options_of(name).root)

    def touches(self, path: str, image_root: str) -> bool:
        """True if a dataset cannot be shown to be the same at both commits."""
        if self.outputs is None:
            return True
        for tree in (self.base, self.head):
            footprint = footprint_of(tree, path, image_root)
            if footprint.unknown or self._meets(footprint):
                return True
        return not any(_is_kept(tree, path) for tree in (self.base, self.head))

    def _meets(self, footprint: Footprint) -> bool:
        if any(footprint.meets(out) for out in self.outputs or ()):
            return True
        return any(footprint.holds(name) or self._rules(name, footprint) for name in self.files)

    def _rules(self, name: str, footprint: Footprint) -> bool:
        """True if a file that differs says how files of the dataset are read."""
        folder, own = posixpath.split(name)
        if own in RULES:
            return not folder or footprint.meets(folder)
        if own == ".gitmodules":
            submodules = self._submodules()
            return any(footprint.meets(submodule) for submodule in submodules)
        if name == CONFIG_PATH or name.endswith(f"/{CONFIG_PATH}"):
            return any(footprint.meets(output) for output in self._all_outputs())
        return False

    def _all_outputs(self) -> list[str]:
        """Paths of all that DVC keeps at either commit."""
        trees = (self.base, self.head)
        said = [(tree, out.path) for tree in trees for out in outputs(tree) if out.path is not None]
        return [tree.resolve(path).path or path for tree, path in said]

    def _submodules(self) -> list[str]:
        trees = (self.base, self.head)
        return [path for tree in trees for path, file in tree.files.items() if file.is_submodule]


def _is_kept(tree: Tree, path: str) -> bool:
    try:
        return is_kept(tree, path)
    except DatasetError:
        return False


def policy_files(
    settings: GateSettings, files: Collection[str], *, params_differ: bool
) -> tuple[str, ...]:
    """The changed files that a dataset is judged by."""
    given = (settings.suite, settings.change_suite, settings.pool)
    own = [path for path in map(in_repository, given) if path is not None]
    own += settings.review.values()
    places = (*GUARDED, *own, *(f"{place.rstrip('/')}/" for place in own))
    policy = {name for name in files if any(_at(name, place) for place in places)}
    policy |= {
        name for name in files if any(f"/{name}".endswith(f"/{one}") for one in GUARDED_ANYWHERE)
    }
    return tuple(sorted(policy | ({PARAMS} if params_differ else set())))


def _at(name: str, place: str) -> bool:
    return name == place or (place.endswith("/") and name.startswith(place))
