"""Classes of which a part was damaged alike, and honest ones that only vary."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from deri_gate.data.dataset import Column, Finding
from deri_gate.measuring.class_groups import class_groups
from deri_gate.measuring.divided import divided_findings, divided_share, divisions_of
from deri_gate.measuring.looks import BY_PIXEL, MEASURES, SeenLooks
from deri_gate.measuring.typical_damage import DAMAGES
from tests.sweeps import sampled

KINDS = {damage.kind: damage for damage in DAMAGES if not (damage.form or damage.loose)}
MEASURED = [kind for kind, damage in KINDS.items() if damage.measures]


def cloud(count, seed=0):
    """Measures of an honest class: each varies by one unit."""
    return np.random.default_rng(seed).normal(0, 1, (count, len(MEASURES)))


def none_straight(values):
    return np.zeros(len(values), dtype=bool)


def divided_in(values, groups=None, straight=None, octaves=None):
    groups, octaves = (
        np.zeros(len(values), dtype=np.int64) if numbers is None else numbers
        for numbers in (groups, octaves)
    )
    straight = none_straight(values) if straight is None else straight
    return divisions_of(values, groups, straight, octaves)


@pytest.mark.parametrize("share", [0.15, 0.5, 0.75])
@pytest.mark.parametrize("kind", [kind for kind in MEASURED if kind != "compressed"])
@pytest.mark.parametrize("seed", sampled(range(3), 0))
def test_a_part_that_was_damaged_alike_is_named(kind, share, seed):
    """Apart from one image in fifteen, which chance takes back to the others."""
    values, count = cloud(100, seed), round(100 * share)
    values[:count] += KINDS[kind].shift
    (division,) = divided_in(values)

    assert division.total == 100
    missed = set(range(count)) - {*division.rows.tolist()}
    assert len(missed) <= count / 15
    assert len(set(division.rows.tolist()) - set(range(count))) <= 2
    alike = {"blurred", "low_resolution"}, {"low_contrast", "dark", "bright"}
    assert any({division.damage.kind, kind} <= some for some in (*alike, {kind}))


@pytest.mark.parametrize("kind", ["blurred", "noisy", "compressed"])
@pytest.mark.parametrize("content", ["some", "none"])
def test_what_a_class_varies_in_anyway_hides_no_damage(kind, content):
    """Detail at every scale is that of what is shown: along the trace alone nothing falls in two."""
    values, scales = cloud(200) / 2, ["noise", "detail_1", "detail_2", "detail_4"]
    busy = np.random.default_rng(1).normal(0, 3, (200, 1)) * (content == "some")
    values[:, [list(MEASURES).index(name) for name in scales]] += busy
    hurt = values + np.outer(np.arange(200) < 100, KINDS[kind].shift)

    assert divided_in(values) == []
    (division,) = divided_in(hurt)
    assert len(set(division.rows.tolist()) & set(range(100))) >= 75
    assert len(division.rows) <= 102


@pytest.mark.parametrize("kind", ["border", "blank_part"])
def test_a_blank_counts_where_it_ends_straight(kind):
    values = cloud(100)
    values[:50] += KINDS[kind].shift
    straight = np.arange(100) < 50

    assert divided_in(values) == []
    (division,) = divided_in(values, straight=straight)
    assert set(division.rows.tolist()) <= set(range(50))
    assert len(division.rows) >= 49


@pytest.mark.parametrize("seed", sampled(range(30), 0, 1, 2))
@pytest.mark.parametrize("count", [20, 60, 400])
def test_one_cloud_is_one(seed, count):
    assert divided_in(cloud(count, seed)) == []


@pytest.mark.parametrize("seed", sampled(range(10), 0, 1, 2))
def test_an_even_spread_is_one(seed):
    """Pictures whose light varies widely: no gap lies between any two parts."""
    along = np.random.default_rng(seed).uniform(0, 2, 200)[:, None]
    for damage in DAMAGES:
        assert divided_in(0.2 * cloud(200, seed) + along * np.array(damage.shift)) == []


def test_two_kinds_of_pictures_that_no_damage_tells_apart_are_honest():
    """Slices from above and slices from the side, say."""
    values = cloud(200)
    values[::2, [list(MEASURES).index(name) for name in ("shadows", "noise", "detail_4")]] += 9
    assert divided_in(values) == []


@pytest.mark.parametrize("measure", ["lines", "red_tint", "blue_tint", "darkest", "lightest"])
def test_what_a_motif_has_is_honest(measure):
    """Half of a class may show a fence, or a dress."""
    values = cloud(100)
    values[:50, list(MEASURES).index(measure)] += 8

    assert not divided_in(values)


def test_a_class_that_is_all_dark_is_how_it_is():
    values, groups = cloud(200), np.arange(200) % 2
    values[groups == 1] += KINDS["dark"].shift
    assert divided_in(values, groups) == []
    assert len(divided_in(values)) == 1


def test_the_few_that_are_not_damaged_are_the_odd_ones():
    values = cloud(100)
    values[:90] += KINDS["dark"].shift
    assert divided_in(values) == []


@pytest.mark.parametrize("kind", ["compressed", "dark", "bright", "low_contrast", "colourless"])
@pytest.mark.parametrize("octave", sampled([6, 8], 0))
def test_all_images_of_one_size_that_are_damaged_are_named(kind, octave):
    """Honest large pictures are smoother, pixel by pixel: 9 units here."""
    octaves = np.repeat([6, 8], [50, 70])
    values = cloud(120)
    values[octaves == 8, list(MEASURES).index("detail_1")] -= 9
    assert divided_in(values, octaves=octaves) == []

    values[octaves == octave] += KINDS[kind].shift
    (division,) = divided_in(values, octaves=octaves)
    assert (division.total, division.across) == (120, True)
    missed = set(np.flatnonzero(octaves == octave).tolist()) ^ set(division.rows.tolist())
    assert len(missed) <= (10 if kind == "compressed" else 2)
    assert division.words.endswith(
        "of the 120 images of its class and source, and unlike those of other sizes"
    )


@pytest.mark.parametrize("kind", ["blurred", "low_resolution", "noisy"])
def test_what_is_counted_in_pixels_is_not_compared_across_sizes(kind):
    octaves = np.repeat([6, 8], 60)
    values = cloud(120)
    values[:60] += np.where(np.isin(list(MEASURES), BY_PIXEL), KINDS[kind].shift, 0)
    assert divided_in(values, octaves=octaves) == []


def test_a_part_of_each_size_is_told_size_by_size():
    octaves = np.repeat([6, 8], 60)
    values = cloud(120)
    values[::2] += KINDS["dark"].shift
    divisions = divided_in(values, octaves=octaves)

    assert [(one.total, one.across) for one in divisions] == [(60, False), (60, False)]


def test_a_size_of_few_images_is_not_compared():
    octaves = np.repeat([6, 8], [100, 19])
    values = cloud(119)
    values[octaves == 8] += KINDS["dark"].shift
    assert divided_in(values, octaves=octaves) == []


def test_small_classes_and_few_images_are_not_told():
    values = cloud(500)
    values[:9] += KINDS["dark"].shift
    groups = np.where(np.arange(500) < 19, 1, 0)
    assert divided_in(values, groups) == []  # a class of 19

    values[:30] += KINDS["dark"].shift
    assert divided_in(values) == []  # 6 % of all


def test_the_order_does_not_matter():
    values = cloud(120)
    values[:60] += KINDS["noisy"].shift
    order = np.random.default_rng(1).permutation(120)
    (one,), (other,) = divided_in(values), divided_in(values[order])
    assert sorted(order[other.rows].tolist()) == sorted(one.rows.tolist())


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_equal_images_are_one(value):
    assert divided_in(np.full((50, len(MEASURES)), value)) == []


def test_nothing_is_nothing():
    assert divided_in(np.empty((0, len(MEASURES)))) == []


def blurred(picture):
    return cv2.GaussianBlur(picture, (0, 0), 3)


@pytest.fixture(name="pictures")
def _pictures(photos):
    """Eighty pieces of a photograph of gravel, of 64 px."""
    rng, photo = np.random.default_rng(2), photos["gravel"]
    corners = [[int(rng.integers(0, side - 64)) for side in photo.shape[:2]] for _ in range(80)]
    return [np.ascontiguousarray(photo[y : y + 64, x : x + 64]) for y, x in corners]


@pytest.fixture(name="side")
def _side(dataset_of, evidence_of):
    def make(pictures, name="train", scanners=None):
        ids = [f"{name}/{i}.png" for i in range(len(pictures))]
        data = dataset_of(pictures, [0] * len(pictures), ids=ids, classes=["cell"])
        if scanners:
            data = replace(data, group_columns=(Column("scanner", tuple(scanners)),))
        table = evidence_of(data).images
        return data, table, SeenLooks.of(table)

    return make


@pytest.mark.parametrize("seed", sampled(range(3), 0))
@pytest.mark.parametrize("side", [32, 64])
def test_plain_ground_beside_a_thing_is_not_washed_out(photos, dataset_of, evidence_of, side, seed):
    """Pieces of a photograph of a clock before a plain wall: they differ in detail as well."""
    rng, photo = np.random.default_rng(seed), photos["clock"]
    corners = [[int(rng.integers(0, full - side)) for full in photo.shape[:2]] for _ in range(60)]
    pieces = [np.ascontiguousarray(photo[y : y + side, x : x + side]) for y, x in corners]
    data = dataset_of(pieces, [0] * len(pieces))
    table = evidence_of(data).images

    assert divided_findings((data, table, SeenLooks.of(table))) == []


def test_a_split_that_was_blurred_alone_is_named(pictures, side):
    """Each split is as it is; beside the other it is blurred."""
    clean, other = side(pictures[:40]), [blurred(p) for p in pictures[40:]]

    assert divided_findings(clean, side(pictures[40:], "test")) == []
    assert divided_findings(side(other, "test")) == []
    found = divided_findings(clean, side(other, "test"))
    assert len(found) >= 35
    assert {finding.kind for finding in found} == {"divided"}
    assert sum(finding.path.startswith("test/") for finding in found) >= 0.9 * len(found)
    number = (
        f"like {len(found)} of the 80 images of its class, source and size, and unlike the others"
    )
    assert all(finding.detail.endswith(number) for finding in found)


def test_scanners_differ_by_nature(pictures, side):
    """Half of the images of either are blurred, or all images of one."""
    every = [blurred(p) if i % 2 else p for i, p in enumerate(pictures)]
    by_scanner, across = ["A", "B"] * 40, ["A", "A", "B", "B"] * 20

    assert divided_findings(side(every, scanners=by_scanner)) == []
    assert divided_findings(side(every[:38], scanners=by_scanner[:38])) == []  # too few to be apart
    assert len(divided_findings(side(every, scanners=across))) >= 35


def test_a_column_of_many_sources_hides_nothing(pictures, side):
    """Twenty sites of four images each: their class is looked at as if there were no sites."""
    every = [blurred(p) if i % 2 else p for i, p in enumerate(pictures)]
    sites = [f"site {i % 20}" for i in range(80)]

    assert divided_findings(side(pictures, scanners=sites)) == []
    found = divided_findings(side(every, scanners=sites))
    assert len(found) >= 35
    assert "of the 80 images of its class and size, and unlike the others" in found[0].detail


@pytest.mark.parametrize("every", sampled([2, 4]))
def test_a_source_that_is_inverted_is_told_in_one_finding(random_pictures, side, every):
    """Fluorescence beside bright field is how it is; a column that says nothing excuses nothing."""
    dark = [p // 4 for p in random_pictures(80, side=48, seed=3)]
    some = [255 - p if i % every == 0 else p for i, p in enumerate(dark)]
    scanners = ["B" if i % every == 0 else "A" for i in range(80)]
    (told,) = divided_findings(side(some, scanners=scanners))
    other = divided_findings(side(some, scanners=["A"] * 44 + ["B"] * 36))

    assert divided_findings(side(dark, scanners=scanners)) == []
    assert (told.kind, told.path) == ("inverted_source", "toy")
    assert told.detail.startswith(f"{80 // every} images, such as train/")
    assert len({finding.path for finding in other}) == 80 // every
    assert {finding.kind for finding in other} == {"divided"}


def test_what_sources_hide_is_said(dataset_of, evidence_of, pictures):
    data = dataset_of(pictures, [0] * 80)
    data = replace(data, group_columns=(Column("scanner", ("A", "B") * 40),))

    note = "if all images of one source are damaged, that is not counted"
    assert divided_share([], evidence_of(data)).note == note


@pytest.mark.parametrize(("sources", "said"), [(2, True), (5, True), (20, False)])
def test_that_sources_hide_is_said_of_those_that_do(
    dataset_of, evidence_of, pictures, sources, said
):
    """A note beside sources of 19 and of 7 images of a class of 38, and none beside those of 2."""
    data = dataset_of(pictures[:38], [0] * 38)
    values = tuple(f"site {i % sources}" for i in range(38))
    data = replace(data, group_columns=(Column("site", values),))

    assert ("one source" in divided_share([], evidence_of(data)).note) is said


def test_a_picture_of_half_the_size_is_no_sharp_one_of_the_whole(pictures, side):
    """Its detail is as fine for its own pixels as it is."""
    mixed = [cv2.resize(p, (256, 256)) if i % 2 else p for i, p in enumerate(pictures)]
    assert divided_findings(side(mixed)) == []


def test_pictures_of_half_the_size_that_are_all_dark_are_named_once(pictures, side):
    """A third of them are of 128 px; those of 64 px are dark."""
    mixed = [cv2.resize(p, (128, 128)) if i % 3 == 0 else p // 4 for i, p in enumerate(pictures)]
    found = divided_findings(side(mixed))

    assert [finding.path for finding in found] == [
        f"train/{i}.png" for i in range(len(pictures)) if i % 3
    ]
    assert {finding.detail.split(",")[0] for finding in found} == {"too dark"}


def test_what_sizes_hide_is_said(dataset_of, evidence_of, pictures):
    mixed = [cv2.resize(p, (128, 128)) if i % 2 else p for i, p in enumerate(pictures)]
    data = dataset_of(mixed, [0] * len(mixed))

    note = "if all images of one size are blurred or noisy, that is not seen"
    assert divided_share([], evidence_of(data)).note == note


def test_classes_of_other_sizes_are_apart_where_more_classes_are_listed_than_images(dataset_of):
    """Class 10 at 32 px, and class 71 at 16 px; the dataset lists 200 classes for 60 images."""
    classes, labels = [f"class{k}" for k in range(200)], [10] * 30 + [71] * 30
    data = dataset_of([None] * 60, labels, classes=classes)
    sides = np.repeat([32, 16], 30)
    found = class_groups([(data, SimpleNamespace(height=sides, width=sides))])
    groups, octaves = found.groups, found.octaves

    assert groups.tolist() == [groups[0]] * 30 + [groups[30]] * 30
    assert octaves.tolist() == [5] * 30 + [4] * 30
    assert groups[0] != groups[30]


@pytest.mark.parametrize(("classes", "expected"), [
    (5, (None, "no class has 20 images of one source and about one size")),
    (2, (0.05, "")),
])  # fmt: skip
def test_classes_that_are_too_small_are_not_said_to_be_sound(
    dataset_of, evidence_of, pictures, classes, expected
):
    """Sixty images: twelve a class, or thirty; three of them are on the damaged side."""
    labels = [i % classes for i in range(60)]
    data = dataset_of(pictures[:60], labels, classes=[f"class{k}" for k in range(classes)])
    found = [Finding(kind="divided", path=data.ids[i], detail="noisy") for i in range(3)]
    share = divided_share(found, evidence_of(data))

    assert (share.value, share.reason or share.note) == expected


def test_how_many_images_were_in_large_classes_is_noted(dataset_of, evidence_of, pictures):
    """Sixty of eighty images are of one class; the other two have ten each."""
    data = dataset_of(pictures, [0] * 60 + [1] * 10 + [2] * 10, classes=["a", "b", "c"])
    share = divided_share([], evidence_of(data))

    assert (share.value, share.note) == (0.0, "looked for in 60 of 80 images, in classes of 20")
