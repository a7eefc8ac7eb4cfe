"""Order of the groups of copies on a page: the surest first."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from deri_gate.reports.exhibits.copied import duplicate_exhibit


def test_the_same_picture_twice_comes_first_then_several_labels_then_many() -> None:
    """A missed limit on exact copies is not explained by pictures that look alike."""
    ids = tuple("abcdefghij")
    groups = np.array([0, 0, 0, 1, 1, 2, 2, 3, 3, -1])
    shown = ("1", "2", "3", "4", "5", "6", "6", "7", "7", "8")
    labels = ("x", "x", "x", "x", "y", "x", "x", "x", "y", "x")
    evidence = SimpleNamespace(
        listed_groups=groups,
        dataset=SimpleNamespace(ids=ids, labels=labels),
        images=SimpleNamespace(shown=shown, keys=shown),
    )
    side = SimpleNamespace(
        measured=SimpleNamespace(answers={"duplicates": None}, evidence=evidence),
        label=dict(zip(ids, labels, strict=True)).get,
        size_text=lambda _: "",
    )
    found = duplicate_exhibit(side)

    assert found is not None
    assert [[tile.image.id for tile in row.tiles] for row in found.rows] == [
        ["h", "i"],  # one picture, two labels
        ["f", "g"],  # one picture
        ["d", "e"],  # alike, two labels
        ["a", "b", "c"],
    ]
    assert found.rows[0].tiles[1].facts == ("y", "the same file")
