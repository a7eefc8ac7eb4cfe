"""Names of folders alone -> their layout; what can be read in two ways is an error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deri_gate.data.readers.class_folders import ClassFolders
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.folder_tree import FolderTree, any_filled, folders_below, merged_folders
from deri_gate.data.readers.layouts import Layout, exclude_option, layout_option, split_notes
from deri_gate.data.readers.mask_files import IMAGE_FOLDERS
from deri_gate.data.readers.splits import SPLITS, is_fold, splits_of, with_classes
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path


def layout_of(
    images: Iterable[str],
    folders: Iterable[str],
    root: Path,
    *,
    labels_required: bool = True,
    tables: Sequence[str] = (),
) -> Layout:
    """The layout of a folder by its names alone; what can be read in two ways is an error.

    Args:
        images: Paths of the images, masks left out.
        folders: All folders, empty ones too.
        root: The dataset's folder, for errors.
        labels_required: Whether images must lie in class folders.
        tables: Files beside them that may have the labels.

    Raises:
        DatasetError: If the names allow several layouts; says which option chooses one.
    """
    tree = FolderTree.of(images, folders)
    recognition = _Recognition(root=root, labels_required=labels_required, tables=tables)
    return recognition.of(tree)


@dataclass(kw_only=True)
class _Recognition:
    """One recognition of a layout, and what it found on its way."""

    root: Path
    labels_required: bool
    tables: Sequence[str]
    around: str = ""
    notes: list[str] = field(default_factory=list)

    def of(self, tree: FolderTree) -> Layout:
        words: list[str] = []
        tree = self._unwrapped(tree, words)
        self._refuse_entangled(tree)
        splits = self._splits(tree)
        tops, unlabelled = [tree], frozenset[tuple[str, str]]()
        if splits:
            words.append("split")
            tops = [tree.below[name] for name in splits]
            unlabelled = _unlabelled(tops)
            tops = self._inside_images(tops, words)
            self.notes += split_notes(splits)
        classes = merged_folders(tops)
        inverted = self._inverted(classes) if not splits else {}
        named = ClassFolders(
            root=self.root,
            before="".join(f"{word}/" for word in words),
            between="split/" if inverted else "",
            by_name=_below_splits(classes) if inverted else classes,
            tables=self.tables,
        )
        self.notes += named.checked(labels_required=self.labels_required)
        words += ["class", "split"] if inverted else ["class"]
        return Layout(
            words=tuple(words),
            splits=splits or inverted,
            unlabelled=unlabelled,
            notes=tuple(self.notes),
        )

    def _unwrapped(self, tree: FolderTree, words: list[str]) -> FolderTree:
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
        self.around = "*/" * len(way)
        self.notes.append(f"looked through the single folder {'/'.join(way)}/")
        return here

    def _option(self, meaning: str) -> str:
        return layout_option(f"{self.around}{meaning}")

    def _splits(self, tree: FolderTree) -> Mapping[str, str]:
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

    def _refuse_entangled(self, tree: FolderTree) -> None:
        """Names such as cat_train and cat_test are neither classes nor splits."""
        both = with_classes(folder.name for folder in tree.inner)
        if both:
            names = ", ".join(map(path_text, both[:4]))
            what = f"the names of its folders hold a class and a split in one ({names})"
            fix = (
                f"Lay them out as <split>/<class>, or say {self._option('class')} to take each "
                "for a class."
            )
            raise DatasetError(what, self.root, fix)

    def _refuse_others(self, known: Sequence[str], others: Sequence[str]) -> None:
        names = ", ".join(map(path_text, known))
        plural = "looks like a split" if len(known) == 1 else "look like splits"
        other = path_text(others[0])
        raise DatasetError(
            f"{names} {plural}, but {other!r} beside it does not",
            self.root,
            f"Leave it out with {exclude_option(others[0])}, or say "
            f"{self._option('split/class')} to take it for a split, "
            f"{self._option('class')} to take all for classes.",
        )

    def _inside_images(self, tops: list[FolderTree], words: list[str]) -> list[FolderTree]:
        """The folders themselves, or the one in each that only says that images lie there."""
        filled = [top for top in tops if top.filled]
        if not all(map(_holds_images_alone, filled)) or not any(
            top.inner[0].inner for top in filled
        ):
            return tops
        words.append("*")
        return [top.inner[0] for top in filled]

    def _inverted(self, classes: Mapping[str, list[FolderTree]]) -> Mapping[str, str]:
        """The splits below the classes; empty where these hold none."""
        below = folders_below(classes)
        splits = splits_of(set().union(*below.values()))
        named_as_splits = {name for name, split in splits.items() if split in SPLITS}
        if len({splits[name] for name in named_as_splits}) < 2:  # noqa: PLR2004  # "train" may be a class
            return {}
        with_images = {n for n, folders in classes.items() if any(f.images for f in folders)}
        without_folders = {n for n, folders in classes.items() if any_filled(folders)} - {*below}
        if named_as_splits != set(splits) or with_images & {*below} or without_folders:
            names = ", ".join(sorted(map(path_text, named_as_splits)))
            raise DatasetError(
                f"some folders hold {names}, which look like splits, and others do not",
                self.root,
                f"Say {self._option('class/split')}, or {self._option('class')} where they "
                "are parts of a class.",
            )
        return splits


def _holds_images_alone(top: FolderTree) -> bool:
    """True if all that it holds is one folder, of folders or of images, named as one of images."""
    if top.images or len(top.inner) != 1:
        return False
    (inner,) = top.inner
    named = inner.name.lower() in IMAGE_FOLDERS or inner.name == top.name
    return named and not (inner.images and inner.inner)


def _is_split_or_fold(name: str) -> bool:
    return splits_of([name])[name] in SPLITS or is_fold(name)


def _unlabelled(splits: Iterable[FolderTree]) -> frozenset[tuple[str, str]]:
    """The only folder of a split, named as one of images, where other splits have classes."""
    alone = {
        (split.name, split.inner[0].name)
        for split in splits
        if len(split.inner) == 1 and split.inner[0].name.lower() in IMAGE_FOLDERS
    }
    others = {one.name for split in splits for one in split.inner} - {name for _, name in alone}
    return frozenset(alone if others else ())


def _below_splits(classes: Mapping[str, list[FolderTree]]) -> dict[str, list[FolderTree]]:
    """The splits of each class, as if they were the class."""
    return {
        name: [split for folder in folders for split in folder.inner]
        for name, folders in classes.items()
    }
