"""Columns that may be a source of images, and the subjects that images are of."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from deri_gate.data.dataset import FOLDER_NAMES
from deri_gate.data.readers.frames import FILE
from deri_gate.data.readers.patients import PATIENT, unit_of
from deri_gate.explain.metadata_columns import names_sources, text_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset

MANY = 12  # groups above which they are taken for subjects; fewer may well be sites


def columns_of(dataset: Dataset) -> dict[str, Sequence[str]]:
    """All columns of a dataset that are neither classes nor splits."""
    columns = dataset.columns
    if dataset.times is not None:
        columns["time"] = dataset.times
    return columns


def label_texts(dataset: Dataset) -> list[str]:
    """Names of the classes of each image, as a cell of a table has them."""
    return ["|".join(dataset.classes[c] for c in labels) for labels in dataset.labels]


def common_columns(tables: Sequence[Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    """The columns that all tables have, one table below the other."""
    names = [name for name in tables[0] if all(name in table for table in tables)]
    return {name: [text for table in tables for text in table[name]] for name in names}


def without_subjects(
    columns: Mapping[str, Sequence[str]],
    targets: Sequence[str],
    datasets: Sequence[Dataset],
    *,
    least: int,
) -> dict[str, Sequence[str]]:
    """Columns that may be a source of images: what numbers patients or the like is none.

    A patient has one class and belongs in one split, so its number tells both of them. So does
    a file of several frames, and what numbers those was handed in by nobody.

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
        if name != FILE
        and (
            fewest(values, targets) < least
            or not (
                name in known or unit_of(name) is not None or _are_nested(name, values, targets)
            )
        )
    }


def _are_nested(name: str, values: Sequence[str], targets: Sequence[str]) -> bool:
    """True for folders below those of the classes or splits, none of which is in two of them."""
    return name == FOLDER_NAMES and len(set(zip(values, targets, strict=True))) == len(set(values))


def fewest(values: Sequence[str | int], targets: Sequence[str | int]) -> int:
    """Number of values in the class or split that has the fewest."""
    counts = Counter(target for _, target in set(zip(values, targets, strict=True)))
    return min(counts.values(), default=0)


def subjects_of(datasets: Sequence[Dataset]) -> IntArray:
    """Number of the patient of each image, or of its group where there are many groups."""
    names = [
        name or f"\0{side} {i}"  # an image without one belongs with no other
        for side, dataset in enumerate(datasets)
        for i, name in enumerate(_subjects(dataset))
    ]
    return text_numbers(names)


def _subjects(dataset: Dataset) -> Sequence[str]:
    if dataset.patients is not None:
        return dataset.patients.values
    groups = next(iter(dataset.group_columns), None)
    if groups is None or names_sources(groups.name):
        return ("",) * len(dataset)
    if groups.name == FILE or len(set(groups.values)) > MANY:
        return groups.values
    return ("",) * len(dataset)
