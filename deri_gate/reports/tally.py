"""Suspects by reason: their numbers, of all and of changed images, and names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pyarrow as pa

    from deri_gate.reports.report import Report

# Reasons that the headline counts, and that neither a metric nor a finding tells.
BY_LOOK = ("border", "blank_part", "colourless", "colour_cast", "two_levels", "box", "dark_corners")
ADVICE_BY_LOOK = "Check whether they belong to the dataset, and whether the export is right."


def suspects_by_reason(images: pa.Table) -> Counter[str]:
    """Number of the images that are suspects for each reason."""
    return _counted(_reasons(images))


def _counted(reasons: Iterable[str]) -> Counter[str]:
    counts = Counter[str]()
    for text, number in Counter(reasons).items():  # few are unlike, of however many images
        counts.update(dict.fromkeys(text.split("|"), number))
    return counts


def _reasons(images: pa.Table) -> list[str]:
    """Reasons of each image, joined by a vertical bar; "" where it has none."""
    if "suspect_for" not in images.column_names:
        return [""] * len(images)
    return ["" if text is None else str(text) for text in images["suspect_for"].to_pylist()]


def suspects_by_look(images: pa.Table) -> Mapping[str, Sequence[str]]:
    """Names of the images that look odd, in the order of the table, by reason."""
    names: dict[str, list[str]] = {reason: [] for reason in BY_LOOK}
    for i, text in enumerate(_reasons(images)):
        for reason in {*text.split("|")} & names.keys() if text else ():
            names[reason].append(str(images["path"][i]))
    return {reason: found for reason, found in names.items() if found}


def changed_for(report: Report, reason: str) -> list[str]:
    """Names of the changed images that are suspects for a reason; none without a base."""
    if report.change is None or report.drift is not None:
        return []
    present = {*report.change.matching.present}
    images = zip(report.table["path"].to_pylist(), _reasons(report.table), strict=True)
    return [name for name, reasons in images if name in present and reason in reasons.split("|")]


def changed_suspects(report: Report) -> Counter[str] | None:
    """Number of the changed images that are suspects for each reason.

    None without a base, and for a batch, of which every image is new.
    """
    if report.change is None or report.drift is not None:
        return None
    present = {*report.change.matching.present}
    images = zip(report.table["path"].to_pylist(), _reasons(report.table), strict=True)
    return _counted(reasons for name, reasons in images if name in present)
