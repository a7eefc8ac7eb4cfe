"""Labels of items that a program holds, against those that the dataset says of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from deri_gate.data.readers.memory_labels import label_names, plain_label
from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ONE_LABEL = "Judge the dataset that is trained on: what it gives, and `targets`, must agree."


def ordered_targets(held: Any, count: int) -> Sequence[Any] | None:
    """The `targets` of a dataset in the order of its items; None if it has not one for each.

    They are taken by their order, once: pandas would be asked by its own numbers of rows.
    """
    targets = getattr(held, "targets", None)
    try:
        if isinstance(targets, Mapping) or len(targets) != count:  # type: ignore[arg-type]
            return None
    except TypeError:  # of no length, such as a method of that name
        return None
    plain = plain_label(targets)  # at once, of arrays, tensors and columns
    return plain if isinstance(plain, list) else list(plain)


def refuse_other_label(row: int, how: str, label: Any, judged: Any, classes: Any) -> None:
    """Refuse an item with another label than the one that is judged.

    What is no label at all, such as a mask or boxes, is none that a class is trained by.

    Args:
        row: Number of the item.
        how: Words for where it has the label.
        label: What it has there.
        judged: The label that is judged.
        classes: Names of the classes, if there are any.

    Raises:
        DatasetError: If they differ.
    """
    other = plain_label(judged)
    if not _is_label(label, other):
        return
    one = plain_label(label)
    if not _is_same(one, other, classes):
        what = f"item {row} {how} the label {one!r}, and had {other!r} in `targets` or before"
        raise DatasetError(what, fix=_ONE_LABEL)


def _is_label(label: Any, judged: Any) -> bool:
    """True for a name, a number, or a list of them; for a tuple where such are judged."""
    if getattr(label, "ndim", 0) > 1:
        return False
    plain = plain_label(label)
    if isinstance(plain, tuple) and not isinstance(judged, (list, tuple)):
        return False
    parts = plain if isinstance(plain, (list, tuple)) else [plain]
    return all(part is None or isinstance(plain_label(part), (str, int, float)) for part in parts)


def _is_same(one: Any, other: Any, classes: Any) -> bool:
    try:
        return one == other or label_names([one], classes) == label_names([other], classes)
    except DatasetError:
        return False  # such as a number without a name
