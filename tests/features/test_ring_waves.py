"""Waves by quarters of a picture are those of the whole picture."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.features.quarters import quarters_of
from deri_gate.features.ring_waves import (
    ANGLES,
    CYCLES,
    DIRECTIONS,
    HARMONICS,
    MIDDLE,
    OF_DIRECTIONS,
    RADII,
    SHADING,
    ring_waves,
    row_blur,
    strengths_of,
    turned_by,
    unshifted,
    unturned,
)
from deri_gate.features.shiftless import TURNS, ShiftlessSpread
from deri_gate.features.turnless import WIDTH

SEEN_LARGER = pytest.mark.parametrize("zoom", [1.0, 1.12, 1.25])


def _pictures(count=5):
    pictures = np.random.default_rng(0).integers(0, 256, (count, 32, 32), dtype=np.uint8)
    return pictures[:, ::-1]  # as turned copies come: not in one piece


def _without_shading(picture):
    levels = picture.astype(np.float32)
    return levels - cv2.GaussianBlur(levels, (0, 0), SHADING)


def _rings_of_whole(picture, zoom):
    turn = 2 * np.pi * np.arange(ANGLES) / ANGLES
    across, down = (
        (MIDDLE + np.outer(RADII / zoom, way(turn))).astype(np.float32) for way in (np.cos, np.sin)
    )
    levels = cv2.remap(_without_shading(picture), across, down, cv2.INTER_LINEAR)
    return np.fft.rfft(levels, axis=1)[:, :HARMONICS]


def _circles_of_whole(picture, zoom):
    """Strengths, by their own formula, of waves along the circle of directions."""
    place = np.clip((np.arange(32) - MIDDLE) * zoom / MIDDLE, -1, 1)
    window = 0.5 + 0.5 * np.cos(np.pi * place)
    levels = _without_shading(picture) * np.outer(window, window)
    down, across = np.mgrid[:32, :32] - MIDDLE
    turn = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    ways = np.multiply.outer(np.cos(turn), across) + np.multiply.outer(np.sin(turn), down)
    waves = [
        np.abs((levels * np.exp(2j * np.pi / 32 * zoom * cycles * ways)).sum(axis=(1, 2)))
        for cycles in CYCLES
    ]
    return np.abs(np.fft.fft(np.sqrt(waves), axis=1)[:, :OF_DIRECTIONS])


def test_quarters_hold_what_is_even_and_what_is_odd():
    picture = _pictures(1)[0].astype(int)
    even, beside, below, both = (quarters_of(_pictures(1))[:, 0]).reshape(4, 16, 16)
    found = even[3, 5], beside[3, 5], below[3, 5], both[3, 5]
    a, b, c, d = picture[3, 5], picture[3, 26], picture[28, 5], picture[28, 26]
    assert found == (a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d)


@SEEN_LARGER
def test_waves_along_rings_are_those_of_the_whole_picture(zoom):
    pictures = _pictures()
    known = [_rings_of_whole(picture, zoom) for picture in pictures]
    np.testing.assert_allclose(ring_waves(pictures, zoom), known, atol=0.05)


@SEEN_LARGER
def test_strengths_are_those_of_the_whole_picture(zoom):
    pictures = _pictures()
    found = unturned(strengths_of(pictures, zoom))
    rings = np.array([np.abs(_rings_of_whole(picture, zoom)) for picture in pictures])
    circles = np.array([_circles_of_whole(picture, zoom) for picture in pictures]).reshape(5, -1)
    even, odd = (rings[..., start::2].reshape(5, -1) for start in (0, 1))
    for known, half in ((np.hstack([even, odd]), found[:, :120]), (circles, found[:, 120:])):
        lengths = np.linalg.norm(known, axis=1, keepdims=True)
        np.testing.assert_allclose(half, known / lengths, atol=1e-5)


def test_no_picture_has_no_waves():
    none = np.empty((0, 32, 32), dtype=np.uint8)
    assert (ring_waves(none).shape, unturned(strengths_of(none)).shape) == ((0, 10, 12), (0, 240))


def test_a_mirror_leaves_one_part_of_the_strengths_and_reverses_the_other():
    pictures = _pictures()
    seen, mirrored = (unshifted(strengths_of(some)) for some in (pictures, pictures[:, :, ::-1]))
    np.testing.assert_allclose(mirrored[0], seen[0], atol=1e-5)
    np.testing.assert_allclose(mirrored[1], -seen[1], atol=1e-5)
    assert np.abs(seen[1]).max() > 0.01
    np.testing.assert_allclose(sum((part**2).sum(axis=1) for part in seen), 1, atol=1e-5)


def test_strengths_of_turned_pictures_are_those_of_other_directions():
    """A quarter is sixteen steps; the picture that is turned by it has the strengths turned so."""
    pictures = _pictures()
    seen = strengths_of(np.rot90(pictures, axes=(1, 2))).by_direction
    for steps in (16, -16):
        np.testing.assert_allclose(
            turned_by(strengths_of(pictures), steps).by_direction, seen, rtol=1e-3, atol=1e-3
        )


def test_vectors_of_all_turns_are_those_of_each_turn():
    """One product gives them all; a flat picture has none."""
    pictures = _pictures()
    seen = strengths_of(np.concatenate([pictures, np.zeros_like(pictures[:1])]))
    common = ShiftlessSpread.of(seen)
    vectors = common.turned(seen)

    assert vectors.shape == (len(TURNS), len(pictures) + 1, WIDTH)
    assert not vectors[:, -1].any()
    for step, some in zip(TURNS, vectors, strict=True):
        turned = turned_by(seen, step)
        kept, reversed_ = unshifted(turned)
        weighed = (kept - common.mean) @ common.matrices[0], reversed_ @ common.matrices[1]
        expected = np.hstack(weighed)[:-1]
        expected /= np.linalg.norm(expected, axis=1, keepdims=True)
        np.testing.assert_allclose(some[:-1], expected, atol=1e-4)
        np.testing.assert_allclose(common.vectors(turned), some, atol=1e-4)


def test_a_row_is_blurred_as_opencv_does():
    picture = _pictures()[0].astype(float)
    expected = cv2.GaussianBlur(picture, (0, 0), SHADING)
    np.testing.assert_allclose(row_blur() @ picture @ row_blur().T, expected, atol=1e-6)


def test_a_shift_changes_the_strengths_little():
    wide = cv2.GaussianBlur(np.random.default_rng(1).normal(size=(40, 200)), (0, 0), 2)
    levels = np.uint8(np.clip(128 + 60 * wide / wide.std(), 0, 255))
    places = [levels[4 + down : 36 + down, x + across : x + 32 + across]
              for x in (0, 40, 80, 120) for down, across in ((0, 0), (-1, 2), (2, 1))]  # fmt: skip
    seen = np.hstack(unshifted(strengths_of(np.array(places)))).reshape(4, 3, -1)
    departures = seen - seen.mean(axis=(0, 1))
    departures /= np.linalg.norm(departures, axis=2, keepdims=True)
    likeness = np.einsum("asd,btd->abst", departures, departures)
    own, others = likeness[range(4), range(4)], likeness[~np.eye(4, dtype=bool)]
    assert own.min() > 0.4 > others.max()
