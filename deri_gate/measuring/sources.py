"""Findings and shares on columns and properties of files that tell the class or the split."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import FOLDER_NAMES, Finding
from deri_gate.data.readers.patients import PATIENT, unit_of
from deri_gate.explain.metadata import (
    Telling,
    column_kinds,
    file_kinds,
    names_labels,
    tag_kinds,
    tellings,
)
from deri_gate.measuring.shares import Share, not_looked_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.evidence import Evidence

FEW = 5  # patients: with fewer, a class is told by who they are
TOLD = 0.5  # strength from which on a column is told as a finding
NO_COLUMN = "no column of the dataset says anything else of the images"
WORDS = {
    "class_by_file": ("class", "properties of the files"),
    "class_by_metadata": ("class", "metadata"),
    "split_by_metadata": ("split", "metadata"),
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
        evidence = self.evidence
        if not evidence.dataset.labels:
            reason = "no image could be read"
            by_file: tuple[Telling, ...] | str = reason
            by_metadata: tuple[Telling, ...] | str = reason
        else:
            by_file = self._classes(file_kinds(evidence.images))
            dataset, tags = evidence.dataset, tag_kinds(evidence.images)
            first = [labels[0] for labels in dataset.labels]
            columns = _without_patients(_columns(dataset), first, [dataset], least=FEW)
            known = bool(columns or tags)
            by_metadata = self._classes(column_kinds(columns), tags) if known else NO_COLUMN
        return {
            "class_by_file": by_file,
            "class_by_metadata": by_metadata,
            "split_by_metadata": self._splits(),
        }

    def _classes(self, *tables: dict[str, IntArray]) -> tuple[Telling, ...] | str:
        dataset = self.evidence.dataset
        if dataset.multilabel:
            return "images of several classes cannot be told by one"
        own = np.array([labels[0] for labels in dataset.labels], dtype=np.int64)
        seed = self.evidence.profile.seed
        return _strongest_first([tellings(columns, own, seed=seed) for columns in tables])

    def _splits(self) -> tuple[Telling, ...] | str:
        sides = [self.evidence, *filter(None, (self.others,))]
        splits = [split for side in sides for split in side.whole.splits or ()]
        if len(set(splits)) < 2:  # noqa: PLR2004
            return "the dataset has no splits to compare"
        wholes = [side.whole for side in sides]
        columns = _without_patients(
            _common_columns([_columns(whole) for whole in wholes]), splits, wholes, least=1
        )
        tags = tag_kinds(*(side.images for side in sides))
        if not columns and not tags:
            return NO_COLUMN
        read = [split for side in sides for split in side.dataset.splits or ()]
        seed = self.evidence.profile.seed
        return _strongest_first(
            [
                tellings(column_kinds(columns), _numbered(splits), seed=seed),
                tellings(tags, _numbered(read), seed=seed),
            ]
        )

    def findings(self) -> list[Finding]:
        """A finding for each column that tells more than half of what there is to tell."""
        name = self.evidence.dataset.name
        return [
            Finding(kind=kind, path=name, detail=_sentence(telling, *WORDS[kind]))
            for kind, found in self.found.items()
            for telling in ([] if isinstance(found, str) else found)
            if telling.strength >= TOLD
        ]

    def shares(self) -> dict[str, Share]:
        """Strength of the most telling column, by what it tells."""
        return {
            kind: not_looked_at(found) if isinstance(found, str) else _share(found, *WORDS[kind])
            for kind, found in self.found.items()
        }


def _strongest_first(tellings: Sequence[tuple[Telling, ...]]) -> tuple[Telling, ...]:
    every = [one for telling in tellings for one in telling]
    return tuple(sorted(every, key=lambda one: (-one.strength, one.column)))


def _numbered(texts: Sequence[str]) -> IntArray:
    return np.asarray(np.unique(np.array(texts, dtype=str), return_inverse=True)[1], dtype=np.int64)


def _columns(dataset: Dataset) -> dict[str, Sequence[str]]:
    """Columns of a dataset that are no other name of its labels."""
    columns = {c.name: c.values for c in (*dataset.group_columns, *dataset.metadata)}
    return {name: values for name, values in columns.items() if not names_labels(name)}


def _without_patients(
    columns: Mapping[str, Sequence[str]],
    targets: Sequence[object],
    datasets: Sequence[Dataset],
    *,
    least: int,
) -> dict[str, Sequence[str]]:
    """Columns that may be a source of images: what numbers patients or the like is none.

    A patient has one class and belongs in one split, so its number tells both of them.

    Args:
        columns: Text of each image, by column.
        targets: Class or split of each image.
        datasets: The datasets that they are of, which know their patients.
        least: Patients from which on a class or split is no longer that of its few patients.
    """
    known = {PATIENT, *(one.patients.name for one in datasets if one.patients)}
    return {
        name: values
        for name, values in columns.items()
        if _fewest(values, targets) < least
        or not (name in known or unit_of(name) is not None or _are_nested(name, values, targets))
    }


def _are_nested(name: str, values: Sequence[str], targets: Sequence[object]) -> bool:
    """True for folders below those of the classes or splits, none of which is in two of them."""
    return name == FOLDER_NAMES and len(set(zip(values, targets, strict=True))) == len(set(values))


def _fewest(values: Sequence[str], targets: Sequence[object]) -> int:
    """Number of values in the class or split that has the fewest."""
    counts = Counter(target for _, target in set(zip(values, targets, strict=True)))
    return min(counts.values(), default=0)


def _common_columns(tables: Sequence[Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    """The columns that all tables have, one table below the other."""
    names = [name for name in tables[0] if all(name in table for table in tables)]
    return {name: [text for table in tables for text in table[name]] for name in names}


def _share(tellings: tuple[Telling, ...], about: str, what: str) -> Share:
    if not tellings or not tellings[0].strength:
        return Share(value=0.0)
    return Share(value=tellings[0].strength, note=_sentence(tellings[0], about, what))


def _sentence(telling: Telling, about: str, what: str) -> str:
    return (
        f"{telling.column} ({what}) tells the {about} of an image at a balanced accuracy of "
        f"{telling.accuracy:.2f}, out of fold and without its picture"
    )
