"""A dataset as the rest of the package sees it: ids, classes and images decoded on demand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

import numpy as np
import scipy

from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt
    from scipy.sparse import csr_array

    from deri_gate.arrays import IntArray

    Picture = npt.NDArray[np.uint8]  # (H, W) grey or (H, W, 3) RGB

T = TypeVar("T")

UNJUDGED = "unjudged"  # kind of the finding on what is or may hold images, and is in no dataset
FOLDER_NAMES = "the names of folders"  # column of groups that are folders
NO_LABEL = "(no label)"  # the class of an image that carries none of a multi-label set's labels


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something a person should know about one file."""

    kind: str  # "unreadable": no picture in it; "ignored": no image; "unjudged": see `UNJUDGED`
    path: str  # the image's id, or the file's path inside the dataset
    detail: str
    other: str = ""  # the other image that it is about, which may be the one to blame
    images: int = 1  # that nobody judges, at least: an array or a file may hold many


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Interpretation of the input by a reader, for a person to check.

    Attributes:
        layout: Names of the levels, such as "split/class" or "class"; "manifest"; "MedMNIST".
        splits: Each split and the number of its images, in report order; empty without splits.
        masks: Number of ground-truth masks found beside the images.
        left_out: Kinds of file that were left out and the number of each, sorted by kind.
        group_column: Where the groups come from, "" when there are none.
        notes: Plain sentences about other decisions of the reader.
        headers: Number of files whose header was read for names of patients (DICOM).
    """

    layout: str = ""
    splits: tuple[tuple[str, int], ...] = ()
    masks: int = 0
    left_out: tuple[tuple[str, int], ...] = ()
    group_column: str = ""
    notes: tuple[str, ...] = ()
    headers: int = 0


class Column(NamedTuple):
    """One column of a dataset: a value an image, "" where it is not known."""

    name: str  # as its file spells it
    values: tuple[str, ...]


class Loaded(Protocol):
    """The undecoded content of one image."""

    @property
    def key(self) -> str:
        """Content hash: equal for equal bytes, in hexadecimal."""

    def decode(self) -> Picture:
        """The image as a person sees it: (H, W) grey or (H, W, 3) RGB, uint8, upright.

        Raises:
            UnreadableImageError: When there is no picture in the content.
        """


class Source(Protocol):
    """Place of a dataset's images. Picklable, so that workers read for themselves."""

    def load(self, row: int) -> Loaded:
        """The content of the image in this row of the source.

        Raises:
            UnreadableImageError: When the content cannot be had.
        """


@dataclass(frozen=True, kw_only=True)
class OtherFiles:
    """Files of a dataset that are none of its images: masks, tables, whatever lies there.

    Attributes:
        source: Where they lie.
        paths: The path of each, for people.
        rows: Row of each in the source.
    """

    source: Source = field(repr=False)
    paths: tuple[str, ...] = field(repr=False)
    rows: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Images and their labels in one fixed order, sorted by id within each split.

    Attributes:
        name: Name for people and files.
        ids: Path inside the dataset with forward slashes, unique.
        classes: Class names; `labels` index into them.
        labels: Per image the indices of its classes, ascending; one each unless multi-label.
        source: Where the images lie.
        rows: Row of each image in the source, shape (N,).
        splits: Split of each image ("train", "val", "test"), or None when there are none.
        groups: What the image belongs with (patient, site), or None; leakage is about these.
        group_columns: All columns of groups, the first of which `groups` is; empty without groups.
        metadata: Columns that say anything else of the images.
        patients: The column of these or of the groups that numbers patients, studies, lesions or
            the like, of which none may lie in two splits; None where there is none.
        times: When it was taken, ISO 8601, "" where that is not known; or None.
        masks: Source rows of the ground-truth masks, -1 where there is none; or None.
        findings: What the reader noticed besides the images.
        reading: What the reader took its input for.
        other_files: Every other file that lies in it; a change of one is a change, too.
    """

    name: str
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    labels: tuple[tuple[int, ...], ...]
    source: Source
    rows: IntArray
    splits: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    group_columns: tuple[Column, ...] = ()
    metadata: tuple[Column, ...] = ()
    patients: Column | None = None
    times: tuple[str, ...] | None = None
    masks: IntArray | None = None
    findings: tuple[Finding, ...] = field(default=())
    reading: Reading = field(default=Reading())
    other_files: OtherFiles | None = None

    def __post_init__(self) -> None:
        columns = (self.labels, self.rows, self.splits, self.groups, self.times, self.masks)
        more = [column.values for column in (*self.group_columns, *self.metadata)]
        more += [self.patients.values] if self.patients else []
        if any(c is not None and len(c) != len(self.ids) for c in (*columns, *more)):
            fix = "Give a value of each column an image."
            raise DatasetError("its columns differ in length", self.name, fix)
        self.rows.flags.writeable = False
        known: dict[tuple[int, ...], tuple[int, ...]] = {}  # one for all that say the same
        shared = tuple(known.setdefault(label, label) for label in self.labels)
        object.__setattr__(self, "labels", shared)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def multilabel(self) -> bool:
        """True if some image belongs to several classes, or to none."""
        return NO_LABEL in self.classes or any(len(label) != 1 for label in self.labels)

    @cached_property
    def membership(self) -> csr_array:
        """Classes of each image: 0/1, sparse, shape (N, K)."""
        ends = np.cumsum([0, *map(len, self.labels)])
        columns = np.array([c for label in self.labels for c in label], dtype=np.int64)
        ones = np.ones(len(columns), dtype=np.float32)
        return scipy.sparse.csr_array((ones, columns, ends), shape=(len(self), len(self.classes)))

    @property
    def columns(self) -> dict[str, Sequence[str]]:
        """Values of the images in each column of groups and of metadata, by its name."""
        return {c.name: c.values for c in (*self.group_columns, *self.metadata)}

    def mask_row(self, position: int) -> int:
        """Row of an image's mask in the source; -1 where it has none."""
        return -1 if self.masks is None else int(self.masks[position])

    def class_counts(self) -> dict[str, int]:
        """Images in each class, in class order; an image of two classes counts twice."""
        counts = np.bincount(
            [c for label in self.labels for c in label], minlength=len(self.classes)
        ).tolist()
        return dict(zip(self.classes, counts, strict=True))

    def select(self, index: npt.NDArray[np.bool_] | IntArray) -> Dataset:
        """The images at these positions, in this order; classes and findings stay."""
        every = np.arange(len(self))
        chosen = every[index]
        if np.array_equal(chosen, every):
            return self  # names of millions are not held twice

        def pick(column: Sequence[T]) -> tuple[T, ...]:
            return tuple(column[i] for i in chosen)

        return replace(
            self,
            ids=pick(self.ids),
            labels=pick(self.labels),
            rows=self.rows[chosen],
            splits=None if self.splits is None else pick(self.splits),
            groups=None if self.groups is None else pick(self.groups),
            group_columns=tuple(Column(c.name, pick(c.values)) for c in self.group_columns),
            metadata=tuple(Column(c.name, pick(c.values)) for c in self.metadata),
            patients=self.patients and Column(self.patients.name, pick(self.patients.values)),
            times=None if self.times is None else pick(self.times),
            masks=None if self.masks is None else self.masks[chosen],
        )

    def with_notes(self, *notes: str) -> Dataset:
        """The dataset with further sentences on how it was read."""
        return replace(self, reading=replace(self.reading, notes=(*self.reading.notes, *notes)))

    def ordered(self) -> Dataset:
        """The images by id within each split, the splits in the order in which they first occur."""
        splits = self.splits or ("",) * len(self)
        rank = {split: i for i, split in enumerate(dict.fromkeys(splits))}
        order = sorted(range(len(self)), key=lambda i: (rank[splits[i]], self.ids[i]))
        return self.select(np.array(order, dtype=np.int64))

    def split(self, name: str) -> Dataset:
        """The images of one split, with the classes that are left as they are.

        Raises:
            DatasetError: If the dataset has splits, and none of this name.
        """
        if self.splits is None:
            raise DatasetError("has no splits", self.name, "Leave --split out.")
        present = sorted(set(self.splits))
        if name not in present:
            hint = f"It has {', '.join(present)}. Name one of them, as in --split {present[0]}."
            raise DatasetError(f"has no split {name!r}", self.name, hint)
        return self.select(np.array([s == name for s in self.splits]))


def split_counts(splits: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Each split with the number of its images, in the order in which they come first."""
    return tuple(Counter(splits).items())
