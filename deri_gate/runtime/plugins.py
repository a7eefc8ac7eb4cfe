"""Plugins: parts that installed packages add to ours, by entry points.

A plugin is code that runs with the rights of the judge. So only installed packages count: what
lies in the working tree, which may be the checkout of a pull request by anybody, is never one.
"""

from __future__ import annotations

import os
import site
import sys
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from deri_gate.errors import SettingError
from deri_gate.runtime.git import CHOSEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Thing = TypeVar("Thing")
METRIC_PLUGINS, READER_PLUGINS = "deri_gate.metrics", "deri_gate.readers"
FORMAT_PLUGINS = "deri_gate.formats"


@dataclass(frozen=True, kw_only=True)
class DeclaredPlugin:
    """An entry point of an installed package; nothing of it is loaded yet."""

    entry: EntryPoint
    distribution: str  # name and version

    @property
    def name(self) -> str:
        """Name of the entry point, and of what it names."""
        return self.entry.name

    def load(self, kind: type[Thing]) -> Thing:
        """Load it.

        Args:
            kind: Type that it must be of. Its `name` must be that of its entry point.

        Raises:
            SettingError: If it cannot be loaded, or is another thing.
        """
        try:
            with _installed_modules_alone():
                self._refuse_working_tree()
                thing = self.entry.load()
        except SettingError:
            raise
        except (Exception, SystemExit) as error:  # somebody else's code
            raise self.fault(f"cannot be loaded ({type(error).__name__}: {error})") from error
        if not isinstance(thing, kind):
            raise self.fault(f"is {type(thing).__name__}, not {kind.__name__}")
        if getattr(thing, "name", self.name) != self.name:
            raise self.fault("has another name inside")
        return thing

    def fault(self, what: str) -> SettingError:
        """Say what is wrong with it, whose it is, and what to do."""
        fix = f"Mend or uninstall {self.distribution}, which declares {self.entry.value}."
        return SettingError(what, f"plugin {self.name} of {self.distribution}", fix)

    def _refuse_working_tree(self) -> None:
        """Refuse a module that would be taken from the working tree, before any of it runs.

        Raises:
            SettingError: If it lies there.
        """
        spec = find_spec(self.entry.module.partition(".")[0])
        places = [*(spec.submodule_search_locations or ()), spec.origin] if spec else []
        if any(place and _in_working_tree(Path(place)) for place in places):
            raise self.fault("lies in the working tree, where a pull request could change it")


def declared_plugins(group: str) -> tuple[DeclaredPlugin, ...]:
    """List what installed packages declare under a group of entry points, sorted by name."""
    path, declared, seen = _trusted_path(), [], set()
    for distribution in distributions(path=path):
        if group not in (distribution.read_text("entry_points.txt") or ""):
            continue  # nothing is parsed, no other file opened: there may be hundreds of packages
        entries = [entry for entry in distribution.entry_points if entry.group == group]
        if not entries:
            continue
        name = str(distribution.metadata["Name"])
        if name.lower() in seen or not _comes_first(distribution, name, path):
            continue
        seen.add(name.lower())
        owner = f"{name} {distribution.version}"
        declared += [DeclaredPlugin(entry=entry, distribution=owner) for entry in entries]
    return tuple(sorted(declared, key=lambda plugin: (plugin.name, plugin.distribution)))


def _comes_first(one: Distribution, name: str, path: list[str]) -> bool:
    """Tell whether no other distribution of this name stands before it on the path."""
    first = next(iter(distributions(name=name, path=path)), one)
    return (first.locate_file(""), first.version) == (one.locate_file(""), one.version)


def distinct_plugins(group: str, *, taken: Iterable[str] = ()) -> tuple[DeclaredPlugin, ...]:
    """List the declared plugins of a group, each with a name of its own; nothing is loaded yet.

    Args:
        group: Name of the group of entry points.
        taken: Names that are ours.

    Raises:
        SettingError: If one has a name of ours, or two have the same.
    """
    owners = dict.fromkeys(taken, "deri-gate")
    plugins = declared_plugins(group)
    for plugin in plugins:
        if plugin.name in owners:
            raise plugin.fault(f"takes a name that {owners[plugin.name]} has")
        owners[plugin.name] = plugin.distribution
    return plugins


def load_plugins(group: str, kind: type[Thing], *, taken: Iterable[str] = ()) -> tuple[Thing, ...]:
    """Load all that installed packages declare under a group of entry points, sorted by name.

    Args:
        group: Name of the group of entry points.
        kind: Type that each object must be of.
        taken: Names that are ours.

    Raises:
        SettingError: If one cannot be loaded, is of another type, or takes a name that is taken.
    """
    return tuple(plugin.load(kind) for plugin in distinct_plugins(group, taken=taken))


def plugin_of(group: str, name: str, *, taken: Iterable[str] = ()) -> DeclaredPlugin | None:
    """Find the plugin of this name; None where no installed package declares one.

    Args:
        group: Name of the group of entry points.
        name: Name of the entry point. What is wrong with others is not looked at.
        taken: Names that are ours.

    Raises:
        SettingError: If several have this name, or one has it and it is ours.
    """
    plugins = [plugin for plugin in declared_plugins(group) if plugin.name == name]
    owners = [*(["deri-gate"] if name in taken else []), *(one.distribution for one in plugins)]
    if len(owners) > 1:
        raise plugins[-1].fault(f"takes a name that {owners[-2]} has")
    return plugins[0] if plugins else None


@contextmanager
def _installed_modules_alone() -> Iterator[None]:
    """Let modules come from installed packages for a while, and not from the working tree."""
    before = sys.path[:]
    sys.path[:] = _trusted_path()
    try:
        yield
    finally:
        sys.path[:] = before


def _trusted_path() -> list[str]:
    """The places that modules come from, without those in the working tree."""
    return [place for place in sys.path if place and not _in_working_tree(Path(place))]


def _in_working_tree(place: Path) -> bool:
    """True for what lies in the working folder or its repository, and is not installed there."""
    where = place.resolve()
    if any(where.is_relative_to(folder) for folder in _installed_folders()):
        return False
    return any(where.is_relative_to(tree) for tree in _working_trees())


def _installed_folders() -> set[Path]:
    """Folders that pip installs to, which may lie within the repository."""
    known = [*site.getsitepackages(), site.getusersitepackages(), *sysconfig.get_paths().values()]
    inside = set(map(Path.resolve, map(Path, known)))
    return {folder for folder in inside if folder.parts[-1] in ("site-packages", "dist-packages")}


def _working_trees() -> list[Path]:
    """The working folder, the repository around it, and the one of `--repo`."""
    trees = []
    for start in (Path.cwd(), os.environ.get(CHOSEN) or ""):
        if not start:
            continue
        here = Path(start).resolve()
        around = [one for one in (here, *here.parents) if (one / ".git").exists()]
        trees.append(around[0] if around else here)
    return trees
