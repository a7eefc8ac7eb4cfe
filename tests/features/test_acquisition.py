"""Signs of how pictures were taken and saved, by hand and with files that Pillow writes."""

from __future__ import annotations

import io
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import scipy
from PIL import Image

from deri_gate.data.file_facts import NO_FILE
from deri_gate.data.picture_stack import PictureStack
from deri_gate.features import acquisition
from deri_gate.features.acquisition import ACQUISITION, acquisition_of


def saved(picture, form, **settings):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, **settings)
    return file.getvalue()


def acquired(picture):
    """Traces of one picture without a file."""
    traces = acquisition_of(PictureStack.of(picture), [NO_FILE])
    return SimpleNamespace(**{name: getattr(traces, name)[0] for name in ACQUISITION})


@pytest.fixture
def picture(photos):
    return photos["astronaut"][:200, :200]


@pytest.mark.parametrize("sigma", [2.0, 8.0])
def test_noise_on_a_flat_picture_is_measured(sigma):
    """The mask's own gain is 6; the median of a normal's absolute value is 0.6745 sigma."""
    noisy = np.random.default_rng(1).normal(128, sigma, (400, 400)).round().astype(np.uint8)

    assert acquired(noisy).noise_floor == pytest.approx(0.6745 * sigma, rel=0.06)


@pytest.mark.parametrize("others", [0, 3, 40, 2040])
@pytest.mark.parametrize("more", [0, 1, 2, 5000])
def test_a_median_is_found_wherever_the_rows_that_are_looked_at_lie(others, more):
    """Every 17th row, which tells where to look, is unlike the others; halves are of two levels."""
    sizes = np.full((170, 100), 12, dtype=np.int16)
    sizes.ravel()[: sizes.size // 2 + more - 1] = 9
    sizes[::17] = others

    assert acquisition._counted(sizes) == np.median(sizes)


@pytest.mark.parametrize("levels", [2, 6, 256])
@pytest.mark.parametrize("side", [20, 80])
def test_the_noise_floor_is_the_median_of_the_second_differences(levels, side):
    """By SciPy and NumPy, of faint and of the coarsest noise, whose differences pass 8 bits."""
    rng = np.random.default_rng(levels)
    picture = rng.integers(0, levels, (side, side)) * (255 // (levels - 1))
    mask = [[1, -2, 1], [-2, 4, -2], [1, -2, 1]]
    differences = np.abs(scipy.ndimage.correlate(picture, mask, mode="mirror"))

    floor = acquired(picture.astype(np.uint8)).noise_floor
    assert floor == np.median(differences) / 6


def test_edges_are_no_noise():
    """Half black, half white: only the pixels at the line have a second difference."""
    halves = np.zeros((64, 64), np.uint8)
    halves[:, 32:] = 255

    assert acquired(halves).noise_floor == 0.0


def test_steps_of_blocks_are_seen(picture):
    """A JPEG of low quality has its steps where its blocks meet."""
    decoded = np.asarray(Image.open(io.BytesIO(saved(picture, "JPEG", quality=8))))

    assert acquired(decoded).blocks > 1.5 * acquired(picture).blocks


def test_steps_are_held_against_those_beside():
    """Squares that differ by 10 levels, plain inside: a tenth of a level is added to both."""
    rows, columns = np.indices((48, 48)) // 8
    squares = (100 + 10 * ((rows + columns) % 2)).astype(np.uint8)

    assert acquired(squares).blocks == pytest.approx(10.1 / 0.1)
    assert acquired(np.roll(squares, 4, axis=(0, 1))).blocks == pytest.approx(0.1 / 0.1)


@pytest.mark.parametrize("start", [8, 16])
def test_the_edges_of_a_pasted_picture_are_no_blocks(picture, start):
    """Two of its four edges, or all, lie where blocks would meet."""
    for side in (40, 43):
        ground = np.zeros((72, 72, 3), np.uint8)
        ground[start : start + side, start : start + side] = picture[:side, :side]
        moved = np.roll(ground, 3, axis=(0, 1))

        assert acquired(ground).blocks == pytest.approx(acquired(moved).blocks, abs=0.3)


def test_a_picture_narrower_than_a_block_has_none():
    few = acquired(np.arange(25, dtype=np.uint8).reshape(5, 5))

    assert few.blocks == few.grid == 1.0


def packed(picture, quality):
    return np.asarray(Image.open(io.BytesIO(saved(picture, "JPEG", quality=quality))))


def test_waves_that_a_jpeg_left_out_are_missed(picture):
    """The lower its quality the more; and none is missed where blocks are cut anywhere else."""
    found = [acquired(packed(picture, quality)).grid for quality in (10, 30, 75)]

    assert found[0] > 3.5 > found[1] > found[2] > 1.2
    assert acquired(picture).grid == pytest.approx(1, abs=0.1)
    assert acquired(packed(picture, 10)[3:, 3:]).grid == pytest.approx(1, abs=0.3)


def test_the_waves_are_those_of_the_cosine_transform(picture):
    """Block by block by OpenCV: its cosines are not rounded to whole numbers."""
    levels = np.clip(packed(picture, 30)[..., 1], 1, 254)

    def strong(shown):
        rows, columns = (side // 8 for side in shown.shape)
        sizes = [
            np.abs(cv2.dct(shown[8 * i : 8 * i + 8, 8 * j : 8 * j + 8].astype(np.float32)))
            for i in range(rows)
            for j in range(columns)
        ]
        return np.mean([np.count_nonzero(each.ravel()[1:] >= 4) / 63 for each in sizes])

    expected = (strong(levels[4:, 4:]) + 0.03) / (strong(levels) + 0.03)
    assert acquired(levels).grid == pytest.approx(expected, rel=0.03)


def test_sums_of_the_darkest_and_brightest_blocks_are_exact():
    """Against whole numbers of 64 bits; each block agrees in sign with one wave, which is highest."""
    waves = np.rint(acquisition.PER_UNIT * scipy.fft.dct(np.eye(8), axis=0, norm="ortho"))
    whole = np.kron(waves, waves).astype(np.int64)
    blocks = np.where(whole > 0, 254, 1).astype(np.uint8).reshape(64, 8, 8)
    strong = np.abs((blocks.reshape(64, 64) - np.int64(128)) @ whole[1:].T)
    shares = (strong >= acquisition.STRONG * acquisition.PER_UNIT**2).mean(axis=1)

    np.testing.assert_array_equal(acquisition._strong_waves(blocks), shares)


def test_clipped_blocks_say_nothing(picture):
    """Half of it black, and a white pixel in each block of the rest."""
    levels = packed(picture, 10)[..., 1].copy()
    levels[:, :100] = 0
    assert acquired(levels).grid > 2

    levels[::4, ::4] = 255
    assert acquired(levels).grid == 1.0
