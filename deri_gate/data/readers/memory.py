"""Datasets that a program holds -> Dataset. A form is known by what it offers, not by its type.

So nothing of these packages is imported: pandas, Polars, PyTorch, torchvision, Hugging Face,
FiftyOne, and whatever follows the MAITE protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.data.dataset import Reading
from deri_gate.data.readers.assembly import Entry, dataset_of
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.memory_images import MemorySource, loaded
from deri_gate.data.readers.memory_labels import label_names
from deri_gate.data.readers.memory_table import read_frame
from deri_gate.errors import DatasetError, UnreadableImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadOptions

_DIGITS = 6  # of the number in an id, so that ids sort
LOOKED_AT = 3  # images that are asked for twice
FORMS = (
    "Give a path, a data frame with a row an image, (images, labels), a mapping from splits to "
    "datasets, or a dataset of PyTorch, Hugging Face, FiftyOne or the MAITE protocol."
)
KEYS = ("images", "labels", "splits", "groups")


@dataclass(frozen=True, kw_only=True)
class Held:
    """Images that a program holds, in the program's order.

    Attributes:
        name: Name for people.
        layout: What it was taken for.
        image: Gives the image of a row.
        labels: Names of the classes of each image.
        splits: Split of each image, "" without.
        groups: What each belongs with, "" without.
        ids: Names of the images; their numbers when empty.
    """

    name: str
    layout: str
    image: Callable[[int], Any] = field(repr=False)
    labels: Sequence[tuple[str, ...]] = field(repr=False)
    splits: Sequence[str] = field(default=(), repr=False)
    groups: Sequence[str] = field(default=(), repr=False)
    ids: Sequence[str] = field(default=(), repr=False)


def read_memory(held: Any, *, labels_required: bool, options: ReadOptions) -> Dataset:
    """Read a dataset that is no path.

    Args:
        held: The object.
        labels_required: Whether an image without a label is an error.
        options: Columns and root of a data frame.

    Raises:
        DatasetError: If it is of no form that is known, or its parts do not fit.
    """
    if hasattr(held, "columns") and hasattr(held, "__arrow_c_stream__"):
        return read_frame(held, labels_required=labels_required, options=options)
    samples = _held(held)
    if not samples.labels:
        raise DatasetError("holds no images", samples.name, "Put some in.")
    for name, column in (
        ("splits", samples.splits),
        ("groups", samples.groups),
        ("ids", samples.ids),
    ):
        if column and len(column) != len(samples.labels):
            what = f"has {len(samples.labels)} labels and {len(column)} {name}"
            raise DatasetError(what, samples.name, "Give as many.")
    bare = [i for i, label in enumerate(samples.labels) if not label]
    if bare and labels_required:
        what = f"image {bare[0]} has no label, and {len(bare) - 1} more"
        raise DatasetError(what, samples.name, "Give each a label.")
    return _dataset(samples)


def _dataset(held: Held) -> Dataset:
    count = len(held.labels)
    width = max(_DIGITS, len(str(count)))
    paths = [f"{i:0{width}}" for i in range(count)]
    splits, groups = held.splits or [""] * count, held.groups or [""] * count
    entries = map(Entry, paths, held.labels, splits, groups)
    reading = Reading(layout=held.layout)
    dataset = dataset_of(entries, name=held.name, root=Path(), reading=reading)
    rows = np.array([int(path) for path in dataset.ids], dtype=np.int64)
    names = tuple(map(path_text, held.ids)) or tuple(paths)
    ids = tuple(names[row] for row in rows)
    source = MemorySource(image=held.image, names=names)
    return replace(dataset, source=source, rows=rows, ids=ids)


def _held(held: Any) -> Held:
    """The dataset in whichever form it is."""
    if hasattr(held, "iter_samples") and hasattr(held, "values"):
        return _fiftyone(held)
    if hasattr(held, "cast_column") and hasattr(held, "features"):
        return _hugging_face(held)
    if isinstance(held, dict):
        return _mapping(held)
    if isinstance(held, tuple) and len(held) == 2:  # noqa: PLR2004 - images and labels
        return _arrays({"images": held[0], "labels": held[1]})
    if hasattr(held, "__getitem__"):
        return _map_style(held)
    raise DatasetError(f"{type(held).__name__} is no dataset", fix=FORMS)


def _mapping(held: Mapping[Any, Any]) -> Held:
    """Arrays by name, or a dataset for each split."""
    if "images" in held:
        return _arrays(held)
    parts = {str(split): _held(part) for split, part in held.items()}
    if not parts:
        raise DatasetError("holds no split", fix=FORMS)
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
    )


def _arrays(held: Mapping[Any, Any]) -> Held:
    for key in held:
        if key not in KEYS:
            raise DatasetError(f"has {key!r}", "arrays", f"Its keys may be {', '.join(KEYS)}.")
    images, labels = held["images"], held.get("labels")
    if labels is not None and len(labels) != len(images):
        what = f"has {len(images)} images and {len(labels)} labels"
        raise DatasetError(what, "arrays", "Give a label for each image.")
    return Held(
        name="arrays",
        layout="arrays",
        image=images.__getitem__,
        labels=[()] * len(images) if labels is None else label_names(labels),
        splits=[str(split) for split in held.get("splits") or ()],
        groups=[str(group) for group in held.get("groups") or ()],
    )


def _fiftyone(held: Any) -> Held:
    """A dataset or view of FiftyOne, by the paths of its samples and their `ground_truth`."""
    return Held(
        name=str(getattr(held, "name", None) or "fiftyone"),
        layout="FiftyOne",
        image=list(held.values("filepath")).__getitem__,
        labels=[(str(own),) if own else () for own in held.values("ground_truth.label")],
    )


def _hugging_face(held: Any) -> Held:
    """A dataset of Hugging Face; files are read as they are, not as decoded pictures."""
    if not hasattr(held, "__len__"):
        fix = (
            "Load it without streaming, or take a part: "
            "`Dataset.from_list(list(rows.take(1000)), features=rows.features)`."
        )
        raise DatasetError("streams its rows, and has no length", "Hugging Face dataset", fix)
    features = held.features
    kinds = {name: type(kind).__name__ for name, kind in features.items()}
    images = [name for name, kind in kinds.items() if kind == "Image"]
    labels = [name for name in ("label", "labels") if name in kinds]
    labels += [name for name, kind in kinds.items() if kind == "ClassLabel" and name not in labels]
    if not images:
        fix = "Cast the column of images to `datasets.Image()`."
        raise DatasetError("has no column of images", "Hugging Face dataset", fix)
    raw = held.cast_column(images[0], type(features[images[0]])(decode=False))
    names = None
    if labels:
        kind = features[labels[0]]
        names = getattr(getattr(kind, "feature", kind), "names", None)
    return Held(
        name=str(getattr(getattr(held, "info", None), "dataset_name", None) or "dataset"),
        layout="Hugging Face",
        image=lambda row: raw[row][images[0]],
        labels=label_names(held[labels[0]], names) if labels else [()] * len(held),
        splits=[str(held.split)] * len(held) if getattr(held, "split", None) else (),
    )


def _map_style(held: Any) -> Held:
    """A dataset with a length and items (image, label), or (image, target, metadata) of MAITE."""
    try:
        count = len(held)
    except TypeError as error:
        fix = "Give one with a length and items by number, such as a list of its items."
        raise DatasetError(f"{type(held).__name__} has no length", fix=fix) from error
    paths = _files(held, count)
    if paths is None:
        _refuse_random(held, count)
    targets = getattr(held, "targets", None)
    if targets is None or len(targets) != count:
        targets = [_parts(held[i], i)[1] for i in range(count)]
    return Held(
        name=type(held).__name__,
        layout="files of a program" if paths else "items of a program",
        image=paths.__getitem__ if paths else lambda row: _parts(held[row], row)[0],
        labels=label_names(targets, _classes(held)),
        ids=paths or (),
    )


def _classes(held: Any) -> Any:
    """Names of the classes, of the dataset or of that which it is a subset of."""
    metadata = getattr(held, "metadata", None)
    if isinstance(metadata, dict) and "index2label" in metadata:
        return metadata["index2label"]
    whole = getattr(held, "dataset", None)
    return getattr(held, "classes", None) or getattr(whole, "classes", None)


def _files(held: Any, count: int) -> list[str] | None:
    """Files of torchvision's folders, which are judged as they are; None for any other."""
    samples = getattr(held, "samples", None)
    if not isinstance(samples, list) or len(samples) != count or not samples:
        return None
    paths = [
        sample[0] for sample in samples if isinstance(sample, tuple) and isinstance(sample[0], str)
    ]
    return paths if len(set(paths)) == count else None


def _parts(item: Any, number: int) -> tuple[Any, Any]:
    """Image and label of an item."""
    if isinstance(item, (tuple, list)) and len(item) in {2, 3}:
        return item[0], item[1]
    fix = "Items are (image, label), or (image, target, metadata)."
    raise DatasetError(f"item {number} is {type(item).__name__}, not a pair", fix=fix)


def _refuse_random(held: Any, count: int) -> None:
    """Refuse a dataset that gives another image each time it is asked for one.

    Raises:
        DatasetError: If it does; what is judged would not be what was measured.
    """
    for number in range(min(LOOKED_AT, count)):
        try:
            first, again = (loaded(_parts(held[number], number)[0], "") for _ in range(2))
        except UnreadableImageError:
            continue  # its finding, later
        if first.key != again.key:
            fix = "Judge it without random transforms."
            raise DatasetError(f"item {number} is another image each time", fix=fix)
