"""Labels and groups that say that there is none, such as "nan": taken for missing."""

from __future__ import annotations

import operator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import NO_LABEL, Column, Dataset, Finding
from deri_gate.data.readers.left_over import without_images
from deri_gate.data.readers.spelling import as_it_looks
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray

# As tables say that there is nothing. A folder so named may be a class ("none", "missing").
_NOTHING = frozenset(
    {"nan", "none", "na", "n/a", "<na>", "#n/a", "nat", "null", "nil", "missing", "undefined", "?",
     "-", "--"}
)  # fmt: skip
_MISSING = _NOTHING | {
    "unlabeled", "unlabelled", "unlabeled data", "not labeled", "no label", "nolabel"
}  # fmt: skip
_UNKNOWN = frozenset({"unknown", "unspecified", "not available", "not known"})  # groups alone
_MISSING_FOLDERS = frozenset(
    {"nan", "null", "n/a", "unlabeled", "unlabelled", "no label", "nolabel"}
)

NO_SPLIT = "Give every image a split, or none of them."
ONE_SPLIT = "Give every image one split: nothing that is tested on may be trained on."


def reads_as_missing(label: str, *, folder: bool = False) -> bool:
    """True if a label says that there is none, such as "nan" or "N/A".

    Args:
        label: The label as written.
        folder: Whether it is a folder's name; then fewer words count.
    """
    return _folded(label) in (_MISSING_FOLDERS if folder else _MISSING)


def no_split(split: str) -> bool:
    """True if a split is empty, or says that there is none: its images would not be judged.

    Images without a label may be a split of their own ("unlabeled").
    """
    return not split.strip() or _folded(split) in _NOTHING


def _folded(text: str) -> str:
    return as_it_looks(text).replace("_", " ")


def without_missing(dataset: Dataset, *, labels_required: bool = True) -> Dataset:
    """The dataset with labels and groups that read as missing taken for missing.

    Args:
        dataset: Dataset as its reader made it.
        labels_required: Whether images without a label are left out.

    Raises:
        DatasetError: If every label reads as missing.
    """
    if dataset.reading.layout != "MedMNIST":  # whose names are not the user's
        dataset = _without_missing_classes(dataset, labels_required=labels_required)
    return _without_unknown_groups(dataset)


def _without_missing_classes(dataset: Dataset, *, labels_required: bool) -> Dataset:
    """The dataset without the classes whose names read as missing."""
    folder = "class" in dataset.reading.layout.split("/")
    missing = {
        name
        for name in dataset.classes
        if name != NO_LABEL and reads_as_missing(name, folder=folder)
    }
    if not missing:
        return dataset
    relabelled = _without_classes(dataset, missing)
    if not labels_required:
        return relabelled
    pairs = zip(dataset.labels, relabelled.labels, strict=True)
    unlabelled = np.array([bool(before) and not after for before, after in pairs])
    if unlabelled.all():
        words = ", ".join(repr(name) for name in dataset.classes if name in missing)
        raise DatasetError(f"has no label but {words}", dataset.name, "Give the images labels.")
    return _without_unlabelled(relabelled, dataset, unlabelled)


def _without_classes(dataset: Dataset, names: set[str]) -> Dataset:
    """All images, with the other classes alone."""
    kept = [k for k, name in enumerate(dataset.classes) if name not in names]
    new_position = {k: i for i, k in enumerate(kept)}
    return replace(
        dataset,
        classes=tuple(dataset.classes[k] for k in kept),
        labels=tuple(
            tuple(new_position[k] for k in classes if k in new_position)
            for classes in dataset.labels
        ),
    )


def _without_unlabelled(relabelled: Dataset, dataset: Dataset, unlabelled: BoolArray) -> Dataset:
    """The images with a label; a finding for each other, which stays a file of the dataset.

    Args:
        relabelled: The dataset without the classes that read as missing.
        dataset: The dataset with them.
        unlabelled: True for images that had no other class, (N,).
    """
    lost = np.flatnonzero(unlabelled).tolist()
    if not lost:
        return relabelled
    names = {i: dataset.classes[dataset.labels[i][0]] for i in lost}
    findings = [
        Finding(
            kind="missing_label",
            path=dataset.ids[i],
            detail=f"its label {names[i]!r} reads as missing, so it is not judged; "
            "call the class otherwise if it is one",
        )
        for i in lost
    ]
    return without_images(relabelled, unlabelled, "without a label", findings)


def _without_unknown_groups(dataset: Dataset) -> Dataset:
    """The dataset in which images of an unknown group belong with none, and a note on them."""
    columns = tuple(
        Column(column.name, tuple("" if _is_unknown(value) else value for value in column.values))
        for column in dataset.group_columns
    )
    if columns == dataset.group_columns:
        return dataset
    notes = [
        f"{count:,} images belong with none, as their {column.name} reads as missing"
        for column, before in zip(columns, dataset.group_columns, strict=True)
        if (count := sum(map(operator.ne, column.values, before.values)))
    ]
    groups = columns[0].values if any(columns[0].values) else None
    return replace(
        dataset,
        group_columns=columns if groups else (),
        groups=groups,
        reading=replace(
            dataset.reading,
            group_column=dataset.reading.group_column if groups else "",
        ),
    ).with_notes(*notes)


def _is_unknown(group: str) -> bool:
    return as_it_looks(group) in _UNKNOWN or (bool(group) and reads_as_missing(group))
