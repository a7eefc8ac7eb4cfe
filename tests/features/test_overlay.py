"""Pictures laid over each other: nothing is left of a copy, and much of another picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.data.picture import thumbnail
from deri_gate.features import overlay
from deri_gate.features.overlay import (
    crosswise,
    left_outside,
    left_over,
    one_when_laid_over,
)

SIDE = 128
EDITS = {
    "none": lambda p: p,
    "gamma": lambda p: (255 * (p / 255) ** 1.15).astype(np.uint8),
    "darker": lambda p: (p * 0.6).astype(np.uint8),
    "cropped": lambda p: p[6:-6, 6:-6],
    "cut on one side": lambda p: p[:-7],
    "framed": lambda p: cv2.copyMakeBorder(p, 6, 6, 6, 6, cv2.BORDER_CONSTANT),
    "blurred": lambda p: cv2.GaussianBlur(p, (0, 0), 1.5),
    "half the size": lambda p: cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "written on": lambda p: cv2.putText(
        p.copy(), "R 12", (4, 122), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2
    ),
}


@pytest.fixture(scope="module")
def pictures():
    coarse = np.random.default_rng(9).integers(10, 245, (12, 9, 9, 3)).astype(np.uint8)
    return [cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for one in coarse]


def thumbnails_of(pictures):
    return np.array([thumbnail(np.ascontiguousarray(p)) for p in pictures])


def bent(picture, pixels, seed=0):
    """The picture with each part moved elsewhere, by so many pixels."""
    field = np.random.default_rng(seed).normal(0, 1, (2, 5, 5)).astype(np.float32)
    along, down = (cv2.resize(f, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for f in field)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    moved = (x + pixels * along / along.std(), y + pixels * down / down.std())
    return cv2.remap(picture, *moved, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


@pytest.mark.parametrize("edit", EDITS)
def test_little_is_left_of_an_edited_copy(pictures, edit):
    edited = thumbnails_of([EDITS[edit](p) for p in pictures])
    assert left_over(thumbnails_of(pictures), edited).max() < 0.1


def test_nothing_is_left_of_the_picture_itself(pictures):
    shown = thumbnails_of(pictures)
    np.testing.assert_allclose(left_over(shown, shown), 0.0, atol=1e-3)


def test_much_is_left_of_another_picture(pictures):
    shown = thumbnails_of(pictures)
    assert left_over(shown, np.roll(shown, 1, axis=0)).min() > 0.8


def test_more_is_left_the_farther_parts_are_moved(pictures):
    """Parts of the next slice lie elsewhere: no shift of the whole brings them back."""
    shown = thumbnails_of(pictures)
    by_pixels = [
        left_over(shown, thumbnails_of([bent(p, pixels) for p in pictures]))
        for pixels in (1.5, 3.0, 6.0)
    ]
    assert by_pixels[0].min() > 0.11
    assert (np.diff([left.mean() for left in by_pixels]) > 0.1).all()


def test_which_comes_first_does_not_matter(pictures):
    left, right = thumbnails_of(pictures), thumbnails_of([bent(p, 2) for p in pictures])
    np.testing.assert_array_equal(left_over(left, right), left_over(right, left))


def test_pairs_beside_it_do_not_matter(pictures, monkeypatch):
    left, right = thumbnails_of(pictures), thumbnails_of([bent(p, 2) for p in pictures])
    together = left_over(left, right)
    monkeypatch.setattr(overlay, "AT_ONCE", 5)
    np.testing.assert_array_equal(left_over(left, right), together)


def test_mirrored_pairs_leave_the_same(pictures):
    left, right = thumbnails_of(pictures), thumbnails_of([bent(p, 2) for p in pictures])
    mirrored = left_over(left[:, :, ::-1], right[:, :, ::-1])
    np.testing.assert_allclose(mirrored, left_over(left, right), rtol=1e-3)


@pytest.mark.parametrize("side", "tblr")
def test_what_covers_a_third_is_left_out(pictures, side):
    """Nothing is left outside a band over three tenths of one side; of other pictures much is."""
    end, hidden = round(0.3 * SIDE), [p.copy() for p in pictures]
    for p in hidden:
        {"t": p[:end], "b": p[-end:], "l": p[:, :end], "r": p[:, -end:]}[side][...] = 9
    shown, covered = thumbnails_of(pictures), thumbnails_of(hidden)

    assert left_outside(shown, covered).max() < 0.05
    assert left_outside(np.roll(shown, 1, axis=0), covered).min() > 0.5


def test_of_flat_pictures_nothing_is_left():
    flat = np.full((2, 32, 32), [[[90]], [[120]]], dtype=np.uint8)
    assert left_over(flat[:1], flat[1:])[0] < 0.2
    np.testing.assert_allclose(crosswise(flat), 0.0, atol=1e-9)


def test_no_pairs_leave_nothing():
    none = np.empty((0, 32, 32), dtype=np.uint8)
    assert left_over(none, none).shape == (0,)
    assert crosswise(none).shape == (0,)


@pytest.fixture(scope="module")
def edited_and_bent(pictures):
    """Pairs of which little is left, much, and all that lies between."""
    changed = [edit(p) for edit in EDITS.values() for p in pictures]
    moved = [bent(p, pixels) for pixels in (0.5, 1, 1.5, 2, 3, 4) for p in pictures]
    times = (len(changed) + len(moved)) // len(pictures)
    return thumbnails_of(pictures * times), thumbnails_of(changed + moved)


@pytest.fixture(scope="module")
def shares(edited_and_bent):
    return left_over(*edited_and_bent)


@pytest.fixture(scope="module")
def roughly():
    """Shares in single precision, made once for the same pictures, whatever the limit."""
    known, make = {}, overlay._left_roughly

    def once(*given):
        key = tuple(part.tobytes() for part in given)
        if key not in known:
            known[key] = make(*given)
        return known[key].copy()

    return once


def test_single_precision_tells_what_double_precision_does(
    edited_and_bent, shares, roughly, monkeypatch
):
    monkeypatch.setattr(overlay, "_left_roughly", roughly)
    for most in np.quantile(shares, np.linspace(0.02, 0.98, 9)):  # limits that are pairs' own, too
        one = one_when_laid_over(*edited_and_bent, most)
        np.testing.assert_array_equal(one, shares <= most)


def test_a_share_near_the_limit_is_taken_in_double_precision(
    edited_and_bent, shares, roughly, monkeypatch
):
    """Where single precision is wrong by less than is allowed, nothing comes out otherwise."""
    for wrong in (-0.9, 0.9):

        def off(*given, by=wrong * overlay.ROUNDING):
            return roughly(*given) + by

        monkeypatch.setattr(overlay, "_left_roughly", off)
        most = float(np.median(shares))
        one = one_when_laid_over(*edited_and_bent, most)
        np.testing.assert_array_equal(one, shares <= most)


def test_few_pairs_are_taken_in_double_precision(edited_and_bent, roughly, monkeypatch):
    left, right = edited_and_bent
    monkeypatch.setattr(overlay, "_left_roughly", roughly)
    taken, exactly = [], overlay.left_over

    def counted(some, *others):
        taken.append(len(some))
        return exactly(some, *others)

    monkeypatch.setattr(overlay, "left_over", counted)
    one_when_laid_over(left, right, 0.11)
    assert sum(taken) < len(left) / 4


@pytest.mark.parametrize("degrees", [0, 30, 45, 90])
def test_a_straight_edge_runs_one_way(degrees):
    """It can be laid over each other edge, so that nothing is left of the two."""
    turn = np.deg2rad(degrees)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    edge = (180 * (x * np.cos(turn) + y * np.sin(turn) > 0.1) + 30).astype(np.uint8)
    assert crosswise(thumbnails_of([edge]))[0] < 0.02


def test_a_disk_runs_both_ways_alike():
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    disk = (200 * (x**2 + y**2 < 0.3) + 20).astype(np.uint8)
    assert crosswise(thumbnails_of([disk]))[0] == pytest.approx(0.5, abs=0.02)


def test_slopes_count_as_on_paper():
    """A saddle of waves, one along and one of twice the height down: a fifth runs across."""
    phase = 2 * np.pi * (np.arange(32) + 0.5) / 16
    waves = 127 + 30 * np.cos(phase)[None, :] + 60 * np.cos(phase)[:, None]
    assert crosswise(waves[None].astype(np.uint8))[0] == pytest.approx(0.2, abs=0.01)
