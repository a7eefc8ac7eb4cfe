"""Edited copies with other labels, and the partner and kind of each near duplicate."""

from __future__ import annotations

import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image

from deri_gate.data.picture import chroma, shown_hash, thumbnail
from deri_gate.features.colours import mean_colours
from deri_gate.features.hashes import BYTES, Hashes
from deri_gate.measuring.copies import Images, contradiction_findings
from deri_gate.measuring.edited_copies import (
    edited_contradiction_findings,
    edited_contradictions_of,
)
from deri_gate.measuring.leakage import leaks_of
from deri_gate.measuring.partners import DUPLICATE_KINDS, NEXT_SLICE, partners_of

RED, GREEN = ("red",), ("green",)


def saved(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


EDITS = {
    "cropped": lambda p: p[5:-5, 5:-5],
    "darker": lambda p: (p * 0.6).astype(np.uint8),
    "framed": lambda p: np.pad(p, [(6, 6), (6, 6), (0, 0)]),
    "blurred": lambda p: cv2.GaussianBlur(p, (0, 0), 5),
    "noisy": lambda p: np.clip(p + np.random.default_rng(0).normal(0, 60, p.shape), 0, 255).astype(
        np.uint8
    ),
}


@pytest.fixture(scope="module")
def pictures():
    """Thirty pictures with enough shapes that no two look alike."""
    coarse = np.random.default_rng(3).integers(10, 245, (30, 11, 11, 3)).astype(np.uint8)
    return [cv2.resize(one, (128, 128), interpolation=cv2.INTER_CUBIC) for one in coarse]


def images(pictures, labels, splits=None):
    return Images(
        ids=tuple(f"{i:02}.png" for i in range(len(pictures))),
        splits=tuple(splits or [""] * len(pictures)),
        labels=tuple(labels),
        groups=None,
        shown=tuple(shown_hash(p).hex() for p in pictures),
        thumbnails=np.array([thumbnail(p) for p in pictures]),
        colours=mean_colours(np.array([chroma(p) for p in pictures])),
    )


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_copy_in_another_class_is_a_likely_contradiction(pictures, edit):
    """And none that is sure: it may show what the other does not."""
    copies = [EDITS[edit](p) for p in pictures[:3]]
    found = images([*pictures, *copies], [RED] * 30 + [GREEN] * 3)

    assert [(c.image, c.other) for c in edited_contradictions_of(found)] == [
        (30 + i, i) for i in range(3)
    ]
    assert contradiction_findings(found) == []
    first = edited_contradiction_findings(found)[0]
    assert (first.kind, first.path) == ("likely_contradiction", "30.png")
    assert first.detail == ("an edited copy of 00.png, with another label: green here, red there")


@pytest.mark.parametrize(("several", "count"), [(False, 0), (True, 1)])
def test_no_label_contradicts_none_unless_it_is_an_answer(pictures, several, count):
    """Incoming images have no labels yet. Of several findings an image may well have none."""
    copies = [pictures[0], EDITS["cropped"](pictures[1])]
    labels = [RED] * 29 + [RED + GREEN if several else RED]
    found = images([*pictures, *copies], [*labels, (), ()], ["train"] * 30 + ["test"] * 2)

    assert len(contradiction_findings(found)) == count
    assert len(edited_contradiction_findings(found)) == count


@pytest.mark.parametrize(
    ("settled", "left"),
    [((0, 30), [(31, 0)]), ((30, 31), [(0, 30)]), ((31,), [(0, 31), (30, 0)]), ((0, 30, 31), [])],
)
def test_of_settled_copies_those_that_are_not_are_named(pictures, settled, left):
    """A picture, and two edited copies of it in other classes: which of them nobody accepted."""
    copies = [EDITS[edit](pictures[0]) for edit in ("darker", "framed")]
    found = images([*pictures, *copies], [RED] * 30 + [GREEN, ("blue",)])
    accepted = {"likely_contradiction": {found.ids[i] for i in settled}}

    assert len(edited_contradictions_of(found)) == 2
    assert [(c.image, c.other) for c in edited_contradictions_of(found, accepted)] == left


def test_a_mirrored_and_edited_copy_is_told_as_such(pictures):
    copy = EDITS["darker"](np.ascontiguousarray(pictures[4][:, ::-1]))
    found = images([*pictures, copy], [RED] * 30 + [GREEN])

    (finding,) = edited_contradiction_findings(found)
    assert finding.detail.startswith("an edited copy, mirrored, of 04.png")


def test_of_many_pairs_each_is_told_with_its_own_turn(pictures):
    """Copies of three pictures in three classes, and pairs of one class between them."""
    upright, mirrored = (EDITS["darker"](one) for one in (pictures[3], pictures[4][:, ::-1]))
    turned = EDITS["darker"](np.ascontiguousarray(np.rot90(pictures[5])))
    plain = [EDITS["cropped"](one) for one in pictures[:6]]
    labels = [*[RED] * 36, GREEN, ("blue",), ("white",)]
    found = images([*pictures, *plain, turned, mirrored, upright], labels)
    told = {f.path: f.detail.split(" of ")[0] for f in edited_contradiction_findings(found)}

    assert told == {
        "36.png": "an edited copy, turned,",
        "37.png": "an edited copy, mirrored,",
        "38.png": "an edited copy",
    }


def test_what_is_the_same_picture_is_sure_and_not_told_twice(pictures):
    found = images([*pictures, pictures[2]], [RED] * 30 + [GREEN])

    assert edited_contradictions_of(found) == []
    assert len(contradiction_findings(found)) == 1


@pytest.mark.parametrize("labels", [[RED] * 31, [RED] * 30 + [("red",)]])
def test_equal_labels_do_not_contradict(pictures, labels):
    assert edited_contradictions_of(images([*pictures, pictures[0][5:-5, 5:-5]], labels)) == []


def test_across_splits_training_comes_first(pictures):
    splits = ["train"] * 30 + ["test"]
    found = images([*pictures, pictures[7][5:-5, 5:-5]], [RED] * 30 + [GREEN], splits)

    assert [(c.image, c.other) for c in edited_contradictions_of(found)] == [(30, 7)]
    (pair,) = leaks_of(found).pairs
    assert (pair.label, pair.other_label, pair.exact) == ("green", "red", False)


def as_bytes(keys):
    raw = np.frombuffer(bytes.fromhex("".join(keys)), dtype=np.uint8)
    return Hashes(raw.reshape(-1, BYTES))


@pytest.mark.parametrize("hold", [tuple, as_bytes])
def test_each_kind_of_copy_is_told(pictures, hold):
    """Worked by hand: seven copies of seven pictures, each made in another way."""
    copies = {
        "same file": pictures[0],
        "same pixels": pictures[1],
        "saved again": saved(pictures[2], 95),
        "edited": pictures[3][5:-5, 5:-5],
        "mirrored": np.ascontiguousarray(pictures[4][:, ::-1]),
        "turned": np.ascontiguousarray(np.rot90(pictures[5])),
        "mirrored and turned": np.ascontiguousarray(pictures[6].swapaxes(0, 1)),
    }
    keys = [f"{i:064x}" for i in range(37)]
    keys[30] = keys[0]
    found = images([*pictures, *copies.values()], [RED] * 37)
    partners = partners_of(replace(found, shown=hold(found.shown)), hold(keys))

    assert list(partners.kinds) == [*copies, *[""] * 23, *copies]
    np.testing.assert_array_equal(partners.positions, [*range(30, 37), *[-1] * 23, *range(7)])
    assert {*copies, NEXT_SLICE} == set(DUPLICATE_KINDS)


def test_the_partner_is_the_surest_copy(pictures):
    """One that was saved again, and one that was cropped."""
    found = images([*pictures, pictures[0][5:-5, 5:-5], saved(pictures[0], 95)], [RED] * 32)
    partners = partners_of(found, [str(i) for i in range(32)])

    assert partners.positions[[0, 31]].tolist() == [31, 0]
    assert partners.positions[30] in {0, 31}
    assert [partners.kinds[i] for i in (0, 30, 31)] == ["saved again", "edited", "saved again"]


def test_without_copies_nobody_has_a_partner(pictures):
    partners = partners_of(images(pictures[:4], [RED] * 4), list("abcd"))

    assert partners.positions.tolist() == [-1] * 4
    assert partners.kinds == ("",) * 4
