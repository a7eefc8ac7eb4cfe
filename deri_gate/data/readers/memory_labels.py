"""Labels that a program holds: names, numbers, 0 and 1 for each class, or probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Names = Sequence[str] | Mapping[int, str] | None


def label_names(labels: Iterable[Any], names: Names = None) -> list[tuple[str, ...]]:
    """Names of the classes of each image; none for a label that is missing.

    Args:
        labels: By image a name, a number, a list of them, or a vector over the classes: of 0 and
            1, or of probabilities, of which the largest counts. Lists that are all of one length,
            with no number below 0 or above 1, are vectors.
        names: Names of the classes, by their number; the numbers themselves when None.

    Raises:
        DatasetError: If a label is of another kind, or has no name.
    """
    every = [() if _is_missing(label) else label for label in map(plain_label, labels)]
    members = _reading([label for label in every if label != ()], names)
    return [_names(members(label) if _is_list(label) else label, names) for label in every]


def plain_label(label: Any) -> Any:
    """The label in Python's own types."""
    if hasattr(label, "detach"):
        label = label.detach().cpu()
    if type(label).__name__ == "NAType":  # of pandas: neither true nor false, nor equal to any
        return None
    return label.tolist() if hasattr(label, "tolist") else label


def _is_list(label: Any) -> bool:
    return isinstance(label, (list, tuple))


def _is_missing(label: Any) -> bool:
    if _is_list(label):
        return len(label) == 0 or any(isinstance(v, float) and np.isnan(v) for v in label)
    return label is None or label == "" or (isinstance(label, float) and bool(np.isnan(label)))


def _reading(labels: Sequence[Any], names: Names) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Way to read a list, one for all labels: alone, 0 and 1 may be two classes or a vector."""
    lists = [label for label in labels if _is_list(label)]
    first = lists[0] if lists else ()
    classes = len(first) if names is None else len(names)
    if len(lists) < len(labels) or classes < 2 or any(len(some) != classes for some in lists):  # noqa: PLR2004
        return list
    if all(isinstance(v, (bool, int, float)) and v in {0, 1} for some in lists for v in some):
        return _members
    if all(isinstance(v, float) and 0 <= v <= 1 for some in lists for v in some):
        return _likeliest
    return list


def _members(vector: Sequence[Any]) -> Sequence[int]:
    return [number for number, value in enumerate(vector) if value]


def _likeliest(vector: Sequence[float]) -> Sequence[int]:
    return _members(vector) if set(vector) <= {0, 1} else [int(np.argmax(vector))]


def _names(label: Any, names: Names) -> tuple[str, ...]:
    if _is_list(label):
        return tuple(sorted({name for number in label for name in _names(number, names)}))
    if _is_missing(label):
        return ()
    if isinstance(label, str):
        return (label,)
    if isinstance(label, (bool, int)) or (isinstance(label, float) and label.is_integer()):
        return (_name(int(label), names),)
    raise DatasetError(f"a label is {type(label).__name__}", fix="Give names or whole numbers.")


def _name(number: int, names: Names) -> str:
    if names is None:
        return str(number)
    known = names if isinstance(names, Mapping) else dict(enumerate(names))
    if number not in known:
        raise DatasetError(f"the label {number} has no name", fix="Name every class.")
    return str(known[number])
