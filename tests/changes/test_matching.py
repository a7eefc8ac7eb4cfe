"""Which image is which: by content, by path, with copies, moves and new names."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.changes.image_list import ImageList, OtherSplits, SmallPictures
from deri_gate.changes.matching import match_images


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


@pytest.mark.sweep
def test_many_images_are_matched_in_seconds():
    """A set was made anew for each of them: 300,000 took six minutes, where one second does."""
    rows = [(f"a/{i}", f"key {i}", "a", f"picture {i}") for i in range(60_000)]
    base, head = side(*rows), side(*rows[1000:])

    begun = time.process_time()
    matched = match_images(base, head)

    assert time.process_time() - begun < 5
    assert len(matched.pairs) == 59_000


def numbered(contents, others=()):
    """Images of an array, known by their number and content."""
    rows = [(str(i), f"key {c}", "a", f"picture {c}") for i, c in enumerate(contents)]
    return side(*rows, *others)


def test_a_number_that_is_another_image_now_pairs_nothing():
    """The first of six was taken out, so all have another number; one was edited, one is new."""
    matched = match_images(numbered([0, 1, 2, 3, 4, 5]), numbered([1, 2, 3, 4, "edited", "new"]))

    assert matched.pairs.tolist() == [[1, 0], [2, 1], [3, 2], [4, 3]]
    assert matched.summary.removed == ("0", "5")


def test_a_number_of_an_array_pairs_where_the_others_stayed():
    matched = match_images(numbered([0, 1, 2, 3]), numbered([0, 1, "edited", 3]))

    assert matched.summary.modified == ("2",)


def pictures(seed, count):
    """Thumbnails of smooth scenes, each another."""
    generator = np.random.default_rng(seed)
    rough = generator.integers(0, 256, (count, 8, 8)).astype(np.uint8)
    return rough.repeat(4, axis=1).repeat(4, axis=2)


def seen(images, thumbnails):
    """The images with what they look like, in grey."""
    chroma = np.full((len(thumbnails), 16, 16, 2), 128, dtype=np.uint8)
    table = SimpleNamespace(thumbnails=thumbnails, chroma=chroma)
    return replace(images, looks=SmallPictures.of(table, np.arange(len(thumbnails))))


def test_what_was_edited_and_renamed_at_once_is_known_by_its_look():
    """Stamped, two of them exchanged, beside one that was replaced by another picture."""
    before = pictures(0, 60)
    base = seen(numbered(range(60)), before)
    rows = [(f"new {i}", f"key {i}", "a", f"picture {i}") for i in range(40)]
    rows += [(f"new {i}", f"edited {i}", "a", f"edited {i}") for i in (41, 40, *range(42, 60))]
    now = before[[*range(40), 41, 40, *range(42, 60)]].copy()
    now[40:, :7, :12] = 255
    now[59] = pictures(1, 1)

    matched = match_images(base, seen(side(*rows), now))

    assert matched.pairs[40:42].tolist() == [[41, 40], [40, 41]]
    assert matched.pairs[42:].tolist() == [[i, i] for i in range(42, 59)]
    assert (matched.removed.tolist(), matched.added.tolist()) == ([59], [59])
    assert matched.summary.converted[0] == ("41", "new 41")
    assert len(match_images(base, side(*rows)).pairs) == 40


def test_a_set_that_was_replaced_as_a_whole_has_no_partners():
    """Nothing stays to tell what all pictures have in common."""
    base = seen(numbered(range(30)), pictures(0, 30))
    head = seen(numbered(range(100, 140)), pictures(1, 40))

    assert len(match_images(base, replace(head, ids=tuple(f"n{i}" for i in head.ids))).pairs) == 0


@pytest.mark.parametrize(
    "damage",
    [
        lambda shown: 255 - shown,
        lambda shown: shown // 6,
        lambda shown: 110 + shown // 8,
        lambda shown: np.stack([cv2.GaussianBlur(one, (0, 0), 1.5) for one in shown]),
    ],
    ids=["inverted", "dark", "faint", "blurred"],
)
@pytest.mark.parametrize("kept", [0, 20])
def test_what_was_damaged_and_renamed_is_each_others_likest(damage, kept):
    """Sixteen damaged, eight replaced, and the others as they were or gone as well."""
    before = pictures(2, 24 + kept) // 2 + pictures(9, 1) // 2
    rows = [(f"n{i}", f"other {i}", "a", f"other {i}") for i in range(24)]
    rows += [(f"n{i}", f"key {i}", "a", f"picture {i}") for i in range(24, 24 + kept)]
    now = np.concatenate([damage(before[:16]), pictures(4, 8), before[24:]]).astype(np.uint8)

    matched = match_images(seen(numbered(range(24 + kept)), before), seen(side(*rows), now))

    assert all(b == h for b, h in matched.pairs.tolist())
    assert len(matched.pairs) >= 14 + kept


def test_an_image_of_a_batch_is_none_of_the_baseline_by_its_look():
    before = pictures(0, 30)
    stamped = before.copy()
    stamped[:, :7, :12] = 255
    sides = seen(numbered(range(30)), before), seen(numbered(range(100, 130)), stamped)

    assert len(match_images(*sides, by_name=False).pairs) == 0
    assert len(match_images(*sides).pairs) == 30


def test_images_that_look_like_several_are_paired_once():
    """Three files of one look against two, and a picture that all of them resemble."""
    one = pictures(3, 12)
    base = seen(numbered(range(14)), np.concatenate([one, one[:2]]))
    rows = [(f"n{i}", f"other {i}", "a", f"other {i}") for i in range(15)]
    head = seen(side(*rows), np.concatenate([one, one[:1], one[:1], one[1:2]]))

    matched = match_images(base, head)

    assert np.unique(matched.pairs[:, 0]).size == np.unique(matched.pairs[:, 1]).size == 14
    assert len(matched.added) == 1


def test_copies_of_one_look_go_to_those_of_their_labels():
    """Two blank pictures of two classes, written anew under new names in another order."""
    before = np.concatenate([pictures(7, 20), np.full((2, 32, 32), 90, dtype=np.uint8)])
    rows = [(str(i), f"key {i}", "ab"[i % 2], f"picture {i}") for i in range(22)]
    other = [("n1", "new 1", "b", "new 1"), ("n0", "new 0", "a", "new 0")]

    matched = match_images(seen(side(*rows), before), seen(side(*rows[:20], *other), before))

    assert {(20, 21), (21, 20)} <= set(map(tuple, matched.pairs.tolist()))
    assert not matched.new_labels.any()


def test_what_is_likest_but_of_another_class_is_another_image():
    """Inverted, which is told by being the likest alone."""
    before = pictures(2, 24)
    rows = [(f"n{i}", f"other {i}", "ab"[i >= 12], f"other {i}") for i in range(24)]

    matched = match_images(seen(numbered(range(24)), before), seen(side(*rows), 255 - before))

    assert matched.pairs.tolist() == [[i, i] for i in range(12)]


def test_looks_of_several_lists_are_those_of_each():
    first, second = pictures(5, 4), pictures(6, 3)
    parts = [seen(numbered(range(len(own))), own).looks for own in (first, second)]
    thumbnails, colours = SmallPictures.joined(parts).at(np.array([1, 3, 4, 6]))

    assert np.array_equal(thumbnails, np.concatenate([first[[1, 3]], second[[0, 2]]]))
    assert colours.shape == (4, 2)


def test_what_went_to_another_split_is_told_apart_from_what_is_gone():
    base = side(("1", "a", "x", "A"), ("2", "b", "x", "B"), ("3", "c", "x", "C"))
    matched = match_images(
        base, side(("3", "c", "x", "C")), beside=OtherSplits(head=frozenset({"A"}))
    )

    assert (matched.removed.tolist(), matched.went.tolist()) == ([0, 1], [0])
