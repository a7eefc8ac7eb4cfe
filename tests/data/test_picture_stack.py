"""Pictures that are measured together get what each gets alone; thumbnails are Pillow's."""

from __future__ import annotations

import io
import tracemalloc
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image

from deri_gate.data.picture import WIDEST, grey, second_difference, thumbnail
from deri_gate.data.picture_stack import PictureStack, in_one_call
from deri_gate.data.readers.files import EncodedImage
from deri_gate.features.picture_record import picture_records, record_layout
from deri_gate.metrics.profile import PAPER, STANDARD

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
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_a_record_is_the_same_in_any_company(profile, shape):
    """To the last byte, whoever else is measured with it, and in which order."""
    pictures = some(shape)
    contents = [as_png(one) for one in pictures]
    alone = [
        picture_records([picture], [content], profile)[0]
        for picture, content in zip(pictures, contents, strict=True)
    ]

    assert picture_records(pictures, contents, profile) == alone
    assert picture_records(pictures[::-1], contents[::-1], profile) == alone[::-1]
    assert picture_records(pictures[2:5], contents[2:5], profile) == alone[2:5]


@pytest.mark.parametrize("profile", [STANDARD, PAPER], ids=lambda one: one.name)
def test_a_record_holds_the_value_of_each_metric_of_one_picture(profile):
    """By the function that says what the metric is."""
    pictures = some((28, 31, 3))
    raw = b"".join(picture_records(pictures, [SimpleNamespace()] * len(pictures), profile))
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


def test_a_single_picture_is_not_copied():
    """A large one would cost its size again."""
    picture = some((40, 50))[0]
    pictures = PictureStack.of(picture)

    assert np.shares_memory(pictures.grey, picture)
    assert pictures.cut(slice(0, 1024), slice(0, 1024)) is pictures


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
