"""Folders that are to be the classes; those that can be something else are an error."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from deri_gate.data.readers.endings import MANIFESTS
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.folder_tree import any_filled, folders_below
from deri_gate.data.readers.layouts import exclude_option, layout_option
from deri_gate.data.readers.mask_files import IMAGE_FOLDERS
from deri_gate.data.readers.splits import SPLITS, splits_of
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from deri_gate.data.readers.folder_tree import FolderTree

_TABLES = (*MANIFESTS, ".csv.gz")  # a manifest may be one of these
_MAY_LABEL = (*_TABLES, ".json", ".xls", ".xlsx", ".ods")
_PARTS = frozenset(
    {*IMAGE_FOLDERS, "part", "parts", "batch", "chunk", "shard", "subset", "folder", "archive"}
)
_FORMS = frozenset({"jpg", "jpeg", "png", "tif", "tiff", "bmp", "dcm", "dicom", "data", "files"})
_MOST_TOLD = 3  # tables
_WORDS = re.compile(r"[^\W\d_]+")


def may_be_manifest(path: str) -> bool:
    """True for a file that may be a manifest, by its name."""
    return path.lower().endswith(_TABLES)


def may_label(path: str) -> bool:
    """True for a file that may say the labels of images beside it, by its name."""
    return path.lower().endswith(_MAY_LABEL)


def table_instead(files: Iterable[str]) -> str:
    """Advice to name one of some files that are tables; "" where none is."""
    tables = [path_text(path) for path in files if may_be_manifest(path)]
    if not tables:
        return ""
    which = "" if len(tables) == 1 else "one of "
    return f" If {which}{', '.join(tables[:_MOST_TOLD])} has the labels, name it as the dataset."


@dataclass(frozen=True, kw_only=True)
class ClassFolders:
    """The folders that are to be the classes, of all splits.

    Attributes:
        root: The dataset's folder, for errors.
        before: The levels above, as `--layout` has them: "split/", "*/", "".
        between: The level below the classes that has one: "split/" or "".
        by_name: Folders by the class that they would be; those between, where there is a level.
        tables: Files that may say the labels.
    """

    root: Path
    before: str
    between: str = ""
    by_name: Mapping[str, list[FolderTree]]
    tables: Sequence[str]

    def checked(self, *, labels_required: bool) -> tuple[str, ...]:
        """A sentence on what is not plain.

        Args:
            labels_required: Whether images must lie in class folders.

        Raises:
            DatasetError: If the folders may be something else than the classes.
        """
        if labels_required and not self.between:
            self._refuse_single()
            self._refuse_unlabelled()
            self._refuse_copies()
        self._refuse_uniform()
        if not self._has_splits:
            self._refuse_splits()
        count = len(set().union(*self._below.values()))
        said = (
            f"the {count} folders below the classes have no meaning: "
            f"{self._option(f'class/{self.between}group')} takes them for patients"
        )
        return (said,) if count > len(self._below) else ()

    def _option(self, meaning: str) -> str:
        return layout_option(f"{self.before}{meaning}")

    @property
    def _has_splits(self) -> bool:
        return "split" in self.before + self.between

    @cached_property
    def _filled(self) -> list[str]:
        return [name for name, folders in self.by_name.items() if any_filled(folders)]

    @cached_property
    def _below(self) -> dict[str, set[str]]:
        return folders_below(self.by_name)

    def _refuse_single(self) -> None:
        """A single folder that holds several may be a class, or lie around the classes."""
        if len(self._filled) != 1 or len(self.by_name[self._filled[0]]) > 1:
            return
        here = top = self.by_name[self._filled[0]][0]
        while len(here.inner) == 1:
            here = here.inner[0]
        if here.inner:
            what = f"its only folder, {path_text(top.name)!r}, holds folders ({_names(here.inner)})"
            fix = (
                f"Name the folder around the classes (or leave what lies beside out with "
                f"--exclude), or say {self._option('class')} if "
                f"{path_text(top.name)!r} is the only class."
            )
            raise DatasetError(what, self.root, fix)

    def _refuse_unlabelled(self) -> None:
        """Parts of a set, and the only folder of one, are no classes where a table has these."""
        names = sorted(self._filled)
        words = {tuple(w.lower() for w in _WORDS.findall(name)) for name in names}
        parts = len(names) > 1 and len(words) == 1 and bool(_PARTS & {*words.pop()})
        only = len(names) == 1 and (self.tables or names[0].lower() in IMAGE_FOLDERS | _FORMS)
        if not parts and not only:
            return
        told = ", ".join(map(path_text, names[:3])) + (", ..." if len(names) > 3 else "")  # noqa: PLR2004
        are = "are named as parts of one set" if parts else "is the only one"
        raise DatasetError(
            f"its images lie in no class folders: {told} {are}",
            self.root,
            f"Name a manifest with the labels as the dataset, or say {self._option('class')} "
            f"to take the {'folders for classes' if parts else 'folder for the only class'}."
            f"{table_instead(self.tables)}",
        )

    def _refuse_copies(self) -> None:
        """A class that holds folders named like the others is a second copy of all of them."""
        for name, below in self._below.items():
            others = {*self._filled} - {name}
            both = below & others
            if both and (len(both) > 1 or len(others) == 1):
                copy = next(one for one in self.by_name[name] if one.inner)
                raise DatasetError(
                    f"{path_text(copy.path)!r} holds folders named like those beside it "
                    f"({', '.join(map(path_text, sorted(both)[:4]))})",
                    self.root,
                    f"Leave a second copy out with {exclude_option(copy.path)}, "
                    f"or say {self._option('class')} to take {path_text(name)!r} for a class.",
                )

    def _refuse_uniform(self) -> None:
        """Classes that all have the same folders below are patients, sites or years above them."""
        count = Counter(name for names in self._below.values() for name in names)
        repeated = sum(number for number in count.values() if number > 1)
        if len(self._below) < 2 or len(count) < 2 or 2 * repeated < sum(count.values()):  # noqa: PLR2004
            return
        names = ", ".join(map(path_text, sorted(count)[:4]))
        what = (
            f"its {len(self._below)} folders hold folders of the same names ({names}), so that "
            "classes may be above or below"
        )
        where = f"{self._option('split/class')} where they are splits, "
        splits = "" if self._has_splits else where
        fix = (
            f"Say {splits}{self._option(f'group/{self.between}class')} where patients or sites "
            f"are above the classes, {self._option(f'class/{self.between}group')} where they "
            f"are below, or {self._option(f'class/{self.between}')} where the folders below mean "
            "nothing. Where each is a dataset of its own, give each by itself."
            f"{table_instead(self.tables)}"
        )
        raise DatasetError(what, self.root, fix)

    def _refuse_splits(self) -> None:
        """Splits below folders of the classes would go unseen, and so would leaks between them."""
        for folders in self.by_name.values():
            for folder in folders:
                below = _folder_of_splits(folder)
                if below is not None:
                    stars = "*/" * (below.path.count("/") - folder.path.count("/"))
                    raise DatasetError(
                        f"{path_text(below.path)!r} holds folders that look like splits "
                        f"({_names(below.inner)})",
                        self.root,
                        f"Say {self._option(f'class/{stars}split')}, or "
                        f"{self._option('class')} where they mean nothing.",
                    )


def _folder_of_splits(folder: FolderTree) -> FolderTree | None:
    """The folder itself or the first one below it that holds splits; None where none does."""
    splits = set(splits_of(one.name for one in folder.inner).values())
    if len(splits & {*SPLITS}) > 1:
        return folder
    return next(filter(None, map(_folder_of_splits, folder.inner)), None)


def _names(folders: Iterable[FolderTree]) -> str:
    return ", ".join(sorted(path_text(folder.name) for folder in folders)[:4])
