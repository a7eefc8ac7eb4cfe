"""Which image is which: by content, by path, with copies, moves and new names."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.changes.matching import ImageList, OtherSplits, match_images


def side(*rows):
    """Rows of (id, content, labels joined by a bar), and of what is shown if it is known."""
    return ImageList(
        ids=tuple(row[0] for row in rows),
        keys=tuple(row[1] for row in rows),
        labels=tuple(tuple(sorted(row[2].split("|"))) for row in rows),
        shown=tuple(row[3] for row in rows if row[3:]),
    )


A, B, C = ("a/1", "one", "a"), ("a/2", "two", "a"), ("b/3", "three", "b")


def test_the_same_is_unchanged():
    found = match_images(side(A, B, C), side(C, A, B)).summary

    assert found.nothing
    assert found.unchanged == 3


@pytest.mark.parametrize(
    ("head", "kind", "names"),
    [
        ([A, B, C, ("b/4", "four", "b")], "added", ("b/4",)),
        ([A, C], "removed", ("a/2",)),
        ([A, ("a/2", "new", "a"), C], "modified", ("a/2",)),
        ([A, ("a/2", "two", "b"), C], "relabelled", ("a/2",)),
        ([A, ("b/2", "two", "b"), C], "relabelled", ("b/2",)),  # moved between class folders
        ([A, ("a/2", "new", "b"), C], "relabelled", ("a/2",)),  # same path, all else new
        ([A, ("a/x", "two", "a"), C], "moved", (("a/2", "a/x"),)),
        ([A, ("a/x", "new", "a"), C], "added", ("a/x",)),
    ],
)
def test_each_kind(head, kind, names):
    assert getattr(match_images(side(A, B, C), side(*head)).summary, kind) == names


def test_of_copies_each_has_one_partner():
    """Two of one content against three: one is added, and those of the same path stay."""
    base = side(("a/1", "x", "a"), ("a/2", "x", "a"))
    head = side(("a/0", "x", "a"), ("a/1", "x", "a"), ("a/2", "x", "a"))

    assert match_images(base, head).summary.added == ("a/0",)
    assert match_images(head, base).summary.removed == ("a/0",)


def test_of_copies_the_same_labels_come_first():
    """A copy that went to another class is the relabelled one, not the one that stayed in its."""
    base = side(("a/1", "x", "a"), ("b/1", "x", "b"), ("c/1", "y", "c"))
    head = side(("b/9", "x", "b"), ("c/9", "x", "c"), ("c/1", "y", "c"))
    found = match_images(base, head).summary

    assert found.moved == (("b/1", "b/9"),)
    assert found.relabelled == ("c/9",)


def test_numbered_images_are_found_by_content():
    """One image less in an npz file renumbers all that follow."""
    base = side(*((f"train/{i}", f"k{i}", "a") for i in range(10)))
    head = side(*((f"train/{i}", f"k{i + (i > 3)}", "a") for i in range(9)))
    found = match_images(base, head).summary

    assert found.removed == ("train/4",)
    assert (found.unchanged, len(found.moved), found.modified) == (4, 5, ())


def test_several_labels_are_a_set():
    base = side(("1", "x", "a|b"))

    assert match_images(base, side(("1", "x", "b|a"))).summary.nothing
    assert match_images(base, side(("1", "x", "a"))).summary.relabelled == ("1",)


def test_a_renamed_class_is_no_relabelling():
    base = side(*((f"cat/{i}", f"k{i}", "cat") for i in range(20)), ("dog/1", "d", "dog"))
    head = side(*((f"Cats/{i}", f"k{i}", "Cats") for i in range(20)), ("dog/1", "d", "dog"))
    found = match_images(base, head).summary

    assert found.classes_renamed == (("cat", "Cats"),)
    assert found.relabelled == ()
    assert found.nothing


def test_a_class_that_is_split_is_not_renamed():
    base = side(*((f"cat/{i}", f"k{i}", "cat") for i in range(20)))
    head = side(*((f"x/{i}", f"k{i}", "big" if i < 10 else "small") for i in range(20)))
    found = match_images(base, head).summary

    assert found.classes_removed == ("cat",)
    assert found.classes_added == ("big", "small")
    assert len(found.relabelled) == 20


rows = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 4), st.sampled_from("ab")),
    unique_by=lambda row: row[0],
    max_size=10,
).map(lambda found: [(str(i), str(k), label) for i, k, label in found])


@given(rows, rows, st.randoms())
def test_all_are_counted_once_in_any_order(base, head, random):
    """Nothing is lost, nothing is counted twice, and the order of the rows does not matter."""
    found = match_images(side(*base), side(*head)).summary
    both = [found.modified, found.relabelled, found.moved]
    paired = sum(map(len, both)) + found.unchanged
    assert paired + len(found.added) == len(head)
    assert paired + len(found.removed) == len(base)

    shuffled = random.sample(head, len(head))
    other = match_images(side(*base), side(*shuffled)).summary
    assert other.counts == found.counts
    assert set(other.added) == set(found.added)
    assert set(other.relabelled) == set(found.relabelled)


def test_images_saved_anew_under_another_name_are_found_by_what_they_show():
    """Frames of a film without its first one, converted: each name is that of another picture."""
    base = side(*((f"a/{i}.png", f"png {i}", "a", f"picture {i}") for i in range(4)))
    head = side(*((f"a/{i}.bmp", f"bmp {i}", "a", f"picture {i + 1}") for i in range(3)))

    matched = match_images(base, head)

    assert matched.pairs.tolist() == [[1, 0], [2, 1], [3, 2]]
    assert matched.new_content.all()
    assert not matched.new_labels.any()
    assert matched.summary.removed == ("a/0.png",)
    assert matched.summary.converted[0] == ("a/1.png", "a/0.bmp")


def test_the_same_file_comes_before_the_same_picture():
    """Files of one picture: each keeps its own content, and that of the same path comes next."""
    base = side(("a/1", "x", "a", "p"), ("a/2", "y", "a", "p"), ("a/3", "z", "a", "p"))
    head = side(("a/2", "new", "a", "p"), ("a/8", "z", "a", "p"), ("a/9", "other", "b", "p"))

    matched = match_images(base, head)

    assert matched.pairs.tolist() == [[1, 0], [2, 1], [0, 2]]
    assert matched.new_labels.tolist() == [False, False, True]


def test_what_is_in_another_split_now_is_no_partner_by_name():
    """In an array an image is known by its number, so divided anew all were changed images."""
    base = side(("1", "a", "x", "A"), ("2", "b", "y", "B"), ("3", "c", "x", "C"))
    head = side(("1", "d", "y", "D"), ("2", "b2", "y", "B2"), ("3", "c", "x", "C"))
    beside = OtherSplits(base=frozenset({"D", "E"}), head=frozenset({"A", "E"}))

    matched = match_images(base, head, beside=beside)

    assert matched.pairs.tolist() == [[1, 1], [2, 2]]
    assert (matched.summary.removed, matched.summary.added) == (("1",), ("1",))
    assert len(match_images(base, head).pairs) == 3


def test_many_images_are_matched_in_seconds():
    """A set was made anew for each of them: 300,000 took six minutes, where one second does."""
    rows = [(f"a/{i}", f"key {i}", "a", f"picture {i}") for i in range(60_000)]
    base, head = side(*rows), side(*rows[1000:])

    begun = time.process_time()
    matched = match_images(base, head)

    assert time.process_time() - begun < 5
    assert len(matched.pairs) == 59_000
