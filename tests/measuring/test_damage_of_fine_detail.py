"""Damage of fine detail is held against the trace that it leaves in pictures as smooth as these."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from deri_gate.measuring.damage_trace import FINE, LEVELS
from deri_gate.measuring.damaged import damaged_images
from deri_gate.measuring.labelled_looks import LabelledLooks
from deri_gate.measuring.looks import MEASURES
from deri_gate.measuring.typical_damage import DAMAGES
from tests.scripts import benchmark
from tests.sweeps import sampled

ADAPTED = [damage for damage in DAMAGES if damage.slope]
COLUMNS = [list(MEASURES).index(measure) for measure in FINE]


@pytest.fixture(scope="module")
def bench():
    return benchmark("suspects")


def smooth(rng: np.random.Generator, count: int = 120) -> list[np.ndarray]:
    """Soft shapes under a little texture."""
    shapes = [
        cv2.GaussianBlur(rng.normal(0, 1, (48, 48)), (0, 0), rng.uniform(1.5, 3))
        for _ in range(count)
    ]
    levels = [
        125
        + rng.uniform(15, 30) * shape / shape.std()
        + rng.normal(0, rng.uniform(1.6, 2.4), (48, 48))
        for shape in shapes
    ]
    return [np.clip(picture.round(), 0, 255).astype(np.uint8) for picture in levels]


def coarse(picture: np.ndarray) -> np.ndarray:
    """The picture at a quarter of its size, enlarged again."""
    few = cv2.resize(picture, (12, 12), interpolation=cv2.INTER_AREA)
    return cv2.resize(few, (48, 48), interpolation=cv2.INTER_CUBIC)


def blurred(picture: np.ndarray) -> np.ndarray:
    """The picture with a blur of 1.5 px."""
    return cv2.GaussianBlur(picture, (0, 0), 1.5)


@pytest.mark.parametrize("damage", sampled([blurred, coarse]))
def test_lost_detail_of_pictures_that_are_smooth_by_themselves_is_named(bench, damage) -> None:
    """They lose less than others: held against what others lose, few were named."""
    named = []
    for seed in range(4):
        shown = smooth(np.random.default_rng(seed))
        shown[:4] = [damage(picture) for picture in shown[:4]]
        values, straight = bench.measured(shown)
        looks = LabelledLooks(values=values, strata=[np.zeros(len(values), dtype=int)])
        named += np.flatnonzero(damaged_images(looks, straight).kind >= 0).tolist()

    assert len(named) >= 10
    assert set(named) <= {0, 1, 2, 3}


@pytest.mark.parametrize(
    "form", sampled(["blurred, 0.7 px", "blurred, motion", "low_resolution, half"])
)
def test_slight_damage_is_named_in_a_set_of_many_alone(bench, form) -> None:
    """A quarter of the trace of a strong blur: none of six was named."""
    hurt, shown = bench.MORE[form], smooth(np.random.default_rng(5))
    shown[:6] = [hurt(picture, 0, None) for picture in shown[:6]]
    values = bench.measured(shown)[0]
    few = values[:30]

    assert set(named_of(values)) <= set(range(6))
    assert len(named_of(values)) >= 4
    assert len(named_of(few)) == 0


def named_of(values: np.ndarray) -> list[int]:
    """Positions of the named of such measures of one class."""
    looks = LabelledLooks(values=values, strata=[np.zeros(len(values), dtype=int)])
    return np.flatnonzero(
        damaged_images(looks, np.zeros(len(values), dtype=int)).kind >= 0
    ).tolist()


@pytest.mark.parametrize("damage", ADAPTED, ids=lambda damage: damage.kind + damage.form)
def test_a_trace_changes_with_what_is_usual_of_fine_detail_alone(damage) -> None:
    usual = np.zeros(len(MEASURES))
    usual[COLUMNS] = LEVELS[1]
    assert damage.beside(usual).shift == pytest.approx(damage.shift)

    beyond = damage.beside(usual + 1000)
    usual[COLUMNS] = LEVELS[2]
    moved = np.flatnonzero(np.array(beyond.shift) != damage.shift)

    assert beyond == damage.beside(usual)
    assert set(moved) <= set(COLUMNS)
    assert (np.array(beyond.spread) <= damage.spread).all()
    assert (np.abs(beyond.shift) <= np.abs(damage.shift)).all()
    kept = np.setdiff1d(COLUMNS, moved)
    assert (np.array(beyond.spread)[kept] == np.array(damage.spread)[kept]).all()
    assert {damage.metric for damage in ADAPTED} == {"sharpness", "resolution", "noise_artifacts"}


def test_slopes_are_found_where_shifts_change_with_the_level(bench) -> None:
    rng = np.random.default_rng(3)
    levels = rng.uniform(-5, 5, (12, 2))
    shifts = np.column_stack([7 - 0.8 * levels[:, 0], rng.normal(0, 1, 12)])
    shifts[:, 0] += rng.normal(0, 0.1, 12)
    slope, left = bench.slopes_of(levels, shifts, shifts.std(axis=0, ddof=1))

    assert slope[0] == pytest.approx(-0.8, abs=0.1)
    assert abs(slope[1]) < 0.2
    assert left[0] < 0.6 * shifts[:, 0].std()
