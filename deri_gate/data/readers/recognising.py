"""Names of folders alone -> their layout; what can be read in two ways is an error."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.layouts import Layout, split_notes
from deri_gate.data.readers.mask_files import IMAGE_FOLDERS
from deri_gate.data.readers.splits import SPLITS, is_fold, splits_of, with_classes
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

DEEPEST = 40  # levels looked at; no layout has so many, and a hostile tree has thousands


def layout_of(
    images: Iterable[str], folders: Iterable[str], root: Path, *, labels_required: bool = True
) -> Layout:
    """The layout of a folder by its names alone; what can be read in two ways is an error.

    Args:
        images: Paths of the images, masks left out.
        folders: All folders, empty ones too.
        root: The dataset's folder, for errors.
        labels_required: Whether images must lie in class folders.

    Raises:
        DatasetError: If the names allow several layouts; says which option chooses one.
    """
    tree = _Folder.of(images, folders)
    return _Recognition(root=root, labels_required=labels_required).of(tree)


@dataclass(kw_only=True)
class _Folder:
    """A folder as far as its layout goes."""

    name: str = ""
    images: int = 0  # directly in it
    below: dict[str, _Folder] = field(default_factory=dict)

    @classmethod
    def of(cls, images: Iterable[str], folders: Iterable[str]) -> _Folder:
        tree = cls()
        for path in folders:
            tree.descend(path.split("/")[:DEEPEST])
        for path in images:
            tree.descend(path.split("/")[:-1][:DEEPEST]).images += 1
        return tree

    def descend(self, parts: Sequence[str]) -> _Folder:
        here = self
        for part in parts:
            here = here.below.setdefault(part, _Folder(name=part))
        return here

    @property
    def filled(self) -> bool:
        """True if an image lies in it, at any depth."""
        return self.images > 0 or any(folder.filled for folder in self.below.values())

    @property
    def inner(self) -> list[_Folder]:
        """Folders directly in it that hold images."""
        return [folder for folder in self.below.values() if folder.filled]


@dataclass(kw_only=True)
class _Recognition:
    """One recognition of a layout, and what it found on its way."""

    root: Path
    labels_required: bool
    notes: list[str] = field(default_factory=list)

    def of(self, tree: _Folder) -> Layout:
        words: list[str] = []
        tree = self._unwrapped(tree, words)
        self._refuse_entangled(tree)
        splits = self._splits(tree)
        tops = [tree]
        if splits:
            words.append("split")
            tops = [tree.below[name] for name in splits]
            tops = self._inside_images(tops, words)
            self.notes += split_notes(splits)
        classes = _merged(tops)
        inverted = self._inverted(classes) if not splits else {}
        words += ["class", "split"] if inverted else ["class"]
        if not inverted:
            self._refuse_single(classes)
            self._refuse_uniform(classes, "/".join(w for w in words if w == "split"))
        return Layout(words=tuple(words), splits=splits or inverted, notes=tuple(self.notes))

    def _unwrapped(self, tree: _Folder, words: list[str]) -> _Folder:
        """The folder that holds several, where single folders lie around it; a note names them."""
        here, way = tree, list[str]()
        while not here.images and len(here.inner) == 1 and not here.inner[0].images:
            if _is_split_or_fold(here.inner[0].name):
                break
            here = here.inner[0]
            way.append(path_text(here.name))
        several = len(here.inner) > 1 or any(
            _is_split_or_fold(folder.name) for folder in here.inner
        )
        if not way or not several:
            return tree
        words += ["*"] * len(way)
        self.notes.append(f"looked through the single folder {'/'.join(way)}/")
        return here

    def _splits(self, tree: _Folder) -> Mapping[str, str]:
        """The splits among the folders of one level; empty where they are none."""
        splits = splits_of(tree.below)
        known = {n for n, split in splits.items() if split in SPLITS or _is_split_or_fold(n)}
        laid_out = [name for name in known if tree.below[name].inner]
        others = sorted(o.name for o in tree.inner if o.name not in known)
        if others and laid_out:
            self._refuse_others(sorted(known), others)
        several = len(known) > 1 or "train" in splits.values() or bool(laid_out)
        if others or not known or not several:
            return {}
        return {name: splits[name] for name in tree.below if name in known}

    def _refuse_entangled(self, tree: _Folder) -> None:
        """Names such as cat_train and cat_test are neither classes nor splits."""
        both = with_classes(folder.name for folder in tree.inner)
        if both:
            names = ", ".join(map(path_text, both[:4]))
            what = f"the names of its folders hold a class and a split in one ({names})"
            fix = "Lay them out as <split>/<class>, or say --layout class to take each for a class."
            raise DatasetError(what, self.root, fix)

    def _refuse_single(self, classes: Mapping[str, list[_Folder]]) -> None:
        """A single folder that holds several may be a class, or lie around the classes."""
        filled = [each_class for each_class in classes.values() if _filled(each_class)]
        if len(filled) != 1 or len(filled[0]) > 1 or not self.labels_required:
            return
        here = top = filled[0][0]
        while len(here.inner) == 1:
            here = here.inner[0]
        if here.inner:
            names = ", ".join(sorted(path_text(folder.name) for folder in here.inner)[:4])
            what = f"its only folder, {path_text(top.name)!r}, holds folders ({names})"
            fix = (
                f"Name the folder around the classes (or leave what lies beside out with "
                f"--exclude), or say --layout class if {path_text(top.name)!r} is the only class."
            )
            raise DatasetError(what, self.root, fix)

    def _refuse_others(self, known: Sequence[str], others: Sequence[str]) -> None:
        names = ", ".join(map(path_text, known))
        plural = "looks like a split" if len(known) == 1 else "look like splits"
        other = path_text(others[0])
        raise DatasetError(
            f"{names} {plural}, but {other!r} beside it does not",
            self.root,
            f"Leave it out with --exclude {other!r}, or say --layout split/class to take it for "
            "a split, --layout class to take all for classes.",
        )

    def _inside_images(self, tops: list[_Folder], words: list[str]) -> list[_Folder]:
        """The folders themselves, or the one in each that only says that images lie there."""
        filled = [top for top in tops if top.filled]
        if not filled or not all(_is_wrapper(top) for top in filled) or any(t.images for t in tops):
            return tops
        words.append("*")
        return [top.inner[0] for top in filled]

    def _inverted(self, classes: Mapping[str, list[_Folder]]) -> Mapping[str, str]:
        """The splits below the classes; empty where these hold none."""
        names_below = _names_below(classes)
        splits = splits_of(set().union(*names_below.values()))
        named_as_splits = {name for name, split in splits.items() if split in SPLITS}
        if len({splits[name] for name in named_as_splits}) < 2:  # noqa: PLR2004  # "train" may be a class
            return {}
        with_images = {n for n, folders in classes.items() if any(f.images for f in folders)}
        without_folders = {n for n, folders in classes.items() if _filled(folders)} - set(
            names_below
        )
        if named_as_splits != set(splits) or with_images & set(names_below) or without_folders:
            names = ", ".join(sorted(map(path_text, named_as_splits)))
            raise DatasetError(
                f"some folders hold {names}, which look like splits, and others do not",
                self.root,
                "Say --layout class/split, or --layout class where they are parts of a class.",
            )
        return splits

    def _refuse_uniform(self, classes: Mapping[str, list[_Folder]], before: str) -> None:
        """Classes that all have the same folders below are patients, sites or years above them."""
        names_below = list(_names_below(classes).values())
        count = Counter(name for names in names_below for name in names)
        repeated = sum(number for number in count.values() if number > 1)
        start = f"{before}/" if before else ""
        if len(names_below) > 1 and len(count) > 1 and 2 * repeated >= sum(count.values()):
            names = ", ".join(map(path_text, sorted(count)[:4]))
            what = (
                f"its {len(names_below)} folders hold folders of the same names ({names}), so that "
                "classes may be above or below"
            )
            splits = "" if before else "--layout split/class where they are splits, "
            fix = (
                f"Say {splits}--layout {start}group/class where patients or sites are above the "
                f"classes, --layout {start}class/group where they are below, "
                f"or --layout {start}class where the folders below mean nothing."
            )
            raise DatasetError(what, self.root, fix)
        if len(count) > len(names_below):
            self.notes.append(
                f"the {len(count)} folders below the classes have no meaning: "
                f"--layout {start}class/group takes them for patients"
            )


def _is_wrapper(top: _Folder) -> bool:
    """True if all that it holds is one folder of folders that is named like images, or like it."""
    if len(top.inner) != 1:
        return False
    (inner,) = top.inner
    return not inner.images and (inner.name.lower() in IMAGE_FOLDERS or inner.name == top.name)


def _names_below(classes: Mapping[str, list[_Folder]]) -> dict[str, set[str]]:
    """Names of the folders below each class, of classes that have some."""
    names = {
        name: {inner.name for folder in folders for inner in folder.inner}
        for name, folders in classes.items()
    }
    return {name: below for name, below in names.items() if below}


def _is_split_or_fold(name: str) -> bool:
    return splits_of([name])[name] in SPLITS or is_fold(name)


def _merged(folders: Iterable[_Folder]) -> dict[str, list[_Folder]]:
    """The folders below several ones, by name."""
    merged: dict[str, list[_Folder]] = {}
    for folder in folders:
        for one in folder.below.values():
            merged.setdefault(one.name, []).append(one)
    return merged


def _filled(folders: Iterable[_Folder]) -> bool:
    return any(folder.filled for folder in folders)
