"""Copies are about pictures: what is seen, whatever the file it was saved in."""

from __future__ import annotations

import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.picture import chroma, shown_hash, thumbnail
from deri_gate.features.colours import mean_colours
from deri_gate.features.near_duplicates import saved_again
from deri_gate.measuring.copies import Images, contradiction_findings, contradictions_of, images_of
from deri_gate.measuring.copy_shares import of_labels
from deri_gate.measuring.shares import Share
from tests.sweeps import sampled

RED, GREEN = ("red",), ("green",)


def encoded(picture: np.ndarray, form: str, **how) -> np.ndarray:
    """The picture after it was saved in that form and read again."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, **how)
    return np.asarray(Image.open(file))


def images(pictures, labels, splits=None) -> Images:
    return Images(
        ids=tuple(f"{i:02}.png" for i in range(len(pictures))),
        splits=tuple(splits or [""] * len(pictures)),
        labels=tuple(labels),
        groups=None,
        shown=tuple(shown_hash(p).hex() for p in pictures),
        thumbnails=np.array([thumbnail(p) for p in pictures]),
        colours=mean_colours(np.array([chroma(p) for p in pictures])),
    )


@pytest.mark.parametrize(
    ("form", "how"),
    [
        ("PNG", {"compress_level": 0}), ("BMP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
    ],
)  # fmt: skip
def test_a_lossless_copy_shows_the_same(random_pictures, form, how):
    (picture,) = random_pictures(1, side=64)

    assert shown_hash(encoded(picture, form, **how)) == shown_hash(picture)


def test_grey_in_three_channels_shows_the_same_as_in_one(random_pictures):
    grey = random_pictures(1)[0][..., 0]
    colour = np.stack([grey] * 3, axis=2)

    assert shown_hash(colour) == shown_hash(grey)
    assert shown_hash(colour[::-1]) != shown_hash(grey)


def test_what_differs_in_one_level_or_in_shape_shows_another(random_pictures):
    (picture,) = random_pictures(1)
    other = picture.copy()
    other[0, 0, 0] ^= 1
    flat = np.zeros((4, 6), dtype=np.uint8)

    assert shown_hash(other) != shown_hash(picture)
    assert shown_hash(flat) != shown_hash(flat.reshape(6, 4))


def test_a_view_that_is_not_contiguous_is_the_same_picture(random_pictures):
    (picture,) = random_pictures(1)

    assert shown_hash(np.asfortranarray(picture)) == shown_hash(picture)
    assert shown_hash(np.repeat(picture, 2, axis=1)[:, ::2]) == shown_hash(picture)


AGAIN = [
    ("jpeg 95", lambda p: encoded(p, "JPEG", quality=95)),
    ("jpeg 80", lambda p: encoded(p, "JPEG", quality=80)),
    ("webp", lambda p: encoded(p, "WEBP", quality=90)),
    ("half the size", lambda p: np.asarray(Image.fromarray(p).resize((64, 64)))),
    ("grey", lambda p: np.asarray(Image.fromarray(p).convert("L"))),
    ("brighter by one", lambda p: np.clip(p.astype(int) + 1, 0, 255).astype(np.uint8)),
]


@pytest.mark.parametrize(("name", "again"), sampled(AGAIN, 0, 2), ids=[name for name, _ in AGAIN])
def test_a_picture_saved_again_in_another_class_contradicts(random_pictures, name, again):
    """As when a data set holds a PNG in one class and its JPEG in the other."""
    pictures = random_pictures(20, side=128)
    copies = [again(p) for p in pictures[:15]]
    found = images([*pictures, *copies], [RED] * 20 + [GREEN] * 15)

    assert [(c.image, c.other) for c in contradictions_of(found)] == [
        (20 + i, i) for i in range(15)
    ]
    text = contradiction_findings(found)[0]
    assert (text.kind, text.path) == ("contradiction", "20.png")
    assert text.detail == (
        "the same picture, saved again, as 00.png, with another label: green here, red there"
    )


def test_pictures_that_look_alike_do_not_contradict(random_pictures):
    """Two frames of one film are near duplicates, not one picture: grain of one level in two."""
    (picture,) = random_pictures(1, side=64)
    moved = np.roll(picture, 2, axis=1)
    lighter = np.clip(picture.astype(int) + 12, 0, 255).astype(np.uint8)

    assert contradictions_of(images([picture, moved, lighter], [RED, GREEN, GREEN])) == []


def test_flat_pictures_are_copies_only_when_they_are_equal():
    """Of two frames without detail nothing but their pixels can tell whether they are one."""
    flat = np.full((40, 40), 7, dtype=np.uint8)
    speck = flat.copy()
    speck[3, 3] = 8
    found = contradictions_of(images([flat, speck, flat], [RED, GREEN, GREEN]))

    assert [(c.image, c.other) for c in found] == [(2, 0)]


def test_every_image_that_contradicts_an_earlier_one_is_counted(random_pictures):
    """Worked by hand: red, green, red, red and green of one picture."""
    (picture,) = random_pictures(1)
    found = contradictions_of(images([picture] * 5, [RED, GREEN, RED, RED, GREEN]))

    assert [(c.image, c.other) for c in found] == [(1, 0), (2, 1), (3, 1), (4, 0)]


@pytest.mark.parametrize(
    ("settled", "left"),
    [
        ((0, 1), [(2, 1), (3, 1), (4, 0)]),
        ((1,), [(0, 1), (2, 1), (3, 1), (4, 0)]),
        ((4,), [(0, 4), (1, 0), (2, 4), (3, 4)]),
        ((1, 2, 3, 4), [(0, 1)]),
        ((0, 1, 2, 3, 4), []),
    ],
)
def test_settled_images_contradict_those_alone_that_are_not(random_pictures, settled, left):
    """Worked by hand, of the same five: one that is not settled is named, be it the first."""
    (picture,) = random_pictures(1)
    alike = images([picture] * 5, [RED, GREEN, RED, RED, GREEN])
    found = contradictions_of(alike, {alike.ids[i] for i in settled})

    assert [(c.image, c.other) for c in found] == left


def test_every_image_that_contradicts_a_later_settled_one_is_named(random_pictures):
    (picture,) = random_pictures(1)
    alike = images([picture] * 3, [RED, RED, GREEN])
    found = contradictions_of(alike, {alike.ids[2]})

    assert [(c.image, c.other) for c in found] == [(0, 2), (1, 2)]


def test_equal_labels_do_not_contradict_and_several_labels_do(random_pictures):
    (picture,) = random_pictures(1)

    assert contradictions_of(images([picture] * 3, [RED] * 3)) == []
    both = contradiction_findings(images([picture] * 2, [RED, ("green", "red")]))
    assert both[0].detail.endswith("green, red here, red there")


def test_splits_are_told_apart_and_training_comes_first(random_pictures):
    """The label in the training split is the one that others contradict."""
    (picture,) = random_pictures(1)
    found = images([picture] * 2, [RED, GREEN], ["test", "train"])

    assert [(c.image, c.other) for c in contradictions_of(found)] == [(0, 1)]


def test_order_of_the_images_does_not_matter(random_pictures):
    pictures = random_pictures(6)
    chosen = [*pictures, pictures[0], pictures[3]]
    labels = [RED, GREEN] * 4
    first = contradiction_findings(images(chosen, labels))
    turned = images(chosen[::-1], labels[::-1])
    turned = Images(**{**vars(turned), "ids": turned.ids[::-1]})

    assert contradiction_findings(turned) == first


def test_pairs_are_judged_in_batches(random_pictures):
    """More pairs than one batch holds."""
    thumbnails = np.array([thumbnail(p) for p in random_pictures(2, side=32)])
    pairs = np.array([[0, 0], [0, 1]] * 2500)

    assert saved_again(pairs, thumbnails).tolist() == [True, False] * 2500


def test_images_of_a_dataset(dataset_of, random_pictures):
    dataset = dataset_of(random_pictures(2), [(0, 1), 1], classes=["a", "b"])
    table = SimpleNamespace(
        shown=("x", "y"),
        thumbnails=np.zeros((2, 32, 32), np.uint8),
        chroma=np.full((2, 16, 16, 2), 128, np.uint8),
        height=np.array([20, 60]),
        width=np.array([40, 50]),
    )
    found = images_of(dataset, table)

    assert (found.ids, found.labels) == (dataset.ids, (("a", "b"), ("b",)))
    assert (found.splits, found.groups) == (("", ""), None)
    assert found.sides.tolist() == [20, 50]


TURNS = [
    (np.fliplr, "mirrored"),
    (np.rot90, "turned"),
    (lambda p: encoded(np.ascontiguousarray(np.rot90(p, 2)), "JPEG", quality=85), "turned"),
]


@pytest.mark.parametrize(("turn", "word"), TURNS)
def test_a_mirrored_or_turned_picture_in_another_class_contradicts_and_is_told_apart(
    random_pictures, turn, word
):
    """An orientation may be what the classes are about, so that these are no equal pictures."""
    pictures = random_pictures(8, side=128)
    copies = [turn(p) for p in pictures[:3]]
    found = images([*pictures, *copies], [RED] * 8 + [GREEN] * 3)

    assert contradictions_of(found) == []
    assert [f.path for f in contradiction_findings(found)] == ["08.png", "09.png", "10.png"]
    assert contradiction_findings(found)[0].detail == (
        f"the same picture, {word}, as 00.png, with another label: green here, red there"
    )


def test_an_image_contradicts_once(random_pictures):
    """A copy says more than the mirrored picture that is there as well."""
    (picture,) = random_pictures(1, side=64)
    found = images([np.fliplr(picture), picture, picture], [RED, RED, GREEN])

    (finding,) = contradiction_findings(found)
    assert finding.detail.startswith("the same picture as 01.png")


def test_a_mirrored_picture_of_its_own_class_does_not_contradict(random_pictures):
    (picture,) = random_pictures(1, side=64)

    assert contradiction_findings(images([picture, np.fliplr(picture)], [RED, RED])) == []


@pytest.mark.parametrize(("labels", "looked_at"), [([(0,), (1,)], True), ([(0,), ()], False)])
def test_zero_copies_with_other_labels_say_nothing_where_a_label_is_missing(labels, looked_at):
    """Shares of a batch without labels passed with 0; what is found anyway is told."""
    side = SimpleNamespace(dataset=SimpleNamespace(labels=labels))
    names = ("conflicting_copies", "contradictions", "likely_contradictions", "missing_labels")
    found = of_labels({name: Share(value=0.0) for name in (*names, "exact_copies")}, side, None)

    assert [found[name].value == 0.0 for name in names] == [looked_at] * 4
    assert found["exact_copies"].value == 0.0
    assert of_labels({"contradictions": Share(value=0.1)}, side)["contradictions"].value == 0.1
