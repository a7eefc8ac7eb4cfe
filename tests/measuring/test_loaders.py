"""Files of which a loader sees another picture than the one that is judged."""

from __future__ import annotations

import io
import sys
import time
import zipfile

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from deri_gate.commands.measure import measure
from deri_gate.data.behind import GOES_ON, goes_on
from deri_gate.data.decoding import CLEAR, TURNED, seen_otherwise
from deri_gate.data.file_facts import file_facts
from deri_gate.data.readers.files import EncodedImage
from deri_gate.data.readers.frames import FrameImage
from tests.data.dicom.conftest import make_dicom

NOISE = np.random.default_rng(0).integers(0, 256, (24, 24, 4)).astype(np.uint8)
SIDEWAYS = Image.Exif()
SIDEWAYS[0x0112] = 6


def saved(picture, form="PNG", **how) -> bytes:
    file = io.BytesIO()
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    image.save(file, form, **how)
    return file.getvalue()


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "text")
    return file.getvalue()


def with_alpha(alpha) -> np.ndarray:
    return np.dstack([NOISE[..., :3], np.broadcast_to(np.uint8(alpha), NOISE.shape[:2])])


FAINT = with_alpha(np.where(np.arange(24) < 23, 255, 250))  # an edge that hardly anyone sees
ARCHIVE = zipped()
GREY = np.dstack([NOISE[..., 0], NOISE[..., 3]])
WIDE = np.where(np.arange(576).reshape(24, 24) % 9, 65_000, 300).astype(np.uint16)
PALETTE = Image.fromarray(NOISE[..., 0]).convert("P")


@pytest.mark.parametrize(
    ("content", "bits"),
    [
        (saved(with_alpha(128)), CLEAR),
        (saved(with_alpha(0), "WEBP", lossless=True, exact=True), CLEAR),
        (saved(GREY), CLEAR),
        (saved(with_alpha(128), "TIFF"), CLEAR),
        (saved(PALETTE, transparency=bytes([0] * 200)), CLEAR),
        (saved(WIDE, transparency=300), CLEAR),
        (saved(WIDE, transparency=65_000), 0),
        (saved(WIDE, transparency=301), 0),
        (saved(with_alpha(255)), 0),
        (saved(FAINT), 0),
        (saved(NOISE[..., :3]), 0),
        (saved(NOISE[..., :3], "JPEG"), 0),
        (saved(NOISE[..., :3], "JPEG", exif=SIDEWAYS), TURNED),
        (saved(NOISE[..., :3], exif=SIDEWAYS), TURNED),
        (saved(with_alpha(128), exif=SIDEWAYS), CLEAR | TURNED),
        (saved(with_alpha(128))[:-40], 0),
        (b"", 0),
    ],
)
def test_what_a_loader_drops(content, bits):
    """Transparency that shows, and a tag that turns; nothing of a damaged file."""
    assert seen_otherwise(content) == bits


def test_each_page_of_a_file_is_asked_for_itself():
    """The first page was asked for all."""
    pages = [Image.fromarray(with_alpha(alpha)) for alpha in (255, 128, 255)]
    content = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])

    assert [seen_otherwise(content, page) for page in range(3)] == [0, CLEAR, 0]


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("between", [b"", b"\0" * 7, b"any;\xff\xd9 bytes"])
def test_a_picture_behind_another_is_known(form, between):
    """Viewers and loaders stop at the end of the first, whatever lies between."""
    one = saved(NOISE[..., :3], form)

    for other in (saved(NOISE, "PNG"), saved(NOISE[..., :3], "WEBP"), ARCHIVE, one):
        assert goes_on(one + between + other)
    assert not goes_on(one)
    assert not goes_on(one + between)
    assert not goes_on(one + bytes(100))
    assert not goes_on(one[:-30])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_thumbnail_within_is_no_picture_behind(form):
    thumb = Image.Exif()
    thumb[0x010E] = "x" + saved(NOISE[:8, :8, 0], "JPEG").decode("latin-1")

    assert not goes_on(saved(NOISE[..., :3], form, exif=thumb))


def test_pictures_of_an_animation_are_no_others():
    """Each has a table of colours of its own; nothing lies behind the last."""
    every = [Image.fromarray(np.roll(NOISE[..., :3], i, 0)) for i in range(3)]
    content = saved(every[0], "GIF", save_all=True, append_images=every[1:])

    assert not goes_on(content)
    assert goes_on(content + content)


COLOUR = saved(NOISE[..., :3], "JPEG")
BITMAP = saved(NOISE[..., :3], "BMP")
PINK = saved(
    np.random.default_rng(1).integers(250, 256, (64, 64, 3)).astype(np.uint8)
    - np.uint8([0, 37, 0]),
    "BMP",
)


def of_stated_size(bitmap: bytes, size: int) -> bytes:
    return bitmap[:2] + size.to_bytes(4, "little") + bitmap[6:]


@pytest.mark.parametrize(
    "one",
    [
        COLOUR[:2] + b"\xff" + COLOUR[2:],
        COLOUR[:2] + b"\xff" * 40 + COLOUR[2:],
        COLOUR[:20] + b"junk" + COLOUR[20:],
        saved(NOISE[..., :3], "JPEG", comment=b"MPF\0"),
        saved(NOISE[..., :3], "JPEG", progressive=True),
        saved(PALETTE, "BMP"),
        saved(Image.fromarray(NOISE[..., 0] > 99), "BMP"),
        *(of_stated_size(BITMAP, size) for size in (0, 54, 2**31)),
    ],
)
def test_a_picture_that_is_written_in_another_way_hides_nothing(one):
    """Pillow opens it: bytes that fill, a comment that names a list, a size that is not so."""
    Image.open(io.BytesIO(one)).load()

    assert not goes_on(one)
    assert goes_on(one + saved(NOISE))
    assert goes_on(one + b"between" + COLOUR)


@pytest.mark.parametrize("size", [0, 54, len(PINK)])
def test_pixels_are_no_picture_behind(size):
    assert b"\xff\xd8\xff" in PINK
    assert not goes_on(of_stated_size(PINK, size))


def test_words_of_a_png_are_no_end():
    words = PngInfo()
    words.add_text("Comment", "IEND\xaeB`\x82 GIF89a")

    assert not goes_on(saved(NOISE, pnginfo=words))
    assert goes_on(saved(NOISE, pnginfo=words) + COLOUR)


def test_bytes_behind_that_begin_like_a_picture_by_chance_are_none():
    """As in three seconds of film behind a phone's picture."""
    film = np.random.default_rng(3).bytes(3_000)
    begins = (b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xc4", b"\xff\xd8\xff\xdb\0C", b"PK\x03\x04")

    assert not goes_on(COLOUR + b"".join(begin + film for begin in begins))


@pytest.mark.parametrize(
    "piece", [b"\xff", b"\xff\xd8\xff\xe0\0\2", b"\xff\xd8", b"\xff\xd8\xff\xfe"]
)
def test_a_file_that_is_made_to_be_slow_is_not(piece):
    """A megabyte of what begins again and again."""
    start = time.process_time()
    goes_on(COLOUR + piece * (10**6 // len(piece)))
    goes_on(COLOUR[:2] + piece * (10**6 // len(piece)) + COLOUR[2:])
    assert time.process_time() - start < 2


JPEG_2000 = saved(NOISE[..., :3], "JPEG2000")
GIF = saved(NOISE[..., :3], "GIF")
PARTS = {  # what goes on, before a file's pixels or its end, as often as one likes
    "markers": (COLOUR[:2], b"\xff\xd0", COLOUR[2:]),
    "boxes": (JPEG_2000, b"\0\0\0\x08free", b""),
    "extensions": (GIF[:-1], b"!\xfe\0", b";"),
    "words": (GIF[:-1] + b"!\xfe", b"\1a", b"\0;"),
}


@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_nor_is_one_of_many_small_parts(parts):
    """Forty megabytes of empty markers took 21 seconds, a step of Python for each."""
    before, part, after = parts
    many = before + part * (16 * 10**6 // len(part)) + after
    start = time.process_time()
    told = goes_on(many), goes_on(many + saved(NOISE)), goes_on(many + COLOUR)
    assert time.process_time() - start < 5
    assert told == (False, True, True)


def listing(*others, **how) -> bytes:
    """A JPEG that lists these pictures behind it, as stereo cameras and phones write them."""
    more = [Image.fromarray(other) for other in others]
    return saved(NOISE[..., :3], "MPO", save_all=True, append_images=more, **how)


def test_a_list_of_pictures_hides_no_other():
    """It silenced all that lay behind the first."""
    larger = np.tile(NOISE[..., :3], (2, 2, 1))
    for honest in (listing(NOISE[::-1, :, :3]), listing(NOISE[:9, :9, :3], NOISE[..., :3])):
        assert not goes_on(honest)
        assert not goes_on(honest + bytes(99))
        for other in (saved(NOISE), ARCHIVE, COLOUR):
            assert goes_on(honest + other)
    assert goes_on(listing(larger))
    assert goes_on(COLOUR[:2] + b"\xff\xe2\0\x06MPF\0" + COLOUR[2:] + COLOUR)


def words(content: bytes, text: bytes, at: int = 2, marker: bytes = b"\xff\xe1") -> bytes:
    """A JPEG with a segment of these words."""
    return content[:at] + marker + (len(text) + 2).to_bytes(2, "big") + text + content[at:]


def test_a_photo_with_a_map_of_its_light_has_no_other_behind():
    """Pillow opens it as a single picture, by words that Android 14 writes."""
    light = b'http://ns.adobe.com/xap/1.0/\0<a xmlns:hdrgm="b" hdrgm:Version="1.0"/>'
    photo = words(listing(NOISE[:9, :9, 0]), light)
    assert Image.open(io.BytesIO(photo)).format == "JPEG"

    assert not goes_on(photo)
    assert goes_on(photo + saved(NOISE))
    assert goes_on(photo + COLOUR)


def test_words_that_move_a_listed_picture_make_it_no_other():
    """Tools write tags behind the list, and leave its places."""
    pair = listing(NOISE[::-1, :, :3])
    behind = pair.index(b"MPF\0") - 2
    behind += int.from_bytes(pair[behind : behind + 2], "big")
    moved = words(pair, b"c" * 300, behind, b"\xff\xfe")

    assert not goes_on(moved)
    assert goes_on(moved + saved(NOISE))


def test_a_list_that_is_made_to_be_slow_is_not():
    """It names one place of many segments again and again."""
    named = bytearray(listing(*[NOISE[:8, :8, :3]] * 62))
    start = named.index(b"MPF\0") - 2
    end = start + int.from_bytes(named[start : start + 2], "big")
    for entry in range(end - 16 * 61, end, 16):  # flags, size and place of the third one
        named[entry : entry + 12] = named[end - 16 * 62 : end - 16 * 62 + 12]
    third = named.index(COLOUR[:3], named.index(COLOUR[:3], 2) + 2)
    named[third + 2 : third + 2] = b"\xff\xe0\0\2" * 2**16
    begun = time.process_time()
    goes_on(bytes(named))

    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "one",
    [
        saved(NOISE[..., :3], "TIFF", description="Converted from GIF89a by a tool, twice"),
        b"P5\n# from GIF87a, GIF89a!\n2 2\n255\n\0\0\0\0",
    ],
)
def test_text_that_names_a_format_is_no_picture(one):
    Image.open(io.BytesIO(one)).load()

    assert not goes_on(one)
    assert goes_on(one + saved(NOISE[..., :3], "GIF"))
    assert goes_on(one + saved(PALETTE, "GIF", comment=b"x")[:-1])


@pytest.mark.parametrize(
    "one",
    [
        saved(NOISE[..., :3], "TIFF"),
        saved(NOISE[..., :3], "TIFF", compression="jpeg"),
        saved(NOISE[..., :3], "PPM"),
        saved(NOISE[..., :3], "JPEG2000"),
        saved(NOISE[..., :3], "AVIF"),
        saved(NOISE[..., :3], "GIF")[:-1],
        saved(NOISE[..., :3], "GIF")[:-1] + b"\1\2",
        of_stated_size(BITMAP, 0),
    ],
)
def test_a_format_without_an_end_hides_nothing(one):
    """Nor does a GIF that has lost it."""
    Image.open(io.BytesIO(one)).load()

    assert not goes_on(one)
    assert goes_on(one + saved(NOISE))
    assert goes_on(one + ARCHIVE)


def test_a_picture_in_a_dicom_file_is_known():
    """Behind its end, or before its mark: what reads TIFF or JPEG alone shows that one."""
    one = make_dicom(NOISE[..., 0])
    assert not goes_on(one)
    assert goes_on(one + saved(NOISE))
    assert goes_on(one + ARCHIVE)
    for start in (b"II*\0\x80\x08\0\0", b"\xff\xd8\xff\xfe\x20\0", b"\x89PNG\r\n\x1a\n"):
        assert goes_on(start + one[len(start) :])


@pytest.mark.parametrize("form", ["JPEG2000", "AVIF"])
@pytest.mark.parametrize("other", [COLOUR, saved(NOISE[..., :3], "WEBP"), BITMAP])
def test_a_picture_behind_the_last_box_is_known(form, other):
    """These may lie within one, so they were looked for nowhere."""
    one = saved(NOISE[..., :3], form)
    within = (len(other) + 8).to_bytes(4, "big") + b"free" + other

    assert goes_on(one + other)
    assert goes_on(one + b"between" + other)
    assert not goes_on(one + within.replace(b"free", b"uuid", 1))  # of a tool, as a thumbnail is
    assert not goes_on(one[:-30])


@pytest.mark.parametrize("form", ["JPEG2000", "AVIF"])
@pytest.mark.parametrize("kind", [b"free", b"skip"])
@pytest.mark.parametrize("other", [COLOUR, saved(NOISE[..., :3], "WEBP"), BITMAP])
def test_a_box_that_only_fills_hides_no_picture(form, kind, other):
    """No decoder looks into it, so nothing of the picture lies there."""
    one = saved(NOISE[..., :3], form)
    known, endless = ((size).to_bytes(4, "big") + kind + other for size in (len(other) + 8, 0))
    Image.open(io.BytesIO(one + known)).load()

    assert goes_on(one + known)
    assert goes_on(one + endless)
    assert not goes_on(one + (308).to_bytes(4, "big") + kind + bytes(300))


def test_nothing_hides_behind_pixels_that_go_on_to_the_end_of_the_file():
    """As writers put them that do not know the size before: it is in the parts of the tiles."""
    at = JPEG_2000.index(b"jp2c") - 4
    endless = JPEG_2000[:at] + bytes(4) + JPEG_2000[at + 4 :]
    bare = saved(NOISE[..., :3], "JPEG2000", no_jp2=True, tile_size=(16, 16))
    for one in (endless, bare, saved(NOISE, "JPEG2000", no_jp2=True)):
        Image.open(io.BytesIO(one + COLOUR)).load()
        assert not goes_on(one)
        assert not goes_on(one[:-40])
        assert goes_on(one + COLOUR)
        assert goes_on(one + bytes(9) + BITMAP)


def test_nothing_hides_before_the_pixels_of_a_bitmap():
    hidden = saved(NOISE)
    gap = BITMAP[:10] + (54 + len(hidden)).to_bytes(4, "little") + BITMAP[14:54]
    content = gap + hidden + BITMAP[54:]
    Image.open(io.BytesIO(content)).load()

    assert goes_on(content)
    assert not goes_on(gap + bytes(len(hidden)) + BITMAP[54:])


def test_a_stack_of_pages_is_searched_once():
    """Each of a thousand pages would search the whole file."""
    stack = EncodedImage(where="x", content=saved(NOISE[..., :3], "TIFF") + bytes(10**7) + ARCHIVE)
    start = time.process_time()
    facts = [file_facts(FrameImage(encoded=stack, frame=i)).otherwise for i in range(100)]

    assert facts == [GOES_ON] * 100
    assert time.process_time() - start < 2


def test_the_bytes_of_a_stack_are_not_held():
    """They are half a gigabyte at most, beside what memory is granted."""
    content = saved(NOISE[..., :3], "TIFF")
    before = sys.getrefcount(content)
    file_facts(FrameImage(encoded=EncodedImage(where="x", content=content), frame=0))

    assert sys.getrefcount(content) == before


def test_such_files_are_told_with_their_number(tmp_path):
    """Half of a set may be seen otherwise in training, and nobody said so."""
    for i in range(6):
        (tmp_path / "ab"[i % 2]).mkdir(exist_ok=True)
        plain = Image.fromarray(np.roll(with_alpha(128 if i < 2 else 255), i, axis=0))
        how = {"exif": SIDEWAYS} if i == 5 else {}
        plain.save(tmp_path / "ab"[i % 2] / f"{i}.png", **how)
    found = measure(tmp_path, metrics="sharpness")

    told = [f.detail for f in found.findings if f.kind == "loaded_otherwise"]
    assert told[0].startswith("2 images, such as a/0.png, have transparent parts, judged on white")
    assert told[1].startswith("1 image, such as b/5.png, has a tag that turns the picture")
