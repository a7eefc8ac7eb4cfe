"""Order of the groups of copies on a page: the surest first."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from deri_gate.measuring.copies import Images
from deri_gate.reports.exhibits.copied import (
    contradiction_exhibit,
    duplicate_exhibit,
    edited_contradiction_exhibit,
)


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
        measured=SimpleNamespace(
            answers={"duplicates": None}, evidence=evidence, accepted=frozenset()
        ),
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


def test_an_edited_copy_of_another_label_is_shown_beside_it() -> None:
    """And only there: it is no contradiction for sure."""
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 255, (4, 32, 32)).astype(np.uint8)
    grey[1] = np.clip(grey[0].astype(int) + 9, 0, 255)  # in other light
    images = Images(
        ids=("x/a", "y/b", "x/c", "y/d"),
        splits=("",) * 4,
        labels=(("x",), ("y",), ("x",), ("y",)),
        groups=None,
        shown=tuple("abcd"),
        thumbnails=grey,
        colours=np.full((4, 2), np.nan),
    )
    found = edited_contradiction_exhibit(images)

    assert contradiction_exhibit(images) is None
    assert found is not None
    assert (found.about, found.count) == (("likely_contradictions",), 1)
    assert [[t.image.id for t in row.tiles] for row in found.rows] == [["x/a", "y/b"]]
    assert [t.facts for t in found.rows[0].tiles] == [("x",), ("y",)]
