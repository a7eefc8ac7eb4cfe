"""Names that differ only in their spelling, and labels that say that there is no label."""

from __future__ import annotations

import operator
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.dataset import NO_LABEL, Column, Dataset, Finding, OtherFiles, split_counts
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from deri_gate.arrays import BoolArray


# As tables say that there is no label. A folder so named may be a class ("none", "missing").
_MISSING = frozenset(
    {"nan", "none", "na", "n/a", "<na>", "#n/a", "nat", "null", "nil", "missing", "unlabeled",
     "unlabelled", "unlabeled data", "not labeled", "no label", "nolabel", "undefined", "?", "-",
     "--"}
)  # fmt: skip
_UNKNOWN = frozenset({"unknown", "unspecified", "not available", "not known"})  # groups alone
_MISSING_FOLDERS = frozenset(
    {"nan", "null", "n/a", "unlabeled", "unlabelled", "no label", "nolabel"}
)
_BLANKS = re.compile(r"\s+")
_BETWEEN = re.compile(r"(?<=\w)[\s_\-]+(?=\w)")
_WHOLE = re.compile(r"[+-]?\d+(?:\.0*)?")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d*)?")
_LIST_MARKS = re.compile(r"[,;/+&]")
_LIST = re.compile(r"""\[(?:\s*(?:'[^']*'|"[^"]*")\s*,?)+\]""")
_SHOWN = 3


def reads_as_missing(label: str, *, folder: bool = False) -> bool:
    """True if a label says that there is none, such as "nan" or "N/A".

    Args:
        label: The label as written.
        folder: Whether it is a folder's name; then fewer words count.
    """
    return _folded(label).replace("_", " ") in (_MISSING_FOLDERS if folder else _MISSING)


def same_class(name: str) -> str:
    """One text for class names that differ by case, blanks, Unicode form or number format."""
    plain = _folded(name)
    if _NUMBER.fullmatch(plain):
        return _number(plain)
    return _BETWEEN.sub(" ", plain)


def same_group(name: str) -> str:
    """One text for groups that differ so; of numbers only whole ones: 1.10 may not be 1.1."""
    plain = _folded(name)
    return _number(plain) if _WHOLE.fullmatch(plain) else plain


def _number(text: str) -> str:
    """A number as text without zeros that say nothing; of any length."""
    sign = "-" if text.startswith("-") else ""
    whole, _, part = text.lstrip("+-").partition(".")
    whole, part = whole.lstrip("0") or "0", part.rstrip("0")
    sign = "" if whole == "0" and not part else sign
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"


def _folded(name: str) -> str:
    seen = "".join(
        c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf"
    )
    return _BLANKS.sub(" ", unicodedata.normalize("NFKC", seen.casefold())).strip()


def with_spelling(dataset: Dataset, *, labels_required: bool = True) -> Dataset:
    """The dataset with missing labels taken for missing, groups as one, and findings on classes.

    Args:
        dataset: Dataset as its reader made it.
        labels_required: Whether images without a label are left out.

    Raises:
        DatasetError: If every label reads as missing.
    """
    if dataset.reading.layout != "MedMNIST":  # whose names are not the user's
        dataset = _without_missing(dataset, labels_required=labels_required)
    dataset = _groups_as_one(_without_nobody(dataset))
    return replace(dataset, findings=(*dataset.findings, *_ambiguous(dataset)))


def _without_missing(dataset: Dataset, *, labels_required: bool) -> Dataset:
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
    kept = relabelled.select(~unlabelled)
    others = dataset.other_files or OtherFiles(source=dataset.source, paths=(), rows=())
    left_out = Counter(dict(dataset.reading.left_out)) + Counter({"without a label": len(lost)})
    return replace(
        kept,
        findings=(*kept.findings, *findings),
        other_files=replace(
            others,
            paths=(*others.paths, *(dataset.ids[i] for i in lost)),
            rows=(*others.rows, *(int(dataset.rows[i]) for i in lost)),
        ),
        reading=replace(
            kept.reading,
            left_out=tuple(sorted(left_out.items())),
            splits=split_counts(kept.splits or ()),
        ),
    )


def _without_nobody(dataset: Dataset) -> Dataset:
    """The dataset in which images of an unknown group belong with none, and a note on them."""
    columns = tuple(
        Column(column.name, tuple("" if _is_nobody(value) else value for value in column.values))
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
            notes=(*dataset.reading.notes, *notes),
        ),
    )


def _is_nobody(group: str) -> bool:
    return _folded(group) in _UNKNOWN or (bool(group) and reads_as_missing(group))


def _groups_as_one(dataset: Dataset) -> Dataset:
    """Groups that differ only in spelling under their most frequent one, and a note on it."""
    chosen = [_spellings(column.values, same_group) for column in dataset.group_columns]
    if not any(chosen):
        return dataset
    columns = tuple(
        Column(column.name, tuple(one.get(value, value) for value in column.values))
        for column, one in zip(dataset.group_columns, chosen, strict=True)
    )
    notes = [
        f"{counted(len(set(one.values())), 'group')} of {column.name} with several spellings, each "
        f"read as one, such as {', '.join(map(repr, _example(one)))}"
        for column, one in zip(columns, chosen, strict=True)
        if one
    ]
    return replace(
        dataset,
        group_columns=columns,
        groups=columns[0].values,
        reading=replace(dataset.reading, notes=(*dataset.reading.notes, *notes)),
    )


def as_one(values: Sequence[str], same: Callable[[str], str]) -> list[str]:
    """The names, those that differ only in spelling under their most frequent one."""
    chosen = _spellings(values, same)
    return [chosen.get(value, value) for value in values]


def _spellings(values: Sequence[str], same: Callable[[str], str]) -> Mapping[str, str]:
    """By name that is spelled in several ways, its most frequent spelling."""
    count = Counter(filter(None, values))
    alike = _alike(count, same)
    best = {key: min(names, key=lambda n: (-count[n], n)) for key, names in alike.items()}
    return {name: best[key] for key, names in alike.items() for name in names}


def _example(chosen: Mapping[str, str]) -> list[str]:
    first = min(chosen.values())
    return sorted(name for name, one in chosen.items() if one == first)[:_SHOWN]


def _alike(names: Iterable[str], same: Callable[[str], str]) -> dict[str, list[str]]:
    """Names that are one but for their spelling, where there are several."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        found[same(name)].append(name)
    return {key: own for key, own in found.items() if len(own) > 1}


def _ambiguous(dataset: Dataset) -> list[Finding]:
    """A finding for each class whose name differs from another's only in spelling."""
    counts = dataset.class_counts()
    return [
        Finding(
            kind="spelling",
            path=name,
            detail=f"the class {name!r} ({counted(counts[name], 'image')}) is spelled like "
            + ", ".join(f"{o!r} ({counts[o]})" for o in own if o != name)
            + f": another {_difference(name, own)}",
        )
        for own in _alike(sorted(dataset.classes), same_class).values()
        for name in own
    ] + _joined(dataset)


def _joined(dataset: Dataset) -> list[Finding]:
    """A finding for each class whose name lists others: 'cat,dog', "['cat', 'dog']"."""
    counts = dataset.class_counts()
    plain = {_folded(name) for name in counts}
    return [
        Finding(
            kind="spelling",
            path=name,
            detail=f"the class {name!r} ({counted(counts[name], 'image')}) reads as several "
            "labels: join them by a bar (cat|dog) if it is",
        )
        for name in sorted(counts)
        if len(parts := _LIST_MARKS.split(_folded(name).strip("[](){}"))) > 1
        and (_listed(name) or plain.issuperset(part.strip(" '\"") for part in parts))
    ]


def _listed(name: str) -> bool:
    """True if a name is a list as programs write them: ['cat', 'dog']."""
    return bool(_LIST.fullmatch(name.strip()))


def _difference(name: str, names: Sequence[str]) -> str:
    """In what a name differs from the nearest of others."""
    steps: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("Unicode form", lambda text: unicodedata.normalize("NFKC", text)),
        ("case", str.casefold),
        ("blanks", lambda text: "".join(text.split())),
        ("number format", same_class),
    )
    for what, step in steps:
        if any(step(name) == step(other) for other in names if other != name):
            return what
    return "case, blanks or form"
