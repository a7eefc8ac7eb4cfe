"""Numbers of suspects by reason, of all images and of those that differ from the base."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from deri_gate.reports.report import Report


def suspects_by_reason(images: pd.DataFrame) -> Counter[str]:
    """Number of the images that are suspects for each reason."""
    counts = Counter[str]()
    texts = images.get("suspect_for", pd.Series(dtype="string")).fillna("").value_counts()
    for text, number in texts.items():  # few are unlike, of however many images
        counts.update(dict.fromkeys(str(text).split("|"), int(number)))
    return counts


def changed_suspects(report: Report) -> Counter[str] | None:
    """Number of the changed images that are suspects for each reason.

    None without a base, and for a batch, of which every image is new.
    """
    if report.change is None or report.drift is not None:
        return None
    changed = report.images["path"].isin(report.change.matching.present)
    return suspects_by_reason(report.images[changed])
