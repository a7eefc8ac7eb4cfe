"""Facts of a file: the same by the short way and by the long one."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from deri_gate.data import file_facts as module
from deri_gate.data.behind import GOES_ON
from deri_gate.data.decoding import CLEAR, TURNED
from deri_gate.data.dicom import is_dicom
from deri_gate.data.file_facts import NO_FILE, coding_of, file_facts
from deri_gate.data.readers.files import EncodedImage
from deri_gate.data.traces import LOOKED, trace_names
from deri_gate.data.whole_png import SIGNATURE, check_png, depth_of_bare, plain_png
from deri_gate.errors import UnreadableImageError

LEVELS = np.random.default_rng(5).integers(0, 256, (28, 28, 4)).astype(np.uint8)


def saved(picture: np.ndarray, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, **options)
    return file.getvalue()


def made(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks, each with a checksum that fits."""
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def grey_png(data: bytes) -> bytes:
    """A PNG of 28 x 28 grey pixels with these data."""
    return made((b"IHDR", struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)), (b"IDAT", data), END)


END = (b"IEND", b"")
RAW = b"".join(b"\0" + row.tobytes() for row in LEVELS[..., 0])
TURN = Image.Exif()
TURN[0x0112] = 6
NAMED = PngInfo()
NAMED.add_text("Author", "Somebody")
GREY, COLOUR = LEVELS[..., 0].copy(), LEVELS[..., :3].copy()
BARE = {
    "grey": saved(GREY),
    "colour": saved(COLOUR),
    "16 bits": saved(GREY.astype(np.uint16)),
    "1 bit": saved(GREY > 99),
}
FILES = BARE | {
    "alpha": saved(LEVELS),
    "author": saved(GREY, pnginfo=NAMED),
    "turned": saved(COLOUR, exif=TURN),
    "another behind": saved(GREY) + saved(GREY, "JPEG"),
    "an end in its data": grey_png(zlib.compress(RAW, 0)[:-9] + b"IEND\xaeB`\x82PK\x03\x04"),
    "DICOM in its data": saved(GREY)[:128] + b"DICM" + saved(GREY)[132:],
    "JPEG": saved(COLOUR, "JPEG", exif=TURN),
    "cut": saved(GREY)[:-3],
    "empty": b"",
}


@pytest.mark.parametrize("name", FILES)
def test_the_short_way_says_what_the_long_one_says(name, monkeypatch) -> None:
    content = EncodedImage(where="x", content=FILES[name])
    found = file_facts(content)
    monkeypatch.setattr(module, "depth_of_bare", lambda _: 0)

    assert file_facts(content) == found


def test_only_files_without_more_go_the_short_way() -> None:
    """Each of the others has something that only a look finds."""
    assert {name for name, raw in FILES.items() if depth_of_bare(raw)} - {*BARE} == {
        "an end in its data", "DICOM in its data"
    }  # fmt: skip
    assert is_dicom(FILES["DICOM in its data"])


def test_facts_by_name() -> None:
    facts = {name: file_facts(EncodedImage(where="x", content=raw)) for name, raw in FILES.items()}

    assert facts["16 bits"].tags.bits == 16
    assert facts["grey"].traces == LOOKED
    assert trace_names(facts["author"].traces) == ("Author",)
    assert (facts["alpha"].otherwise, facts["turned"].otherwise) == (CLEAR, TURNED)
    assert facts["another behind"].otherwise == GOES_ON
    assert facts["an end in its data"].otherwise == 0
    assert file_facts(object()) == NO_FILE


@pytest.mark.parametrize(
    "data",
    [
        zlib.compress(RAW)[:-3],
        zlib.compress(RAW) + b"xx",
        zlib.compress(RAW + b"x"),
        zlib.compress(RAW[:-3]),
        b"",
    ],
)
def test_one_chunk_of_data_is_checked_as_many_are(data) -> None:
    """A PNG is left to the long way where that one refuses it, and only there."""
    try:
        check_png(grey_png(data), "x")
        whole = True
    except UnreadableImageError:
        whole = False

    assert (plain_png(grey_png(data), "x") is not None) is whole


@pytest.mark.parametrize("at", [17, 30, 60, -14])
def test_a_wrong_byte_under_a_checksum_is_seen(at) -> None:
    """In the size, in the checksum of the header, in the data, in their checksum."""
    content = bytearray(BARE["grey"])
    content[at] ^= 1

    assert plain_png(bytes(BARE["grey"]), "x") is not None
    assert plain_png(bytes(content), "x") is None


def test_the_first_table_is_that_which_pillow_reads() -> None:
    """Every quality has a table of its own, which Pillow shows in another way."""
    for quality in (5, 40, 75, 95):
        raw = saved(COLOUR, "JPEG", quality=quality)
        table = Image.open(io.BytesIO(raw)).quantization[0]

        assert coding_of(raw) % 2**16 == sum(table)


def test_colour_samplings_have_numbers_of_their_own() -> None:
    """A grey JPEG has none, and as many as a picture without colours to leave out: 0."""
    codes = [coding_of(saved(COLOUR, "JPEG", subsampling=kind)) >> 24 for kind in (0, 1, 2)]
    grey = coding_of(saved(COLOUR[..., 0], "JPEG"))

    assert len({0, *codes}) == 4
    assert (grey >> 24, coding_of(saved(COLOUR, "PNG")) >> 24) == (0, 0)


def test_formats_have_numbers_of_their_own() -> None:
    codes = [
        coding_of(saved(COLOUR, form)) // 2**16 % 2**8 for form in ("PNG", "JPEG", "BMP", "TIFF")
    ]

    assert len(set(codes)) == 4


@pytest.mark.parametrize("cut", [2, 3, 10, 30, 60])
def test_a_jpeg_that_ends_early_has_no_table(cut) -> None:
    raw = saved(COLOUR, "JPEG")

    assert coding_of(raw[:cut]) % 2**16 <= 255 * 64
    assert coding_of(b"\xff\xd8\xff\xe0\x00\x00" * 200) % 2**16 == 0
