"""An image that went to another split, or came with a new one, is held against the base."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deri_gate.changes import testing
from deri_gate.changes.compare import change_between
from deri_gate.changes.crossed import crossed_splits
from deri_gate.changes.elsewhere import joined_parts
from deri_gate.damage import degrade
from deri_gate.reports.changes import change_document
from deri_gate.reports.exhibits.changed import change_exhibits
from deri_gate.reports.exhibits.side import MeasuredSide
from deri_gate.reports.settling import change_from
from deri_gate.scoring.pool import find_pool, read_pool
from tests.sweeps import sampled

EVERY = np.arange(200)  # the first 100 are of one class, the others of another
VAL = np.r_[60:90, 160:190]
TRAIN = np.setdiff1d(EVERY, VAL)


def part(whole, positions, split, *, exchanged=0):
    """Images of one split; some of each class get the label of the other."""
    some = whole.select(np.asarray(positions))
    labels = list(some.labels)
    half = len(some) // 2
    for i in (*range(exchanged), *range(half, half + exchanged)):
        labels[i] = (1 - labels[i][0],)
    return replace(
        some,
        ids=tuple(f"{split}/{name}" for name in some.ids),
        labels=tuple(labels),
        splits=(split,) * len(some) if split else None,
    )


@pytest.fixture
def compared(measured):
    """Compares two datasets, each of a judged split and another one or None."""
    pool = read_pool(find_pool("standard"))

    def compare(base, head):
        before, after = (
            replace(measured(judged, others=others), split=(judged.splits or (None,))[0])
            for judged, others in (base, head)
        )
        return change_between(before, after, pool=pool)

    return compare


def sure(found):
    return {t.name for t in found.tests if t.adjusted_p < 0.01}


@pytest.mark.parametrize("judged", sampled(["train", ""]), ids=["from train", "from no split"])
def test_labels_exchanged_on_the_way_into_a_new_split(compared, two_sides, judged):
    """The new split was held against nothing, and passed."""
    base = part(two_sides, EVERY, judged), None

    def carved(exchanged):
        train, val = part(two_sides, TRAIN, "train"), part(two_sides, VAL, "val")
        return train, part(two_sides, VAL, "val", exchanged=exchanged) if exchanged else val

    honest, found = compared(base, carved(0)), compared(base, carved(10))
    (name,) = honest.elsewhere

    assert name.startswith("val (was ")
    assert dict(honest.elsewhere[name])["moved"] == 60
    assert "60 images were moved" in honest.sentence
    assert (len(honest.matching.removed), honest.moved_across, honest.changed_elsewhere) == (
        0,
        60,
        0,
    )
    assert not sure(honest)
    assert {name: dict(found.elsewhere[name])["relabelled"]} == {name: 20}
    assert f"{name}/relabelled.label_noise" in sure(found)
    assert change_from(change_document(found)).elsewhere == found.elsewhere


@pytest.mark.parametrize("exchanged", sampled([0, 10], 1))
def test_test_images_that_went_to_train(compared, two_sides, exchanged):
    """They were new images of train, whose former label nobody knew."""
    test, went, stay = VAL, np.r_[60:75, 160:175], np.r_[75:90, 175:190]
    base = part(two_sides, TRAIN, "train"), part(two_sides, test, "test")
    moved = part(two_sides, went, "train", exchanged=exchanged)
    train = joined_parts(part(two_sides, TRAIN, "train"), moved).ordered()

    found = compared(base, (train, part(two_sides, stay, "test")))
    counts = dict(found.elsewhere["train (was test)"])

    assert (counts["relabelled"], counts["moved"]) == (2 * exchanged, 30 - 2 * exchanged)
    assert (found.matching.added, len(found.matching.crossed)) == ((), 30)
    assert dict(found.elsewhere["test"])["removed"] == 0
    told = "train (was test)/relabelled.label_noise" in sure(found)
    assert told == bool(exchanged)


@pytest.mark.sweep
def test_images_that_came_with_a_new_split(compared, two_sides):
    """They are held against the judged images of the base, and need not balance its classes."""
    base = part(two_sides, TRAIN, "train"), None

    def compared_with(val):
        return compared(base, (part(two_sides, TRAIN, "train"), val))

    spoilt = degrade(
        replace(part(two_sides, VAL, "val"), splits=None), "sharpness", "strong", seed=1, share=1.0
    )
    one_class = compared_with(part(two_sides, VAL[:30], "val"))
    wrong = compared_with(part(two_sides, VAL, "val", exchanged=30))
    blurred = compared_with(replace(spoilt, splits=("val",) * len(spoilt)))

    assert not sure(one_class)
    assert dict(one_class.elsewhere["val"])["added"] == 30
    assert one_class.files.nothing or not one_class.files.sentence
    assert "val/added.label_noise" in sure(wrong)
    assert "val/added.sharpness" in sure(blurred)


def test_images_that_keep_their_path_are_not_replaced(compared, two_sides):
    """A table that names another split for them replaced them by files that cannot be judged."""
    ids = two_sides.ids
    train, val = (
        replace(part(two_sides, places, split), ids=tuple(ids[i] for i in places))
        for places, split in ((TRAIN, "train"), (VAL, "val"))
    )

    found = compared((replace(part(two_sides, EVERY, "train"), ids=ids), None), (train, val))

    assert not found.files.converted
    assert "In val (was train), 60 images were moved." in found.sentence
    assert "replaced" not in found.sentence


def test_images_that_only_went_elsewhere_are_not_embedded(measured, two_sides):
    """A new division of the splits costs nothing but the comparison of names and contents."""
    base = measured(part(two_sides, EVERY, "train"))
    head = measured(part(two_sides, TRAIN, "train"), others=part(two_sides, VAL, "val"))

    pairs = crossed_splits(base, head)

    assert len(pairs) == 1
    assert not testing.tests_of(*pairs)
    assert not any("scan" in vars(side.evidence) for side in (pairs[0].base, pairs[0].head))


@pytest.mark.sweep
def test_the_page_shows_the_images_before_and_after(measured, two_sides):
    base = measured(part(two_sides, EVERY, "train"))
    val = part(two_sides, VAL, "val", exchanged=10)
    head = measured(part(two_sides, TRAIN, "train"), others=val)
    found = change_between(base, head, pool=read_pool(find_pool("standard")))
    shown = change_exhibits(found, MeasuredSide(head), MeasuredSide(base))
    exhibit = next(one for one in shown if "relabelled" in one.name)

    assert exhibit.rows
    for before, after in (row.tiles for row in exhibit.rows):
        assert (before.image.side, after.image.side) == ("base", "head")
        assert before.image.id.partition("/")[2] == after.image.id.partition("/")[2]
        assert before.facts[0] != after.facts[0]  # the class


def divided_anew(two_sides, test, *, exchanged=0, of=EVERY):
    """Train and test of some images; labels of some of the test images are exchanged."""
    train = part(two_sides, np.setdiff1d(of, test), "train")
    return train, part(two_sides, test, "test", exchanged=exchanged)


@pytest.mark.sweep
def test_a_set_that_is_divided_anew_keeps_its_leaks(compared, two_sides):
    """Most of the test images were in train before, and an honest pull request ended with 2."""
    base, again = divided_anew(two_sides, VAL), np.r_[0:25, 85:90, 100:125, 185:190]

    honest = compared(base, divided_anew(two_sides, again))
    wrong = compared(base, divided_anew(two_sides, again, exchanged=15))

    assert honest.least_p["leaks"] is not None
    assert honest.moved_across == 100
    assert not sure(honest)
    assert "test (was train)/relabelled.label_noise" in sure(wrong)


def test_a_test_split_that_was_deleted_is_not_replaced_by_training_images(compared, two_sides):
    """Easy ones were chosen of train, and nobody could say what the test split had been."""
    again, kept = np.r_[0:30, 100:130], np.setdiff1d(EVERY, VAL)

    found = compared(
        divided_anew(two_sides, VAL), divided_anew(two_sides, again, of=np.union1d(kept, again))
    )

    assert found.least_p["leaks"] is None
    assert "were removed, or are judged now" in found.untested["leaks"]


@pytest.mark.sweep
@pytest.mark.parametrize("new", sampled([False, True]), ids=["nothing", "new images"])
def test_what_comes_from_nowhere_replaces_no_test_image(compared, two_sides, new):
    """Train has them now, and the test split is a smaller one, or another one."""
    known = np.setdiff1d(EVERY, np.r_[0:25, 100:125])
    left = np.r_[85:90, 185:190]
    head = divided_anew(two_sides, left, of=known)
    test = part(two_sides, np.r_[left, np.r_[0:25, 100:125] if new else []].astype(int), "test")

    found = compared(divided_anew(two_sides, VAL, of=known), (head[0], test.ordered()))

    assert found.least_p["leaks"] is None
    assert "were removed, or are judged now" in found.untested["leaks"]
