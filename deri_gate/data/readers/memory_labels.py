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
            1, or of probabilities, of which the largest counts.
        names: Names of the classes, by their number; the numbers themselves when None.

    Raises:
        DatasetError: If a label is of another kind, or has no name.
    """
    return [_names(_plain(label), names) for label in labels]


def _plain(label: Any) -> Any:
    """The label in Python's own types."""
    if hasattr(label, "detach"):
        label = label.detach().cpu()
    return label.tolist() if hasattr(label, "tolist") else label


def _names(label: Any, names: Names) -> tuple[str, ...]:
    if isinstance(label, (list, tuple)):
        if len(label) == 1:
            return _names(label[0], names)
        numbers = _members(label, names)
        return tuple(sorted({name for number in numbers for name in _names(number, names)}))
    if label is None or label == "" or (isinstance(label, float) and np.isnan(label)):
        return ()
    if isinstance(label, str):
        return (label,)
    if isinstance(label, (bool, int)) or (isinstance(label, float) and label.is_integer()):
        return (_name(int(label), names),)
    raise DatasetError(f"a label is {type(label).__name__}", fix="Give names or whole numbers.")


def _members(label: Sequence[Any], names: Names) -> Sequence[Any]:
    """Classes that a list names, or a vector over all classes points to."""
    is_vector = all(isinstance(value, (bool, int, float)) for value in label) and (
        any(isinstance(value, float) for value in label)
        or (names is not None and len(label) == len(names) and set(label) <= {0, 1})
    )
    if not is_vector:
        return label
    if set(label) <= {0, 1}:
        return [number for number, value in enumerate(label) if value]
    return [int(np.argmax(label))]


def _name(number: int, names: Names) -> str:
    if names is None:
        return str(number)
    known = names if isinstance(names, Mapping) else dict(enumerate(names))
    if number not in known:
        raise DatasetError(f"the label {number} has no name", fix="Name every class.")
    return str(known[number])
