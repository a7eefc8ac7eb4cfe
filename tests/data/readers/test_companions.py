"""Overlays and heat maps beside images are told, and augmented or numbered images are not lost."""

from __future__ import annotations

import pytest

from deri_gate.data.readers.companions import companion_notes


@pytest.mark.parametrize("end", ["_overlay", "_heatmap", "-thumb", ".preview", " bbox", "_v2x"])
def test_files_made_of_images_are_told(end: str) -> None:
    names = [f"a/{i}{more}.png" for i in range(4) for more in ("", end)]
    notes = companion_notes(names)

    assert len(notes) == (end != "_v2x")
    assert all(f"4 images are called like another one with '{end}'" in note for note in notes)


@pytest.mark.parametrize(
    "names",
    [
        [f"a/{i}.png" for i in range(9)],
        [f"a/cat_{i}.png" for i in range(9)],
        [f"a/{i}_{side}.png" for i in range(5) for side in ("left", "right")],
        ["a/1.png", "a/1_front.png", *(f"a/{i}.png" for i in range(2, 9))],
        [f"{folder}/{i}{end}.png" for i in range(5) for folder, end in (("a", ""), ("b", "_new"))],
    ],
    ids=["plain", "numbered", "both sides", "one", "two folders"],
)
def test_ordinary_names_are_none(names: list[str]) -> None:
    assert not companion_notes(names)
