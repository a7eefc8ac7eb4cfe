"""Thumbnails: the pixels of a picture, shrunk and encoded anew, and nothing else of it."""

import io

import numpy as np
import pytest
from PIL import Image

from deri_gate.reports.pictures.encoding import SIDE, thumbnail_of

PICTURE = np.random.default_rng(0).integers(0, 255, (700, 1000, 3), dtype=np.uint8)


def opened(thumbnail) -> Image.Image:
    return Image.open(io.BytesIO(thumbnail.content))


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((700, 1000, 3), (SIDE, 179)),
        ((1000, 700), (179, SIDE)),
        ((28, 20), (20, 28)),  # small ones keep their pixels
        ((1, 1), (1, 1)),
        ((5000, 2), (1, SIDE)),
    ],
)
def test_size_and_shape(shape, size) -> None:
    """256 pixels on the longer side at most, and one at least."""
    found = thumbnail_of(np.full(shape, 90, dtype=np.uint8))

    assert (found.width, found.height) == opened(found).size == size
    assert opened(found).mode == "RGB"


def test_it_shows_what_the_picture_shows() -> None:
    """Against Pillow's own shrinking of the same picture: a few levels apart on average."""
    smooth = np.asarray(Image.fromarray(PICTURE[:8, :8]).resize((900, 600), Image.BICUBIC))
    found = np.asarray(opened(thumbnail_of(smooth))).astype(float)
    expected = Image.fromarray(smooth).resize(found.shape[1::-1], Image.BOX)

    assert np.abs(found - np.asarray(expected)).mean() < 6


def test_nothing_but_pixels(monkeypatch) -> None:
    """No metadata, no second frame; the same picture gives the same bytes."""
    found = thumbnail_of(PICTURE)
    image = opened(found)

    assert not image.info.get("exif")
    assert not image.info.get("icc_profile")
    assert getattr(image, "n_frames", 1) == 1
    assert thumbnail_of(PICTURE).content == found.content
    assert found.address.startswith("data:image/webp;base64,")
    assert found.size == len(found.address)


def test_heat_lies_where_it_should() -> None:
    """Colour in the hot quarter, nearly grey elsewhere; empty and broken maps are no error."""
    heat = np.zeros((16, 16))
    heat[:8, 8:] = 1.0
    found = np.asarray(opened(thumbnail_of(np.full((200, 200), 120, np.uint8), heat))).astype(int)
    colour = np.abs(found[..., 0] - found[..., 2])

    assert colour[20:80, 120:180].mean() > 40
    assert colour[120:180, 20:80].mean() < 12
    for empty in (np.zeros((16, 16)), np.full((16, 16), np.nan)):
        assert thumbnail_of(np.full((50, 50), 120, np.uint8), empty).content
