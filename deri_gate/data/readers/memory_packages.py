"""Datasets of Hugging Face and FiftyOne, known by what they offer: neither package is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deri_gate.data.readers.memory_labels import label_names
from deri_gate.data.readers.sample_columns import SampleColumns
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PLAIN = frozenset({"Value", "ClassLabel"})  # kinds of columns with one text or number an image
FIELDS = frozenset({"String", "Int", "Float", "Boolean", "Date", "DateTime", "List"})
OWN_FIELDS = frozenset({"id", "filepath", "created_at", "last_modified_at"})  # of every sample


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
        known: What else is known of them.
    """

    name: str
    layout: str
    image: Callable[[int], Any] = field(repr=False)
    labels: Sequence[tuple[str, ...]] = field(repr=False)
    splits: Sequence[str] = field(default=(), repr=False)
    groups: Sequence[str] = field(default=(), repr=False)
    ids: Sequence[str] = field(default=(), repr=False)
    known: SampleColumns = field(default=SampleColumns(), repr=False)


def joined_columns(parts: Sequence[Held]) -> SampleColumns:
    """Columns of all parts, one below the other; empty cells where a part has no such column."""
    names = dict.fromkeys(name for part in parts for name in part.known.columns)
    columns = {
        name: [
            cell for part in parts for cell in part.known.columns.get(name, [""] * len(part.labels))
        ]
        for name in names
    }
    unread = dict.fromkeys(name for part in parts for name in part.known.unread)
    return SampleColumns(columns=columns, unread=[*unread])


def fiftyone(held: Any) -> Held:
    """A dataset or view of FiftyOne, by the paths of its samples and their `ground_truth`.

    Fields of text, numbers, times and tags are columns; boxes, predictions and the like are not.
    """
    fields = held.get_field_schema()
    kinds = {name: type(field).__name__.removesuffix("Field") for name, field in fields.items()}
    plain = [name for name, kind in kinds.items() if kind in FIELDS and name not in OWN_FIELDS]
    return Held(
        name=str(getattr(held, "name", None) or "fiftyone"),
        layout="FiftyOne",
        image=list(held.values("filepath")).__getitem__,
        labels=[(str(own),) if own else () for own in held.values("ground_truth.label")],
        known=SampleColumns.of({name: held.values(name) for name in plain}),
    )


def hugging_face(held: Any) -> Held:
    """A dataset of Hugging Face; files are read as they are, not as decoded pictures."""
    if not hasattr(held, "__len__"):
        fix = (
            "Load it without streaming, or take a part: "
            "`Dataset.from_list(list(rows.take(1000)), features=rows.features)`."
        )
        raise DatasetError("streams its rows, and has no length", "Hugging Face dataset", fix)
    held = held.with_format(None)  # values as stored, not as tensors
    features = held.features
    kinds = {name: type(kind).__name__ for name, kind in features.items()}
    images = [name for name, kind in kinds.items() if kind == "Image"]
    labels = [name for name in ("label", "labels") if name in kinds]
    labels += [name for name, kind in kinds.items() if kind == "ClassLabel" and name not in labels]
    if not images:
        fix = "Cast the column of images to `datasets.Image()`."
        raise DatasetError("has no column of images", "Hugging Face dataset", fix)
    split = str(getattr(held, "split", None) or "")
    used = {images[0], *labels[:1], "" if split else "split"}
    known = {
        name: held[name] if kinds[name] in PLAIN else [()] for name in kinds if name not in used
    }
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
        splits=[split] * len(held) if split else _splits(held, kinds),
        known=SampleColumns.of(known),
    )


def _splits(held: Any, kinds: Mapping[str, str]) -> Sequence[str]:
    """Splits in a column of that name; none without one."""
    given = {"split": held["split"]} if kinds.get("split") in PLAIN else {}
    return SampleColumns.of(given).columns.get("split", ())
