"""Shared marks: where one class, and no other, has edges in one place."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.explain.probe import GRID
from deri_gate.explain.shortcuts import shared_marks
from deri_gate.metrics.records import Explanations


def explained(*, marked=(slice(12, 15), slice(1, 4)), heat_there=0.0, counts=(10, 10), share=1.0):
    """Noise in the edges of all; the first class has a mark in a share of its images."""
    rng = np.random.default_rng(0)
    targets = np.repeat(np.arange(len(counts)), counts)
    count = len(targets)
    edges = np.where(rng.random((count, GRID, GRID)) < 0.01, 0.5, 0.0)
    edges[: round(share * counts[0]), *marked] = 0.8
    heat = np.full((count, GRID, GRID), 1.0)
    heat[: counts[0], *marked] += heat_there
    return Explanations(
        images=count,
        positions=np.arange(count),
        targets=targets,
        on_edges=np.zeros(count),
        steadiness=np.ones(count),
        degenerate=np.zeros(count, dtype=bool),
        heat=heat,
        edges=edges,
    )


def test_a_mark_of_one_class_is_found_with_its_place_and_share():
    """Nine cells and a margin of one: 25 of 256, where even heat lies by area."""
    (mark,) = shared_marks(explained(), ["a", "b"])

    assert (mark.label, mark.place) == ("a", "lower left")
    assert mark.area == pytest.approx(25 / 256)
    assert mark.heat == pytest.approx(25 / 256)
    assert not mark.drawn
    assert "do not seek it out" in mark.sentence


def test_heat_on_the_mark_says_that_explanations_sit_on_it():
    """Nine cells three times as hot: 43 of 274."""
    (mark,) = shared_marks(explained(heat_there=2.0), ["a", "b"])

    assert mark.heat == pytest.approx(43 / 274)
    assert mark.drawn
    assert "sit on it" in mark.sentence


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"share": 0.5}, "half of the images are not most"),
        ({"counts": (7, 20)}, "too few of the class"),
        ({"counts": (20, 7)}, "too few others"),
        ({"counts": (20,)}, "no other class"),
        ({"marked": (slice(0), slice(0))}, "there is none"),
    ],
)
def test_nothing_is_said_where_nothing_is_known(settings, why):
    """Too few images, or no such thing."""
    assert shared_marks(explained(**settings), ["a", "b"]) == [], why


def test_what_all_classes_share_is_no_mark():
    """A frame round every image tells no class from another."""
    found = explained()
    found.edges[:, :, 0] = 1.0
    found.edges[:, 12:15, 1:4] = 1.0

    assert shared_marks(found, ["a", "b"]) == []


def test_a_marker_burnt_into_one_class_is_reported(dataset_of, evidence_of, random_pictures):
    """End to end with the real network: drawn pictures, one class bears a plate and a ruler."""
    from deri_gate.damage import degrade
    from deri_gate.measuring.measure import measure_dataset
    from deri_gate.metrics.catalogue import METRICS

    rng = np.random.default_rng(3)
    pictures = []
    for i in range(40):
        grey = np.full((48, 48), 110, np.uint8)
        y, x = rng.integers(8, 30, 2)
        grey[y : y + 10, x : x + (10 if i % 2 else 4)] = 190
        pictures.append(np.clip(grey + rng.normal(0, 4, grey.shape), 0, 255).astype(np.uint8))
    dataset = dataset_of(pictures, [i % 2 for i in range(40)])
    marked = degrade(dataset, "xai_overlay.marker", "strong", seed=1)

    def said(data):
        evidence = evidence_of(data)
        found = measure_dataset(
            data,
            split=None,
            context=evidence.context,
            metrics=tuple(m for m in METRICS if m.name == "xai_overlay"),
        )
        return [(f.kind, f.path) for f in found.findings], found.values["xai_overlay"]

    before, clean = said(dataset)
    after, damaged = said(marked)

    assert "shared_mark" not in dict(before)
    assert "shared_mark" in dict(after)
    assert damaged > clean
