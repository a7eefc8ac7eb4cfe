"""Datasets most of whose images hold little, by damage of photographs and tables worked by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.poor_images import poor_shares
from deri_gate.metrics.profile import PAPER, STANDARD

SIDE = 48


def dark(picture, rng):
    return np.round(picture * 0.15).astype(np.uint8)


def bright(picture, rng):
    return np.round(255 - (255 - picture.astype(float)) * 0.15).astype(np.uint8)


def washed_out(picture, rng):
    return np.round(picture * 0.2 + 100).astype(np.uint8)


def blurred(picture, rng):
    return cv2.GaussianBlur(picture, (0, 0), 3)


def enlarged(picture, rng):
    small = cv2.resize(picture, (8, 8), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def repeated(picture, rng):
    """Pictures of 8 x 8 pixels, whose number does not divide the side."""
    small = cv2.resize(picture[:-2, :-2], (8, 8), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIDE - 2, SIDE - 2), interpolation=cv2.INTER_NEAREST)


def noisy(picture, rng):
    return np.clip(picture + rng.normal(0, 50, picture.shape), 0, 255).astype(np.uint8)


def compressed(picture, rng):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 4])[1], -1)


@pytest.fixture(scope="module")
def crops(photos):
    """Squares cut from photographs."""
    rng = np.random.default_rng(0)
    names = ("astronaut", "cat", "coffee", "rocket")
    cut = []
    for i in range(16):
        photo = photos[names[i % len(names)]]
        y, x = (int(rng.integers(0, side - 192)) for side in photo.shape[:2])
        cut.append(cv2.resize(photo[y : y + 192, x : x + 192], (SIDE, SIDE), cv2.INTER_AREA))
    return cut


@pytest.fixture
def shares_of(dataset_of, evidence_of):
    """Values of the shares of some pictures."""

    def build(pictures):
        table = evidence_of(dataset_of(pictures, [0] * len(pictures))).images
        return {name: share.value for name, share in poor_shares(table, STANDARD).items()}

    return build


def test_photographs_hold_enough(shares_of, crops) -> None:
    assert max(shares_of(crops).values()) < 0.2


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (dark, "faint_share"),
        (bright, "faint_share"),
        (washed_out, "faint_share"),
        (blurred, "hollow_share"),
        (enlarged, "hollow_share"),
        (repeated, "hollow_share"),
        (noisy, "grainy_share"),
        (compressed, "grainy_share"),
    ],
)
def test_a_damage_of_all_images_fails_its_share(shares_of, crops, damage, name) -> None:
    """Above 0.5, the shipped limit that fails; a damage of a quarter of them does not."""
    rng = np.random.default_rng(1)
    every = [damage(p, rng) for p in crops]

    assert shares_of(every)[name] > 0.5
    assert shares_of(every[:4] + crops[4:])[name] <= 0.5


@pytest.mark.parametrize(("sigma", "hollow"), [(0, False), (1.5, False), (6, True), (10, True)])
def test_a_blur_of_large_pictures(shares_of, photos, sigma, hollow) -> None:
    """A blur of 6 pixels leaves 30 of detail in 400: more than a thumbnail holds, yet no detail."""
    names = ("astronaut", "camera", "cat", "coffee", "rocket", "coins")
    cut = [photos[name][:400, :400] for name in names if min(photos[name].shape[:2]) >= 300]
    shown = [cv2.GaussianBlur(p, (0, 0), sigma) if sigma else p for p in cut]

    assert len(cut) >= 4
    assert (shares_of(shown)["hollow_share"] > 0.5) == hollow


@pytest.mark.parametrize("factor", [2, 4])
def test_enlarging_a_sharp_picture_loses_nothing(shares_of, photos, factor) -> None:
    """A picture of 256 px that was enlarged holds as much as before."""
    names = ("astronaut", "camera", "coffee", "rocket")
    cut = [cv2.resize(photos[n][:256, :256], None, fx=factor, fy=factor) for n in names]

    assert shares_of(cut)["hollow_share"] == 0.0


def test_the_note_says_how_many_of_how_many(crops, dataset_of, evidence_of) -> None:
    pictures = [dark(p, None) for p in crops[:3]] + crops[3:]
    found = poor_shares(evidence_of(dataset_of(pictures, [0] * 16)).images, STANDARD)

    assert found["faint_share"].value == pytest.approx(3 / 16)
    assert found["faint_share"].note.startswith("3 of 16 images too dark, too bright or washed out")
    assert "64 of 256 grey levels" in found["faint_share"].note


def test_tiny_pictures_are_not_called_noisy(shares_of) -> None:
    """Each edge of a picture of 8 px is as rough as noise."""
    rng = np.random.default_rng(2)
    tiny = [rng.integers(0, 256, (8, 8), np.uint8) for _ in range(8)]

    assert shares_of(tiny)["grainy_share"] == 0.0


def test_the_papers_definitions_have_no_such_shares(crops, dataset_of, evidence_of) -> None:
    table = evidence_of(dataset_of(crops, [0] * 16)).images

    assert {one.value for one in poor_shares(table, PAPER).values()} == {None}
