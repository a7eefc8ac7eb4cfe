"""A look at a candidate before minutes are spent: can it be read, trained on, told from others?"""

from __future__ import annotations

import heapq
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.files import FileSource
from deri_gate.errors import DatasetError, SettingError, UnreadableImageError
from deri_gate.networks.arrangement import arranged
from deri_gate.runtime.hashing import json_digest
from deri_gate.runtime.tracking.ignored import first_ignored
from deri_gate.schemas.candidates import CandidateLook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.data.dataset import Dataset
    from deri_gate.schemas.params import PoolCandidate

TRIED = 16  # images decoded: of a broken export none can be
SKETCH = 1000  # smallest content hashes that are kept; of fewer images, all
SAME = 0.5  # share of the smaller dataset's contents from which on both are one dataset
KEY_DIGITS = 16  # of a content hash


def look(candidate: PoolCandidate) -> CandidateLook:
    """Open a candidate, and say whether it can take part.

    Args:
        candidate: Entry of a params.yaml.

    Raises:
        DatasetError: If there is nothing at its path: images that are not here are no fault of
            the dataset's.
    """
    if candidate.fault:
        return _look(candidate, candidate.fault)
    if not candidate.watched.exists():
        raise DatasetError(
            f"there is nothing for candidate {candidate.name!r}",
            candidate.watched,
            "Correct its path, get the images, or run `dvc repro --allow-missing`.",
        )
    try:
        dataset = open_dataset(os.fspath(candidate.dataset), options=candidate.reading)
    except (DatasetError, SettingError) as error:
        return _look(candidate, str(error))
    table = candidate.dataset if candidate.dataset != candidate.watched else None
    reason = unwatched(dataset, candidate.watched, table) or unfit(dataset)
    keys = sorted(set(_keys(dataset)))
    return CandidateLook(
        schema_version=1,
        name=candidate.name,
        reading=candidate.settings,
        reason=reason,
        images=len(dataset),
        classes=sum(count > 0 for count in dataset.class_counts().values()),
        multilabel=dataset.multilabel,
        contents=json_digest([_labelled(dataset), keys]),
        distinct=len(keys),
        sketch=tuple(heapq.nsmallest(SKETCH, keys)),
    )


def _labelled(dataset: Dataset) -> list[object]:
    """Names, classes, splits and columns of a dataset: everything beside its contents."""
    columns = [*dataset.group_columns, *dataset.metadata]
    return [dataset.ids, dataset.classes, dataset.labels, dataset.splits, dataset.groups,
            dataset.times, columns]  # fmt: skip


def _look(candidate: PoolCandidate, reason: str) -> CandidateLook:
    return CandidateLook(
        schema_version=1, name=candidate.name, reading=candidate.settings, reason=reason,
        images=0, classes=0, multilabel=False, contents="", distinct=0, sketch=(),
    )  # fmt: skip


def unfit(dataset: Dataset) -> str:
    """Reason that a dataset cannot be measured and trained on; "" if it can."""
    classes = [name for name, count in dataset.class_counts().items() if count]
    if len(classes) < 2:  # noqa: PLR2004
        return f"all its images are of one class, {classes[0]!r}" if classes else "it has no labels"
    if not _some_readable(dataset):
        return "none of the images that were tried can be read"
    try:
        arranged(dataset, images=None, validation=None, seed=0)
    except DatasetError as error:
        return error.what
    return ""


def unwatched(dataset: Dataset, watched: Path, table: Path | None = None) -> str:
    """Reason that DVC does not see every change of a dataset's files; "" if it does.

    Args:
        dataset: The dataset.
        watched: File or folder that DVC watches.
        table: Table in it by which the images are read; None where DVC watches that by itself.

    Raises:
        SettingError: If DVC has rules on what it ignores, and cannot be asked.
    """
    source = dataset.source
    if not isinstance(source, FileSource):
        return ""
    root = Path.cwd() / watched  # as it is written: links in it are what is looked for
    for folder in sorted({Path(path).parent for path in source.paths}):
        place = Path.cwd() / source.root / folder
        if watched.is_file() or not place.is_relative_to(root):
            return f"its images lie outside {watched}, where DVC does not watch them"
        if any((root / part).is_symlink() for part in _below(place.relative_to(root))):
            return "its images lie behind a linked folder, where DVC does not watch them"
    files = [Path.cwd() / source.root / path for path in source.paths]
    if ignored := first_ignored([*files, *([table] if table else [])], watched):
        return f"DVC ignores {ignored!r}: see .dvcignore, and folders with a .dvc"
    return ""


def _below(folder: Path) -> list[Path]:
    """A relative folder and those above it, without the start."""
    return [part for part in (folder, *folder.parents) if part.parts]


def _some_readable(dataset: Dataset) -> bool:
    """True if one of a few images, spread over the dataset, can be decoded."""
    places = np.unique(np.linspace(0, len(dataset) - 1, TRIED).round().astype(int))
    for row in dataset.rows[places].tolist():
        try:
            dataset.source.load(row).decode()
        except UnreadableImageError:
            continue
        return True
    return False


def _keys(dataset: Dataset) -> Iterator[str]:
    """Content hashes of images and masks, shortened; those that cannot be had are left out."""
    rows = dataset.rows.tolist() + ([] if dataset.masks is None else dataset.masks.tolist())
    for row in rows:
        try:
            if row >= 0:
                yield dataset.source.load(row).key[:KEY_DIGITS]
        except UnreadableImageError:
            continue


def shared(one: CandidateLook, other: CandidateLook) -> float:
    """Share of the smaller dataset's contents that the other has too, 0 to 1.

    Exact up to `SKETCH` contents; beyond, estimated from the smallest hashes of both (Broder,
    1997, On the resemblance and containment of documents).
    """
    first, second = set(one.sketch), set(other.sketch)
    whole = [look.distinct > len(look.sketch) for look in (one, other)]
    ends = [max(look.sketch) for look, cut in zip((one, other), whole, strict=True) if cut]
    if ends:
        end = min(ends)
        first, second = ({key for key in some if key <= end} for some in (first, second))
    least = min(len(first), len(second))
    return len(first & second) / least if least else 0.0
