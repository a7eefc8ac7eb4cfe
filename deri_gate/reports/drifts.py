"""`drift.json`: every name and number of a batch against its baseline."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from deri_gate.reports.documents import rounded

if TYPE_CHECKING:
    from deri_gate.drift.records import Drift

CORRECTION = "Westfall and Young's step-down of the smallest p, over all tests of the batch"


def drift_document(drift: Drift) -> dict[str, Any]:
    """`drift.json`: tests, spread, labels, copies, groups, trends and what the history says."""
    found = {
        "schema_version": 1,
        **asdict(drift),
        "correction": CORRECTION,
        "verdict_of_the_history": drift.watch.sentence if drift.watch else "no history",
    }
    if drift.labels is not None:
        found["labels"] |= {"new": drift.labels.new, "missing": drift.labels.missing}
    plain: dict[str, Any] = _plain(found)
    return plain


def _plain(value: Any) -> Any:
    """The same in JSON's own types, numbers as they are written everywhere."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return rounded(value) if isinstance(value, float) else value
