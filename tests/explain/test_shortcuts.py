"""Shortcuts: what gives a class away by its place, or by how it was taken and saved."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import cv2
import numpy as np
import pytest

from deri_gate.data.dataset import Column
from deri_gate.explain.properties import properties_of
from deri_gate.explain.shortcuts import (
    FOUND,
    Shortcut,
    Shortcuts,
    given_away,
    shortcuts_of,
    words_for,
)
from deri_gate.explain.telling import TESTS, can_be_told
from deri_gate.features.scan import scan
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store
from tests.sweeps import sampled

COUNT, SIDE = 400, 40


@pytest.fixture(scope="module")
def scenes():
    """Grey grounds with grain and a disc somewhere near the middle, larger in the second class."""
    rng = np.random.default_rng(5)
    labels = np.arange(COUNT) % 2
    pictures = []
    for k in labels:
        picture = np.full((SIDE, SIDE), rng.integers(60, 120), np.uint8)
        centre = rng.integers(14, 27, 2).tolist()
        cv2.circle(
            picture, centre, int(rng.integers(4, 7) + 3 * k), int(rng.integers(150, 230)), -1
        )
        picture = np.clip(picture + rng.normal(0, 6, picture.shape), 0, 255).astype(np.uint8)
        pictures.append(np.repeat(picture[..., None], 3, axis=2))
    return pictures, labels


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One for all tests, so that pictures without a mark are looked at once."""
    return Store(tmp_path_factory.mktemp("store"))


@pytest.fixture
def look(dataset_of, store):
    """Shortcuts of pictures with a class each; the dataset may be given other columns."""

    def looked(pictures, labels, **columns):
        data = replace(dataset_of(list(pictures), list(labels)), **columns)
        context = Context(profile=STANDARD, store=store, machine=Machine(workers=1))
        seen = scan(data, context=context, encoder=None, keep=frozenset())
        return data, shortcuts_of(data, seen.table, context)

    return looked


def changed(pictures, labels, change, *, share=1.0, k=0):
    """The pictures, with a share of class k changed."""
    rng = np.random.default_rng(9)
    return [
        change(picture.copy(), rng) if label == k and rng.random() < share else picture
        for picture, label in zip(pictures, labels, strict=True)
    ]


def square(level, top=30, left=30, side=7, jitter=0):
    def draw(picture, rng):
        dy, dx = rng.integers(-jitter, jitter + 1, 2)
        y, x = top + dy, left + dx
        picture[y : y + side, x : x + side] = level
        return picture

    return draw


def lighter(picture, _):
    picture[2:12, 26:36] = np.clip(picture[2:12, 26:36].astype(int) + 40, 0, 255)
    return picture


def tinted(picture, _):
    picture[2:12, 26:36] = np.clip(picture[2:12, 26:36] + np.array([40, -20, -20]), 0, 255)
    return picture


def framed(picture, _):
    picture[:2] = picture[-2:] = picture[:, :2] = picture[:, -2:] = 200
    return picture


def cut(picture, _):
    picture[-5:] = 0
    return picture


def lettered(picture, _):
    cv2.putText(picture, "R", (1, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    return picture


def cornered(picture, _):
    y, x = np.mgrid[:SIDE, :SIDE]
    picture[y + x < 12] = 0
    return picture


def grainy(picture, rng):
    noise = rng.normal(0, 20, picture.shape[:2])[..., None]
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def smaller(picture, _):
    return cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA)


def packed(picture, _, quality=10):
    done = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(done, cv2.IMREAD_COLOR)


def coloured(picture, _):
    return np.clip(picture + np.array([20, 0, -20]), 0, 255).astype(np.uint8)


MARKS = {
    "white square": (square(255), "lower right"),
    "grey square": (square(128, top=3, left=4), "upper left"),
    "moved square": (square(255, jitter=2), "lower right"),
    "lightened patch": (lighter, "upper right"),
    "tinted patch": (tinted, "upper right"),
    "frame": (framed, None),
    "cut-off edge": (cut, None),
    "text": (lettered, "upper left"),
    "corner": (cornered, "upper left"),
    "noise": (grainy, "noise"),
    "size": (smaller, "size"),
    "compression": (packed, None),
    "colour": (coloured, "colour in grey pictures"),
}


def test_classes_that_differ_by_their_subject_have_no_shortcut(scenes, look):
    """Discs of one class are larger; that is what is to be learnt."""
    _, found = look(*scenes)

    assert found.reason == ""
    assert found.told == ()
    assert {one.label for one in found.known} == {"class0", "class1"}


@pytest.mark.parametrize("name", sampled(MARKS, 0, 4, 8))
def test_a_mark_on_one_class_is_found(scenes, look, name):
    """In both of two classes: that the other lacks it gives it away, too."""
    draw, what = MARKS[name]
    pictures, labels = scenes
    data, found = look(changed(pictures, labels, draw), labels)
    best = found.strongest(natural=False)

    assert best.strength > FOUND
    assert what in (None, *(one.what for one in found.told if one.label == "class0"))
    assert given_away(data, found)[labels == 0].all()


@pytest.mark.parametrize("quality", sampled([30, 60, 80], 1))
def test_a_class_that_was_a_good_jpeg_once_is_found(scenes, look, quality):
    """Its blocks lack waves long before a step shows between them; its files say nothing of it."""
    pictures, labels = scenes
    done = changed(pictures, labels, lambda picture, _: packed(picture, _, quality))
    _, found = look(done, labels)

    assert found.strongest(natural=False).strength > FOUND
    assert {one.what for one in found.told} >= {"traces of compression"}
    everywhere = changed(done, labels, lambda picture, _: packed(picture, _, quality), k=1)
    assert look(everywhere, labels)[1].told == ()


def bent(picture, _):
    return np.rint(255 * (picture / 255) ** 0.5).astype(np.uint8)


def stretched(picture, _):
    return np.clip(np.rint((picture.astype(float) - 110) * 1.2 + 110), 0, 255).astype(np.uint8)


def in_steps(picture, _):
    return picture // 2 * 2


def enlarged(picture, _):
    return cv2.resize(picture[3:-3, 3:-3], (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


def smoothed(picture, _):
    return cv2.medianBlur(picture, 3)


def salted(picture, rng):
    picture[rng.random(picture.shape[:2]) < 0.01] = 255
    return picture


FINISHED = {  # what a program leaves, and what it may be called
    "bent levels": (bent, {"gaps among the grey levels"}),
    "stretched levels": (stretched, {"gaps among the grey levels"}),
    "levels in steps of two": (in_steps, {"gaps among the grey levels"}),
    "enlarged": (enlarged, {"lack of the finest detail", "noise"}),
    "smoothed": (smoothed, {"gaps among the grey levels", "lines that do not fit", "noise"}),
    "single white pixels": (salted, {"single pixels that stand out"}),
}


@pytest.mark.parametrize("name", sampled(FINISHED, 0, 3, 5))
def test_a_class_that_another_program_finished_is_found(scenes, look, name):
    """Its pictures look as the others do, and a network tells them from one another."""
    draw, names = FINISHED[name]
    pictures, labels = scenes
    done = changed(pictures, labels, draw)
    best = look(done, labels)[1].strongest(natural=False)

    assert best.strength > FOUND
    assert best.what in names
    everywhere = changed(done, labels, draw, k=1)
    assert all(one.natural for one in look(everywhere, labels)[1].told)


def test_a_class_that_most_of_the_picture_tells_may_be_finished_otherwise(scenes, look):
    """Confounding, and no mark: another source differs in the finest detail, too."""
    pictures, labels = scenes
    told = []
    for shade in (0, 90):
        done = changed(pictures, labels, lambda p, _, s=shade: salted(np.minimum(p, 165) + s, _))
        marks = [one.what for one in look(done, labels)[1].told if not one.natural]
        told.append("single pixels that stand out" in marks)

    assert told == [True, False]


@pytest.mark.parametrize("share", sampled([0.9, 0.7], 1))
def test_a_mark_on_a_part_of_a_class_is_found(scenes, look, share):
    """Few datasets are so well kept that all images of a class bear the plate."""
    pictures, labels = scenes
    data, found = look(changed(pictures, labels, square(255), share=share), labels)
    best = next(one for one in found.told if one.what == "lower right")

    assert best.label == "class0"
    assert FOUND < best.strength <= share + 0.1
    marked = {data.ids[i] for i in np.flatnonzero(labels == 0)}
    assert len(best.images) == pytest.approx(share * 200, abs=14)
    assert set(best.images) <= marked
    assert best.cells[24:30, 24:30].any()
    assert not best.cells[:16, :16].any()
    assert best.heat.shape == best.cells.shape == (32, 32)


def test_what_all_classes_share_is_no_shortcut(scenes, look):
    """A plate on every image tells nothing."""
    pictures, labels = scenes
    everywhere = changed(changed(pictures, labels, lettered), labels, lettered, k=1)

    assert look(everywhere, labels)[1].told == ()


def test_classes_with_marks_of_their_own_are_all_named(scenes, look):
    pictures, labels = scenes
    both = changed(changed(pictures, labels, lettered), labels, square(0), k=1)

    assert {one.label for one in look(both, labels)[1].told} == {"class0", "class1"}


def test_brightness_of_the_whole_is_natural_confounding(scenes, look):
    """No one can tell from pixels whether one class is darker by itself."""
    pictures, labels = scenes
    darker = changed(pictures, labels, lambda p, _: (p * 0.4).astype(np.uint8))
    data, found = look(darker, labels)
    other = found.strongest(natural=True)

    assert other.strength > 0.9
    assert other.what == "brightness" or "most of the picture" in other.detail
    assert not [one for one in found.told if not one.natural and one.heat is not None]
    assert not given_away(data, replace(found, known=(other,))).any()


def test_a_class_of_one_site_has_its_noise_from_there(scenes, look):
    """A camera is no mark where a column says that all of the class comes from it."""
    pictures, labels = scenes
    sites = tuple("north" if k == 0 else f"site {i % 7}" for i, k in enumerate(labels))
    noisy = changed(pictures, labels, grainy)
    column = (Column("site", sites),)
    _, found = look(noisy, labels, group_columns=column, groups=sites)
    one = next(one for one in found.told if one.label == "class0" and one.what == "noise")

    assert one.natural
    assert "100 % of the class come from one source, site north" in one.detail


@pytest.mark.parametrize("name", ["class_id", "code"])
def test_another_name_of_the_label_is_no_source(name, scenes, look):
    """A column that repeats the label, handed in with the images, excused what gives it away."""
    pictures, labels = scenes
    said = tuple(str(k) if name == "class_id" else f"Class{k}" for k in labels)
    noisy = changed(pictures, labels, grainy)
    _, found = look(noisy, labels, metadata=(Column(name, said),))
    one = next(one for one in found.told if one.label == "class0" and one.what == "noise")

    assert not one.natural


@pytest.mark.parametrize(
    ("labels", "why"),
    [
        ([0] * COUNT, "one class has no others"),
        ([0] * 4 + [1] * (COUNT - 4), "four images stand out by chance"),
        (list(range(COUNT)), "classes of one image each"),
    ],
)
def test_what_is_too_little_to_tell_is_not_looked_at(scenes, look, labels, why):
    found = look(scenes[0], labels)[1]

    assert found.reason, why
    assert found.known == ()


def test_pictures_of_few_pixels_have_no_places(scenes, look):
    """Where a pixel is as large as a mark, nothing tells one from the other; sizes still tell."""
    pictures, labels = scenes
    tiny = [cv2.resize(p, (8, 8), interpolation=cv2.INTER_AREA) for p in pictures]
    found = look(tiny, labels)[1]
    smaller = look(changed(tiny, labels, lambda p, _: p[:7]), labels)[1]

    assert found.coarse
    assert found.told == ()
    assert {one.what for one in smaller.told} >= {"size"}


def test_a_class_of_tiny_pictures_is_told_by_its_size(scenes, look):
    """Most images are below what is searched for places, and that itself gives them away."""
    pictures, labels = scenes
    _, found = look(changed(pictures, labels, lambda p, _: cv2.resize(p, (14, 14))), labels)

    assert "size" in {one.what for one in found.told}


@pytest.mark.parametrize("kind", sampled(["solid", "black", "repeated", "noise", "frame"], 0, 3))
def test_pictures_of_nothing_have_no_marks(look, kind):
    """Nothing differs between the classes, or all of it does."""
    rng = np.random.default_rng(2)
    frame = np.zeros((24, 24, 3), np.uint8)
    frame[:2] = frame[:, :2] = 200
    make = {
        "solid": lambda: np.full((24, 24, 3), rng.integers(0, 256, 3), np.uint8),
        "black": lambda: np.zeros((24, 24, 3), np.uint8),
        "repeated": lambda: (np.indices((24, 24)).sum(axis=0) * 5).astype(np.uint8),
        "noise": lambda: rng.integers(0, 256, (24, 24, 3)).astype(np.uint8),
        "frame": frame.copy,
    }[kind]
    found = look([make() for _ in range(100)], np.arange(100) % 2)[1]

    assert found.reason == ""
    assert found.told == ()


def test_labels_at_random_have_no_shortcut(random_pictures, look):
    """Over several draws; the best of thousands of places is high by chance alone."""
    pictures = random_pictures(100)
    for seed in range(4):
        labels = np.random.default_rng(seed).permutation(np.arange(100) % 2)

        assert look(pictures, labels)[1].told == ()


def test_masks_say_whether_the_place_is_the_object(scenes, look, dataset_of):
    """Masks hold the middle; the square lies in a corner."""
    pictures, labels = scenes
    marked = changed(pictures, labels, square(255))
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[10:30, 10:30] = 255
    source = dataset_of([*marked, mask], [0] * (COUNT + 1)).source
    rows, masks = np.arange(COUNT), np.full(COUNT, COUNT)
    _, found = look(marked, labels, source=source, rows=rows, masks=masks)
    best = next(one for one in found.told if one.what == "lower right")

    assert "in 32 of 32 masks the place is not the object" in best.detail


@pytest.mark.sweep
def test_the_same_input_gives_the_same_answer(scenes, look):
    pictures, labels = scenes
    marked = changed(pictures, labels, lighter)
    one, other = look(marked, labels)[1], look(marked, labels)[1]

    assert [s.detail for s in one.known] == [s.detail for s in other.known]
    assert [s.strength for s in one.known] == [s.strength for s in other.known]


@pytest.mark.sweep
def test_order_of_images_and_names_of_classes_do_not_matter(scenes, look):
    pictures, labels = scenes
    marked = changed(pictures, labels, lighter)
    order = np.random.default_rng(0).permutation(COUNT)
    turned = look([marked[i] for i in order], 1 - labels[order])[1]

    best, same = (f.strongest(natural=False) for f in (look(marked, labels)[1], turned))
    assert best.strength == pytest.approx(same.strength, abs=1e-12)


@pytest.mark.parametrize(
    ("where", "words"),
    [((slice(0, 3), slice(0, 3)), "upper left"), ((slice(14, 18), slice(14, 18)), "centre"),
     ((slice(28, 32), slice(0, 32)), "lower centre"), ((slice(14, 18), slice(30, 32)), "middle right")],
)  # fmt: skip
def test_places_have_words(where, words):
    cells = np.zeros((32, 32), dtype=bool)
    cells[where] = True

    assert words_for(cells) == words


def test_a_detail_is_a_sentence_with_numbers(scenes, look):
    pictures, labels = scenes
    found = look(changed(pictures, labels, square(255)), labels)[1]
    best = next(one for one in found.told if one.what == "lower right")

    assert re.match(
        r"[\d.]+ % of 200 images differ from the others by [a-z ]+ in one place", best.detail
    )


@pytest.mark.parametrize(("class_size", "every"), [(3, 40), (20, 40), (500, 1000), (900, 1000)])
def test_whether_a_class_is_large_enough_agrees_with_whole_numbers(class_size, every):
    """Compare with exact integers, which no float holds for large sets."""
    own = np.arange(every) < class_size
    half = math.ceil(class_size / 2)
    exact = math.comb(class_size, half) * TESTS * 100 < math.comb(every, half)

    assert can_be_told(own) == exact


@pytest.mark.parametrize("every", [5_000, 1_000_000])
def test_large_sets_are_looked_at(every):
    """Binomial coefficients beyond every float are compared all the same."""
    assert can_be_told(np.arange(every) < every // 2)


def test_scores_rest_on_what_is_sure(dataset_of):
    """A weak finding is told, and takes nothing off the score."""
    data = dataset_of([np.zeros((20, 20), np.uint8)] * 4, [0, 0, 1, 1])
    weak, sure = (
        Shortcut(label="class0", what="corner", strength=strength, natural=False, detail="")
        for strength in (FOUND + 0.05, 0.9)
    )

    assert not given_away(data, Shortcuts(known=(weak,))).any()
    assert given_away(data, Shortcuts(known=(sure,))).tolist() == [True, True, False, False]


def test_noise_over_all_classes_gives_none_away(scenes, look, tmp_path):
    """It is cut off at black, so that it tells how much of a picture is black; that is no mark."""
    pictures, labels = scenes
    rng = np.random.default_rng(8)
    shown = [p if k else np.zeros_like(p) for p, k in zip(pictures, labels, strict=True)]
    noisy = [np.clip(p + rng.normal(0, 50, p.shape), 0, 255).astype(np.uint8) for p in shown]
    data, found = look(noisy, labels)
    context = Context(profile=STANDARD, store=Store(tmp_path), machine=Machine(workers=1))
    table = scan(data, context=context, encoder=None, keep=frozenset()).table
    (noise,) = (p for p in properties_of(table, np.arange(len(labels))) if p.name == "noise")

    assert noise.strength(labels == 1) > FOUND
    assert not [one for one in found.known if one.what == "noise" and not one.natural]


def test_noise_of_the_larger_class_alone_counts_as_a_mark(scenes, look):
    """Though most pictures are noisy then."""
    pictures, labels = scenes
    rng = np.random.default_rng(8)
    noisy = [
        np.clip(p + rng.normal(0, 40, (SIDE, SIDE, 1)), 0, 255).astype(np.uint8) if k else p
        for p, k in zip(pictures, labels, strict=True)
    ]
    kept = np.flatnonzero((labels == 1) | (np.arange(len(labels)) % 4 == 0))
    _, found = look([noisy[i] for i in kept], labels[kept])

    natural = [one.natural for one in found.known if one.what == "noise" and one.strength > 0]
    assert natural
    assert not any(natural)
