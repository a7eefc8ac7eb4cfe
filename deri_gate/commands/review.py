"""`deri-gate review`: suspects as a list to decide on, and the decisions applied to a manifest."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from deri_gate.commands.measure import Measuring, MeasuringKeys
from deri_gate.errors import SettingError
from deri_gate.measuring.cases import ImageContents, cases_of
from deri_gate.measuring.decisions import (
    ReviewCase,
    applied,
    cases_text,
    merged,
    read_cases,
)
from deri_gate.runtime.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.data.dataset import Dataset
    from deri_gate.measuring.measure import Measured


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """Outcome of a review.

    Attributes:
        cases: All cases of the list, as they were written.
        written: Images of the manifest; None where none was written.
    """

    cases: tuple[ReviewCase, ...]
    written: int | None

    @property
    def open(self) -> int:
        """Number of cases that nobody has decided."""
        return sum(not case.decision for case in self.cases)


def review(
    dataset: str | Path,
    *,
    cases: str | Path = "review.csv",
    apply: str | Path | None = None,
    **measuring: Unpack[MeasuringKeys],
) -> Reviewed:
    """List the suspects of a dataset for a person to decide on, and apply what was decided.

    Decisions that the list holds already stay. Images are never touched: dropped and relabelled
    ones change the manifest that is written.

    Args:
        dataset: Any form of dataset.
        cases: The list: CSV, read if it is there, and written.
        apply: Manifest to write, CSV beside the images or read with `--root`; None for none.
        **measuring: How the dataset is read and measured, see `measure`.

    Raises:
        DeriGateError: If the list is malformed, or its decisions cannot be applied.
    """
    path = Path(cases)
    known = read_cases(path) if path.exists() else ()
    by = replace(Measuring.of(**measuring), cases=())
    whole = by.opened(dataset)
    measured = by.measured(whole)
    every = merged(cases_of(measured), known)
    text = cases_text(every)
    written = None if apply is None else _apply(whole, measured, every, Path(apply), path)
    write_text(text, path)
    return Reviewed(cases=tuple(every), written=written)


def _apply(
    whole: Dataset, measured: Measured, cases: list[ReviewCase], out: Path, path: Path
) -> int:
    """Write the manifest of the whole dataset; a decision counts for its content alone."""
    if whole.multilabel:
        fix = "Relabel them in the manifest by hand."
        raise SettingError("images of several labels cannot be relabelled by one", path, fix)
    contents = ImageContents(measured)
    here = [case for case in cases if contents.of(case.path, case.reason) == case.content]
    rows = applied(_rows(whole), here, whole.classes, path)
    if not rows:
        raise SettingError("would drop every image", path, "Keep some.")
    text = io.StringIO()  # exact, without the guard of spreadsheets: paths are read again
    writer = csv.DictWriter(text, [*rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(text.getvalue(), out)
    return len(rows)


def _rows(dataset: Dataset) -> Iterator[dict[str, str]]:
    """Columns of each image by name, as a manifest has them."""
    columns = {c.name: c.values for c in (*dataset.group_columns, *dataset.metadata)}
    for i, (name, own) in enumerate(zip(dataset.ids, dataset.labels, strict=True)):
        row = {"path": name, "label": dataset.classes[own[0]] if own else ""}
        if dataset.splits is not None:
            row["split"] = dataset.splits[i]
        yield {**{name: values[i] for name, values in columns.items()}, **row}
