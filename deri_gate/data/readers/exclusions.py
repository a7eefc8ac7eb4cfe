"""Columns of a table that say which rows count: they are told, and not heeded.

What is handed in must not choose what of it is looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from deri_gate.data.readers.columns import spelled
from deri_gate.data.readers.files import path_text
from deri_gate.runtime.counts import counted, listed

if TYPE_CHECKING:
    from deri_gate.data.dataset import Column, Dataset

_IN_OR_OUT = re.compile(
    r"(?:is|to|do|be|qc|please)?"
    r"(?:excluded?|exclusion|skip(?:ped)?|ignored?|drop(?:ped)?|discard(?:ed)?|removed?"
    r"|rejected?|included?|inclusion|keep|kept|used?|us(?:e)?able|unus(?:e)?able|(?:in)?valid"
    r"|accept(?:ed|able)?|(?:un)?gradable|outlier)"
    r"(?:row|image|img|sample|flag)?"
)
_MOST_VALUES, _MOST_SHOWN = 3, 20  # values that are named, and characters of one


def with_exclusions(dataset: Dataset) -> Dataset:
    """The dataset with a note on each column that would leave some of its rows out."""
    return dataset.with_notes(*(_told(one) for one in dataset.metadata if _leaves_out(one)))


def _leaves_out(column: Column) -> bool:
    is_so_named = _IN_OR_OUT.fullmatch(spelled(column.name)) is not None
    return is_so_named and len(set(column.values)) > 1


def _told(column: Column) -> str:
    found = Counter(column.values).most_common(_MOST_VALUES + 1)
    values = [
        f"{path_text(value[:_MOST_SHOWN]) if value else 'blank'} in {count:,}"
        for value, count in found
    ]
    some = f" ({listed(values)})" if len(found) <= _MOST_VALUES else ""
    rows = counted(len(column.values), "row")
    return (
        f"column '{path_text(column.name)}'{some} leaves nothing out: all {rows} are judged; those "
        "that are no part of the dataset must not be in the table"
    )
