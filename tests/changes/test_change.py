"""The whole comparison, on pictures in memory: known damage, known answers."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from deri_gate.changes.compare import change_between
from deri_gate.changes.differences import metric_differences
from deri_gate.damage import degrade
from deri_gate.metrics.profile import STANDARD
from deri_gate.scoring.pool import find_pool, read_pool
from tests.sweeps import sampled


@pytest.fixture(scope="module")
def whole(two_sides):
    return two_sides


def sure(found, limit=0.01):
    return {t.name for t in found.tests if t.adjusted_p < limit}


def test_nothing_changed(change, whole):
    """Differences of exactly nothing, no tests, and it says so."""
    found = change(whole, whole)

    assert found.matching.nothing
    assert found.tests == ()
    assert found.deri1000.difference == 0.0
    assert found.deri1000.interval == (0.0, 0.0)
    assert set(found.least_p.values()) <= {1.0, None}
    assert "Nothing changed" in found.sentence
    measured = [one for one in found.differences.values() if one.head is not None]
    assert len(measured) == 9
    assert all(one.difference == 0 and one.interval == (0, 0) for one in measured)


@pytest.mark.sweep
def test_the_order_of_the_images_does_not_matter(change, whole):
    head = degrade(whole, "sharpness", "strong", seed=1, share=0.1)
    shuffled = head.select(np.random.default_rng(3).permutation(len(head)))
    one, other = change(whole, head), change(whole, shuffled)

    assert one.matching.counts == other.matching.counts
    assert [t.p for t in one.tests] == pytest.approx([t.p for t in other.tests])


def test_blurred_images_are_named(change, whole):
    head = degrade(whole, "sharpness", "strong", seed=1, share=0.1)
    found = change(whole, head)
    blurred = {a for a, r in zip(head.ids, head.rows, strict=True) if r >= len(whole)}

    assert "modified.sharpness" in sure(found)
    test = next(t for t in found.tests if t.name == "modified.sharpness")
    assert set(test.images) == blurred == set(found.matching.modified)
    assert test.effect == 1.0
    assert "20 changed images are blurrier than before" in test.sentence
    assert found.differences["sharpness"].difference < 0
    assert found.differences["sharpness"].interval[1] < 0


@pytest.mark.sweep
def test_new_blurred_images_are_seen_without_their_earlier_version(change, whole):
    head = degrade(whole, "sharpness", "strong", seed=1, share=0.1)
    base = whole.select(head.rows < len(whole))
    found = change(base, head)

    assert len(found.matching.added) == 20
    assert "added.sharpness" in sure(found)


@pytest.mark.parametrize("group", sampled(["exposure", "xai_overlay.marker", "noise_artifacts"]))
def test_edited_images_under_new_names_are_held_against_what_they_were(
    change, dataset_of, random_pictures, group
):
    """All were renamed and 40 edited, which were new images beside others that were gone."""
    shown = np.array(random_pictures(200), dtype=float)
    shown[:, :, :12] += np.repeat([30, -30], 100)[:, None, None, None]
    whole = dataset_of(list(np.clip(shown, 0, 255).astype(np.uint8)), np.repeat([0, 1], 100))
    head = degrade(whole, group, "strong", seed=1, share=0.2)
    found = change(whole, replace(head, ids=tuple(f"n/{name}" for name in head.ids)))

    known = change(whole, head)
    edited = {old for old, _ in found.matching.converted}

    assert edited <= set(known.matching.modified)
    assert len(edited) >= 0.8 * len(known.matching.modified)
    assert {name for name in sure(found) & sure(known) if name.startswith("modified")}


@pytest.mark.parametrize(("count", "fails"), sampled([(10, False), (16, False), (60, True)], 1, 2))
def test_a_few_more_of_one_class_leave_the_classes_balanced(change, whole, count, fails):
    """Ten new images of one class beside a hundred of each: sure, and no harm. They warn."""
    base = whole.select(np.r_[: 100 - count, 100 : 200 - count])
    found = change(base, whole.select(np.r_[:100, 100 : 200 - count]))

    assert len(found.matching.added) == count
    assert ("added.imbalance" in sure(found)) == fails
    assert count == 10 or "added.composition" in sure(found)


@pytest.mark.sweep
def test_one_class_of_many_may_not_grow_for_ever(change, dataset_of, random_pictures):
    """One of 200 classes becomes three times as large: 1.95 % of their effective number."""
    labels = np.r_[np.repeat(np.arange(200), 2), np.zeros(4, dtype=int)]
    whole = dataset_of(random_pictures(len(labels), side=12), labels)

    assert "added.imbalance" in sure(change(whole.select(np.arange(400)), whole))


@pytest.mark.sweep
def test_a_few_blurred_ones_among_new_images_are_seen(change, whole):
    """Sixteen of eighty: most new images are as sharp as the base's, so all ranks say little."""
    head = degrade(whole, "sharpness", "strong", seed=1, share=0.08)
    blurred = head.rows >= len(whole)
    honest = np.random.default_rng(2).permutation(np.flatnonzero(~blurred))[:64]
    new = blurred | np.isin(np.arange(len(head)), honest)
    found = change(whole.select(~new), head)

    assert len(found.matching.added) == 80
    assert "added.sharpness" in sure(found)
    test = next(test for test in found.tests if test.name == "added.sharpness")
    assert {head.ids[i] for i in np.flatnonzero(blurred)} <= set(test.images)
    assert 16 <= test.count == len(test.images) <= 24
    assert test.sentence.startswith(f"{test.count} of 80 new images are blurrier")


def test_flipped_labels_are_seen(change, whole):
    found = change(whole, degrade(whole, "label_noise", "strong", seed=1, share=0.2))

    assert len(found.matching.relabelled) == 16
    assert sure(found) == {"relabelled.label_noise"}


@pytest.mark.parametrize("several", sampled([((0, 1),), ((0, 1, 2),)]))
def test_a_wrong_label_beside_the_right_one_is_seen(change, dataset_of, several):
    """In a set whose images have one label each: bright on the left, on the right, or below."""
    generator, side = np.random.default_rng(0), np.where(np.arange(24) < 12, 160, 90)
    means = [side[None, :, None], side[None, ::-1, None], side[::-1, None, None]]
    labels = np.arange(150) % 3
    drawn = [np.clip(generator.normal(means[k], 25, (24, 24, 3)), 0, 255) for k in labels]
    base = dataset_of([one.astype(np.uint8) for one in drawn], labels)
    wrong = [several if i < 45 and own == (0,) else own for i, own in enumerate(base.labels)]

    assert "relabelled.label_noise" in sure(change(base, replace(base, labels=tuple(wrong))))


@pytest.mark.sweep
def test_a_new_class_beside_the_right_one_is_no_wrong_label(change, dataset_of):
    """The base has no image of it that an image could resemble."""
    generator, side = np.random.default_rng(0), np.where(np.arange(24) < 12, 160, 90)
    means = [side[None, :, None], side[None, ::-1, None]]
    labels = np.arange(150) % 2
    drawn = [np.clip(generator.normal(means[k], 25, (24, 24, 3)), 0, 255) for k in labels]
    base = dataset_of([one.astype(np.uint8) for one in drawn], labels)
    more = [(*own, 2) if i < 45 else own for i, own in enumerate(base.labels)]
    head = replace(base, labels=tuple(more), classes=(*base.classes, "new"))

    assert "relabelled.label_noise" not in sure(change(base, head))


def test_corrected_labels_are_welcome(change, whole):
    """The same flips the other way round."""
    found = change(degrade(whole, "label_noise", "strong", seed=1, share=0.2), whole)

    assert len(found.matching.relabelled) == 16
    assert sure(found) == set()


def test_rare_classes_that_are_set_right_are_welcome(change, whole):
    """Eight in a hundred of the right are left; others of them were called left by mistake.

    The more common class is the likelier one for every image, also for these.
    """
    few = whole.select(np.arange(124))
    wrong = replace(
        few, labels=tuple((0,) if i >= 108 else own for i, own in enumerate(few.labels))
    )
    found = change(wrong, few)

    assert len(found.matching.relabelled) == 16
    assert sure(found) == set()


@pytest.mark.sweep
def test_a_new_class_is_no_wrong_label(change, whole):
    """Nothing is known of it, so nothing speaks against it: of new images, and of relabelled."""
    split = replace(whole, classes=("left", "right", "new"))
    labels = tuple((2,) if i >= 180 else own for i, own in enumerate(split.labels))
    head = replace(split, labels=labels)
    parted, came = change(split, head), change(split.select(np.arange(180)), head)

    assert len(parted.matching.relabelled) == len(came.matching.added) == 20
    assert not {"relabelled.label_noise", "added.label_noise"} & (sure(parted) | sure(came))


@pytest.mark.sweep
def test_a_class_that_is_cut_is_seen(change, whole):
    found = change(whole, degrade(whole, "imbalance", "strong", seed=1, share=0.2))

    assert {"removed.imbalance", "removed.composition"} <= sure(found)
    adjusted = {t.name: t.adjusted_p for t in found.tests}
    assert adjusted["removed.imbalance"] == adjusted["removed.composition"]  # one answer


def test_copies_are_seen(change, whole):
    found = change(whole, degrade(whole, "duplicates", "strong", seed=1, share=0.2))

    assert "added.duplicates" in sure(found)


@pytest.mark.parametrize("seed", sampled(range(5)))
def test_a_held_out_batch_passes(change, whole, seed):
    kept = np.random.default_rng(seed).permutation(200)[:180]
    base = whole.select(np.sort(kept))
    found = change(base, whole)

    assert sure(found) == set()
    assert found.matching.counts["added"] == 20


def test_other_class_lists_are_said(change, whole):
    """Renamed, and one more."""
    labels = tuple((2,) if i < 5 else own for i, own in enumerate(whole.labels))
    head = replace(whole, classes=("left", "Right", "new"), labels=labels)
    found = change(whole, head).matching

    assert found.classes_renamed == (("right", "Right"),)
    assert found.classes_added == ("new",)
    assert len(found.relabelled) == 5


@pytest.mark.sweep
def test_nothing_in_common(change, whole):
    """As in drift: a batch of other images is compared as a whole."""
    found = change(whole.select(np.arange(0, 200, 2)), whole.select(np.arange(1, 200, 2)))

    assert (len(found.matching.added), len(found.matching.removed)) == (100, 100)
    assert found.matching.unchanged == 0
    assert sure(found) == set()


def test_one_new_image_is_never_enough(change, whole, dataset_of):
    found = change(whole.select(np.arange(199)), whole)

    assert {t.count for t in found.tests} == {1}
    assert sure(found) == set()


def test_without_embeddings_looks_are_untested(change, whole):
    """What could not be asked is None, which no limit takes for a pass."""
    found = change(whole.select(np.arange(190)), whole, metrics="sharpness,exposure")

    assert found.least_p["novelty"] is None
    assert found.least_p["sharpness"] == 1.0
    assert "added.novelty" not in {t.name for t in found.tests}


@pytest.mark.sweep
def test_what_no_image_differs_in_makes_nothing_less_sure(change, whole):
    """All are of one size and in colour: two questions fewer to correct for."""
    found = change(whole, degrade(whole, "sharpness", "strong", seed=1, share=0.02))
    surest = min(found.tests, key=lambda test: test.p)
    alike = {"modified.size", "modified.channels"}

    assert alike <= {t.name for t in found.tests if t.adjusted_p == 1.0}
    assert surest.adjusted_p <= surest.p * (len(found.tests) - 2) * (1 + 1e-9)


def test_a_score_of_other_metrics_has_no_difference(change, whole):
    """A head of one class cannot be scored as its base was."""
    found = change(whole, whole.select(np.arange(100)))

    assert found.differences["separation"].difference is None
    assert found.deri1000.difference is None
    assert found.points("DERI1000") is None


def test_new_images_that_the_test_split_holds(measured, whole):
    """More often than those of the base."""
    test = replace(whole.select(np.arange(190, 200)), splits=("test",) * 10)
    train = replace(whole, splits=("train",) * 200, ids=tuple(f"train/{i}" for i in whole.ids))
    base = measured(train.select(np.arange(190)), others=test)
    head = measured(train, others=test)
    found = change_between(base, head, pool=read_pool(find_pool("standard")))

    assert "added.leaks" in sure(found)
    assert head.shares["leaked_images"].value == 1.0
    assert base.shares["leaked_images"].value == 0.0


def test_profiles_must_agree(measured, whole):
    one, other = measured(whole), measured(whole)
    context = replace(other.evidence.context, profile=replace(STANDARD, seed=1))
    other = replace(other, evidence=replace(other.evidence, context=context))
    with pytest.raises(ValueError, match="different profiles"):
        change_between(one, other, pool=read_pool(find_pool("standard")))


def test_the_order_of_sums_is_no_difference():
    """0.1 + 0.2 against 0.3 is nothing; a millionth is something."""
    found = metric_differences(
        *(SimpleNamespace(values={"m": value}) for value in (0.3, 0.1 + 0.2)),
        ({"m": np.array([0.3, 1.0])}, {"m": np.array([0.1 + 0.2, 1.0 + 1e-15])}),
        (SimpleNamespace(subscores={}),) * 2,
    )["m"]

    assert (found.difference, found.interval) == (0.0, (0.0, 0.0))
    assert metric_differences(
        SimpleNamespace(values={"m": 1.0}),
        SimpleNamespace(values={"m": 1.000001}),
        ({}, {}),
        (SimpleNamespace(subscores={}),) * 2,
    )["m"].difference == pytest.approx(1e-6)
