"""The meaning of each level of folders: split, class, group, or none."""

from __future__ import annotations

import glob
import shlex
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deri_gate.data.readers.assembly import Entry
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.splits import SPLITS, splits_of
from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WORDS = ("split", "fold", "class", "group", "images", "mask", "*")
MEANINGS = "split, fold, class, group, and images, mask or * for a folder without a meaning"
FORMS = (
    "Lay it out as <class>/<image> or <split>/<class>/<image> (splits train, val, test), "
    "or name a manifest (.csv or .parquet with the columns path and label)"
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The meaning of each level of folders, outermost first.

    Attributes:
        words: A word of `WORDS` a level; deeper levels have no meaning.
        splits: The split that each folder of the level of splits stands for.
        unlabelled: Folders of a split that are no class, each as split and folder.
        notes: Sentences about what is not plain.
    """

    words: tuple[str, ...]
    splits: Mapping[str, str] = field(default_factory=dict)
    unlabelled: frozenset[tuple[str, str]] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The levels that have a meaning: "split/class"."""
        return "/".join(word for word in self.words if word not in {"*", "images", "mask"})

    def entry(self, path: str, masks: Sequence[str] = ()) -> Entry:
        """An image with what its place says of it; empty where its folders end too early."""
        parts = dict(zip(self.words, path.split("/")[:-1], strict=False))
        split = parts.get("split", parts.get("fold", ""))
        known = "class" in parts and (split, parts["class"]) not in self.unlabelled
        label = (path_text(parts["class"]),) if known else ()
        return Entry(
            path=path,
            labels=label,
            split=path_text(self.splits.get(split, split)),
            group=path_text(parts.get("group", "")),
            mask=masks[0] if masks else "",
            more_masks=tuple(masks[1:]),
        )


def layout_named(pattern: str, folders: Iterable[str]) -> Layout:
    """The layout that a user names.

    Args:
        pattern: Words of `WORDS` with slashes between, such as "group/class".
        folders: All folders of the dataset, for the names of its splits.

    Raises:
        SettingError: If a word is unknown, comes twice, or none is "class".
    """
    words = tuple(word.strip().lower() for word in pattern.strip("/").split("/"))
    for word in words:
        if word not in WORDS:
            fix = f"The words are {MEANINGS}; for instance split/class, group/class, class/group."
            raise SettingError(f"there is no level {word!r}", f"--layout {pattern}", fix)
    named = [word for word in words if word not in {"*", "images", "mask"}]
    if len(set(named)) < len(named) or "class" not in named or {"split", "fold"} <= set(named):
        fix = "Name class once, and split (or fold) and group at most once."
        raise SettingError("names a level twice, or no class", f"--layout {pattern}", fix)
    level = next((i for i, word in enumerate(words) if word in {"split", "fold"}), None)
    if level is None:
        return Layout(words=words)
    names = {parts[level] for path in folders if len(parts := path.split("/")) > level}
    return Layout(words=words, splits=(splits := splits_of(names)), notes=split_notes(splits))


def layout_option(layout: str) -> str:
    """The option that chooses a layout, as a shell takes it: `*` is quoted."""
    return f"--layout {shlex.quote(layout.strip('/'))}"


def exclude_option(path: str, *, literal: bool = True) -> str:
    """The option that leaves one path out, as a shell takes it: `[` means itself.

    Args:
        path: The path, or a pattern.
        literal: Whether it is a path.
    """
    shown = path_text(path)
    pattern = (glob.escape(shown) if literal else shown).replace("'", "'\"'\"'")
    return f"--exclude '{pattern}'"


def split_notes(splits: Mapping[str, str]) -> tuple[str, ...]:
    """Folders whose split has another name than they have; by case alone, if several share it."""
    count = Counter(splits.values())
    renamed = [
        f"{path_text(name)} as {split}"
        for name, split in sorted(splits.items())
        if split in SPLITS and name != split and (name.lower() != split or count[split] > 1)
    ]
    return (f"took {', '.join(renamed)}",) if renamed else ()
