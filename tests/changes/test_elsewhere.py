"""A change of a split that is not judged is tested as one of the judged split is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deri_gate.changes import testing
from deri_gate.changes.compare import change_between
from deri_gate.changes.elsewhere import changed_splits
from deri_gate.changes.held_against import HeldAgainst
from deri_gate.damage import degrade
from deri_gate.reports.changes import change_document
from deri_gate.reports.exhibits.changed import change_exhibits
from deri_gate.reports.exhibits.records import Exhibits
from deri_gate.reports.exhibits.side import MeasuredSide
from deri_gate.reports.pictures.gallery import gallery_of
from deri_gate.reports.settling import change_from
from deri_gate.scoring.pool import find_pool, read_pool
from tests.sweeps import sampled

TRAIN = np.r_[0:60, 100:160]


def part(whole, positions, split):
    """Images of one split; ids say which, as those of folders do."""
    some = whole.select(np.asarray(positions))
    ids = tuple(f"{split}/{i}" for i in some.ids)
    return replace(some, ids=ids, splits=(split,) * len(some))


@pytest.fixture
def sides(measured, two_sides):
    """Measures two test splits beside one training split; each is made of all 80 test images."""
    test = part(two_sides, np.r_[60:100, 160:200], "test")
    train = part(two_sides, TRAIN, "train")

    def measure(head, base=lambda test: test, judged=lambda train: train):
        return measured(train, others=base(test)), measured(judged(train), others=head(test))

    return measure


@pytest.fixture
def compared(sides):
    """Compares the two."""
    pool = read_pool(find_pool("standard"))
    return lambda *changes, **more: change_between(*sides(*changes, **more), pool=pool)


def sure(found):
    return {t.name for t in found.tests if t.adjusted_p < 0.01}


def flipped(data, places):
    """These images get the label of the other class."""
    labels = list(data.labels)
    for i in places:
        labels[i] = (1 - labels[i][0],)
    return replace(data, labels=tuple(labels))


def exchanged(test):
    """Ten images of each class get the label of the other."""
    return flipped(test, (*range(10), *range(40, 50)))


def test_exchanged_labels_are_told(compared):
    """They were "no judged image changed", and passed."""
    found = compared(exchanged)
    told = next(t for t in found.tests if t.name == "test/relabelled.label_noise")

    assert found.least_p["label_noise"] == told.adjusted_p < 0.01
    assert (told.split, told.count) == ("test", 20)
    assert len(told.images) == 20
    assert all(name.startswith("test/") for name in told.images)
    assert told.sentence.startswith("20 relabelled images in test match their labels less well")
    assert told.title == "Relabelled images of test: labels"
    assert "In test, 20 images were relabelled and 60 unchanged." in found.sentence
    assert found.matching.nothing
    assert found.changed_elsewhere == 20


def blurred(test):
    """A fifth of the images are blurred."""
    worse = degrade(replace(test, splits=None), "sharpness", "strong", seed=1, share=0.2)
    return replace(worse, splits=test.splits)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("worse", "name"),
    sampled(
        [
            (blurred, "modified.sharpness"),
            (lambda test: test.select(np.arange(40)), "removed.imbalance"),
        ]
    ),
    ids=["blurred", "a class is gone"],
)
def test_other_damage_is_told(compared, worse, name):
    assert f"test/{name}" in sure(compared(worse))


@pytest.mark.parametrize(
    ("worse", "name"),
    sampled([(exchanged, "relabelled.label_noise"), (blurred, "modified.sharpness")]),
    ids=["relabelled", "blurred"],
)
def test_the_page_shows_the_images_before_and_after(sides, worse, name):
    """They stood in the comment alone: the page had no picture of them, and no name."""
    base, head = sides(worse)
    found = change_between(base, head, pool=read_pool(find_pool("standard")))
    shown = change_exhibits(found, MeasuredSide(head), MeasuredSide(base))
    exhibit = next(one for one in shown if one.name == f"changes.test/{name}")
    rows = [row.tiles for row in exhibit.rows]
    gallery = gallery_of(Exhibits(items=(exhibit,)), head, base, workers=1)

    assert rows
    assert {(len(tiles), tiles[0].image.side, tiles[-1].image.side) for tiles in rows} == {
        (2, "base", "head")
    }
    assert {tile.image for tiles in rows for tile in tiles} == set(gallery.thumbnails)
    same = {before.facts[0] == after.facts[0] for before, after in rows}  # the class
    assert same == {worse is blurred}


def test_new_images_of_another_split_that_training_has(compared, two_sides):
    """Copies of training images in place of the last ten."""

    def leaking(test):
        rows = np.r_[test.rows[:70], np.arange(10)]
        return replace(test, rows=rows, labels=(*test.labels[:70], *[(0,)] * 10))

    found = compared(leaking, base=lambda test: test.select(np.arange(70)))

    assert "test/added.leaks" in sure(found)


def test_a_split_that_stays_costs_nothing(compared, monkeypatch):
    """No pair is made, whatever became of the judged one."""
    found = compared(lambda test: test, judged=exchanged)

    assert not found.elsewhere
    assert found.tests
    assert all(not test.split for test in found.tests)


def test_fewer_honest_images_are_no_fault(compared):
    """A tenth of each class goes."""
    found = compared(lambda test: test.select(np.r_[4:40, 44:80]))

    assert dict(found.elsewhere["test"])["removed"] == 8
    assert not sure(found)


@pytest.mark.parametrize("left", sampled([1, 2, 3]))
def test_a_split_of_a_few_images(compared, left):
    """They are too few to learn from, which is no error."""
    found = compared(
        lambda test: test.select(np.arange(left)), base=lambda test: test.select(np.arange(1, 4))
    )

    assert not sure(found)


@pytest.mark.parametrize("kind", sampled(["added", "removed"]))
def test_a_split_without_labels(compared, kind):
    """As in a competition, whose answers are kept: nothing is said of classes, and that in numbers.

    The distance of the class counts was 0/0, which no JSON can hold.
    """

    def every(test):
        return replace(test, labels=((),) * len(test))

    def fewer(test):
        return every(test.select(np.r_[4:40, 44:80]))

    found = compared(every, base=fewer) if kind == "added" else compared(fewer, base=every)

    assert dict(found.elsewhere["test"])[kind] == 8
    assert all(np.isfinite([t.effect, t.p]).all() for t in found.tests)
    assert not sure(found)


def test_all_tests_share_one_correction(compared):
    """By Holm the smallest p is multiplied by the number of tests of all splits that can differ."""
    both = compared(exchanged, judged=exchanged)
    judged = compared(lambda test: test, judged=exchanged)
    name = "relabelled.label_noise"
    once, twice = (next(t for t in one.tests if t.name == name) for one in (judged, both))

    assert {t.name for t in both.tests} == {name, f"test/{name}"}
    assert once.adjusted_p == once.p
    assert twice.adjusted_p <= once.p  # the other split says the same
    assert max(t.adjusted_p / t.p for t in both.tests) == pytest.approx(2)


def test_it_is_read_back_from_its_file(compared):
    found = compared(exchanged)
    back = change_from(change_document(found))

    assert back.elsewhere == found.elsewhere
    assert [t.split for t in back.tests] == [t.split for t in found.tests]
    assert back.sentence == found.sentence


@pytest.mark.sweep
def test_a_split_that_is_gone_leaves_leaks_unknown(compared, two_sides):
    """Another one that stays must not make it a pass."""

    def with_val(test):
        val = np.arange(len(test)) % 2 == 0
        return replace(test, splits=tuple("val" if one else "test" for one in val))

    def only_val(test):
        return with_val(test).select(np.arange(0, len(test), 2))

    def renamed(test):
        splits = ("val" if split == "val" else "held-out" for split in with_val(test).splits)
        return replace(test, splits=tuple(splits))

    assert compared(only_val, base=with_val).least_p["leaks"] is None
    assert "split test" in compared(only_val, base=with_val).untested["leaks"]
    assert compared(renamed, base=with_val).least_p["leaks"] == 1.0
    assert compared(with_val, base=only_val).least_p["leaks"] == 1.0


def named(test, *names):
    """The images in turn in splits of these names."""
    splits = tuple(names[i % len(names)] for i in range(len(test)))
    ids = (f"{split}/{name}" for split, name in zip(splits, test.ids, strict=True))
    return replace(test, splits=splits, ids=tuple(ids))


@pytest.mark.parametrize(
    ("was", "now"),
    sampled(
        [
            (("test",), ("val",)),
            (("test",), ("val", "dev")),
            (("test", "dev"), ("val",)),
            (("test",), ("test", "val")),
        ],
        0,
    ),
)
def test_a_new_name_hides_no_exchanged_labels(compared, was, now):
    """Images of a split of another name were held against nothing, and passed."""

    def base(test):
        return named(test, *was)

    name = f"{' and '.join(sorted(now))} (was {' and '.join(sorted(was))})"
    honest = compared(lambda test: named(test, *now), base=base)
    assert not sure(honest)
    assert honest.least_p["leaks"] == 1.0
    assert dict(honest.elsewhere[name])["moved"] == 80 - 40 * ("test" in now)

    found = compared(lambda test: exchanged(named(test, *now)), base=base)
    assert f"{name}/relabelled.label_noise" in sure(found)
    assert dict(found.elsewhere[name])["relabelled"] == 20


@pytest.mark.parametrize(("left", "known"), sampled([(41, True), (40, False), (2, False)], 0, 1))
def test_a_split_of_which_half_is_gone_leaves_leaks_unknown(compared, left, known):
    """Every second image of each class is no unusual choice, so no test sees it; it passed."""
    kept = np.linspace(0, 79, left).astype(int)
    found = compared(lambda test: test.select(kept))

    assert not sure(found)
    assert (found.least_p["leaks"] is not None) == known
    told = "of the split test were removed, or are judged now"
    assert (told in found.untested.get("leaks", "")) != known


@pytest.mark.sweep
def test_images_that_went_to_another_held_out_split_are_not_gone(compared):
    def divided(test, share):
        return replace(test, splits=tuple("val" if i % share else "test" for i in range(len(test))))

    found = compared(lambda test: divided(test, 4), base=lambda test: divided(test, 2))
    spread = compared(lambda test: named(test, "test", "val", "dev", "more"))

    assert spread.least_p["leaks"] is not None

    assert dict(found.elsewhere["test"])["removed"] == 0
    assert dict(found.elsewhere["val (was test)"])["moved"] == found.moved_across == 20
    assert found.least_p["leaks"] is not None


@pytest.mark.sweep
def test_a_split_that_went_into_training_is_gone(measured, two_sides):
    """Its pictures are known, but in a split that the base has as well."""
    pool = read_pool(find_pool("standard"))
    train, test = part(two_sides, TRAIN, "train"), part(two_sides, np.r_[60:80, 160:180], "test")
    val, moved = (
        part(two_sides, np.r_[80:100], "val"),
        part(two_sides, np.r_[0:80, 100:180], "train"),
    )
    both = replace(
        part(two_sides, np.r_[60:80, 160:180, 80:100], "val"),
        ids=(*test.ids, *val.ids),
        splits=(*test.splits, *val.splits),
    )

    found = change_between(measured(train, others=both), measured(moved, others=val), pool=pool)

    assert found.least_p["leaks"] is None


FEW = np.r_[0:4, 40:44]  # of the test split
JOINED = np.r_[0:19, 40:59]  # with fifteen new ones of each class
WRONG = (*range(4, 10), *range(23, 29))  # twelve of the new ones


@pytest.mark.parametrize(
    ("head", "base", "told"),
    sampled(
        [
            (lambda test: flipped(test.select(FEW), range(1, 7)), None, "relabelled.label_noise"),
            (None, lambda test: flipped(test.select(FEW), range(1, 7)), None),
            (lambda test: flipped(test.select(JOINED), WRONG), None, "added.separation"),
            (lambda test: test.select(JOINED), None, None),
        ],
        0,
        3,
    ),
    ids=["relabelled", "corrected", "new and wrong", "new and right"],
)
def test_a_small_split_is_held_against_the_judged_images_too(compared, head, base, told):
    """Eight images are too few to say anything of labels, and whatever came or changed passed."""
    found = compared(*(change or (lambda test: test.select(FEW)) for change in (head, base)))

    assert {f"test/{told}"} <= sure(found) if told else not sure(found)


@pytest.mark.sweep
def test_of_many_judged_images_some_are_held_beside_a_small_split(compared, sides, monkeypatch):
    """As many of each class; all would take minutes, and tell no more."""
    monkeypatch.setattr("deri_gate.changes.elsewhere.MOST_JUDGED", 30)
    changes = (lambda test: flipped(test.select(FEW), range(1, 7)), lambda test: test.select(FEW))
    (pair,) = changed_splits(*sides(*changes))

    assert len(pair.trusted.dataset) == len(FEW) + 30
    assert "test/relabelled.label_noise" in sure(compared(*changes))


def degraded(metric, level, positions):
    """Makes a split of these images, all of which are a little worse."""

    def change(test):
        worse = degrade(replace(test, splits=None), metric, level, seed=1, share=1.0)
        return replace(worse, splits=test.splits).select(positions)

    return change


@pytest.mark.sweep
def test_new_images_may_be_as_the_few_of_their_split_are(sides):
    """Four of a class are too few to show that the split is of another look."""
    (pair,) = changed_splits(
        *(sides(*(degraded("exposure", "mild", places) for places in (JOINED, FEW))))
    )
    held = HeldAgainst(pair, pair.matched.added)
    known, new = next((k, h) for m, k, h in pair.pixels(pair.known) if m.name == "exposure")
    unlike = np.linspace(0, 1, len(known))
    values = np.full(len(held.new), 0.9)

    assert held.p_beside_own(new[held.new], known) > 0.1
    assert held.p_beside_own(values, np.where(unlike > 0.5, 0.1, 0.2)) < 0.1
    assert held.p_beside_own(values, unlike[: len(FEW)]) == 0
    assert not [test for test in testing.tests_of(pair) if test.adjusted_p < 0.01]


def test_a_small_split_of_one_group_is_asked_by_images(measured, two_sides):
    """A group alone says nothing of how groups differ, and neither do those of other splits."""
    test = part(two_sides, np.r_[60:100, 160:200], "test")
    train = part(two_sides, TRAIN, "train")
    train = replace(train, groups=tuple(f"{i // 4}" for i in range(len(train))))
    few, joined = (
        replace(some, groups=("one",) * len(some)) for some in map(test.select, (FEW, JOINED))
    )
    (pair,) = changed_splits(measured(train, others=few), measured(train, others=joined))

    assert pair.trusted.dataset.groups is not None
    assert pair.groups is None
    assert pair.known_groups is None


@pytest.mark.sweep
def test_a_small_split_of_another_kind_is_held_against_itself(sides):
    """All of it is darker than what is judged, and so are its new images."""

    def dark(positions):
        def change(test):
            worse = degrade(replace(test, splits=None), "exposure", "strong", seed=1, share=1.0)
            return replace(worse, splits=test.splits).select(positions)

        return change

    kept = np.r_[0:15, 40:55]
    (pair,) = changed_splits(*sides(dark(np.r_[kept, 15:30, 55:70]), dark(kept)))
    held = HeldAgainst(pair, pair.matched.added)
    known = {metric.name: known for metric, known, _ in pair.pixels(pair.known)}

    assert len(known["exposure"]) == len(kept) + len(TRAIN)
    assert len(held.comparable(known["exposure"])) == len(kept)
    assert not [test for test in testing.tests_of(pair) if test.adjusted_p < 0.01]
