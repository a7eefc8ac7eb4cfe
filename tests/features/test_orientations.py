"""Mirrored and turned copies: all that NumPy turns are found, nothing else is."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from deri_gate.data.picture import thumbnail
from deri_gate.features import near_duplicates as search
from deri_gate.features.near_duplicates import near_duplicates
from deri_gate.features.orientations import WORDS, turn_between, upright_forms
from deri_gate.features.picture_set import in_halves
from deri_gate.features.waves import (
    FULL,
    ORIENTATIONS,
    oriented,
    relative_orientations,
    turned_waves,
    waves_of,
)
from tests.sweeps import sampled

MOVES = {
    "left to right": (np.fliplr, "mirrored"),
    "upside down": (np.flipud, "mirrored"),
    "a quarter": (np.rot90, "turned"),
    "half": (lambda p: np.rot90(p, 2), "turned"),
    "three quarters": (lambda p: np.rot90(p, 3), "turned"),
    "transposed": (lambda p: p.swapaxes(0, 1), "mirrored and turned"),
    "other diagonal": (lambda p: np.rot90(p, 2).swapaxes(0, 1), "mirrored and turned"),
}


def thumbnails_of(pictures):
    return np.array([thumbnail(np.ascontiguousarray(p)) for p in pictures])


def turned_in(thumbnails):
    """Pairs of which one is mirrored or turned."""
    found = near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan))
    return found.pairs[found.turns > 0].tolist()


def pairs_of(pictures):
    return turned_in(thumbnails_of(pictures))


def as_jpeg(picture):
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, "JPEG", quality=95)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("move", sampled(MOVES, 0, 3, 5))
@pytest.mark.parametrize("saved", sampled([as_jpeg, np.ascontiguousarray]))
def test_every_orientation_is_found_and_named(random_pictures, move, saved):
    """Pictures that are not square, with others beside them."""
    pictures = [p[:80] for p in random_pictures(30, side=128)]
    turn, word = MOVES[move]
    some = thumbnails_of([*pictures, *(saved(turn(p)) for p in pictures[5:25])])

    assert turned_in(some) == [[i, 25 + i] for i in range(5, 25)]
    assert {turn_between(some[i], some[25 + i]) for i in range(5, 25)} == {word}
    found = near_duplicates(some, np.full((len(some), 2), np.nan))
    assert {WORDS[turn] for turn in found.turns if turn} == {word}


def test_all_orientations_of_one_picture_are_connected(random_pictures):
    (picture,) = random_pictures(1, side=64)
    turned = [picture, *(turn(picture) for turn, _ in MOVES.values())]

    assert len(pairs_of(turned)) == 8 * 7 // 2


@pytest.mark.parametrize("weak", [(0, 1), (1, 0), (1, 1)])
def test_a_picture_whose_coarse_waves_say_nothing_is_found_as_well(weak):
    """Without light that falls from one side, or with as much from above as from the left."""
    rows, columns = np.mgrid[0:64, 0:64] / 64 - 0.5
    spots = np.random.default_rng(3).uniform(-1, 1, (16, 16))
    levels = cv2.resize(spots, (64, 64), interpolation=cv2.INTER_CUBIC)
    levels -= levels.mean()
    for wave in (rows, columns):
        levels -= wave * (levels * wave).sum() / (wave**2).sum()
    levels += 0.4 * (weak[0] * rows + weak[1] * columns)
    picture = np.clip(128 + 60 * levels, 0, 255).astype(np.uint8)
    for turn, _ in MOVES.values():
        assert pairs_of([picture, turn(picture)]) == [[0, 1]]


def test_symmetric_pictures_are_no_copies_of_others():
    """Handwritten digits: noughts and eights look much the same in a mirror."""
    found = load_digits()
    digits = [cv2.resize((d * 15).astype(np.uint8), (28, 28)) for d in found.images[:400]]

    assert pairs_of(digits) == []


def test_pictures_without_detail_are_no_copies():
    """Nothing but their pixels could tell, and the mirror of a blank is the blank."""
    blank = np.full((40, 40), 9, dtype=np.uint8)
    corner = blank.copy()
    corner[2, 2] = 10

    assert pairs_of([blank, blank + 1, corner, corner[::-1], blank]) == []


def test_a_copy_that_is_not_turned_is_none(random_pictures):
    pictures = random_pictures(4, side=64)

    assert pairs_of([*pictures, *pictures]) == []


def test_what_only_looks_like_the_mirror_image_is_none(random_pictures):
    """Rolled by a tenth: no other picture, but not this one in a mirror."""
    pictures = random_pictures(6, side=64)

    assert pairs_of([*pictures, *(np.roll(np.fliplr(p), 7, axis=1) for p in pictures)]) == []


def test_waves_turn_as_pictures_do(random_pictures):
    some = thumbnails_of(random_pictures(5, side=32))
    for orientation in range(ORIENTATIONS):
        expected = waves_of(np.ascontiguousarray(oriented(some, orientation)), FULL)
        np.testing.assert_allclose(
            turned_waves(waves_of(some, FULL), orientation), expected, atol=1e-5
        )


def test_relative_orientations_bring_a_copy_back(random_pictures):
    (picture,) = random_pictures(1, side=32)
    some = thumbnails_of([picture])
    table = relative_orientations()
    for turn in range(ORIENTATIONS):
        copy = oriented(some, turn)
        for one in range(ORIENTATIONS):
            views = [np.array_equal(oriented(copy, o), oriented(some, one)) for o in range(8)]
            back = oriented(copy, table[one, views.index(True)])
            np.testing.assert_array_equal(back, some)


def with_coarsest(along, down, seed):
    """Picture whose coarsest waves have these grey levels, all else by chance."""
    wave = np.cos(np.pi * (2 * np.arange(32) + 1) / 64)
    picture = np.random.default_rng(seed).normal(0, 30, (8, 8))
    picture = cv2.resize(picture, (32, 32), interpolation=cv2.INTER_CUBIC)
    for kind in (wave[None], wave[:, None]):
        basis = np.broadcast_to(kind, (32, 32))
        picture -= basis * (picture * basis).sum() / (basis * basis).sum()
    return 128 + picture + 2 * (along * wave[None] + down * wave[:, None])


def test_pictures_that_share_a_doubtful_form_alone_are_found(monkeypatch):
    """Two pictures with another faint wave each, so that neither's plain form is the other's."""
    monkeypatch.setattr(search, "EXACT", 0)
    shown = [with_coarsest(0, 0, seed) for seed in range(60)]
    shown[0], shown[1] = with_coarsest(-0.3, 0.7, 99), with_coarsest(0.7, -0.3, 99)[:, ::-1]
    thumbnails = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    forms = upright_forms(thumbnails, np.arange(60), coded=in_halves)
    codes = [forms.codes[forms.owners == i].astype(float) for i in (0, 1)]
    plain = [forms.plain[forms.owners == i] for i in (0, 1)]
    alike = np.argwhere(codes[0] @ codes[1].T >= 0.9)

    assert len(alike)
    assert not any(plain[0][one] or plain[1][other] for one, other in alike)
    assert [0, 1] in turned_in(thumbnails)
