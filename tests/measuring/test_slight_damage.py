"""Damage that shows in single pixels alone, told image by image among others that have none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from tests.scripts import benchmark
from tests.sweeps import sampled

COUNT, FEW, SIDE = 100, 4, 48


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    return benchmark("suspects")


def textured(seed: int, least: float = 1.0) -> list[np.ndarray]:
    """Detail of all sizes, as photographs have it, under a little noise.

    Args:
        seed: Of the pictures.
        least: Least fall of detail with its fineness; higher is softer.
    """
    rng = np.random.default_rng(seed)
    pitch = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE)[None, :]) + 2 / SIDE
    made = []
    for _ in range(COUNT):
        waves = np.fft.fft2(rng.normal(0, 1, (SIDE, SIDE))) * pitch ** -rng.uniform(least, 1.6)
        levels = np.fft.ifft2(waves).real
        levels = (
            128 + rng.uniform(30, 45) * levels / levels.std() + rng.normal(0, 1.5, levels.shape)
        )
        made.append(np.clip(levels.round(), 0, 255).astype(np.uint8))
    return made


def dead(picture: np.ndarray) -> np.ndarray:
    """One pixel of a hundred black or white."""
    rng = np.random.default_rng(9)
    rows, columns = rng.integers(0, SIDE, (2, SIDE**2 // 100))
    broken = picture.copy()
    broken[rows, columns] = 255 * rng.integers(0, 2, len(rows))
    return broken


def striped(picture: np.ndarray) -> np.ndarray:
    """Every sixth row a third darker."""
    lines = picture.astype(float)
    lines[::6] *= 0.7
    return lines.round().astype(np.uint8)


def sharpened(picture: np.ndarray) -> np.ndarray:
    """Two and a half times the picture less one and a half of its blurred form."""
    return cv2.addWeighted(picture, 2.5, cv2.GaussianBlur(picture, (0, 0), 1.5), -1.5, 0)


def bent(picture: np.ndarray, power: float) -> np.ndarray:
    """Levels along a curve."""
    return (255 * (picture / 255.0) ** power).round().astype(np.uint8)


# What is done, how soft the pictures are at least, and what may be told.
DAMAGE = {
    "blur": (lambda p: cv2.GaussianBlur(p, (0, 0), 0.7), 1.0, {"sharpness"}),
    "motion": (lambda p: cv2.blur(p, (5, 1)), 1.0, {"sharpness"}),
    "motion down": (lambda p: cv2.blur(p, (1, 5)), 1.0, {"sharpness"}),
    "median": (lambda p: cv2.medianBlur(p, 3), 1.0, {"sharpness", "noise_artifacts"}),
    "dead pixels": (dead, 1.3, {"noise_artifacts"}),
    "thin stripes": (striped, 1.0, {"noise_artifacts"}),
    "thin stripes down": (lambda p: striped(p.T).T.copy(), 1.0, {"noise_artifacts"}),
    "gamma of 1.6": (lambda p: bent(p, 1.6), 1.0, {"exposure"}),
    "gamma of 0.6": (lambda p: bent(p, 0.6), 1.0, {"exposure"}),
    "brighter by 1.2": (lambda p: np.clip(p * 1.2, 0, 255).astype(np.uint8), 1.0, {"exposure"}),
    "sharpened": (sharpened, 1.0, {"exposure", "noise_artifacts"}),
}


def metrics_of(bench, pictures) -> list[str]:
    """Metric that each picture is a suspect of, all of one class; "" for none."""
    values, straight = bench.measured(pictures)
    looks = bench.LabelledLooks(values=values, strata=[np.zeros(len(pictures), dtype=int)])
    found = bench.damaged.damaged_images(looks, straight)
    return [NAMED_DAMAGES[kind].metric if kind >= 0 else "" for kind in found.kind]


@pytest.mark.parametrize("kind", sampled(DAMAGE, 0, 3, 6))
def test_slight_damage_of_few_is_told(bench, kind):
    """All of them, and no other image."""
    damage, least, told = DAMAGE[kind]
    pictures = textured(1, least)
    pictures[:FEW] = [damage(picture) for picture in pictures[:FEW]]
    found = metrics_of(bench, pictures)

    assert {*found[:FEW]} <= told
    assert not any(found[FEW:])


def test_nothing_is_told_of_pictures_as_they_are(bench):
    for seed in range(4):
        assert not any(metrics_of(bench, textured(seed)))


def test_what_many_images_are_is_no_damage(bench):
    """Forty of a hundred come from softer lenses, more or less so."""
    pictures = textured(2)
    pictures[:40] = [
        cv2.GaussianBlur(picture, (0, 0), 0.3 + 0.01 * i) for i, picture in enumerate(pictures[:40])
    ]

    assert not any(metrics_of(bench, pictures))


def blurred(pictures, first: int, more: int) -> list[np.ndarray]:
    """The first of the pictures blurred just visibly, and so many after them less so."""
    sizes = [0.65] * first + [0.45] * more
    begun = [cv2.GaussianBlur(p, (0, 0), size) for p, size in zip(pictures, sizes, strict=False)]
    return begun + pictures[len(begun) :]


def test_a_lone_image_that_others_come_near_to_is_the_end_of_a_tail(bench):
    pictures = textured(2)

    assert metrics_of(bench, blurred(pictures, 1, 0))[0] == "sharpness"
    assert not any(metrics_of(bench, blurred(pictures, 1, 4)))
    assert metrics_of(bench, blurred(pictures, 4, 4))[:4] == ["sharpness"] * 4
