"""Lengths of files count where they depend on what the picture shows."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from deri_gate.data.compressed import compressed_size
from deri_gate.data.readers.files import EncodedImage

SMOOTH = np.add.outer(np.arange(40), np.arange(50)).astype(np.uint8)
NAMED = PngInfo()
NAMED.add_text("Author", "Somebody")


def saved(form: str, picture: np.ndarray = SMOOTH, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, **options)
    return file.getvalue()


def size_of(content: bytes, pixels: int = SMOOTH.size) -> int:
    return compressed_size(EncodedImage(where="x", content=content), pixels=pixels)


@pytest.mark.parametrize(
    "content",
    [
        saved("PNG"),
        saved("PNG", pnginfo=NAMED),
        saved("PNG", np.dstack([SMOOTH] * 4)),
        saved("JPEG"),
        saved("WEBP"),
        saved("GIF"),
    ],
)
def test_packed_files_count(content) -> None:
    assert size_of(content) == len(content)
    assert size_of(content, pixels=100) == 0


@pytest.mark.parametrize(
    "content",
    [
        saved("PNG", compress_level=0),
        saved("PNG", np.random.default_rng(0).integers(0, 256, (40, 50)).astype(np.uint8)),
        saved("PNG")[:20],
        saved("PNG").replace(b"IHDR", b"IHDX"),
        saved("PNG")[:25] + b"\7" + saved("PNG")[26:],
        saved("BMP"),
        saved("TIFF"),
        b"",
    ],
)
def test_stored_and_damaged_files_do_not(content) -> None:
    """Noise cannot be packed, and a header that no decoder takes says nothing."""
    assert size_of(content) == 0
