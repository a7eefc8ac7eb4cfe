"""Datasets that a program holds -> Dataset. A form is known by what it offers, not by its type.

So nothing of these packages is imported: pandas, Polars, PyTorch, torchvision, Hugging Face,
FiftyOne, and whatever follows the MAITE protocol.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.data.dataset import Reading
from deri_gate.data.readers.assembly import Entry
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.memory_images import MemorySource
from deri_gate.data.readers.memory_items import map_style
from deri_gate.data.readers.memory_labels import label_names
from deri_gate.data.readers.memory_packages import Held, fiftyone, hugging_face, joined_columns
from deri_gate.data.readers.memory_table import read_frame
from deri_gate.data.readers.missing_labels import NO_SPLIT, ONE_SPLIT, no_split
from deri_gate.data.readers.sample_columns import dataset_with_columns
from deri_gate.data.readers.splits import in_several
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadOptions

_DIGITS = 6  # of the number in an id, so that ids sort
FORMS = (
    "Give a path, a data frame with a row an image, (images, labels), a mapping from splits to "
    "datasets, or a dataset of PyTorch, Hugging Face, FiftyOne or the MAITE protocol."
)
KEYS = ("images", "labels", "splits", "groups")


def read_memory(held: Any, *, labels_required: bool, options: ReadOptions) -> Dataset:
    """Read a dataset that is no path.

    Args:
        held: The object.
        labels_required: Whether an image without a label is an error.
        options: Columns and root of a data frame.

    Raises:
        DatasetError: If it is of no form that is known, or its parts do not fit.
    """
    if _is_frame(held):
        return read_frame(held, labels_required=labels_required, options=options)
    samples = _held(held)
    if not samples.labels:
        raise DatasetError("holds no images", samples.name, "Put some in.")
    _check_columns(samples)
    bare = [i for i, label in enumerate(samples.labels) if not label]
    if bare and labels_required:
        what = f"image {bare[0]} has no label, and {len(bare) - 1} more"
        raise DatasetError(what, samples.name, "Give each a label.")
    return _dataset(samples)


def _check_columns(samples: Held) -> None:
    """Check that all columns have one length, and that all images have a split, or none.

    Raises:
        DatasetError: If not.
    """
    for name, column in (
        ("splits", samples.splits),
        ("groups", samples.groups),
        ("ids", samples.ids),
    ):
        if column and len(column) != len(samples.labels):
            what = f"has {len(samples.labels)} labels and {len(column)} {name}"
            raise DatasetError(what, samples.name, "Give as many.")
    bare = [i for i, split in enumerate(samples.splits) if no_split(split)]
    if 0 < len(bare) < len(samples.splits):
        what = f"image {bare[0]} has no split, and {len(bare) - 1} more"
        raise DatasetError(what, samples.name, NO_SPLIT)
    if torn := in_several(samples.splits):
        what = f"image {torn[0]} has several splits, and {len(torn) - 1} more"
        raise DatasetError(what, samples.name, ONE_SPLIT)


def _dataset(held: Held) -> Dataset:
    count = len(held.labels)
    width = max(_DIGITS, len(str(count)))
    paths = [f"{i:0{width}}" for i in range(count)]
    splits, groups = held.splits, held.groups or [""] * count
    if all(map(no_split, splits)):
        splits = [""] * count
    entries = list(map(Entry, paths, held.labels, splits, groups))
    dataset = dataset_with_columns(
        entries,
        held.known,
        name=held.name,
        root=Path(),
        reading=Reading(layout=held.layout),
    )
    rows = np.array([int(path) for path in dataset.ids], dtype=np.int64)
    names = tuple(map(path_text, held.ids)) or tuple(paths)
    ids = tuple(names[row] for row in rows)
    source = MemorySource(image=held.image, names=names)
    return replace(dataset, source=source, rows=rows, ids=ids)


def _is_frame(held: Any) -> bool:
    return hasattr(held, "columns") and hasattr(held, "__arrow_c_stream__")


def _held(held: Any) -> Held:
    """The dataset in whichever form it is."""
    if hasattr(held, "iter_samples") and hasattr(held, "values"):
        return fiftyone(held)
    if hasattr(held, "cast_column") and hasattr(held, "features"):
        return hugging_face(held)
    if isinstance(held, dict):
        return _mapping(held)
    if isinstance(held, tuple) and len(held) == 2:  # noqa: PLR2004 - images and labels
        return _arrays({"images": held[0], "labels": held[1]})
    if hasattr(held, "__getitem__"):
        return map_style(held)
    raise DatasetError(f"{type(held).__name__} is no dataset", fix=FORMS)


def _mapping(held: Mapping[Any, Any]) -> Held:
    """Arrays by name, or a dataset for each split."""
    if "images" in held:
        return _arrays(held)
    _check_keys(held)
    parts = {str(split): _part(str(split), part) for split, part in held.items()}
    if not parts:
        raise DatasetError("holds no split", fix=FORMS)
    grouped = any(part.groups for part in parts.values())
    starts = np.cumsum([0, *(len(part.labels) for part in parts.values())])
    images = [part.image for part in parts.values()]

    def image(row: int) -> Any:
        number = int(np.searchsorted(starts, row, side="right")) - 1
        return images[number](row - int(starts[number]))

    first = next(iter(parts.values()))
    return Held(
        name=first.name,
        layout=f"{first.layout} by split",
        image=image,
        labels=[label for part in parts.values() for label in part.labels],
        splits=[split for split, part in parts.items() for _ in part.labels],
        groups=[
            group for part in parts.values() for group in part.groups or [""] * len(part.labels)
        ]
        if grouped
        else (),
        known=joined_columns([*parts.values()]),
    )


def _check_keys(held: Mapping[Any, Any]) -> None:
    """Check that no two splits have one name: of 1 and "1", one would be judged by nobody.

    Raises:
        DatasetError: If two have.
    """
    names = Counter(map(str, held))
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise DatasetError(
            f"two splits are named {twice[0]!r}", fix="Name each by a text of its own."
        )


def _part(split: str, part: Any) -> Held:
    """The dataset of one split.

    Raises:
        DatasetError: If it is of a form that cannot be a part, or has splits itself.
    """
    if isinstance(part, (str, os.PathLike)) or _is_frame(part):
        fix = "Give one dataset with splits: a table with a column `split`, a folder of splits."
        raise DatasetError(f"the split {split!r} is a path or a data frame", fix=fix)
    held = _held(part)
    if isinstance(part, dict) and held.splits:
        fix = "Name splits in one place: as keys, or under `splits`."
        raise DatasetError(f"the split {split!r} has splits itself", fix=fix)
    return held


def _arrays(held: Mapping[Any, Any]) -> Held:
    for key in held:
        if key not in KEYS:
            raise DatasetError(f"has {key!r}", "arrays", f"Its keys may be {', '.join(KEYS)}.")
        _check_order(key, held[key])
    images, labels = held["images"], held.get("labels")
    if labels is not None and len(labels) != len(images):
        what = f"has {len(images)} images and {len(labels)} labels"
        raise DatasetError(what, "arrays", "Give a label for each image.")
    in_order = list(images) if hasattr(images, "iloc") else images  # pandas numbers its own way
    return Held(
        name="arrays",
        layout="arrays",
        image=in_order.__getitem__,
        labels=[()] * len(images) if labels is None else label_names(labels),
        splits=_texts(held.get("splits")),
        groups=_texts(held.get("groups")),
    )


def _check_order(key: str, column: Any) -> None:
    """Check that a column has a length and an order.

    Raises:
        DatasetError: If not.
    """
    if column is None and key != "images":
        return
    try:
        len(column)
    except TypeError as error:
        raise DatasetError(f"{key} have no length", "arrays", "Give a list of them.") from error
    if isinstance(column, (str, dict)) or not hasattr(column, "__getitem__"):
        what = f"{key} are {type(column).__name__}, which is no list"
        raise DatasetError(what, "arrays", "Give a list of them.")


def _texts(column: Any) -> list[str]:
    """A column as text, "" where a cell is None."""
    return [] if column is None else ["" if cell is None else str(cell) for cell in column]
