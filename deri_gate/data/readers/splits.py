"""The names of splits in their usual spellings, and the order in which they are told."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.missing_labels import no_split
from deri_gate.data.readers.spelling import as_it_looks
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from deri_gate.data.readers.tables import Table

SPLITS = ("train", "val", "test")
_WORDS = {
    "train": ("train", "training", "trn", "tr", "trainval"),
    "val": ("val", "valid", "validation", "validate", "dev", "devel", "development"),
    "test": ("test", "testing", "tst", "ts", "eval", "evaluation", "holdout", "heldout"),
}
_SPLIT_OF = {word: split for split, words in _WORDS.items() for word in words}
# What may stand before or behind without a meaning of its own. No name may be read in two ways:
# of a long one all are tried, 2 ** 50 for the digits of a UID (so `++`), or for "datadata" with
# "dataset" as a word beside "data" and "set".
_AROUND = (
    "image|images|img|imgs|picture|pictures|photo|photos|set|sets|data|split|folder|"
    r"jpg|jpeg|png|resized|cropped|small|full|all|new|final|orig|original|processed|preprocessed|\d++"
)
_NAME = re.compile(
    rf"(?:{_AROUND})*?(?P<word>{'|'.join(sorted(_SPLIT_OF, key=len, reverse=True))})"
    rf"(?:{_AROUND})*"
)
_LIST = re.compile(r"[,;/|+&]")
_SEPARATORS = re.compile(r"[\s_.\-()]+")
_TOKENS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_FOLD = re.compile(
    r"(?:k|cv|n)?[\s_-]*folds?[\s_-]*\d+|\d+[\s_-]*folds?|cv[\s_-]*\d+", re.IGNORECASE
)


_FOLDS = re.compile(r"(?:k|cv|n)?[\s_-]*folds?(?:[\s_-]*(?:id|no|number|nr))?", re.IGNORECASE)
_FLAG = re.compile(r"(?:is|in)[\s_-]+", re.IGNORECASE)
MOST_FOLDS = 50  # a column of more values is no fold
ABBREVIATED = 3  # letters of a word that may stand for something else: "tr", "ts", "dev"


def is_split(name: str) -> bool:
    """True if a folder of this name is taken for a split."""
    return canonical_split(name) in SPLITS


def in_several(splits: Sequence[str]) -> list[int]:
    """Places of cells that name test and another split: the image itself is in both."""
    torn = {name for name in set(splits) if _names_several(name)}
    return [i for i, name in enumerate(splits) if name in torn] if torn else []


def _names_several(name: str) -> bool:
    named = {canonical_split(part) for part in _LIST.split(name)}
    return "test" in named and len(named & {*SPLITS}) > 1


def is_fold(name: str) -> bool:
    """True if a folder of this name is one of the folds of a cross-validation."""
    return _FOLD.fullmatch(name.strip()) is not None


def reads_as_splits(column: str, cells: Iterable[str]) -> bool:
    """True if a column holds names of splits or folds, whatever its own name.

    Args:
        column: What it is called.
        cells: Its cells.
    """
    values = {cell.strip() for cell in cells}
    if not 1 < len(values) <= MOST_FOLDS:
        return False
    folds = _FOLDS.fullmatch(column.strip()) and all(v.removesuffix(".0").isdigit() for v in values)
    flags = canonical_split(_FLAG.sub("", column)) in SPLITS and _FLAG.match(column)
    return bool(folds or flags or all(map(is_split, values)))


def unsaid_split(table: Table, taken: Collection[int]) -> tuple[str, ...]:
    """A word on the first column that holds names of splits, where none is said to be the split.

    Args:
        table: The table.
        taken: Positions of the columns that are something else.
    """
    for i, name in enumerate(table.header):
        if i not in taken and reads_as_splits(name, table.columns[i]):
            said = f"the column {path_text(table.title(i))} reads as splits or folds"
            text = f"all rows are judged together, though {said}"
            return (
                f"{text}: {f'--columns split={path_text(name)}' if name else 'give it a name'}",
            )
    return ()


def otherwise_split(table: Table, split: int, taken: Collection[int]) -> tuple[str, ...]:
    """A word on each other column of splits that does not say the same, as a training may read it.

    Folds and flags are none: they stand beside splits by nature. Nor is a column without
    training, as of a site or phase, or of abbreviations alone, as of devices TR and TS. Rows of
    which it says nothing do not differ.

    Args:
        table: The table.
        split: Position of the column of splits.
        taken: Positions of the columns that are something else.
    """
    own, told = [*map(canonical_split, table.columns[split])], []
    for i, cells in enumerate(table.columns):
        if i in taken or not _says_splits(table.header[i], {cell.strip() for cell in cells}):
            continue
        pairs = zip(own, cells, strict=True)
        rows = sum(a != canonical_split(b) for a, b in pairs if not no_split(b))
        if rows:
            said = f"the column {path_text(table.title(i))} reads as splits, too, and differs in"
            told.append(
                f"{said} {counted(rows, 'row')}: judged is {path_text(table.title(split))}, which "
                "must be that of the training"
            )
    return tuple(told)


def _says_splits(column: str, cells: Collection[str]) -> bool:
    """True if a second column divides into training and others, some of them spelled out."""
    if is_fold(column) or _FOLDS.fullmatch(column.strip()):
        return False
    if not all(is_split(cell) or no_split(cell) for cell in cells):  # most end at the first
        return False
    values = {cell for cell in cells if not no_split(cell)}
    splits = {*map(canonical_split, values)}
    spelled = any(len(value) > ABBREVIATED for value in values)
    return "train" in splits and len(splits) > 1 and spelled


def canonical_split(name: str) -> str:
    """One name for one split: `Validation` is val; a name of somebody's own stays as it is."""
    match = _NAME.fullmatch(_plain(name))
    return _SPLIT_OF[match["word"]] if match else name.strip()


def _plain(name: str) -> str:
    """A name without separators, its letters as they look: a Cyrillic one may stand in `train`."""
    return _SEPARATORS.sub("", as_it_looks(name))


def splits_of(names: Iterable[str]) -> Mapping[str, str]:
    """The split that each of several names stands for, where they are spelled apart.

    Names that all have the same words around their split ("chest_train", "chest_test") are
    splits, too. Several names of one split stay apart ("val" and "dev" are two), except those of
    training, which is one however many parts it has.

    Args:
        names: Distinct names.

    Returns:
        A split for each; a name of somebody's own stands for itself.
    """
    folder_names = sorted(names)
    split_of = {name: canonical_split(name) for name in folder_names}
    if not any(split in SPLITS for split in split_of.values()):
        split_of |= _with_common_words(folder_names)
    count = Counter(split_of.values())
    return {
        name: split
        if count[split] == 1 or split == "train" or _plain(name) == split
        else name.strip()
        for name, split in split_of.items()
    }


def _with_common_words(names: list[str]) -> dict[str, str]:
    """Splits of names that differ in one word alone, which names a split; empty without such.

    So are names that differ in more, as by numbering ("a. training", "b. testing"), if each has
    a word for a split.
    """
    alike = _alike(names)
    commonest = max(alike, key=lambda spellings: len(set(spellings.values())), default={})
    if len(set(commonest.values())) > 1:
        return commonest
    every = {name: split for spellings in alike for name, split in spellings.items()}
    return every if len(every) == len(names) and len(set(every.values())) > 1 else {}


def with_classes(names: Iterable[str]) -> list[str]:
    """Names that hold a class and a split in one (cat_train, cat_test, dog_train), sorted.

    Empty where fewer than two classes come in several splits.
    """
    several = [spellings for spellings in _alike(sorted(names)) if len(set(spellings.values())) > 1]
    return sorted(name for spellings in several for name in spellings) if len(several) > 1 else []


def _alike(names: Iterable[str]) -> list[dict[str, str]]:
    """Names with one word for a split, and that split; together where all else is alike."""
    alike: dict[tuple[str, ...], dict[str, str]] = {}
    for name in names:
        tokens = [token.lower() for token in _TOKENS.findall(name)]
        words = [token for token in tokens if token in _SPLIT_OF]
        if len(words) == 1:
            around = tuple(t for t in tokens if t != words[0] and not t.isdigit())
            alike.setdefault(around, {})[name] = _SPLIT_OF[words[0]]
    return list(alike.values())


def split_rank(name: str) -> int:
    """Place in the telling: train, val, test, then all others."""
    return SPLITS.index(name) if name in SPLITS else len(SPLITS)
