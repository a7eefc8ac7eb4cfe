"""MedMNIST files: .npz with train_images, train_labels, val_*, test_*."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.data import levels
from deri_gate.data.dataset import NO_LABEL, UNJUDGED, Dataset, Finding, Reading
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.npz import headers, read_array, refuse_unsafe
from deri_gate.data.readers.splits import SPLITS
from deri_gate.data.readers.tables import quoted
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted
from deri_gate.runtime.hashing import content_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from deri_gate.data.dataset import Picture
    from deri_gate.data.readers.npz import ArrayHeader

    Labels = tuple[tuple[int, ...], ...]  # of each image the indices of its classes

_PICTURES = 3  # axes of an array of pictures: their number, height and width
_OTHER_ARRAY = "an array that is not looked at: only those of train, val and test are"
_MARKS = re.compile(r"(?<!un)(mask|seg|label)", re.IGNORECASE)  # in names of arrays of masks
_LEAST_SIDE = 8  # pixels of a picture: boxes, key points and maps of features have fewer
_WIDE = 64  # pixels of a short side from which a picture, as of people, may be narrow
_CHANNELS = frozenset({1, 3, 4})
_DIGITS = 6  # of the number in an id, so that ids sort


@dataclass(frozen=True, kw_only=True)
class ArrayImage:
    """One image of an array."""

    values: npt.NDArray[Any] = field(repr=False)

    @property
    def key(self) -> str:
        """Hash over type, shape and values, by which the image is known again."""
        kind = f"{self.values.dtype.str} {self.values.shape} ".encode()
        return content_hash(kind, self.values.tobytes())

    def decode(self) -> Picture:
        """The image, in an array of its own; 16 bits are scaled as in a file."""
        if self.values.dtype == np.uint8:
            return np.array(self.values, order="C")
        return levels.scale_down(self.values)


@dataclass(frozen=True, kw_only=True)
class NpzSource:
    """Images in the arrays of one file; an array is read when first asked for, and kept.

    Attributes:
        path: The file.
        counts: Images in each split; the rows follow in this order.
    """

    path: Path
    counts: tuple[tuple[str, int], ...]
    _kept: dict[str, npt.NDArray[Any]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _lock: threading.Lock = field(
        default_factory=threading.Lock, init=False, repr=False, compare=False
    )

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path, "counts": self.counts}  # a worker reads for itself

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]  # the lock and the arrays are made anew

    def load(self, row: int) -> ArrayImage:
        """One image.

        Raises:
            DatasetError: If the file cannot be read any more.
        """
        first = 0
        for split, count in self.counts:
            if first <= row < first + count:
                return ArrayImage(values=self._images(split, count)[row - first])
            first += count
        raise IndexError(row)

    def _images(self, split: str, count: int) -> npt.NDArray[Any]:
        with self._lock:
            if split not in self._kept:
                images = read_array(self.path, f"{split}_images")
                if len(images) != count:
                    raise DatasetError("has changed since it was opened", self.path, "Run again.")
                if images.shape[3:] == (1,):
                    images = images[..., 0]
                self._kept[split] = np.ascontiguousarray(images)
            return self._kept[split]


def read_npz(
    path: Path,
    *,
    labels_required: bool = True,
    class_names: Mapping[int, str] | None = None,
) -> Dataset:
    """Read the labels of a MedMNIST file; its images are read when first asked for.

    Args:
        path: The file.
        labels_required: Whether every split must have labels.
        class_names: Names of the labels, whose numbers serve where there are none.

    Returns:
        All splits, in the file's order.

    Raises:
        DatasetError: If it is damaged, too large, or holds other arrays than these.
    """
    headers_of = headers(path)
    if "train_images" not in headers_of:
        there = ", ".join(sorted(map(path_text, headers_of))) or "none"
        fix = f"Its arrays are {there}. Save train_images, train_labels, and so val_* and test_*."
        raise DatasetError("has no array 'train_images'", path, fix)
    splits = [split for split in SPLITS if f"{split}_images" in headers_of]
    refuse_unsafe(
        path, headers_of, [f"{s}_{kind}" for s in splits for kind in ("images", "labels")]
    )
    for split in splits:
        _check_images(headers_of, split, path)
        _check_labels(headers_of, split, path, labels_required=labels_required)
    counts = tuple((split, headers_of[f"{split}_images"].shape[0]) for split in splits)
    labels = {s: read_array(path, f"{s}_labels") for s in splits if f"{s}_labels" in headers_of}
    classes, members = _classes(labels, path, class_names)
    return Dataset(
        name=path_text(path.stem),
        ids=tuple(f"{s}/{i:0{max(_DIGITS, len(str(n)))}}" for s, n in counts for i in range(n)),
        classes=classes,
        labels=tuple(own for s, n in counts for own in members.get(s, ((),) * n)),
        source=NpzSource(path=path, counts=counts),
        rows=np.arange(sum(n for _, n in counts)),
        splits=tuple(s for s, n in counts for _ in range(n)),
        findings=_unjudged(headers_of, splits),
        reading=Reading(layout="MedMNIST", splits=counts, notes=_not_looked_at(headers_of)),
    )


def _read(splits: Iterable[str]) -> set[str]:
    return {f"{split}_{kind}" for split in splits for kind in ("images", "labels")}


def _not_looked_at(found: Mapping[str, ArrayHeader]) -> tuple[str, ...]:
    """Note on arrays that hold no images, such as numbers of patients."""
    names = sorted(found.keys() - _read(SPLITS))
    others = [name for name in names if not _may_be_pictures(found[name].shape)]
    if not others:
        return ()
    return (f"arrays that are not looked at: {quoted(others)}; a table may hold what they say",)


def _unjudged(found: Mapping[str, ArrayHeader], splits: Sequence[str]) -> tuple[Finding, ...]:
    """A finding on each array that may hold images, and is none of a split.

    Those called masks, those of other than whole numbers or of int8, and narrow ones count once:
    what is in their rows belongs to images, as masks, maps, fields and embeddings do.
    """
    read = _read(splits)
    told = []
    for name, (shape, dtype, _) in sorted(found.items()):
        if name not in read and _may_be_pictures(shape):
            each = _are_levels(shape, dtype) and not _MARKS.search(name)
            images = _pictures_in(shape) if each else 1
            many = f"; it may hold {counted(images, 'image')}" if images > 1 else ""
            detail = f"{_OTHER_ARRAY}{many}"
            told.append(Finding(kind=UNJUDGED, path=path_text(name), detail=detail, images=images))
    return tuple(told)


def pictures_beside(found: Mapping[str, ArrayHeader]) -> int:
    """Number of images that the arrays of a file may hold of which none is read."""
    return sum(f.images for f in _unjudged(found, ()))


def _may_be_pictures(shape: tuple[int, ...]) -> bool:
    """True for a shape of pictures, wherever their channels are, or of one in colour."""
    sides = sorted(shape if _is_one(shape) else shape[1:])[-2:]
    return len(shape) >= _PICTURES and sides[0] >= _LEAST_SIDE


def _are_levels(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    """True if rows of this shape and type are surely pictures, and no embeddings."""
    short, long = sorted(shape[1:])[-2:]
    wide = long <= 4 * short and (short >= _WIDE or long < 2 * short)
    return wide and dtype.kind in "iu" and dtype != np.int8


def _pictures_in(shape: tuple[int, ...]) -> int:
    """Number of pictures that an array of this shape may hold."""
    return 1 if _is_one(shape) else max(1, shape[0])


def _is_one(shape: tuple[int, ...]) -> bool:
    """True for three axes that may be one picture in colour."""
    return len(shape) == _PICTURES and shape[2] in _CHANNELS


def _check_images(found: Mapping[str, ArrayHeader], split: str, path: Path) -> None:
    name = f"{split}_images"
    shape, dtype, _ = found[name]
    if dtype.newbyteorder("=") not in (np.uint8, np.uint16):
        fix = "Save whole numbers, 0 to 255 as uint8 or 0 to 65535 as uint16."
        raise DatasetError(f"{name} is of type {dtype}", path, fix)
    if len(shape) not in {3, 4} or shape[3:] not in {(), (1,), (3,)} or 0 in shape[1:]:
        fix = "Images are (n, height, width), grey or with a last axis of 1 or 3 channels."
        if len(shape) in {4, 5} and 0 not in shape:
            fix += " Volumes are not read."
        raise DatasetError(f"{name} has the shape {shape}", path, fix)
    if shape[0] == 0 and split == "train":
        raise DatasetError("train_images holds no images", path, "Put some in.")


def _check_labels(
    found: Mapping[str, ArrayHeader], split: str, path: Path, *, labels_required: bool
) -> None:
    name, count = f"{split}_labels", found[f"{split}_images"].shape[0]
    if name not in found:
        if labels_required:
            raise DatasetError(f"has no array {name!r}", path, f"Add it, beside {split}_images.")
        return
    shape, dtype, _ = found[name]
    if dtype.kind not in "iub":
        raise DatasetError(f"{name} is of type {dtype}", path, "Save labels as whole numbers.")
    if len(shape) not in {1, 2} or 0 in shape[1:]:
        fix = "Labels are (n,), (n, 1), or (n, L) of 0 and 1."
        raise DatasetError(f"{name} has the shape {shape}", path, fix)
    if shape[0] != count:
        text = f"{split}_images and {name} differ in length, {count} and {shape[0]}"
        raise DatasetError(text, path, "Write a label for each image.")


def _classes(
    labels: Mapping[str, npt.NDArray[Any]], path: Path, names: Mapping[int, str] | None
) -> tuple[tuple[str, ...], dict[str, Labels]]:
    """The classes, and of each split the images' places among them."""
    columns = {s: a.reshape(len(a), *(a.shape[1:] or (1,))) for s, a in labels.items()}
    widths = {array.shape[1] for array in columns.values()}
    if len(widths) > 1:
        fix = "Write the same columns for each."
        raise DatasetError("the labels of its splits differ in width", path, fix)
    if widths <= {1}:
        return _one_each(columns, path, names)
    return _any_number(columns, path, names)


def _one_each(
    columns: Mapping[str, npt.NDArray[Any]], path: Path, names: Mapping[int, str] | None
) -> tuple[tuple[str, ...], dict[str, Labels]]:
    present = sorted({int(v) for array in columns.values() for v in np.unique(array)})
    odd = [number for number in present if number < 0 or (names and number not in names)]
    if odd:
        fix = "Labels count from 0."
        raise DatasetError(f"there is no class for the label {odd[0]}", path, fix)
    numbers = sorted(names) if names else present
    place = {number: (i,) for i, number in enumerate(numbers)}
    members: dict[str, Labels] = {
        s: tuple(place[v] for v in a[:, 0].tolist()) for s, a in columns.items()
    }
    return _named(numbers, names), members


def _any_number(
    columns: Mapping[str, npt.NDArray[Any]], path: Path, names: Mapping[int, str] | None
) -> tuple[tuple[str, ...], dict[str, Labels]]:
    if any(not np.isin(array, (0, 1)).all() for array in columns.values()):
        fix = "Several columns of labels say of each class 0 or 1; one column says which class."
        raise DatasetError("its labels have several columns, and not only 0 and 1", path, fix)
    width = next(iter(columns.values())).shape[1]
    none = (width,)  # the class of an image that has no other comes last
    members = {
        split: tuple(tuple(np.flatnonzero(row).tolist()) or none for row in array)
        for split, array in columns.items()
    }
    classes = _named(range(width), names)
    unlabelled = any(none in member for member in members.values())
    return (*classes, NO_LABEL) if unlabelled else classes, members


def _named(numbers: Sequence[int], names: Mapping[int, str] | None) -> tuple[str, ...]:
    """Class names in label order; bare numbers are padded, so that they sort as they count."""
    digits = len(str(max(numbers, default=0)))
    return tuple(names[n] if names else f"{n:0{digits}}" for n in numbers)
