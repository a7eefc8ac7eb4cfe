"""Pictures that are measured together get what each gets alone; thumbnails are Pillow's."""

from __future__ import annotations

import io
import tracemalloc
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from deri_gate.data.picture import WIDEST, chroma, grey, model_input, second_difference, thumbnail
from deri_gate.data.picture_stack import REDUCED, PictureStack, in_one_call, in_one_line
from deri_gate.data.readers.files import EncodedImage
from deri_gate.features.picture_record import picture_records, record_layout
from deri_gate.metrics.profile import PAPER, STANDARD
from tests.sweeps import sampled

SHAPES = [
    (1, 1),
    (1, 9),
    (3, 3, 3),
    (6, 7),
    (8, 9, 3),
    (28, 28),
    (28, 28, 3),
    (33, 50),
    (70, 31, 3),
]


def some(shape: tuple[int, ...], count: int = 7) -> list[np.ndarray]:
    """Grain on shades, a picture of one level, and one of two."""
    rng = np.random.default_rng(7)
    shades = rng.integers(0, 256, (count, *shape)).astype(np.uint8)
    pictures = [cv2.blur(one, (3, 3)).reshape(shape) for one in shades]
    return [*pictures, np.full(shape, 9, np.uint8), (shades[0] > 99).astype(np.uint8) * 255]


def as_png(picture: np.ndarray) -> EncodedImage:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return EncodedImage(where="x", content=file.getvalue())


@pytest.mark.parametrize("profile", [STANDARD, PAPER], ids=lambda one: one.name)
@pytest.mark.parametrize("shape", sampled(SHAPES, single=True), ids=str)
def test_a_record_is_the_same_in_any_company(profile, shape):
    """To the last byte, whoever else is measured with it, and in which order."""
    pictures = some(shape)
    contents = [as_png(one) for one in pictures]
    alone = [
        picture_records(PictureStack.of(picture), [content], profile)[0]
        for picture, content in zip(pictures, contents, strict=True)
    ]

    for company in (slice(None), slice(None, None, -1), slice(2, 5)):
        together = PictureStack.of(*pictures[company])
        assert picture_records(together, contents[company], profile) == alone[company]


@pytest.mark.parametrize("profile", [STANDARD, PAPER], ids=lambda one: one.name)
def test_a_record_holds_the_value_of_each_metric_of_one_picture(profile):
    """By the function that says what the metric is."""
    pictures = some((28, 31, 3))
    nothing = [SimpleNamespace()] * len(pictures)
    raw = b"".join(picture_records(PictureStack.of(*pictures), nothing, profile))
    records = np.frombuffer(raw, dtype=record_layout(profile))

    for metric in profile.metrics:
        if metric.of_image is not None:
            expected = [metric.of_image(picture) for picture in pictures]
            np.testing.assert_array_equal(records[metric.name], expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_forms_of_a_stack_are_those_of_its_pictures(shape):
    """Grey levels and second differences."""
    pictures = some(shape)
    together = PictureStack.of(*pictures)

    np.testing.assert_array_equal(together.grey, [grey(one) for one in pictures])
    expected = [second_difference(grey(one)) for one in pictures]
    np.testing.assert_array_equal(together.second_differences, expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 3), (5, 4), (28, 28)], ids=str)
def test_a_filter_of_many_sees_no_neighbour(shape):
    """A border of each picture's own rows, not of the picture before it."""
    stack = np.stack(some(shape))
    for reach in range(1, max(2, min(shape[0], 4))):

        def blurred(seen, side=2 * reach + 1):
            return cv2.blur(seen, (side, side), borderType=cv2.BORDER_REFLECT_101)

        together = in_one_call(blurred, stack, reach=reach)
        np.testing.assert_array_equal(together, [blurred(one) for one in stack])


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 3), (5, 4), (28, 28)], ids=str)
def test_a_filter_of_many_side_by_side_sees_no_neighbour(shape):
    """Beside each lie its own columns, as the filter's border has them."""
    stack = np.stack(some(shape))

    def laplacian(seen):
        return cv2.Laplacian(seen, cv2.CV_16S)

    def median(seen):
        return cv2.medianBlur(seen, 3)

    together = in_one_line(laplacian, stack)
    np.testing.assert_array_equal(together, [laplacian(one) for one in stack])
    together = in_one_line(median, stack, repeats=True)
    np.testing.assert_array_equal(together, [median(one) for one in stack])


def test_a_single_picture_is_not_copied():
    """A large one would cost its size again."""
    picture = some((40, 50))[0]
    pictures = PictureStack.of(picture)

    assert np.shares_memory(pictures.grey, picture)
    assert pictures.cut(slice(0, 1024), slice(0, 1024)) is pictures


@pytest.mark.parametrize("shape", [(255, 900), (900, 255, 3), (28, 28)], ids=str)
def test_a_picture_with_a_short_side_is_not_reduced(shape):
    """Its small forms are made of all its pixels."""
    pictures = PictureStack.of(*some(shape, 2))

    assert pictures.reduced is pictures


@pytest.mark.parametrize("times", [2, 3, 8])
@pytest.mark.parametrize("channels", [(), (3,)], ids=["grey", "colour"])
def test_a_reduced_picture_has_the_means_of_its_areas(times, channels):
    """By a sum over blocks; a mean just between two levels may be either of them."""
    picture = some((times * REDUCED, 2 * times * REDUCED, *channels), 1)[0]
    areas = picture.reshape(REDUCED, times, REDUCED, 2 * times, *channels).mean(axis=(1, 3))
    reduced = PictureStack.of(picture).reduced.stack[0]

    assert reduced.shape == (REDUCED, REDUCED, *channels)
    assert np.abs(reduced - areas).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("shape", [(256, 256), (300, 451, 3), (1030, 260), (512, 512, 3)], ids=str)
def test_a_network_sees_the_same_of_a_reduced_picture(shape):
    """Byte for byte, so that no embedding depends on whether the picture was reduced before."""
    picture = some(shape, 1)[0]
    reduced = PictureStack.of(picture).reduced.stack[0]

    np.testing.assert_array_equal(model_input(reduced, REDUCED), model_input(picture, REDUCED))


@pytest.mark.parametrize("name", ["astronaut", "brick", "camera", "cat", "coffee", "rocket"])
@pytest.mark.parametrize("size", [(256, 256), (700, 290), (1100, 800)], ids=str)
def test_small_forms_of_a_large_picture_are_those_of_the_whole(photos, name, size):
    """Off by less than a level, root mean square."""
    picture = cv2.resize(photos[name], size, interpolation=cv2.INTER_AREA)
    reduced = PictureStack.of(picture).reduced.stack[0]
    for small in (thumbnail, chroma):
        whole = small(picture).astype(float)
        assert np.square(small(reduced) - whole).mean() < 1


def test_copies_in_the_words_of_the_paper_come_from_the_whole_picture(photos):
    """Thumbnails are then Pillow's, to the pixel, however large the picture is."""
    picture = photos["coffee"]
    nothing = [SimpleNamespace()]
    raw = picture_records(PictureStack.of(picture), nothing, PAPER)[0]
    record = np.frombuffer(raw, dtype=record_layout(PAPER))[0]
    luma = Image.fromarray(picture).convert("L")
    oracle = np.asarray(luma.resize((32, 32), Image.Resampling.LANCZOS))

    np.testing.assert_array_equal(record["thumbnail"], oracle)


@pytest.mark.parametrize(
    ("height", "width"),
    [
        *((1, 1), (1, 300), (300, 1), (31, 32), (32, 31), (33, 47), (47, 33), (64, 64), (97, 512)),
        *((3, WIDEST - 1), (3, WIDEST), (3, WIDEST + 1), (WIDEST, WIDEST)),
    ],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_thumbnail_is_pillows(height, width, channels):
    """Noise, and black and white alone, where what Lanczos adds is cut off."""
    rng = np.random.default_rng(height)
    noise = rng.integers(0, 256, (height, width, channels)).astype(np.uint8)
    for picture in (noise, np.where(noise > 127, 255, 0).astype(np.uint8)):
        shown = picture[..., 0] if channels == 1 else picture
        luma = Image.fromarray(shown).convert("L")
        oracle = np.asarray(luma.resize((32, 32), Image.Resampling.LANCZOS))

        np.testing.assert_array_equal(thumbnail(shown), oracle)


@pytest.mark.parametrize("shape", [(1, WIDEST), (1, 65_535), (65_535, 1), (2, 16_000)], ids=str)
def test_a_thumbnail_takes_little_memory(shape):
    """Whatever the sides: a file of a hundred bytes may be so wide."""
    picture = some(shape, 1)[0]
    thumbnail(np.ones_like(picture)[:3, :3])
    tracemalloc.start()
    thumbnail(picture)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 4_000_000


@pytest.mark.parametrize("shape", [(9, 8), (9, 8, 3), (70, 60, 3)], ids=str)
def test_histograms_count_the_pixels_of_each_channel(shape):
    """Small pictures are counted together, larger ones one by one."""
    stack = np.random.default_rng(2).integers(0, 256, (3, *shape)).astype(np.uint8)
    found = PictureStack(stack).histograms
    channels = stack.reshape(3, shape[0] * shape[1], -1)

    assert found.shape == (3, channels.shape[2], 256)
    for i, c in np.ndindex(found.shape[:2]):
        np.testing.assert_array_equal(found[i, c], np.bincount(channels[i, :, c], minlength=256))
