"""Labels that a program holds: names, numbers, 0 and 1 for each class, or probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Names = Sequence[str] | Mapping[int, str] | None


def label_names(labels: Iterable[Any], names: Names = None) -> list[tuple[str, ...]]:
    """Names of the classes of each image; none for a label that is missing.

    Args:
        labels: By image a name, a number, a list of them, or a vector over the classes: of 0 and
            1, or of probabilities, of which the largest counts. Lists of 0 and 1 that are all of
            one length are vectors.
        names: Names of the classes, by their number; the numbers themselves when None.

    Raises:
        DatasetError: If a label is of another kind, or has no name.
    """
    plain = [_plain(label) for label in labels]
    hot = _are_vectors(plain, names)
    return [_names(_members(label) if hot else label, names) for label in plain]


def _plain(label: Any) -> Any:
    """The label in Python's own types."""
    if hasattr(label, "detach"):
        label = label.detach().cpu()
    return label.tolist() if hasattr(label, "tolist") else label


def _are_vectors(labels: Sequence[Any], names: Names) -> bool:
    """True if all are vectors of 0 and 1 over the same classes, and no lists of numbers."""
    first = labels[0] if labels and isinstance(labels[0], (list, tuple)) else ()
    classes = len(first) if names is None else len(names)
    return len(first) > 1 and all(
        isinstance(label, (list, tuple))
        and len(label) == classes
        and all(isinstance(value, (bool, int, float)) and value in {0, 1} for value in label)
        for label in labels
    )


def _names(label: Any, names: Names) -> tuple[str, ...]:
    if isinstance(label, (list, tuple)):
        numbers = label if len(label) == 1 else _numbers(label)
        return tuple(sorted({name for number in numbers for name in _names(number, names)}))
    if label is None or label == "" or (isinstance(label, float) and np.isnan(label)):
        return ()
    if isinstance(label, str):
        return (label,)
    if isinstance(label, (bool, int)) or (isinstance(label, float) and label.is_integer()):
        return (_name(int(label), names),)
    raise DatasetError(f"a label is {type(label).__name__}", fix="Give names or whole numbers.")


def _numbers(label: Sequence[Any]) -> Sequence[Any]:
    """Classes that a list names, or a vector of fractions points to; none where one is missing."""
    if not all(isinstance(value, float) for value in label):
        return label
    if any(np.isnan(value) for value in label):
        return ()
    if set(label) <= {0, 1}:
        return _members(label)
    is_probability = all(0 <= value <= 1 for value in label)
    return [int(np.argmax(label))] if is_probability and label else label


def _members(vector: Sequence[Any]) -> Sequence[int]:
    return [number for number, value in enumerate(vector) if value]


def _name(number: int, names: Names) -> str:
    if names is None:
        return str(number)
    known = names if isinstance(names, Mapping) else dict(enumerate(names))
    if number not in known:
        raise DatasetError(f"the label {number} has no name", fix="Name every class.")
    return str(known[number])
