"""Columns beside the pictures as numbers of kinds: scanner, site, month, size, format, tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.features.image_table import ImageTable

BINS, FINEST = 12, 48  # of the values of a column of numbers, with about as many images each
PER_BIN = 5  # images from which on there are more bins, so that they part a small class well
COARSE = 4  # bins of each side, where properties of files are taken together
FEW = 8  # images of each value on average, below which many values number the images' subjects
DENSE = 10  # numbers that are all different among so many times as many: they number the rows
NUMBER = re.compile(  # thousands by commas, a fraction, an exponent, percent or a unit
    r"([-+]?(?:\d{1,3}(?:,\d{3})+|\d+))([.,]\d*)?([eE][-+]?\d+)?(?:\s*%|\s+[^\W\d_]{1,4})?"
)
DATE = re.compile(r"(\d{4})([-/.]?)(\d{2})(?:\2(\d{2}))?(?:[T ].*)?")
DAY_OR_MONTH = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T ].*)?")
NAMED_MONTH = re.compile(  # 12 March 2024, 12-Mar-24, Mar 12th, 2024, Tue Mar 12 08:15:00 2024
    r"(?:[a-z]{3,9},? )?(?:(\d{1,2})(?:st|nd|rd|th)?\.?[-/ ]?)?"
    r"([a-z]{3,9})\.?(?:[-/, ]{1,2}|(?=\d{4}))"
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[-/, ]{1,2})?(?:\d{1,2}:\d{2}(?::\d{2})? )?"
    r"(\d{4}|\d{2})(?:[T ,].*)?",
    re.IGNORECASE,
)
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d*)?)?")
TAGS = {
    "equipment": "camera or scanner in the tags",
    "software": "software in the tags",
    "protocol": "view and protocol in the tags",
}
SPLITS = re.compile(
    r"split|fold(?!er)|partition|subset|^(data)?set$|^usage$|^phase$", re.IGNORECASE
)
# Columns of sources: however many values there are, they are no numbers of subjects.
SITES = re.compile(
    r"site|hospital|cent(er|re)|clinic|institut|scanner|device|machine|camera|vendor|manufactur|"
    r"model|country|location|source|batch|operator|software",
    re.IGNORECASE,
)


def column_kinds(columns: Mapping[str, Sequence[str]]) -> dict[str, IntArray]:
    """Values of columns of text as numbers of kinds; numbers, dates and times in bins, in order.

    A column of one value is left out, and one that numbers rows or subjects: nearly each image
    has a value of its own, or whole numbers are all different and next to each other.

    Args:
        columns: Text of each image, by column; "" where it is not known.
    """
    found = {name: _kinds(name, [text.strip() for text in own]) for name, own in columns.items()}
    return {name: kinds for name, kinds in found.items() if kinds.max(initial=0) > 0}


def _kinds(name: str, texts: Sequence[str]) -> IntArray:
    """Number of the kind of each value; 0 for all where they number rows or subjects.

    Words among numbers, such as "n/a", are kinds of their own: one of them hides no numbers.
    """
    kinds = text_numbers(texts)
    if kinds.max(initial=0) < min(BINS, len(texts) / 2):
        return kinds
    none = np.zeros_like(kinds)
    values = _in_order(sorted(set(texts)))[kinds]
    known = ~np.isnan(values)
    words = text_numbers(["" if k else text for k, text in zip(known, texts, strict=True)])
    if 2 * known.sum() <= sum(map(bool, texts)) or words.max() >= BINS:
        return kinds if kinds.max() < _most(name, len(texts)) else none
    if _numbers_rows(np.array([_number(text) for text in texts])):
        return none
    return kinds if kinds.max() < BINS else binned(values, _bins(len(values))) + words


def text_numbers(texts: Sequence[str]) -> IntArray:
    """Number of each text among the different ones, in their order.

    NumPy would keep all texts as long as the longest one, and a table may hold a very long one.

    Args:
        texts: Text of each image.
    """
    numbers = {text: number for number, text in enumerate(sorted(set(texts)))}
    return np.array([numbers[text] for text in texts], dtype=np.int64)


def _most(name: str, count: int) -> float:
    """Number of values in so many images from which on they are no kinds of images."""
    most = count / 2 if names_sources(name) else max(BINS, count / FEW)
    return min(most, count / 2)


def _numbers_rows(values: FloatArray) -> bool:
    """True if all but NaN are different whole numbers, as close as those of rows are.

    Measured values that many would meet twice, or be spread wider.
    """
    values = values[~np.isnan(values)]
    whole = bool((values == np.floor(values)).all())
    return (
        whole
        and len(values) > BINS
        and len(np.unique(values)) == len(values)
        and float(np.ptp(values)) < DENSE * len(values)
    )


def _in_order(texts: Sequence[str]) -> FloatArray:
    """Texts as numbers, days or times of the day, whichever most of them are; NaN for others."""
    first = any(int(day[1]) > 12 for day in map(DAY_OR_MONTH.fullmatch, texts) if day)  # noqa: PLR2004
    read = [[_number(text) for text in texts], [_day(text, first=first) for text in texts],
            [_moment(text) for text in texts]]  # fmt: skip
    return max(map(np.array, read), key=lambda values: int((~np.isnan(values)).sum()))


def _number(text: str) -> float:
    number = NUMBER.fullmatch(text)
    if number is None:
        return np.nan
    whole, part, power = number[1].replace(",", ""), number[2] or "", number[3] or ""
    value = float(whole + part.replace(",", ".") + power)
    return value if np.isfinite(value) else np.nan


def _day(text: str, *, first: bool) -> float:
    """A day as year, month and day; where the year is last, `first` says that the day is first."""
    if date := DATE.fullmatch(text):
        return float("".join((date[1], date[3], date[4] or "00")))
    date = DAY_OR_MONTH.fullmatch(text)
    if date is None:
        return _day_of_named_month(text)
    month, day = (date[3], date[1]) if first or date[2] == "." else (date[1], date[3])
    return float(f"{date[4]}{month:0>2}{day:0>2}")


def _day_of_named_month(text: str) -> float:
    date = NAMED_MONTH.fullmatch(text)
    word = date[2].lower() if date else "-"
    month = next((n for n, name in enumerate(MONTHS, 1) if name.startswith(word)), 0)
    if date is None or not month:
        return np.nan
    return float(f"{date[4]}{month:02}{date[1] or date[3] or '00':0>2}")


def _moment(text: str) -> float:
    clock = CLOCK.fullmatch(text)
    return np.nan if clock is None else float(f"{clock[1]}{clock[2]}{clock[3] or '00'}")


def _bins(count: int) -> int:
    return min(FINEST, max(BINS, count // PER_BIN))


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


def names_splits(column: str) -> bool:
    """True if a column by its name holds splits, or what they were made from."""
    return SPLITS.search(column) is not None


def names_sources(column: str) -> bool:
    """True if a column by its name says where or with what pictures were taken."""
    return SITES.search(column) is not None


def file_kinds(table: ImageTable) -> dict[str, IntArray]:
    """Properties of files as numbers of kinds: one by one, and all together.

    Args:
        table: The images.
    """
    coding = table.acquisition["coding"].astype(np.int64)
    form, loss = coding >> 16 & 0xFF, (coding & 0xFFFF).astype(float)
    height, width = table.height.astype(float), table.width.astype(float)
    bins = _bins(len(height))
    together = [binned(height, COARSE), binned(width, COARSE), table.channels, form]
    single = {
        "height": binned(height, bins),
        "width": binned(width, bins),
        "shape, height over width": binned(height / np.maximum(width, 1), bins),
        "size in pixels": _joint([table.height, table.width]),
        "channels": table.channels,
        "bits of a value": table.acquisition["bits"].astype(np.int64),
        "file format and compression": coding,
        "colour sampling of JPEG": coding >> 24,
        "strength of JPEG compression": binned(np.where(loss > 0, loss, np.nan), bins),
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
    kinds_of["month in the tags"] = binned(months, _bins(len(months)))
    return {name: kinds for name, kinds in kinds_of.items() if len(kinds) and np.ptp(kinds)}


def _joint(columns: Sequence[IntArray]) -> IntArray:
    if not len(columns[0]):
        return np.zeros(0, dtype=np.int64)
    kinds = np.unique(np.column_stack(columns), axis=0, return_inverse=True)[1]
    return np.asarray(kinds, dtype=np.int64).ravel()
