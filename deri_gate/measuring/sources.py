"""Findings and shares on columns and properties of files that tell the class or the split."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import Finding
from deri_gate.explain.metadata import Telling, column_kinds, file_kinds, names_labels, tellings
from deri_gate.measuring.shares import Share, not_looked_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.evidence import Evidence

TOLD = 0.5  # strength from which on a column is told as a finding
NO_COLUMN = "no column of the dataset says anything else of the images"
WORDS = {
    "class_by_file": ("class", "properties of the files"),
    "class_by_metadata": ("class", "a column"),
    "split_by_metadata": ("split", "a column"),
}


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Columns that tell the class or the split of an image without its picture.

    Attributes:
        evidence: The judged images.
        others: The images of the other splits; None where there are none.
    """

    evidence: Evidence
    others: Evidence | None

    @cached_property
    def found(self) -> dict[str, tuple[Telling, ...] | str]:
        """Columns by what they tell, strongest first; or why nothing was looked at."""
        dataset = self.evidence.dataset
        return {
            "class_by_file": self._classes(file_kinds(self.evidence.images))
            if dataset.labels
            else "no image could be read",
            "class_by_metadata": self._classes(column_kinds(_columns(dataset)))
            if _columns(dataset)
            else NO_COLUMN,
            "split_by_metadata": self._splits(),
        }

    def _classes(self, columns: dict[str, IntArray]) -> tuple[Telling, ...] | str:
        dataset = self.evidence.dataset
        if dataset.multilabel:
            return "images of several classes cannot be told by one"
        own = np.array([labels[0] for labels in dataset.labels], dtype=np.int64)
        return tellings(columns, own, seed=self.evidence.profile.seed)

    def _splits(self) -> tuple[Telling, ...] | str:
        sides = [self.evidence.whole, *([] if self.others is None else [self.others.whole])]
        splits = [split for side in sides for split in side.splits or ()]
        if len(set(splits)) < 2:  # noqa: PLR2004
            return "the dataset has no splits to compare"
        tables = [_columns(side) for side in sides]
        names = [name for name in tables[0] if all(name in table for table in tables)]
        if not names:
            return NO_COLUMN
        columns = {name: [text for table in tables for text in table[name]] for name in names}
        own = np.unique(np.array(splits), return_inverse=True)[1].astype(np.int64)
        return tellings(column_kinds(columns), own, seed=self.evidence.profile.seed)

    def findings(self) -> list[Finding]:
        """A finding for each column that tells more than half of what there is to tell."""
        name = self.evidence.dataset.name
        return [
            Finding(kind=kind, path=name, detail=_sentence(one, *WORDS[kind]))
            for kind, found in self.found.items()
            for one in ([] if isinstance(found, str) else found)
            if one.strength >= TOLD
        ]

    def shares(self) -> dict[str, Share]:
        """Strength of the most telling column, by what it tells."""
        return {
            kind: not_looked_at(found) if isinstance(found, str) else _share(found, *WORDS[kind])
            for kind, found in self.found.items()
        }


def _columns(dataset: Dataset) -> dict[str, Sequence[str]]:
    """Columns of a dataset that are no other name of its labels."""
    columns = {c.name: c.values for c in (*dataset.group_columns, *dataset.metadata)}
    return {name: values for name, values in columns.items() if not names_labels(name)}


def _share(found: tuple[Telling, ...], about: str, what: str) -> Share:
    if not found or not found[0].strength:
        return Share(value=0.0)
    return Share(value=found[0].strength, note=_sentence(found[0], about, what))


def _sentence(one: Telling, about: str, what: str) -> str:
    return (
        f"{one.column} ({what}) tells the {about} of an image at a balanced accuracy of "
        f"{one.accuracy:.2f}, out of fold and without its picture"
    )
