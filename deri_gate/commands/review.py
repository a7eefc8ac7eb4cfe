"""`deri-gate review`: suspects as a list to decide on, and the decisions applied to a manifest."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from deri_gate.commands.measure import Measuring, MeasuringKeys
from deri_gate.data.readers.endings import MANIFESTS
from deri_gate.data.readers.manifest_copy import Copy, is_read_beside, manifest_of, metadata_of
from deri_gate.data.readers.manifest_rows import manifest_rows
from deri_gate.errors import SettingError
from deri_gate.measuring.cases import ImageContents, cases_of
from deri_gate.measuring.decisions import (
    Decisions,
    ReviewCase,
    cases_text,
    decisions_of,
    merged,
    read_cases,
)
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.files import ready_folder, write_bytes, write_text
from deri_gate.runtime.folders import refuse_inside
from deri_gate.runtime.store import refuse_cache_inside
from deri_gate.runtime.threads import one_blas_thread

if TYPE_CHECKING:
    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.opening import Given


@dataclass(frozen=True, kw_only=True)
class Reviewed:
    """Outcome of a review.

    Attributes:
        cases: All cases of the list, as they were written.
        open: Number of cases that nobody has decided, or whose acceptance has ended.
        ended: Number of these whose acceptance has ended.
        stale: Number of decisions on content that is not there any more; they do nothing.
        written: Images of the manifest; None where none was written.
    """

    cases: tuple[ReviewCase, ...]
    open: int
    ended: int
    stale: int
    written: int | None


@checking_arguments()
@one_blas_thread()
def review(
    dataset: Given,
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
        apply: Manifest to write, beside the images or read with `--root`; None for none. It is
            neither the dataset nor the list. A manifest is copied in its own form, with its own
            columns; of any other dataset it is CSV.
        **measuring: How the dataset is read and measured, see `measure`.

    Raises:
        DeriGateError: If the list is malformed, or its decisions cannot be applied; or if a
            second list is given as `review`.
    """
    if measuring.get("review") is not None:
        raise SettingError("the list is named by `cases` here", "review", "Leave `review` out.")
    path, out = Path(cases), None if apply is None else Path(apply)
    refuse_cache_inside([dataset])
    refuse_inside(path, [dataset], "--cases")
    if out is not None:
        _check_name(out, dataset, path)
        ready_folder(out.parent, "--apply")
    ready_folder(path.parent, "--cases")
    known = read_cases(path) if path.exists() else ()
    by = Measuring.of(**measuring)
    whole = by.opened(dataset)
    measured = by.measured(whole)
    contents = ImageContents(measured)
    every = merged(cases_of(measured), known)
    text = cases_text(every)
    copy = None
    if out is not None:
        decisions = _decisions(whole, contents, every, path)
        own = manifest_of(whole, dataset, by.reading)
        copy = (
            _plain_copy(whole, decisions, out)
            if own is None
            else own.copy(out, drops=decisions.drops, labels=decisions.labels)
        )
        write_bytes(copy.content, out)
    write_text(text, path)
    open_cases = [case for case in every if case.is_open(by.today)]
    return Reviewed(
        cases=tuple(every),
        open=len(open_cases),
        ended=sum(bool(case.decision) for case in open_cases),
        stale=len(every) - len(contents.present(every)),
        written=None if copy is None else copy.count,
    )


def _check_name(out: Path, dataset: Given, cases: Path) -> None:
    """Refuse to write a manifest over an image, the dataset or the list.

    Raises:
        SettingError: If that would happen, or the dataset is none on disk.
    """
    if not isinstance(dataset, (str, os.PathLike)):
        what, fix = "is no manifest on disk that could be copied", "Write it as a table first."
        raise SettingError(what, type(dataset).__name__, fix)
    folder = Path(dataset)
    own = metadata_of(folder) or folder
    endings = dict.fromkeys([_own_ending(own), ".csv"])
    if out.suffix.lower() not in endings:
        fix = f"Name a file that ends in {' or '.join(endings)}."
        raise SettingError("is no name of a manifest", out, fix)
    if out.resolve() in {other.resolve() for other in (own, cases, folder)}:
        raise SettingError("would be written over", out, "Name another file.")
    if is_read_beside(out, folder):
        raise SettingError("has a name by which a dataset is read", out, "Name another file.")


def _own_ending(dataset: Path) -> str:
    """Ending of a manifest; of any other dataset that of CSV."""
    return dataset.suffix.lower() if dataset.suffix.lower() in MANIFESTS else ".csv"


def _decisions(
    whole: Dataset, contents: ImageContents, cases: list[ReviewCase], path: Path
) -> Decisions:
    """Decisions that change the dataset; each counts for its content alone."""
    here = contents.present([case for case in cases if case.decision != "accept"])
    if whole.multilabel and any(case.decision == "relabel" for case in here):
        fix = "Relabel them in the manifest by hand."
        raise SettingError("images of several labels cannot be relabelled by one", path, fix)
    found = decisions_of(here, whole.classes, path)
    if found.drops.issuperset(whole.ids):
        raise SettingError("would drop every image", path, "Keep some.")
    return found


def _plain_copy(whole: Dataset, decisions: Decisions, out: Path) -> Copy:
    """A manifest of a dataset that has none on disk, with our names of columns."""
    if out.suffix.lower() != ".csv":
        fix = "Name a file that ends in .csv."
        raise SettingError("is no manifest on disk that could be copied", whole.name, fix)
    if whole.multilabel:
        fix = "Write a manifest of it first."
        raise SettingError("images of several labels have no label alone", whole.name, fix)
    rows = [
        {**row, "label": decisions.labels.get(image, row["label"])}
        for image, row in zip(whole.ids, manifest_rows(whole), strict=True)
        if image not in decisions.drops
    ]
    text = io.StringIO()  # exact, without the guard of spreadsheets: paths are read again
    writer = csv.DictWriter(text, [*rows[0]], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return Copy(content=text.getvalue().encode(), count=len(rows))
