"""Images whose colours are off as a whole, among others that are not."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.typical_damage import CASTS, NAMED_DAMAGES
from tests.scripts import benchmark
from tests.sweeps import sampled

CASTS_OF = {"warm": (1.35, 1, 0.55), "cold": (0.6, 0.9, 1.3), "green": (0.75, 1.2, 0.75)}
COUNT = 80


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    return benchmark("suspects")


def stained(count=COUNT, spread=4.0):
    """Smooth tissue of one stain, whose colours differ a little from picture to picture."""
    rng = np.random.default_rng(7)
    coarse = rng.normal(0, 25, (count, 6, 6, 1)).repeat(5, axis=1).repeat(5, axis=2)
    levels = np.array([190, 120, 170]) + coarse + rng.normal(0, 4, (count, 30, 30, 1))
    levels += rng.normal(0, spread, (count, 1, 1, 3))
    return np.clip(levels, 0, 255).astype(np.uint8)


def tinted(picture, factors):
    return np.clip(picture * np.array(factors), 0, 255).astype(np.uint8)


def kinds_of(bench, pictures):
    """Names of what is said of each picture, all of one class; "" for nothing."""
    values, straight = bench.measured([*pictures])
    looks = bench.LabelledLooks(values=values, strata=[np.zeros(len(pictures), dtype=int)])
    found = bench.damaged.damaged_images(looks, straight)
    return [NAMED_DAMAGES[kind].kind if kind >= 0 else "" for kind in found.kind]


@pytest.mark.parametrize("cast", CASTS_OF)
@pytest.mark.parametrize("share", sampled([0.02, 0.05, 0.15], 0))
def test_images_with_a_cast_are_told(bench, cast, share):
    """Three quarters of them at least, and no other image."""
    pictures, few = stained(), round(share * COUNT)
    pictures[:few] = [tinted(one, CASTS_OF[cast]) for one in pictures[:few]]
    found = kinds_of(bench, pictures)

    assert found[:few].count("colour_cast") >= 0.75 * few
    assert not any(found[few:])


def test_a_coloured_image_among_grey_ones_has_a_cast(bench):
    """Sepia, as of a photographed film."""
    pictures = stained().mean(axis=3, keepdims=True).repeat(3, axis=3).astype(np.uint8)
    pictures[0] = tinted(pictures[0], (1.1, 1, 0.8))

    assert kinds_of(bench, pictures) == ["colour_cast"] + [""] * (COUNT - 1)


def test_a_cast_is_told_where_colours_vary(bench):
    """Tissue of many shades, as skin has."""
    pictures = stained(spread=14.0)
    pictures[:4] = [tinted(one, CASTS_OF["warm"]) for one in pictures[:4]]

    assert kinds_of(bench, pictures) == ["colour_cast"] * 4 + [""] * (COUNT - 4)


def test_a_coloured_thing_in_white_light_is_no_cast(bench):
    """It leaves white ground white, and a cast does not."""
    pictures = stained()
    pictures[:, :10] = np.random.default_rng(3).normal(235, 3, (COUNT, 10, 30, 1))
    pictures[:4, 10:] = tinted(pictures[:4, 10:], CASTS_OF["warm"])
    assert "colour_cast" not in kinds_of(bench, pictures)

    pictures[:4] = [tinted(one, CASTS_OF["warm"]) for one in pictures[:4]]
    assert kinds_of(bench, pictures)[:4] == ["colour_cast"] * 4


@pytest.mark.parametrize("spread", [4.0, 25.0])
def test_colours_that_vary_are_no_cast(bench, spread):
    """Stains that differ, as those of several batches."""
    assert not any(kinds_of(bench, stained(spread=spread)))


def test_the_reason_is_told_by_the_colour_that_is_off_most(bench):
    """Red for one, blue for the other."""
    pictures = stained()
    pictures[0], pictures[1] = tinted(pictures[0], (0.6, 1, 1)), tinted(pictures[1], (1, 1, 0.5))
    values, straight = bench.measured([*pictures])
    looks = bench.LabelledLooks(values=values, strata=[np.zeros(COUNT, dtype=int)])
    found = bench.damaged.damaged_images(looks, straight)

    assert [NAMED_DAMAGES[kind] for kind in found.kind[:2]] == [*CASTS]
