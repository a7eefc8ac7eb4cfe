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


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["a/1.png", "a/2.png"], ""),
        (["a/1.png", "a/1.png"], ""),  # one file, named twice by a table
        (["a/x.png", "b/X.png"], ""),
        (["a/x.PNG", "a/x.png"], "'a/x.PNG' and 'a/x.png' differ by case"),
        (["a/e\u0301.png", "a/\xe9.png"], "differ by case or Unicode form alone"),
        (["A/x.png", "a/x.png", "a/X.png"], ", and 1 other pair, differ"),
    ],
)
def test_files_that_are_one_on_another_machine_are_told(paths, said) -> None:
    """Who pulls them on macOS trains on one image less, and is told nothing by git or DVC."""
    dataset = dataset_of([Entry(path, ("a",)) for path in paths], name="x", root=Path())

    assert len(dataset.ids) == len(paths)
    assert len(dataset.reading.notes) == bool(said)
    assert all(said in note for note in dataset.reading.notes)
