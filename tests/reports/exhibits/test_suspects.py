"""Exhibits of the worst images of a metric."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from deri_gate.metrics.catalogue import METRICS
from deri_gate.reports.exhibits.suspects import worst_exhibits


def test_the_worst_images_that_are_shown_are_not_counted() -> None:
    """As many are shown of ten bad images as of ten thousand: the number says nothing."""
    (metric,) = (m for m in METRICS if m.name == "resolution")
    ids = tuple(f"{i}.png" for i in range(40))
    answers = {"resolution": SimpleNamespace(suspects=np.array([], dtype=int))}
    evidence = SimpleNamespace(dataset=SimpleNamespace(ids=ids))
    side = SimpleNamespace(
        metrics={"resolution": metric},
        measured=SimpleNamespace(answers=answers, evidence=evidence),
        values=lambda _: np.arange(40.0),
        reasons={},
        value_text=lambda *_: "",
        label=lambda _: "",
    )

    (exhibit,) = worst_exhibits(side, {"hollow_share"})

    assert exhibit.rows[0].tiles[0].image.id == "0.png"
    assert exhibit.count == 0
