"""Data that end before the last line of a picture, or go on after it: a damaged file, never grey.

Decoders complete such pictures without a word. Files are made here by hand, from the formats' own
specifications, so that only one thing is wrong with each.
"""

from __future__ import annotations

import io
import itertools
import json
import struct
import zlib

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from deri_gate.data.decoding import decode
from deri_gate.data.whole_jpeg import check_jpeg
from deri_gate.data.whole_png import png_chunks, sole_data
from deri_gate.errors import UnreadableImageError

SIDE = 64


@pytest.fixture(scope="module")
def picture(random_pictures):
    return random_pictures(1, side=SIDE, seed=3)[0]


def refused(content: bytes, **words: object) -> None:
    with pytest.raises(UnreadableImageError, match=r"^x: (truncated|damaged|not an image|DICOM)"):
        decode(content, "x", **words)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(lines: bytes, colour: int, depth: int = 8, *, size=(SIDE, SIDE), interlace: int = 0,
        before: bytes = b"", pieces: int = 1, packed: bytes | None = None) -> bytes:  # fmt: skip
    """A PNG of these lines, each with its filter's number; in several chunks of data."""
    data = zlib.compress(lines) if packed is None else packed
    step = -(-len(data) // pieces)
    parts = b"".join(chunk(b"IDAT", data[at : at + step]) for at in range(0, len(data), step))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlace))
    table = chunk(b"PLTE", bytes(range(48))) if colour == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + head + table + before + parts + chunk(b"IEND", b"")


def lines_of(colour: int, depth: int, size=(SIDE, SIDE)) -> bytes:
    values = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    width = (size[0] * values * depth + 7) // 8
    generator = np.random.default_rng(colour * 100 + depth)
    return b"".join(b"\0" + generator.bytes(width) for _ in range(size[1]))


def passes(size: tuple[int, int], bits: int) -> bytes:
    """Lines of the seven passes of a small interlaced picture, as the specification counts them."""
    found = b""
    for x, y, across, down in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
                               (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):  # fmt: skip
        columns, rows = len(range(x, size[0], across)), len(range(y, size[1], down))
        found += (b"\0" + bytes((columns * bits + 7) // 8)) * rows if columns else b""
    return found


KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 4),
         (4, 8), (4, 16), (6, 8), (6, 16)]  # fmt: skip


class TestPng:
    @pytest.mark.parametrize(("colour", "depth"), KINDS)
    @pytest.mark.parametrize("pieces", [1, 7])
    def test_all_lines_and_no_more(self, colour, depth, pieces) -> None:
        """A byte less, a line less, half, none; a byte more, a line more."""
        lines = lines_of(colour, depth)
        width = len(lines) // SIDE

        decode(png(lines, colour, depth, pieces=pieces), "x")
        for less in (1, width, len(lines) // 2, len(lines)):
            refused(png(lines[:-less], colour, depth, pieces=pieces))
        for more in (b"\0", lines[:width], lines):
            refused(png(lines + more, colour, depth, pieces=pieces))

    @pytest.mark.parametrize("size", [*itertools.product((1, 2, 3, 5, 8, 9), (1, 2, 3, 4, 8, 9))])
    def test_interlaced_pictures_of_every_small_size(self, size) -> None:
        """Passes without a column have no lines."""
        lines = passes(size, 24)

        decode(png(lines, 2, size=size, interlace=1), "x")
        refused(png(lines[:-1], 2, size=size, interlace=1))
        refused(png(lines + b"\0", 2, size=size, interlace=1))

    def test_a_stream_that_ends_in_the_middle(self) -> None:
        """Cut its codes or its checksum, or add bytes that are none of its own."""
        lines = lines_of(2, 8)
        packed = zlib.compress(lines)

        for cut in (1, 4, 5, len(packed) // 2, len(packed) - 1):
            refused(png(lines, 2, packed=packed[:-cut]))
        wrong = packed[:-1] + bytes([packed[-1] ^ 1])
        refused(png(lines, 2, packed=wrong))
        refused(png(lines, 2, packed=b"no deflate"))

    def test_data_that_lie_apart_do_not_count(self) -> None:
        """Pillow stops at the chunk between."""
        packed = zlib.compress(lines_of(2, 8))
        whole = png(b"", 2, packed=packed)
        half = len(packed) // 2
        start = whole.index(b"IDAT") - 4
        apart = b"".join(
            [chunk(b"IDAT", packed[:half]), chunk(b"tEXt", b"a\0b"), chunk(b"IDAT", packed[half:])]
        )

        refused(whole[:start] + apart + chunk(b"IEND", b""))

    def test_two_headers(self) -> None:
        """The second would say how large it is."""
        more = chunk(b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE // 2, 8, 2, 0, 0, 0))

        refused(png(lines_of(2, 8), 2, before=more))

    def test_an_animation(self) -> None:
        """Its first frame is the picture, and must be whole."""
        frames = [Image.fromarray(np.full((SIDE, SIDE, 3), 60 * k, np.uint8)) for k in range(3)]
        file = io.BytesIO()
        frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
        content = file.getvalue()
        at = content.index(b"IDAT") - 4
        length = int.from_bytes(content[at : at + 4], "big")
        short = zlib.compress(zlib.decompress(content[at + 8 : at + 8 + length])[: -SIDE * 3 - 1])

        assert decode(content, "x").shape == (SIDE, SIDE, 3)
        refused(content[:at] + chunk(b"IDAT", short) + content[at + length + 12 :])

    def test_one_chunk_of_data_is_told_without_a_walk(self) -> None:
        """Anything before or behind it, or a piece of it that lies apart, asks for the walk."""
        lines, (text, end) = bytes(SIDE * (SIDE + 1)), (chunk(b"tEXt", b"Author\0x"), 12)
        plain = png(lines, 0)
        lengths = {kind: length for kind, _, length in png_chunks(plain)}

        assert sole_data(plain) == lengths[b"IDAT"] > 0
        others = png(lines, 0, before=text), png(lines, 0, pieces=2), plain[:-1], plain + plain
        assert not any(map(sole_data, (*others, plain[:-end] + text + plain[-end:], b"")))

    def test_a_bomb_ends_at_the_size_that_the_header_says(self) -> None:
        """A quarter of a gigabyte behind a small picture is not inflated."""
        packer = zlib.compressobj(1)  # the quickest way to many zeros
        packed = packer.compress(lines_of(0, 8)) + b"".join(
            packer.compress(bytes(2**24)) for _ in range(16)
        )

        refused(png(b"", 0, packed=packed + packer.flush()))


def tiff(picture: np.ndarray, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "TIFF", **options)
    return file.getvalue()


def entry(content: bytes, tag: int) -> int:
    """Where a tag's entry stands in the first directory of a little-endian file."""
    at = struct.unpack_from("<I", content, 4)[0]
    for number in range(struct.unpack_from("<H", content, at)[0]):
        if struct.unpack_from("<H", content, at + 2 + 12 * number)[0] == tag:
            return at + 2 + 12 * number
    raise AssertionError(tag)


def numbers(content: bytes, tag: int) -> tuple[int, str, list[int]]:
    place = entry(content, tag)
    kind, count = struct.unpack_from("<HI", content, place + 2)
    form = f"<{count}{'H' if kind == 3 else 'I'}"
    start = place + 8
    if struct.calcsize(form) > 4:
        start = struct.unpack_from("<I", content, start)[0]
    return start, form, [*struct.unpack_from(form, content, start)]


def with_numbers(content: bytes, tag: int, change) -> bytes:
    start, form, values = numbers(content, tag)
    new = struct.pack(form, *change(values))
    return content[:start] + new + content[start + len(new) :]


COMPRESSED = ["tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "jpeg"]
OFFSETS, COUNTS, HEIGHT, ROWS = 273, 279, 257, 278


class TestTiff:
    @pytest.mark.parametrize("compression", COMPRESSED)
    @pytest.mark.parametrize("strip", [SIDE * 3 * 16, 2**20])
    def test_a_strip_that_is_short(self, picture, compression, strip) -> None:
        """The first or the last, half of it, nearly all of it or none."""
        content = tiff(picture, compression=compression, strip_size=strip)

        decode(content, "x")
        for at, share in itertools.product((0, -1), (0.9, 0.5, 0.1)):

            def shorter(values, at=at, share=share):
                values[at] = int(values[at] * share)
                return values

            refused(with_numbers(content, COUNTS, shorter))

    @pytest.mark.parametrize("compression", [None, *COMPRESSED])
    def test_a_strip_beyond_the_file(self, picture, compression) -> None:
        words = {} if compression is None else {"compression": compression}
        content = tiff(picture, **words)

        for beyond in (1, 50, 10**6):
            refused(with_numbers(content, OFFSETS, lambda v, b=beyond: [*v[:-1], len(content) + b]))

    @pytest.mark.parametrize("compression", [None, *COMPRESSED])
    def test_fewer_strips_than_rows(self, picture, compression) -> None:
        """The height is doubled and the strips are not."""
        words = {} if compression is None else {"compression": compression}
        content = tiff(picture, **words)

        refused(with_numbers(content, HEIGHT, lambda values: [2 * values[0]]))

    @pytest.mark.parametrize("compression", ["tiff_adobe_deflate", "tiff_deflate", "jpeg"])
    def test_zeros_in_the_middle_of_a_strip(self, picture, compression) -> None:
        """They may be codes; the checksum at the end tells, or the scan's."""
        content = tiff(picture, compression=compression)
        start, size = numbers(content, OFFSETS)[2][-1], numbers(content, COUNTS)[2][-1]
        middle = start + size // 2

        refused(content[:middle] + bytes(start + size - middle) + content[start + size :])

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "I;16", "F", "CMYK"])
    @pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
    def test_sound_files_of_every_mode_are_read(self, picture, mode, compression) -> None:
        """Odd sizes, several strips."""
        image = Image.fromarray(picture[:61, :53]).convert("I" if mode == "I;16" else mode)
        file = io.BytesIO()
        words = {} if compression is None else {"compression": compression}
        image.convert(mode).save(file, "TIFF", **words, strip_size=1000)

        assert decode(file.getvalue(), "x").shape[:2] == (61, 53)


def parts_of(content: bytes) -> tuple[bytes, list[bytes]]:
    """Header and tile parts of a JPEG 2000 codestream."""
    at = content.index(b"\xff\x90")
    head, parts = content[:at], []
    while content[at : at + 2] == b"\xff\x90":
        length = struct.unpack_from(">I", content, at + 6)[0]
        parts.append(content[at : at + length])
        at += length
    return head, parts


def j2k(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG2000", no_jp2=True, tile_size=(32, 32))
    return file.getvalue()


def dicom(frames: list[bytes], syntax: str, *, declared: int = 1, side: int = SIDE) -> bytes:
    pydicom = pytest.importorskip("pydicom")
    from pydicom.encaps import encapsulate

    uids = pydicom.uid
    data = pydicom.dataset.Dataset()
    data.file_meta = pydicom.dataset.FileMetaDataset()
    data.file_meta.TransferSyntaxUID = getattr(uids, syntax)
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID = uids.SecondaryCaptureImageStorage
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID = "1.2.3"
    data.Rows = data.Columns = side
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit, data.SamplesPerPixel, data.PixelRepresentation = 7, 1, 0
    data.PhotometricInterpretation = "MONOCHROME2"
    if declared > 1:
        data.NumberOfFrames = declared
    packed = syntax not in {"ExplicitVRLittleEndian", "DeflatedExplicitVRLittleEndian"}
    data.PixelData = encapsulate(frames) if packed else b"".join(frames)
    data["PixelData"].VR = "OB"
    data["PixelData"].is_undefined_length = packed
    file = io.BytesIO()
    data.save_as(file, enforce_file_format=True)
    return file.getvalue()


class TestJpeg2000:
    def test_a_tile_that_is_not_there(self, picture) -> None:
        """The first, one in the middle, the last, all; the end is marked."""
        head, parts = parts_of(j2k(picture))
        assert len(parts) == 4

        decode(head + b"".join(parts) + b"\xff\xd9", "x")
        for gone in range(4):
            rest = parts[:gone] + parts[gone + 1 :]
            refused(head + b"".join(rest) + b"\xff\xd9")
        refused(head + b"\xff\xd9")

    @pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
    def test_a_file_that_is_cut(self, picture, share) -> None:
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG2000")
        content = file.getvalue()

        decode(content, "x")
        refused(content[: int(len(content) * share)])


class TestDicom:
    """Values shorter than rows, columns and frames say; frames that are cut."""

    @pytest.mark.parametrize("syntax", ["ExplicitVRLittleEndian", "DeflatedExplicitVRLittleEndian"])
    def test_values_that_are_short(self, picture, syntax) -> None:
        values = picture[..., 0].tobytes()

        decode(dicom([values], syntax), "x")
        for cut in (2, SIDE, len(values) // 2):
            refused(dicom([values[:-cut]], syntax))
        refused(dicom([values, values], syntax, declared=3), frame=2)

    @pytest.mark.parametrize("closed", [b"", b"\xff\xd9"])
    @pytest.mark.parametrize("share", [0.3, 0.9])
    def test_a_jpeg_frame_that_is_cut(self, picture, share, closed) -> None:
        """Bytes that fill it up to an even length are no damage."""
        file = io.BytesIO()
        Image.fromarray(picture[..., 0]).save(file, "JPEG")
        content = file.getvalue()
        start = content.index(b"\xff\xda")
        cut = content[: start + int(share * (len(content) - start))] + closed

        decode(dicom([content], "JPEGBaseline8Bit"), "x")
        decode(dicom([content + b"\0"], "JPEGBaseline8Bit"), "x")
        refused(dicom([cut], "JPEGBaseline8Bit"))

    def test_a_tile_of_a_frame_that_is_not_there(self, picture) -> None:
        head, parts = parts_of(j2k(picture[..., 0]))
        sound = head + b"".join(parts) + b"\xff\xd9"

        try:
            decode(dicom([sound], "JPEG2000Lossless"), "x")
        except UnreadableImageError as error:
            pytest.skip(f"no decoder of JPEG 2000 for DICOM here: {error}")
        refused(dicom([head + b"".join(parts[:-1]) + b"\xff\xd9"], "JPEG2000Lossless"))


def test_a_jpeg_of_a_sampling_that_has_no_name(picture) -> None:
    """Colours at a quarter of the height: few writers know it, and nothing is wrong with it."""
    rgb = np.ascontiguousarray(picture)
    content = simplejpeg.encode_jpeg(rgb, 95, colorsubsampling="411")
    frame = content.index(b"\xff\xc0")
    content = content[: frame + 11] + b"\x14" + content[frame + 12 :]

    assert decode(content, "x").shape == rgb.shape
    check_jpeg(content, "x")
    with pytest.raises(UnreadableImageError, match="truncated"):
        check_jpeg(content[: len(content) // 2] + b"\xff\xd9", "x")


def gif(codes: list[int]) -> bytes:
    """A GIF of literal codes of 8 bits, cleared before they would grow."""
    bits = "".join(
        f"{code:08b}"[::-1]
        for start in range(0, len(codes), 100)
        for code in (128, *codes[start : start + 100])
    )
    bits += f"{129:08b}"[::-1]
    data = bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
    blocks = [data[at : at + 255] for at in range(0, len(data), 255)]
    table = bytes(value for k in range(128) for value in (2 * k,) * 3)
    return (
        b"GIF89a" + struct.pack("<HHBBB", 40, 40, 0xF6, 0, 0) + table + b","
        + struct.pack("<HHHHB", 0, 0, 40, 40, 0) + b"\x07"
        + b"".join(bytes([len(one)]) + one for one in blocks) + b"\0;"
    )  # fmt: skip


class TestOthers:
    """Formats whose decoder itself says what lacks."""

    def test_a_gif_whose_codes_end_early(self) -> None:
        codes = np.random.default_rng(1).integers(1, 127, 1600).tolist()

        assert decode(gif(codes), "x").shape[:2] == (40, 40)
        for count in (0, 1, 800, 1599):
            refused(gif(codes[:count]))

    @pytest.mark.parametrize("kind", ["BMP", "PPM"])
    @pytest.mark.parametrize("mode", ["1", "L", "RGB"])
    def test_rows_that_are_short(self, picture, kind, mode) -> None:
        file = io.BytesIO()
        Image.fromarray(picture).convert(mode).save(file, kind)
        content = file.getvalue()

        decode(content, "x")
        for cut in (1, SIDE // 8, len(content) // 3):
            refused(content[:-cut])

    def test_a_bmp_whose_run_lengths_end_early(self) -> None:
        def bmp(rows: int, end: bytes) -> bytes:
            data = b"".join(bytes([SIDE, 10 + row]) + b"\0\0" for row in range(rows)) + end
            table = b"".join(bytes([k, k, k, 0]) for k in range(256))
            start = 54 + len(table)
            head = struct.pack("<IHHI", start + len(data), 0, 0, start)
            about = struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 8, 1, len(data), 0, 0, 256, 0)
            return b"BM" + head + about + table + data

        decode(bmp(SIDE, b"\0\1"), "x")
        for rows, end in ((SIDE // 2, b"\0\1"), (SIDE // 2, b""), (0, b"\0\1")):
            refused(bmp(rows, end))

    @pytest.mark.parametrize("lossless", [False, True])
    @pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
    def test_a_webp_that_is_cut_and_closed(self, picture, lossless, share) -> None:
        """Both sizes that it states are those of what is left."""
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "WEBP", lossless=lossless)
        content = file.getvalue()
        at = content.index(b"VP8")
        size = int(struct.unpack_from("<I", content, at + 4)[0] * share) // 2 * 2
        cut = content[8 : at + 4] + struct.pack("<I", size) + content[at + 8 : at + 8 + size]

        decode(content, "x")
        refused(b"RIFF" + struct.pack("<I", len(cut)) + cut)


def test_check_counts_them_as_unreadable(run, tmp_path, picture) -> None:
    """Through the command, files on disk: each is a finding with its reason."""
    lines = lines_of(2, 8)
    short = {
        "line.png": png(lines[: -3 * SIDE - 1], 2),
        "strip.tif": with_numbers(tiff(picture), HEIGHT, lambda values: [2 * values[0]]),
    }
    for label in "ab":
        (tmp_path / "data" / label).mkdir(parents=True)
        for number in range(12):
            image = np.random.default_rng(ord(label) + number).integers(0, 255, (SIDE, SIDE, 3))
            Image.fromarray(image.astype(np.uint8)).save(tmp_path / f"data/{label}/{number}.png")
    for name, content in short.items():
        (tmp_path / "data/a" / name).write_bytes(content)

    limit = {
        "type": "expect_value_to_be_at_least",
        "kwargs": {"metric": "exposure", "minimum": 1.0},
        "meta": {"reason": "A limit for this test."},
    }
    (tmp_path / "suite.json").write_text(json.dumps({"name": "own", "expectations": [limit]}))

    words = ("--metrics", "exposure", "--suite", tmp_path / "suite.json", "--out", "out")
    status, _, err = run("check", tmp_path / "data", *words)

    assert status in {0, 1}, err
    said = (tmp_path / "out" / "metrics.json").read_text("utf-8")
    for name in short:
        assert f"a/{name}" in said
    assert said.count("truncated: ") >= 2
