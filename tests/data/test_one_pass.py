"""Files that are decoded and found whole in one pass show what Pillow shows of them."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import MARKER
from PIL.PngImagePlugin import PngInfo

from deri_gate.data.decoding import decode
from deri_gate.data.readers.files import EncodedImage
from deri_gate.data.traces import LOOKED, trace_names, traces_of
from deri_gate.data.whole_jpeg import LOST, markers, whole_jpeg
from deri_gate.data.whole_png import plain_png
from deri_gate.errors import UnreadableImageError
from tests.sweeps import sampled

SIZES = [(1, 1), (7, 9), (16, 16), (33, 50), (120, 97), (310, 205)]
WAYS = {
    "usual": {},
    "progressive": {"progressive": True},
    "full colour": {"subsampling": "4:4:4"},
    "half colour": {"subsampling": "4:2:2"},
    "coarse": {"quality": 5},
    "fine": {"quality": 100},
    "restarts": {"restart_marker_blocks": 2},
    "own tables": {"optimize": True},
    "red, green and blue": {"keep_rgb": True},
}


def shaded(height: int, width: int, channels: int) -> Image.Image:
    """Edges, shades and noise; a single channel is grey."""
    rng = np.random.default_rng(height)
    coarse = rng.integers(0, 256, (height // 8 + 1, width // 8 + 1, channels))
    levels = np.kron(coarse, np.ones((8, 8, 1)))[:height, :width]
    levels = np.clip(levels + rng.normal(0, 9, levels.shape), 0, 255).astype(np.uint8)
    return Image.fromarray(levels[..., 0] if channels == 1 else levels)


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("channels", sampled([1, 3], 1))
@pytest.mark.parametrize("size", sampled(SIZES, 0, 2, single=True), ids=str)
@pytest.mark.parametrize("way", WAYS)
def test_a_jpeg_shows_what_pillow_shows(channels, size, way) -> None:
    """The two are built from one decoder, each for itself; to the last bit."""
    content = saved(shaded(*size, channels), "JPEG", **WAYS[way])
    oracle = np.asarray(Image.open(io.BytesIO(content)))
    picture = whole_jpeg(content, "L" if channels == 1 else "RGB")

    assert picture is not None
    np.testing.assert_array_equal(picture, oracle)
    np.testing.assert_array_equal(decode(content, "x"), oracle)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_stands_as_its_tag_says(orientation) -> None:
    """Pixels of the one pass are turned as all others are."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = saved(shaded(31, 44, 3), "JPEG", exif=exif)
    oracle = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(content))))

    np.testing.assert_array_equal(decode(content, "x"), oracle)


def test_other_jpegs_are_left_to_pillow() -> None:
    """Four colours, a frame that is coded in another way, and a file that ends too soon."""
    content = saved(shaded(33, 50, 3), "JPEG")

    assert whole_jpeg(saved(shaded(33, 50, 3).convert("CMYK"), "JPEG"), "CMYK") is None
    assert whole_jpeg(content.replace(b"\xff\xc0", b"\xff\xc9", 1), "RGB") is None
    for share in (0.02, 0.3, 0.9):
        assert whole_jpeg(content[: int(share * len(content))], "RGB") is None


def test_markers_end_at_the_scan_or_are_lost() -> None:
    """JFIF, two tables of quanta, the frame, four tables of codes, the scan."""
    content = saved(shaded(33, 50, 3), "JPEG")
    expected = [0xE0, 0xDB, 0xDB, 0xC0, 0xC4, 0xC4, 0xC4, 0xC4, 0xDA]

    assert list(markers(content)) == expected
    assert list(markers(content[:40])) == [0xE0, 0xDB, LOST]
    assert list(markers(b"\xff\xd8")) == [LOST]


def test_segments_have_a_length_where_pillow_reads_one() -> None:
    """Each marker, as the table of another reader has it, and no length below its own bytes."""
    for marker in range(256):
        content = b"\xff\xd8\xff" + bytes([marker]) + b"\0\4ab\xff\xda\0\0"
        reads = MARKER.get(0xFF00 + marker, ("", "", None))[2] is not None
        scan = marker == 0xDA

        assert list(markers(content))[:1] == ([marker] if reads else [LOST])
        assert (LOST in markers(content)) is not scan
    for length in (0, 1):
        assert list(markers(b"\xff\xd8\xff\xe0" + bytes([0, length]) + b"abcd")) == [LOST]


def segment(marker: int, block: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(block) + 2).to_bytes(2, "big") + block


def named() -> bytes:
    """A segment that names an artist."""
    exif = Image.Exif()
    exif[0x013B] = "Somebody"
    return segment(0xE1, exif.tobytes())


def test_a_name_in_a_late_segment_is_found() -> None:
    """Tags may stand anywhere before the scan."""
    content = saved(shaded(9, 9, 3), "JPEG")
    at = content.index(b"\xff\xda")
    late = content[:at] + named() + content[at:]

    assert traces_of(EncodedImage(where="x", content=content)) == LOOKED
    assert trace_names(traces_of(EncodedImage(where="x", content=late))) == ("Artist",)


@pytest.mark.parametrize(
    "before", [b"\xff", b"\xff\xff\xff", b"\xff\xd0", b"\xff\xf0", b"\xff\xc8"]
)
def test_a_name_behind_a_fill_is_found(before) -> None:
    """No length follows the fill; a comment is full of scans for a reader that takes it for one."""
    content = saved(shaded(9, 9, 3), "JPEG")
    for shift in range(4):
        scans = segment(0xFE, shift * b" " + 15_000 * b"\xff\xda\0\0" + -shift % 4 * b" ")
        hidden = content[:2] + before + named() + 2 * scans + content[2:]

        assert Image.open(io.BytesIO(hidden)).getexif()[0x013B] == "Somebody"
        assert trace_names(traces_of(EncodedImage(where="x", content=hidden))) == ("Artist",)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("level", [0, 9])
def test_a_plain_png_shows_what_pillow_shows(channels, size, level) -> None:
    """Two decoders that share no code."""
    content = saved(shaded(*size, channels), "PNG", compress_level=level)
    oracle = np.asarray(Image.open(io.BytesIO(content)))
    picture = plain_png(content, "x")

    assert picture is not None
    np.testing.assert_array_equal(picture, oracle)
    np.testing.assert_array_equal(decode(content, "x"), oracle)
    assert picture.flags.c_contiguous


def test_other_pngs_are_left_to_pillow() -> None:
    """Transparent, of a palette, of 16 bits, with tags, and damaged ones."""
    image = shaded(20, 20, 3)
    exif, text = Image.Exif(), PngInfo()
    exif[0x0112] = 6
    text.add_text("Author", "Somebody")
    clear = image.convert("RGBA")
    content = saved(image, "PNG")
    deep = Image.fromarray(np.asarray(image)[..., 0].astype(np.uint16))

    for other in (clear, image.quantize(8), deep, image.convert("1"), image.convert("LA")):
        assert plain_png(saved(other, "PNG"), "x") is None
    assert plain_png(saved(image, "PNG", transparency=(1, 2, 3)), "x") is None
    assert plain_png(saved(image, "PNG", exif=exif), "x") is None
    assert plain_png(saved(image, "PNG", pnginfo=text), "x") is None
    assert plain_png(content[:-20], "x") is None
    assert plain_png(content[:60] + bytes([content[60] ^ 1]) + content[61:], "x") is None


def chunk(kind: bytes, body: bytes, *, wrong: int = 0) -> bytes:
    checksum = zlib.crc32(kind + body) ^ wrong
    return len(body).to_bytes(4, "big") + kind + body + checksum.to_bytes(4, "big")


ODD = {
    "wrong checksum": chunk(b"pHYs", bytes(9), wrong=1),
    "short size of a pixel": chunk(b"pHYs", bytes(3)),
    "short gamma": chunk(b"gAMA", bytes(1)),
    "empty intent": chunk(b"sRGB", b""),
    "many gammas": 3 * chunk(b"gAMA", bytes([0, 0, 177, 143])),
}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("side", [9, 150])
def test_a_png_with_an_odd_chunk_is_judged_alike_in_any_size(side, odd, late, capfd) -> None:
    """As the reader of all large files judges it, and nothing is printed."""
    content = saved(shaded(side, side, 1), "PNG")
    at = content.index(b"IEND" if late else b"IDAT") - 4
    content = content[:at] + ODD[odd] + content[at:]
    try:
        with Image.open(io.BytesIO(content)) as image:
            oracle = np.asarray(image)
    except (OSError, SyntaxError, ValueError):
        with pytest.raises(UnreadableImageError):
            decode(content, "x")
    else:
        np.testing.assert_array_equal(decode(content, "x"), oracle)
    assert capfd.readouterr().err == ""
