"""`deri-gate review`: suspects as a list to decide on, and the decisions applied to a manifest."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from deri_gate.commands.measure import Measuring, MeasuringKeys
from deri_gate.data.readers.manifest_rows import manifest_rows
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
    from collections.abc import Iterable

    from deri_gate.data.dataset import Dataset


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """Outcome of a review.

    Attributes:
        cases: All cases of the list, as they were written.
        open: Number of cases that nobody has decided, or whose acceptance has ended.
        stale: Number of decisions on content that is not there any more; they do nothing.
        written: Images of the manifest; None where none was written.
    """

    cases: tuple[ReviewCase, ...]
    open: int
    stale: int
    written: int | None


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
        apply: Manifest to write, CSV beside the images or read with `--root`; None for none. It
            is neither the dataset nor the list.
        **measuring: How the dataset is read and measured, see `measure`.

    Raises:
        DeriGateError: If the list is malformed, or its decisions cannot be applied.
    """
    path, out = Path(cases), None if apply is None else Path(apply)
    if out is not None:
        _check_name(out, (path, Path(dataset)))
    known = read_cases(path) if path.exists() else ()
    by = replace(Measuring.of(**measuring), cases=())
    whole = by.opened(dataset)
    measured = by.measured(whole)
    contents = ImageContents(measured)
    every = merged(cases_of(measured), known)
    text = cases_text(every)
    written = None if out is None else _apply(whole, contents, every, out, path)
    write_text(text, path)
    return Reviewed(
        cases=tuple(every),
        open=sum(case.is_open(by.today) for case in every),
        stale=len(every) - len(contents.present(every)),
        written=written,
    )


def _check_name(out: Path, others: Iterable[Path]) -> None:
    """Refuse to write a manifest over an image, the dataset or the list.

    Raises:
        SettingError: If that would happen.
    """
    if out.suffix.lower() != ".csv":
        raise SettingError("is no name of a manifest", out, "Name a file that ends in .csv.")
    if out.resolve() in {other.resolve() for other in others}:
        raise SettingError("would be written over", out, "Name another file.")


def _apply(
    whole: Dataset, contents: ImageContents, cases: list[ReviewCase], out: Path, path: Path
) -> int:
    """Write the manifest of the whole dataset; a decision counts for its content alone."""
    if whole.multilabel:
        fix = "Relabel them in the manifest by hand."
        raise SettingError("images of several labels cannot be relabelled by one", path, fix)
    here = contents.present([case for case in cases if case.decision != "accept"])
    rows = applied(zip(whole.ids, manifest_rows(whole), strict=True), here, whole.classes, path)
    if not rows:
        raise SettingError("would drop every image", path, "Keep some.")
    text = io.StringIO()  # exact, without the guard of spreadsheets: paths are read again
    writer = csv.DictWriter(text, [*rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(text.getvalue(), out)
    return len(rows)
