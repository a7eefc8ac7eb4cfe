"""Datasets with a length and items by number, as PyTorch and MAITE have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deri_gate.data.readers.item_labels import ordered_targets, refuse_other_label
from deri_gate.data.readers.memory_images import loaded
from deri_gate.data.readers.memory_labels import label_names
from deri_gate.data.readers.memory_packages import Held
from deri_gate.data.readers.sample_columns import SampleColumns, by_name
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

LOOKED_AT = 3  # images that are asked for twice
LABELS_ASKED = 8  # items of files that are asked for their label, besides the first of some classes
CLASSES_ASKED = 16


def map_style(held: Any) -> Held:
    """A dataset with a length and items (image, label), or (image, target, metadata) of MAITE."""
    try:
        count = len(held)
    except TypeError as error:
        fix = "Give one with a length and items by number, such as a list of its items."
        raise DatasetError(f"{type(held).__name__} has no length", fix=fix) from error
    paths = _files(held, count)
    if paths is None:
        _refuse_random(held, count)
    targets = ordered_targets(held, count)
    about: list[Mapping[str, Any]] = []
    if targets is None:
        parts = [_labelled(held, i)[1:] for i in range(count)]
        targets, about = [target for target, _ in parts], [metadata for _, metadata in parts]
    elif paths:
        _refuse_other_targets(held, targets, _classes(held))
    return Held(
        name=type(held).__name__,
        layout="files of a program" if paths else "items of a program",
        image=paths.__getitem__ if paths else _image_of(held, targets, _classes(held)),
        labels=label_names(targets, _classes(held)),
        ids=paths or (),
        known=SampleColumns.of(by_name(about)),
    )


def _image_of(held: Any, targets: Sequence[Any], classes: Any) -> Callable[[int], Any]:
    """The image of an item, of which the label is held against the one that is judged.

    Who trains on the items gets their labels, whatever `targets` says, such as of the dataset that
    a wrapper passes on. Nor may an item have another label each time.
    """

    def image(row: int) -> Any:
        picture, label, _ = _parts(held[row], row)
        refuse_other_label(row, "is given", label, targets[row], classes)
        return picture

    return image


def _refuse_other_targets(held: Any, targets: Sequence[Any], classes: Any) -> None:
    """Refuse folders of torchvision that train on other labels than `targets`.

    Those of `samples` as `target_transform` leaves them, and those of a few items, for a class of
    one's own may give others. To ask every item would read every image once more.
    """
    changed = getattr(held, "target_transform", None) or (lambda label: label)
    for row, (sample, target) in enumerate(zip(held.samples, targets, strict=True)):
        try:
            label = changed(sample[1])
        except Exception as error:  # somebody else's code
            what = f"item {row} has no label ({type(error).__name__}: {error})"
            raise DatasetError(what, fix="Mend `target_transform`, or leave it out.") from error
        refuse_other_label(row, "has in `samples`", label, target, classes)
    for row in _asked_for_labels(targets):
        try:
            label = _parts(held[row], row)[1]
        except Exception:  # noqa: BLE001, S112  # an image that cannot be read is a finding, later
            continue
        refuse_other_label(row, "is given", label, targets[row], classes)


def _asked_for_labels(targets: Sequence[Any]) -> Iterable[int]:
    """Rows over all of the dataset, and the first of each class, if they are not too many."""
    count = len(targets)
    firsts: dict[str, int] = {}
    for row, target in enumerate(targets):
        firsts.setdefault(str(target), row)
    spread = range(0, count, max(1, count // LABELS_ASKED))
    return sorted({*spread, *[*firsts.values()][:CLASSES_ASKED], count - 1})


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


def _labelled(held: Any, number: int) -> tuple[Any, Any, Mapping[str, Any]]:
    """An item without which nobody knows the label."""
    try:
        item = held[number]
    except Exception as error:  # somebody else's code
        what = f"item {number} cannot be had ({type(error).__name__}: {error})"
        raise DatasetError(what, fix="Mend it, or leave it out: it has no label.") from error
    return _parts(item, number)


def _parts(item: Any, number: int) -> tuple[Any, Any, Mapping[str, Any]]:
    """Image, label and metadata of an item."""
    if isinstance(item, (tuple, list)) and len(item) in {2, 3}:
        about = item[2] if len(item) == 3 and isinstance(item[2], dict) else {}  # noqa: PLR2004
        return item[0], item[1], about
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
        except DatasetError:
            raise
        except Exception:  # noqa: BLE001, S112  # somebody else's code; a finding, later
            continue
        if first.key != again.key:
            fix = "Judge it without random transforms."
            raise DatasetError(f"item {number} is another image each time", fix=fix)
