"""What a decoder had to invent is no picture; what is sound, however odd, is one."""

from __future__ import annotations

import io
import os
import struct
import time
import tracemalloc
import zlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image

from deri_gate.data.decoding import decode, has_more_bits
from deri_gate.data.intact import without_comments
from deri_gate.errors import UnreadableImageError


def chunks(content: bytes) -> list[bytes]:
    """Of a PNG, its head first."""
    found, at = [content[:8]], 8
    while at < len(content):
        end = at + 12 + int.from_bytes(content[at : at + 4], "big")
        found.append(content[at:end])
        at = end
    return found


def encoded(picture: np.ndarray, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def picture(random_pictures):
    """A picture with some grain, so that there is much to lose."""
    return random_pictures(1, side=128, seed=5)[0]


def scan_of(content: bytes) -> tuple[int, int]:
    """Where the first scan of a JPEG begins, and where the last ends."""
    at = content.index(b"\xff\xda")
    return at + 2 + int.from_bytes(content[at + 2 : at + 4], "big"), len(content) - 2


KINDS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "full colour": {"subsampling": 0},
    "best quality": {"quality": 100, "subsampling": 0},
    "restarts": {"restart_marker_blocks": 3},
    "a restart a row": {"restart_marker_rows": 1},
    "own tables": {"optimize": True},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_jpeg_cut_and_closed_is_refused(picture, kind, share):
    """By a tool that repairs the file and not the picture."""
    content = encoded(picture, "JPEG", **KINDS[kind])
    start, end = scan_of(content)
    closed = content[: start + int(share * (end - start))] + b"\xff\xd9"

    decode(content, "x")
    with pytest.raises(UnreadableImageError, match=r"^x: (truncated|not an image)"):
        decode(closed, "x")


@pytest.mark.parametrize("kind", KINDS)
def test_a_jpeg_with_a_hole_is_refused(picture, kind):
    """A fifth of its scan is gone, and the rest is shifted."""
    content = encoded(picture, "JPEG", **KINDS[kind])
    start, end = scan_of(content)
    third = start + (end - start) // 3
    hole = content[:third] + content[third + (end - start) // 5 :]

    with pytest.raises(UnreadableImageError):
        decode(hole, "x")


def test_most_jpegs_with_zeros_in_the_middle_are_refused(random_pictures):
    """Zeros can be a code, and then nothing tells; no sound file is refused for it."""
    refused = 0
    for one in random_pictures(30, side=128, seed=9):
        content = encoded(one, "JPEG", quality=90)
        decode(content, "x")
        middle = sum(scan_of(content)) // 2
        try:
            decode(content[:middle] + bytes(100) + content[middle + 100 :], "x")
        except UnreadableImageError:
            refused += 1
    assert refused >= 10


def test_a_jpeg_that_ends_in_zeros_is_refused(picture):
    """A download that was given its length in advance."""
    content = encoded(picture, "JPEG")
    half = len(content) // 2

    with pytest.raises(UnreadableImageError):
        decode(content[:half] + bytes(len(content) - half), "x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [b"", b"\0\0\0", b"\xff\xff", b"any text " * 50])
def test_bytes_after_the_end_are_no_damage(picture, kind, after):
    """Cameras and tools leave them."""
    decode(encoded(picture, "JPEG", **KINDS[kind]) + after, "x")


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_bytes_before_the_end_are_no_damage(picture, kind):
    """Encoders pad, and the picture is whole."""
    content = encoded(picture, "JPEG", **KINDS[kind])
    padded = decode(content[:-2] + b"\0\0\0" + content[-2:], "x")

    np.testing.assert_array_equal(padded, decode(content, "x"))


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("side", [1, 7, 8, 9, 16, 17, 33])
def test_sound_jpegs_of_every_colour_and_odd_size_are_read(mode, progressive, side):
    """Smaller than a block, a pixel more than one, and with the negative that Adobe writes."""
    file = io.BytesIO()
    noise = np.random.default_rng(side).integers(0, 256, (side, side + 1, 4)).astype(np.uint8)
    Image.fromarray(noise[..., :3]).convert(mode).save(file, "JPEG", progressive=progressive)

    assert decode(file.getvalue(), "x").shape[:2] == (side, side + 1)


def test_two_pictures_in_one_jpeg_show_the_first(picture):
    """MPO, as phones write it."""
    file = io.BytesIO()
    frames = [Image.fromarray(one) for one in (picture, 255 - picture)]
    frames[0].save(file, "MPO", save_all=True, append_images=frames[1:])

    assert np.abs(decode(file.getvalue(), "x").astype(int) - picture).mean() < 10


def test_opencvs_jpegs_are_read(picture):
    """Another encoder: plain, progressive, with restarts, with its own tables."""
    for flags in (
        [],
        [cv2.IMWRITE_JPEG_PROGRESSIVE, 1],
        [cv2.IMWRITE_JPEG_RST_INTERVAL, 5],
        [cv2.IMWRITE_JPEG_OPTIMIZE, 1],
        [cv2.IMWRITE_JPEG_QUALITY, 3],
    ):
        decode(cv2.imencode(".jpg", picture, flags)[1].tobytes(), "x")


def test_real_files_are_read():
    """All that scikit-image comes with, and all below DERI_GATE_DATASETS where it is set."""
    folders = [str(Path(skimage.data.__file__).parent), os.environ.get("DERI_GATE_DATASETS", "")]
    patterns = ("*.jpg", "*.jpeg", "*.png", "*.tif", "*.gif")
    files = [
        path
        for folder in filter(None, folders)
        for pattern in patterns
        for path in Path(folder).rglob(pattern)
    ]
    assert len(files) >= 10
    for path in files:
        content = path.read_bytes()
        try:
            Image.open(io.BytesIO(content)).load()
        except (OSError, SyntaxError):
            continue
        decode(content, str(path))


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT", b"IEND", b"PLTE", b"tRNS"])
def test_a_png_with_a_wrong_checksum_is_refused(kind):
    """Of every chunk that makes the picture."""
    image = Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).quantize(16)
    file = io.BytesIO()
    image.save(file, "PNG", transparency=3)
    parts = chunks(file.getvalue())
    wrong = [one[:-1] + bytes([one[-1] ^ 1]) if one[4:8] == kind else one for one in parts]

    decode(file.getvalue(), "x")
    assert wrong != parts
    with pytest.raises(UnreadableImageError, match=r"checksum|broken|damaged"):
        decode(b"".join(wrong), "x")


@pytest.mark.parametrize("missing", [1, 12, 13])
def test_a_png_without_its_end_is_refused(picture, missing):
    """The last chunk is gone, or a byte of it, or a byte before it."""
    with pytest.raises(UnreadableImageError, match=r"^x: truncated"):
        decode(encoded(picture, "PNG")[:-missing], "x")


def test_a_png_of_many_chunks_and_bytes_behind_is_read(picture):
    """As it may be."""
    parts = chunks(encoded(picture, "PNG"))
    raw = b"".join(one[8:-4] for one in parts if one[4:8] == b"IDAT")
    pieces = []
    for start in range(0, len(raw), 1000):
        data = b"IDAT" + raw[start : start + 1000]
        size = struct.pack(">I", len(data) - 4)
        pieces.append(size + data + struct.pack(">I", zlib.crc32(data)))
    content = b"".join([*parts[:2], *pieces, parts[-1], b"behind the end"])

    np.testing.assert_array_equal(decode(content, "x"), picture)


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}])
def test_a_webp_that_ends_in_zeros_is_refused(picture, options):
    """Its decoder makes a picture of zeros too."""
    content = encoded(picture, "WEBP", **options)
    half = len(content) // 2

    decode(content, "x")
    with pytest.raises(UnreadableImageError, match=r"its last [0-9]+ bytes are zeros"):
        decode(content[:half] + bytes(len(content) - half), "x")


@pytest.mark.parametrize("shade", [0, 255])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM"])
def test_an_empty_picture_is_a_picture(kind, shade):
    """A megapixel of one shade: files of zeros, and nothing missing."""
    decode(encoded(np.full((1000, 1000, 3), shade, np.uint8), kind), "x")


def test_a_header_of_megabytes_is_refused_at_once():
    """A PPM that talks for a megabyte before it says how large it is."""
    with pytest.raises(UnreadableImageError, match="no size in the first 64 KiB"):
        decode(b"P5\n" + b"#" * 1_000_000 + b"\n2 2\n255\n\0\0\0\0", "x")
    with pytest.raises(UnreadableImageError, match="no size in the first 64 KiB"):
        decode(b"P5\n" + b"#x\n" * 400_000 + b"2 2\n255\n\0\0\0\0", "x")


def test_a_header_with_remarks_is_read():
    """As GIMP writes it."""
    assert decode(b"P5\n# made\n#by hand\n2 # wide\n1\n255\n\0\xff", "x").tolist() == [[0, 255]]


def written(kind: str, levels: np.ndarray, *, comment: bytes = b"") -> bytes:
    """A PNM file of 7 x 9 pixels, with a comment between its words where one may stand."""
    most = b"" if kind in ("P1", "P4") else b"255\n"
    if kind in ("P1", "P2", "P3"):
        rows = (b" ".join(str(v).encode() for v in row.ravel()) + b"\n" + comment for row in levels)
        return (
            kind.encode() + b"\n" + comment + b"7 9\n" + comment + most + comment + b"".join(rows)
        )
    pixels = b"#\n \r#\t#\n#" if kind == "P4" else levels.tobytes()
    head = comment + b"7 " + comment + b"9" + (b"\n" + comment + most if most else b"\n")
    return kind.encode() + b"\n" + head + pixels


@pytest.mark.parametrize("kind", ["P1", "P2", "P3", "P4", "P5", "P6"])
def test_comments_of_a_pnm_change_no_pixel(kind) -> None:
    """Its bytes may look like some."""
    levels = np.random.default_rng(1).integers(
        0, 256, (9, 7, 3) if kind in ("P3", "P6") else (9, 7)
    )
    levels = (levels % 2 if kind == "P1" else levels).astype(np.uint8)
    if kind in ("P5", "P6"):
        levels.ravel()[:9] = np.frombuffer(b"#a\n #b\r\n ", np.uint8)
    bare, noted = written(kind, levels), written(kind, levels, comment=b"# of 7 9 255\n#\n")
    shown = np.asarray(Image.open(io.BytesIO(bare)).convert("RGB" if levels.ndim == 3 else "L"))

    np.testing.assert_array_equal(decode(bare, "x"), shown)
    np.testing.assert_array_equal(decode(noted, "x"), shown)


HEADERS = (
    b"P5\n2 1\n255#c\n\n\0\xff", b"P5\n2#c\n 1 255 \0\xff", b"P5\n2 1 2#c\n5#\r5\r\0\xff",
    b"P5 #c\n2 1 255\n#\n", b"P6 1#c\n\t1\v255#\n\f#\n#", b"P4\n8 1#c\n\n#", b"P4 8#c\n 1\n#",
    b"P1\n2#c\n 1#c\n\n1 0\n", b"P2\n2#c\n 1 255#c\n\n0 7\n", b"P3 1#\n 1 255#\n\n1 2 3\n",
)  # fmt: skip


@pytest.mark.parametrize("content", HEADERS)
def test_remarks_within_a_word_are_read_as_pillow_reads_them(content) -> None:
    """Behind a number they were told as no size, though Pillow has always read the picture."""
    shown = np.asarray(Image.open(io.BytesIO(content)))

    np.testing.assert_array_equal(
        decode(content, "x"), shown * np.uint8(255 if shown.dtype == bool else 1)
    )


@pytest.mark.parametrize(
    "header", [b"P5\n255#c\n", b"P5\n2 1\n255#c\n\0\xff", b"P5 a b c \0", b"P5\n2 -1 255\n\0\0"]
)
def test_headers_that_pillow_does_not_read_are_refused(header) -> None:
    """Such as one whose pixels follow a remark, so that they are part of its last number."""
    with pytest.raises((OSError, ValueError, SyntaxError)):
        Image.open(io.BytesIO(header)).load()
    with pytest.raises(UnreadableImageError):
        decode(header, "x")


@pytest.mark.parametrize("kind", [b"P2", b"P3", b"P5", b"P6"])
@pytest.mark.parametrize(("remark", "copies"), [(b"", 0), (b"#c\n", 1)])
def test_a_large_pnm_is_copied_once_at_most(kind, remark, copies) -> None:
    """Three copies of a file of gigabytes ended a judge."""
    size = 10**7
    content = kind + b"\n" + remark + b"1000 1000\n255\n" + b"7 " * (size // 2)
    tracemalloc.start()
    plain = without_comments(content, "x")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert plain == content.replace(b"#c\n", b"")
    assert most < (copies + 0.1) * size + (size if remark and kind in (b"P2", b"P3") else 0)


@pytest.mark.parametrize("many", [b"a#\n", b"#\n", b"1 ", b"1#", b" ", b"#\n1 #\n"])
def test_no_header_of_64_kib_takes_long(many) -> None:
    start = time.process_time()
    with suppress(UnreadableImageError):
        decode(b"P6 " + many * (2**16 // len(many)), "x")

    assert time.process_time() - start < 1


@pytest.mark.parametrize("kind", ["P1", "P2", "P3", "P5", "P6"])
@pytest.mark.parametrize(
    "many", [b"# a\n" * 250_000, b"#" + b"a" * 10**6 + b"\n"], ids=["m", "one"]
)
def test_many_comments_of_a_pnm_take_no_time(kind, many) -> None:
    """A megabyte of them took five seconds, before, between or behind the pixels."""
    levels = np.zeros((9, 7, 3) if kind in ("P3", "P6") else (9, 7), np.uint8)
    bare = written(kind, levels)
    start = time.process_time()
    decode(bare + b"\n" + many, "x")
    with pytest.raises(UnreadableImageError, match="no size in the first 64 KiB"):
        decode(bare[:3] + many + bare[3:], "x")
    assert not has_more_bits(bare[:3] + many + bare[3:])

    assert time.process_time() - start < 1
