"""What training and test share."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.copies import Images
from deri_gate.measuring.leakage import leaks_of


@pytest.fixture
def images(random_pictures):
    """Twelve different pictures: eight to train with, two to validate, two to test."""
    thumbnails = np.array([p[..., 0] for p in random_pictures(12, side=32)])

    def make(
        copies=(), groups=None, patients=None, splits=("train",) * 8 + ("val",) * 2 + ("test",) * 2
    ):
        shown, keys = thumbnails.copy(), [f"k{i}" for i in range(12)]
        for source, target, exact in copies:
            shown[target] = shown[source] if exact else np.clip(shown[source] + 5, 0, 255)
            keys[target] = keys[source] if exact else keys[target]
        ids = tuple(f"{split}/{i:02}" for i, split in enumerate(splits))
        return Images(
            ids=ids, splits=splits, groups=groups, shown=tuple(keys), thumbnails=shown,
            colours=np.full((len(shown), 2), np.nan),
            labels=(("a",),) * 12, patients=patients,
        )  # fmt: skip

    return make


def test_nothing_leaks_from_different_pictures(images):
    found = leaks_of(images())

    assert (found.images_share.value, found.copies_share.value) == (0.0, 0.0)


def test_a_copy_is_named_with_what_it_shows(images):
    found = leaks_of(images([(3, 10, True)]))

    (pair,) = found.pairs
    assert (pair.image, pair.other, pair.exact) == ("test/10", "train/03", True)
    assert (pair.split, pair.other_split) == ("test", "train")
    assert found.images_share.value == found.copies_share.value == pytest.approx(1 / 4)


def test_a_picture_that_looks_the_same_leaks_too(images):
    found = leaks_of(images([(3, 10, False)]))

    assert not found.pairs[0].exact
    assert (found.images_share.value, found.copies_share.value) == (1 / 4, 0.0)


def test_a_copy_inside_a_split_is_no_leak(images):
    assert leaks_of(images([(3, 5, True), (10, 11, True)])).pairs == ()


def test_one_picture_in_three_splits(images):
    """Each later split with each earlier one; an image counts once."""
    found = leaks_of(images([(0, 8, True), (0, 10, True)]))

    assert {(p.split, p.other_split) for p in found.pairs} == {
        ("val", "train"), ("test", "train"), ("test", "val"),
    }  # fmt: skip
    assert found.images_share.value == pytest.approx(2 / 4)


def test_patients_on_both_sides(images):
    groups = ("p1", "p1", "p2", "p2", "p3", "p3", "", "", "p1", "p4", "p5", "")
    found = leaks_of(images(groups=groups))

    assert [(g.group, g.images) for g in found.groups] == [("p1", (("train", 2), ("val", 1)))]
    assert found.groups_share.value == pytest.approx(1 / 5)


def test_patients_are_looked_at_apart_from_sites(images):
    """A site in both splits may be meant; one patient of two in both is not."""
    sites, patients = ("s1",) * 12, ("p1",) * 8 + ("p2", "p1", "p2", "")
    found = leaks_of(images(groups=sites, patients=patients))

    assert found.groups_share.value == 1.0
    assert found.patients_share.value == 1.0
    assert [one.group for one in found.groups] == ["s1"]
    assert {one.group: dict(one.images) for one in found.patients} == {
        "p1": {"train": 8, "val": 1},
        "p2": {"val": 1, "test": 1},
    }
    assert found.patients_share.note == "1 of 12 images without patient"
    assert leaks_of(images(groups=sites)).patients_share.value is None


def test_without_splits_nothing_can_leak(images):
    found = leaks_of(images([(3, 10, True)], splits=("",) * 12))

    assert found.pairs == ()
    assert {name: (s.value, s.reason) for name, s in found.shares.items()} == dict.fromkeys(
        ("leaked_images", "leaked_copies", "leaked_groups", "leaked_patients"),
        (None, "the dataset has no splits"),
    )


def test_one_split_is_not_looked_at(images):
    """There is nothing beside it that could leak into it."""
    found = leaks_of(images(splits=("train",) * 12))

    assert {s.reason for s in found.shares.values()} == {"there is one split only, train"}


ALL_BLANK, IN_TRAIN_ONLY = ("",) * 12, ("p1",) * 8 + ("",) * 4


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (None, "no column names the patient"),
        (ALL_BLANK, "no image has one"),
        (IN_TRAIN_ONLY, "only images of train have one"),
    ],
)
def test_groups_that_are_not_there_are_not_looked_at(images, groups, said):
    """No group in two splits is no answer where no two splits have groups."""
    found = leaks_of(images(groups=groups))

    assert found.groups_share.value is None
    assert said in found.groups_share.reason
    assert found.copies_share.value == 0.0


def test_a_split_without_a_known_group_is_not_said_to_be_clean(images):
    """No share is said where nothing leaks and test is unknown; a leak is one all the same."""
    apart = (*"aabbccdd", "e", "f", "", "")
    found = leaks_of(images(groups=apart, patients=apart))

    assert found.groups_share.value is None
    assert found.groups_share.reason == (
        "a group must be known in each split, and no image of test has one"
    )
    assert found.patients_share.value is None
    assert leaks_of(images(groups=(*"aabbccdd", "a", "f", "", ""))).groups_share.value == 1 / 5


def test_images_without_a_group_are_told(images):
    """Of them nobody knows whether their patient is on both sides."""
    found = leaks_of(images(groups=("p1",) * 7 + ("",) + ("p2",) * 2 + ("p3", "")))

    assert found.groups_share.value == 0.0
    assert found.groups_share.note == "2 of 12 images without group"


@pytest.mark.parametrize(("turn", "word"), [(np.fliplr, "mirrored"), (np.rot90, "turned")])
def test_a_mirrored_or_turned_picture_leaks_as_a_copy(images, turn, word):
    whole = images([(4, 11, True)])
    whole.thumbnails[10] = turn(whole.thumbnails[3])
    found = leaks_of(whole)

    assert [(p.image, p.other, p.exact, p.turn) for p in found.pairs] == [
        ("test/10", "train/03", True, word),
        ("test/11", "train/04", True, ""),
    ]
    assert found.images_share.value == found.copies_share.value == pytest.approx(2 / 4)


def test_a_copy_goes_before_its_mirror_image_and_that_before_what_looks_the_same(images):
    whole = images([(5, 10, True), (6, 11, False)])
    whole.thumbnails[2] = whole.thumbnails[10][::-1]
    whole.thumbnails[1] = whole.thumbnails[11][::-1]
    found = {p.image: p for p in leaks_of(whole).pairs}

    assert (found["test/10"].other, found["test/10"].turn) == ("train/05", "")
    assert (found["test/11"].other, found["test/11"].turn) == ("train/01", "mirrored")


def test_a_share_says_how_many_of_how_many_and_names_the_first(images):
    """The limit is all that an annotation or a test report shows of it."""
    found = leaks_of(images([(3, 10, True), (4, 11, True), (5, 9, False)]))

    assert found.copies_share.note == (
        "2 of 4 images outside train, such as test/10, which is also train/03"
    )
    assert found.images_share.note.startswith("3 of 4 images outside train, such as test/10, ")
    assert leaks_of(images()).copies_share.note == ""
    assert found.copies == ("test/10", "test/11")
