"""Entries become a dataset that says what it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from deri_gate.data.readers.assembly import Entry, dataset_of

MASK = "m.png"


@pytest.mark.parametrize(
    ("masks_of", "said"),
    [
        ({"a": MASK, "b": "", "c": ""}, ("no mask for images of 'b' and 'c'",)),
        ({"a": MASK, "b": MASK}, ()),
        ({"a": "", "b": ""}, ()),
        (
            {"a": MASK, **dict.fromkeys("bcdefgh", "")},
            ("no mask for images of 'b', 'c', 'd', 'e' and 3 other classes",),
        ),
    ],
)
def test_classes_without_a_mask_are_named_where_others_have_one(masks_of, said) -> None:
    entries = [Entry(f"{name}/1.png", (name,), mask=mask) for name, mask in masks_of.items()]
    entries.append(Entry("a/2.png", ("a",)))  # one of the images is enough

    assert dataset_of(entries, name="x", root=Path()).reading.notes == said
