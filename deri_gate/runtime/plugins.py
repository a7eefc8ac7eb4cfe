"""Additions of installed packages to ours, by entry points."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, TypeVar

from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable

Thing = TypeVar("Thing")


def plugins(group: str, kind: type[Thing], *, taken: Iterable[str] = ()) -> tuple[Thing, ...]:
    """Load the objects that installed packages declare, sorted by their entry point's name.

    Args:
        group: Name of the group of entry points.
        kind: Type that each object must be of. Its `name` must be that of its entry point.
        taken: Names that are ours.

    Raises:
        SettingError: If one cannot be loaded, is of another type, or takes a name that is taken.
    """
    seen, found = set(taken), []
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        fix = f"Mend or uninstall the package that declares {entry.value} under {group}."
        try:
            thing = entry.load()
        except Exception as error:  # somebody else's code
            what = f"cannot be loaded ({type(error).__name__}: {error})"
            raise SettingError(what, f"plugin {entry.name}", fix) from error
        if not isinstance(thing, kind):
            what = f"is {type(thing).__name__}, not {kind.__name__}"
            raise SettingError(what, f"plugin {entry.name}", fix)
        if getattr(thing, "name", entry.name) != entry.name:
            raise SettingError("has another name inside", f"plugin {entry.name}", fix)
        if entry.name in seen:
            raise SettingError("takes a name that is taken", f"plugin {entry.name}", fix)
        seen.add(entry.name)
        found.append(thing)
    return tuple(found)
