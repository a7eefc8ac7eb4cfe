"""Per-image facts of one side of a report."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from deri_gate.reports.exhibits.side import MeasuredSide


def test_suspects_that_changed_come_first_and_are_counted() -> None:
    """Each part worst first; without a base the order is that of the metric."""
    answer = SimpleNamespace(suspects=np.array([2, 0, 3, 1]), note="A note.")
    dataset = SimpleNamespace(ids=("a", "b", "c", "d"))
    measured = SimpleNamespace(
        evidence=SimpleNamespace(dataset=dataset), answers={"sharpness": answer}
    )
    side = MeasuredSide(measured, frozenset({"b", "d", "gone"}))

    assert side.suspects("sharpness") == [3, 1, 2, 0]
    assert side.suspects_text("sharpness") == "A note. 2 of them changed, and come first."
    assert MeasuredSide(measured).suspects("sharpness") == [2, 0, 3, 1]
    assert MeasuredSide(measured).suspects_text("sharpness") == "A note."
