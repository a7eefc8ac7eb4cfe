"""Columns that hold the label, or what it was made from: they tell it, and nothing is wrong."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ALIAS = 0.9  # share of the images whose value is the label itself, from which on it is a copy
NESTED = 0.99  # share whose value is of one class, from which on it is a part of the class
# Words of their names.
LABELS = re.compile(
    r"label|class|categor|diagnos|(?<!i)dx|target|grade|finding|disease|patholog|truth|outcome|^y$|"
    r"malignan|benign|tumou?r|cancer|species|breed|severity|(^|_)stage$|bi_?-?rads|annotation$|"
    r"^gt$|^types?$|subtype|^(ab)?normal$",
    re.IGNORECASE,
)
# Some of these words stand as well before what is none: type, class_of_device, label_source.
WEAK = re.compile(r"label|class|categor|target|annotation$|^types?$", re.IGNORECASE)
# Columns of places and devices, though a word of a label is in their name: cancer_center.
PLACES = re.compile(
    r"hospital|cent(er|re)|clinic(?!al)|institut|scanner|camera|vendor|manufactur|country|batch",
    re.IGNORECASE,
)
WORDS = re.compile(r"[\W_]+")


def names_labels(column: str) -> bool:
    """True if a column by its name holds labels, or what they were made from."""
    return LABELS.search(column) is not None and PLACES.search(column) is None


def holds_labels(column: str, values: Sequence[str], targets: Sequence[str]) -> bool:
    """True if a column holds the label, another name of it, or what it was made from.

    Where its name alone says so, and says little, each value must be of one class, or each class
    of one value, or most values be names of classes.

    Args:
        column: Its name.
        values: Text of each image.
        targets: Class of each image.
    """
    if copies(values, targets):
        return True
    if not names_labels(column):
        return False
    if LABELS.search(WEAK.sub("-", column)):
        return True
    names = {_plain(target) for target in targets}
    named = sum(_plain(value) in names for value in values)
    return named >= ALIAS * len(values) or are_nested(values, targets)


def are_nested(values: Sequence[str], targets: Sequence[str]) -> bool:
    """True if each value is of one target, or each target of one value, but for a few images."""
    pairs = Counter(zip(values, targets, strict=True))
    return max(_of_one(pairs, side) for side in (0, 1)) >= NESTED * len(values)


def _of_one(pairs: Counter[tuple[str, str]], side: int) -> int:
    """Images with the commonest partner of their value, or of their class."""
    most: dict[str, int] = {}
    for pair, count in pairs.items():
        most[pair[side]] = max(count, most.get(pair[side], 0))
    return sum(most.values())


def copies(values: Sequence[str], targets: Sequence[str]) -> bool:
    """True if a column holds what it is asked for, whatever its case, blanks and signs.

    Args:
        values: Text of each image.
        targets: Class or split of each image.
    """
    equal = sum(_plain(a) == _plain(b) for a, b in zip(values, targets, strict=True))
    return equal >= ALIAS * len(targets)


def _plain(text: str) -> str:
    return WORDS.sub("", text.casefold())
