"""Files with what is said of them -> a Dataset in its fixed order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

import numpy as np

from deri_gate.data.dataset import NO_LABEL, Column, Dataset, OtherFiles, Reading, split_counts
from deri_gate.data.readers.files import FileSource, path_text
from deri_gate.data.readers.splits import split_rank
from deri_gate.data.readers.unions import UnionSource
from deri_gate.runtime.counts import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Finding

MOST_NAMED = 4  # classes without a mask that are named


class Entry(NamedTuple):
    """One image file, and what is said of it."""

    path: str  # below the root, with forward slashes
    labels: tuple[str, ...]
    split: str = ""
    group: str = ""
    mask: str = ""
    time: str = ""  # ISO 8601
    groups: tuple[str, ...] = ()  # in each grouping column, the first of which `group` is
    metadata: tuple[str, ...] = ()  # in each other column
    more_masks: tuple[str, ...] = ()  # further masks, which together with the first are one


def dataset_of(
    entries: Iterable[Entry],
    *,
    name: str,
    root: Path,
    findings: Iterable[Finding] = (),
    reading: Reading = Reading(),  # noqa: B008  # frozen
    group_names: Sequence[str] = (),
    metadata_names: Sequence[str] = (),
    others: Iterable[str] = (),
) -> Dataset:
    """The Dataset of these files, in its fixed order whatever order they come in.

    An id is the file's path; where the same file comes again it ends in #2, #3 and so on.

    Args:
        entries: The files.
        name: What the dataset is called.
        root: The folder that their paths are relative to.
        findings: What the reader noticed.
        reading: What the reader knows; splits and masks are counted here.
        group_names: Names of the columns in `Entry.groups`.
        metadata_names: Names of the columns in `Entry.metadata`.
        others: Paths of all other files that lie in the dataset.
    """
    first = sorted(entries, key=lambda e: (split_rank(e.split), e))
    ids = unique([path_text(e.path) for e in first])
    order = sorted(
        range(len(ids)), key=lambda i: (split_rank(first[i].split), first[i].split, ids[i])
    )
    kept = [first[i] for i in order]
    classes = sorted({label for e in kept for label in e.labels}, key=lambda c: (c == NO_LABEL, c))
    index = {label: i for i, label in enumerate(classes)}
    splits = _column([e.split for e in kept])
    groups = _column([e.group for e in kept])
    sources = _Sources.of(kept, sorted(set(others)), root)
    told = replace(
        reading,
        splits=split_counts(splits or ()),
        masks=sources.mask_files,
        notes=(*reading.notes, *_maskless(kept), *_one_file_elsewhere({e.path for e in kept})),
    )
    return Dataset(
        name=name,
        ids=tuple(ids[i] for i in order),
        classes=tuple(classes),
        labels=tuple(tuple(sorted({index[label] for label in e.labels})) for e in kept),
        source=sources.source,
        rows=np.arange(len(kept)),
        splits=splits,
        groups=groups,
        group_columns=_named(group_names, [e.groups for e in kept])
        or (() if groups is None else (Column(reading.group_column or "group", groups),)),
        metadata=_named(metadata_names, [e.metadata for e in kept]),
        times=_column([e.time for e in kept]),
        masks=sources.masks,
        findings=tuple(sorted(findings, key=lambda f: (f.path, f.kind))),
        reading=told,
        other_files=sources.other_files,
    )


def _maskless(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Note on classes of which no image has a mask, where those of others have one."""
    with_mask = {label for e in entries if e.mask for label in e.labels}
    without = sorted({label for e in entries for label in e.labels} - with_mask)
    if not with_mask or not without:
        return ()
    more = [counted(len(without) - MOST_NAMED, "other class")] if len(without) > MOST_NAMED else []
    named = listed([*(f"'{path_text(name)}'" for name in without[:MOST_NAMED]), *more])
    return (f"no mask for images of {named}",)


def _one_file_elsewhere(paths: Iterable[str]) -> tuple[str, ...]:
    """Note on files that are one where case, or the Unicode form, of a path says nothing."""
    first = dict[str, str]()
    pairs = [
        (first[folded], path)
        for path in sorted(paths)
        if first.setdefault(folded := _as_elsewhere(path), path) != path
    ]
    if not pairs:
        return ()
    named = listed([f"'{path_text(path)}'" for path in pairs[0]])
    more = f", and {counted(len(pairs) - 1, 'other pair')}," if len(pairs) > 1 else ""
    told = "differ by case or Unicode form alone: on Windows and macOS one takes the other's place"
    return (f"{named}{more} {told}",)


def _as_elsewhere(path: str) -> str:
    return path.casefold() if path.isascii() else normalize("NFC", path).casefold()


def _column(values: list[str]) -> tuple[str, ...] | None:
    return tuple(values) if any(values) else None


def _named(names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> tuple[Column, ...]:
    """The columns of these rows, by name."""
    return tuple(Column(name, tuple(row[i] for row in rows)) for i, name in enumerate(names))


def file_source(dataset: Dataset) -> FileSource:
    """Files of a dataset of `dataset_of`, by whose rows those of its images and masks go."""
    source = dataset.source.source if isinstance(dataset.source, UnionSource) else dataset.source
    assert isinstance(source, FileSource)
    return source


@dataclass(frozen=True, kw_only=True)
class _Sources:
    """Places of images, masks and other files, each file once, in this order."""

    source: FileSource | UnionSource
    masks: np.ndarray[tuple[int], np.dtype[np.int64]] | None
    mask_files: int
    other_files: OtherFiles | None

    @classmethod
    def of(cls, entries: Sequence[Entry], others: Sequence[str], root: Path) -> _Sources:
        images = [e.path for e in entries]
        wanted = [(e.mask, *e.more_masks) if e.mask else () for e in entries]
        masks = sorted({mask for masks_of_image in wanted for mask in masks_of_image})
        paths = (*images, *masks, *others)
        row = {path: len(images) + i for i, path in enumerate(paths[len(images) :])}
        files = FileSource(root=root, paths=paths, names=tuple(map(path_text, paths)))
        unions = sorted(
            {
                tuple(row[m] for m in masks_of_image)
                for masks_of_image in wanted
                if len(masks_of_image) > 1
            }
        )
        rows = {(row[mask],): row[mask] for mask in masks} | {
            union: len(paths) + i for i, union in enumerate(unions)
        }
        return cls(
            source=UnionSource(source=files, count=len(paths), unions=tuple(unions))
            if unions
            else files,
            masks=np.array(
                [rows.get(tuple(row[m] for m in masks_of_image), -1) for masks_of_image in wanted]
            )
            if masks
            else None,
            mask_files=len(masks),
            other_files=OtherFiles(
                source=files,
                paths=tuple(files.names[len(images) :]),
                rows=tuple(range(len(images), len(paths))),
            )
            if len(paths) > len(images)
            else None,
        )


def unique(names: Sequence[str]) -> list[str]:
    """The names, those that come again with a number that no other name has taken."""
    taken = set(names)
    if len(taken) == len(names):
        return list(names)
    seen: dict[str, int] = {}
    result = []
    for name in names:
        number = seen.get(name, 0) + 1
        while number > 1 and f"{name}#{number}" in taken:
            number += 1
        seen[name] = number
        result.append(name if number == 1 else f"{name}#{number}")
        taken.add(result[-1])
    return result
