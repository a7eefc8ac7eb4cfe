"""Columns beside the pictures that tell the class, or the split: scanner, site, month, size."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.image_table import ImageTable

FOLDS = 5
BINS = 12  # of the values of a column of numbers, with about as many images each
COARSE = 4  # bins of each side, where properties of files are taken together
LEAST = 10  # images of a class that can be told
SURELY = 1.64  # standard errors that are taken off: one class in twenty is told so by chance
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?")
DATE = re.compile(r"(\d{4})-?(\d{2})(?:-?(\d{2}))?(?:[T ].*)?")
TAGS = {
    "equipment": "camera or scanner in the tags",
    "software": "software in the tags",
    "protocol": "view and protocol in the tags",
}
# Columns that are another name of the label, or made from it: they tell it, and nothing is wrong.
LABELS = re.compile(
    r"label|class|categor|diagnos|dx|target|grade|finding|disease|patholog|truth|outcome|^y$",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Telling:
    """Accuracy with which a column tells what an image is of.

    Attributes:
        column: Its name.
        strength: Balanced accuracy out of fold above chance, as a share of what is possible, less
            a margin for chance; 0 to 1.
        accuracy: Balanced accuracy out of fold, 0 to 1.
    """

    column: str
    strength: float
    accuracy: float


def tellings(
    columns: Mapping[str, IntArray], targets: IntArray, *, seed: int
) -> tuple[Telling, ...]:
    """Judge how well each column tells the target, strongest first.

    An image is predicted from the images of other folds with the same value, classes weighted
    alike. So a column with a value for each image, such as a name, tells nothing.

    Args:
        columns: Number of the value of each image, by column, shape (N,) each.
        targets: Number of the class or split of each image, shape (N,).
        seed: Seed of the assignment to folds.
    """
    sizes = np.bincount(targets) if len(targets) else np.zeros(1, dtype=np.int64)
    kept = np.flatnonzero(sizes >= LEAST)
    if len(kept) < 2:  # noqa: PLR2004
        return ()
    chosen = np.isin(targets, kept)
    classes = np.searchsorted(kept, targets[chosen])
    folds = np.random.default_rng(seed).permutation(len(classes)) % FOLDS
    told = [
        _telling(name, _recalls(values[chosen], classes, folds), np.bincount(classes))
        for name, values in columns.items()
    ]
    return tuple(sorted(told, key=lambda one: (-one.strength, one.column)))


def _telling(name: str, recalls: FloatArray, sizes: IntArray) -> Telling:
    accuracy, chance = float(recalls.mean()), 1 / len(recalls)
    error = float(np.sqrt((recalls * (1 - recalls) / sizes).sum())) / len(recalls)
    strength = (accuracy - SURELY * error - chance) / (1 - chance)
    return Telling(column=name, strength=max(0.0, strength), accuracy=accuracy)


def _recalls(values: IntArray, classes: IntArray, folds: IntArray) -> FloatArray:
    """Share of each class that is predicted out of fold; an unknown value predicts nothing."""
    kinds = np.unique(values, return_inverse=True)[1]
    shape = int(kinds.max()) + 1, int(classes.max()) + 1
    right = np.zeros(len(classes), dtype=bool)
    for fold in range(FOLDS):
        inside = folds == fold
        counts = np.zeros(shape)
        np.add.at(counts, (kinds[~inside], classes[~inside]), 1)
        shares = counts / np.maximum(counts.sum(axis=0), 1)
        known = shares.max(axis=1) > 0
        right[inside] = known[kinds[inside]] & (
            shares.argmax(axis=1)[kinds[inside]] == classes[inside]
        )
    return np.asarray(np.bincount(classes, weights=right) / np.bincount(classes))


def column_kinds(columns: Mapping[str, Sequence[str]]) -> dict[str, IntArray]:
    """Values of columns of text as numbers of kinds; numbers and dates in bins, in order.

    A column of one value, or with a value for nearly each image, is left out.

    Args:
        columns: Text of each image, by column; "" where it is not known.
    """
    kinds_of = {}
    for name, texts in columns.items():
        values = np.array([_number(text.strip()) for text in texts])
        empty = np.array([not text.strip() for text in texts], dtype=bool)
        kinds = np.unique(np.array(texts, dtype=str), return_inverse=True)[1].astype(np.int64)
        if not empty.all() and not np.isnan(values[~empty]).any() and kinds.max() >= BINS:
            kinds = binned(values, BINS)
        if 0 < kinds.max() < len(texts) / 2:
            kinds_of[name] = kinds
    return kinds_of


def _number(text: str) -> float:
    if NUMBER.fullmatch(text):
        return float(text)
    date = DATE.fullmatch(text)
    return float("".join((date[1], date[2], date[3] or "00"))) if date else np.nan


def binned(values: FloatArray, bins: int) -> IntArray:
    """Number of the bin of each value, 0 upwards; of NaN one of its own.

    Args:
        values: Shape (N,).
        bins: Bins of about as many values each.
    """
    known = ~np.isnan(values)
    if not known.any():
        return np.zeros(len(values), dtype=np.int64)
    edges = np.unique(np.quantile(values[known], np.arange(1, bins) / bins))
    return np.where(known, np.searchsorted(edges, values, side="left"), bins).astype(np.int64)


def names_labels(column: str) -> bool:
    """True if a column by its name holds labels, or what they were made from."""
    return LABELS.search(column) is not None


def file_kinds(table: ImageTable) -> dict[str, IntArray]:
    """Properties of files as numbers of kinds: one by one, and all together.

    Args:
        table: The images.
    """
    coding = table.acquisition["coding"].astype(np.int64)
    height, width = table.height.astype(float), table.width.astype(float)
    together = [binned(height, COARSE), binned(width, COARSE), table.channels, coding >> 16]
    single = {
        "height": binned(height, BINS),
        "width": binned(width, BINS),
        "size in pixels": _joint([table.height, table.width]),
        "channels": table.channels,
        "file format and compression": coding,
        "size, channels and format together": _joint(together),
    }
    return {name: kinds for name, kinds in single.items() if len(kinds) and np.ptp(kinds)}


def tag_kinds(*tables: ImageTable) -> dict[str, IntArray]:
    """Values of the tags of files as numbers of kinds; files without a tag are of one kind.

    Args:
        tables: The images, of one split or several.
    """
    rows = np.concatenate([table.acquisition for table in tables])
    months = np.where(rows["month"] > 0, rows["month"].astype(float), np.nan)
    kinds_of = {
        words: np.asarray(np.unique(rows[name], return_inverse=True)[1], dtype=np.int64).ravel()
        for name, words in TAGS.items()
    }
    kinds_of["month in the tags"] = binned(months, BINS)
    return {name: kinds for name, kinds in kinds_of.items() if len(kinds) and np.ptp(kinds)}


def _joint(columns: Sequence[IntArray]) -> IntArray:
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    kinds = np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1]
    return np.asarray(kinds, dtype=np.int64).ravel()
