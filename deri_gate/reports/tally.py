"""Suspects by reason: their numbers, of all and of changed images, and names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from deri_gate.reports.report import Report

# Reasons that the headline counts, and that neither a metric nor a finding tells.
BY_LOOK = ("border", "blank_part", "colourless", "colour_cast", "two_levels", "box", "dark_corners")
ADVICE_BY_LOOK = "Check whether they belong to the dataset, and whether the export is right."


def suspects_by_reason(images: pd.DataFrame) -> Counter[str]:
    """Number of the images that are suspects for each reason."""
    counts = Counter[str]()
    if "suspect_for" not in images:
        return counts
    texts = images["suspect_for"].fillna("").value_counts()
    for text, number in texts.items():  # few are unlike, of however many images
        counts.update(dict.fromkeys(str(text).split("|"), int(number)))
    return counts


def suspects_by_look(images: pd.DataFrame) -> Mapping[str, Sequence[str]]:
    """Names of the images that look odd, in the order of the table, by reason."""
    if "suspect_for" not in images:
        return {}
    some = images[images["suspect_for"].fillna("").str.contains("|".join(BY_LOOK))]
    names: dict[str, list[str]] = {reason: [] for reason in BY_LOOK}
    for name, text in zip(some["path"], some["suspect_for"], strict=True):
        for reason in {*str(text).split("|")} & names.keys():
            names[reason].append(str(name))
    return {reason: found for reason, found in names.items() if found}


def changed_suspects(report: Report) -> Counter[str] | None:
    """Number of the changed images that are suspects for each reason.

    None without a base, and for a batch, of which every image is new.
    """
    if report.change is None or report.drift is not None:
        return None
    changed = report.images["path"].isin(report.change.matching.present)
    return suspects_by_reason(report.images[changed])
