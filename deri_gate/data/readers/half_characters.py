"""Names that no file can be written with: half of a character, as a program may hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deri_gate.data.dataset import Dataset


def without_halves(dataset: Dataset) -> Dataset:
    """The dataset, of whose classes, splits and groups each has a whole name.

    Names of files show what is no text as an escape. What a program hands in is taken as it is.

    Raises:
        DatasetError: If one holds a lone surrogate.
    """
    columns = [(f"groups ({column.name})", column.values) for column in dataset.group_columns]
    columns += [("groups", dataset.groups or ()), ("splits", dataset.splits or ())]
    for what, names in (("classes", dataset.classes), *columns):
        broken = _first_broken(names)
        if broken is not None:
            fix = "Decode the text as what it is, such as Latin-1, or give other names."
            raise DatasetError(
                f"one of its {ascii(what)[1:-1]}, {broken[:40]!a}, holds half of a character "
                "(a lone surrogate)",
                dataset.name,
                fix,
            )
    return dataset


def _first_broken(names: Iterable[str]) -> str | None:
    """First name that cannot be written as UTF-8; None where all can."""
    for name in dict.fromkeys(names):
        try:
            name.encode()
        except UnicodeEncodeError:
            return name
    return None
