"""Folders and how many images lie in each: what the names alone say of a dataset."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_DEEPEST = 40  # levels looked at; no layout has so many, and a hostile tree has thousands


@dataclass(kw_only=True)
class FolderTree:
    """A folder as far as its layout goes: how many images lie in it, and its folders."""

    path: str = ""
    images: int = 0  # directly in it
    below: dict[str, FolderTree] = field(default_factory=dict)

    @classmethod
    def of(cls, images: Iterable[str], folders: Iterable[str]) -> FolderTree:
        """The tree of paths of images, and of folders, empty ones too."""
        tree = cls()
        for path in folders:
            tree.descend(path.split("/")[:_DEEPEST])
        for path in images:
            tree.descend(path.split("/")[:-1][:_DEEPEST]).images += 1
        return tree

    def descend(self, parts: Sequence[str]) -> FolderTree:
        """The folder at the end of a way, which is made."""
        here = self
        for part in parts:
            path = f"{here.path}/{part}" if here.path else part
            here = here.below.setdefault(part, FolderTree(path=path))
        return here

    @property
    def name(self) -> str:
        """Name of the folder itself, the last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def filled(self) -> bool:
        """True if an image lies in it, at any depth."""
        return self.images > 0 or any(folder.filled for folder in self.below.values())

    @property
    def inner(self) -> list[FolderTree]:
        """Folders directly in it that hold images."""
        return [folder for folder in self.below.values() if folder.filled]


def merged_folders(folders: Iterable[FolderTree]) -> dict[str, list[FolderTree]]:
    """The folders below several ones, by name."""
    merged: dict[str, list[FolderTree]] = {}
    for folder in folders:
        for one in folder.below.values():
            merged.setdefault(one.name, []).append(one)
    return merged


def folders_below(classes: Mapping[str, list[FolderTree]]) -> dict[str, set[str]]:
    """Names of the folders below each class, of classes that have some."""
    names = {
        name: {inner.name for folder in folders for inner in folder.inner}
        for name, folders in classes.items()
    }
    return {name: below for name, below in names.items() if below}


def any_filled(folders: Iterable[FolderTree]) -> bool:
    """True if an image lies in any of them, at any depth."""
    return any(folder.filled for folder in folders)
