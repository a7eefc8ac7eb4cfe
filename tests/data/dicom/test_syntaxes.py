"""Transfer syntaxes and kinds of colour: files by several writers, as pydicom ships them."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate

from deri_gate.data.decoding import decode
from deri_gate.data.dicom import header
from deri_gate.errors import UnreadableImageError

LOSSLESS = [
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "MR_small_expb.dcm",
    "MR_small_padded.dcm",
]
RGB = [
    "SC_rgb_rle_2frame.dcm",
    "SC_rgb_rle_16bit.dcm",
    "SC_rgb_rle_32bit.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
    "SC_rgb_jls_lossy_line.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "SC_rgb_jpeg_dcmtk.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_rgb_dcmtk_+eb+cy+s2.dcm",
    "SC_rgb_dcmtk_+eb+cr.dcm",
]


@pytest.mark.parametrize("name", LOSSLESS)
def test_without_loss_the_picture_is_the_same(sample, name: str) -> None:
    """RLE, JPEG 2000, JPEG-LS, both orders of bytes, with and without types."""
    np.testing.assert_array_equal(decode(sample(name), "x"), decode(sample("MR_small.dcm"), "x"))


@pytest.mark.parametrize("name", RGB)
def test_colours_of_all_codecs_are_those_of_the_picture(sample, name: str) -> None:
    """YBR comes out as RGB, whoever compressed it: bars of pure colours."""
    reference = decode(sample("SC_rgb_rle.dcm"), "x").astype(int)

    picture = decode(sample(name), "x").astype(int)

    assert picture.shape == reference.shape
    assert np.median(np.abs(picture - reference)) <= 1
    assert np.abs(picture - reference).mean() < 3  # a lossy codec rings at hard edges


@pytest.mark.parametrize(
    "name",
    [
        "JPGExtended.dcm",
        "JPEG2000.dcm",
        "693_J2KI.dcm",
        "JPEGLSNearLossless_08.dcm",
        "JPEGLSNearLossless_16.dcm",
        "examples_jpeg2k.dcm",
        "examples_palette.dcm",
        "examples_ybr_color.dcm",
        "examples_overlay.dcm",
        "SC_rgb_small_odd.dcm",
        "liver_1frame.dcm",
        "image_dfl.dcm",
    ],
)
def test_other_files_of_archives_are_read(sample, name: str) -> None:
    """With the size that the header says, and something to be seen."""
    content = sample(name)
    declared = pydicom.dcmread(io.BytesIO(content), stop_before_pixels=True)

    picture = decode(content, "x")

    assert picture.shape[:2] == (declared.Rows, declared.Columns)
    assert picture.std() > 0


def test_a_jpeg_in_dicom_shows_what_the_jpeg_shows(make) -> None:
    """The codestream alone, through Pillow, is the oracle."""
    ramp = np.linspace(0, 255, 64).astype(np.uint8)[None].repeat(48, 0)
    file = io.BytesIO()
    Image.fromarray(ramp).save(file, "JPEG", quality=90)
    content = compressed(make, ramp, file.getvalue(), "1.2.840.10008.1.2.4.50")

    np.testing.assert_allclose(
        decode(content, "x").astype(int), np.asarray(Image.open(file)).astype(int), atol=1
    )


def compressed(make, values: np.ndarray, codestream: bytes, syntax: str) -> bytes:
    made = pydicom.dcmread(io.BytesIO(make(values)))
    made.file_meta.TransferSyntaxUID = syntax
    made.PixelData = encapsulate([codestream])
    made["PixelData"].is_undefined_length = True
    made["PixelData"].VR = "OB"
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("form", "syntax"),
    [("JPEG", "1.2.840.10008.1.2.4.50"), ("JPEG2000", "1.2.840.10008.1.2.4.90")],
)
def test_a_compressed_frame_of_another_size_is_refused_before_it_is_unpacked(
    make, form: str, syntax: str
) -> None:
    """A header of 8 x 8 does not smuggle a picture of millions of pixels past the limit."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((900, 1200), np.uint8)).save(file, form)
    content = compressed(make, np.zeros((8, 8), np.uint8), file.getvalue(), syntax)

    with pytest.raises(UnreadableImageError, match="1200 x 900, its header says 8 x 8"):
        decode(content, "x")


def deflated(content: bytes, data: bytes | None = None) -> bytes:
    """The file with its data set deflated, or with other data in its place."""
    made = pydicom.dcmread(io.BytesIO(content))
    start = 132 + 12 + made.file_meta.FileMetaInformationGroupLength
    made.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    meta = io.BytesIO()
    pydicom.filewriter.write_file_meta_info(meta, made.file_meta)
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(content[start:] if data is None else data) + packer.flush()
    return bytes(128) + b"DICM" + meta.getvalue() + packed


def test_a_deflated_file_is_inflated(make) -> None:
    """The picture of the plain file."""
    values = np.arange(64, dtype=np.uint16).reshape(8, 8) * 900
    content = make(values, WindowCenter=30000, WindowWidth=50000)

    np.testing.assert_array_equal(decode(deflated(content), "x"), decode(content, "x"))


def test_a_deflated_bomb_is_refused(make, monkeypatch) -> None:
    """A few bytes that unpack to more than any picture needs."""
    monkeypatch.setattr(header, "MAX_INFLATED", 2**20)
    content = make(np.zeros((8, 8), np.uint16))

    with pytest.raises(UnreadableImageError, match="unpacks to more than the 1 MiB"):
        decode(deflated(content, bytes(2**21)), "x")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "deflated"])
def test_a_bomb_of_empty_items_is_refused(make, packed: bool) -> None:
    """Eight bytes each in the file, a thousand each in memory."""
    start = make(np.zeros((8, 8), np.uint16))
    bomb = struct.pack("<HH2sHI", 0x0008, 0x1115, b"SQ", 0, 0xFFFFFFFF)
    bomb += struct.pack("<HHI", 0xFFFE, 0xE000, 0) * 100_001
    content = deflated(start, bomb) if packed else start + bomb

    with pytest.raises(UnreadableImageError, match="more than 100,000 items"):
        decode(content, "x")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("rtstruct.dcm", "radiotherapy structure set"),
        ("rtplan.dcm", "radiotherapy plan"),
        ("test-SR.dcm", "structured report"),
        ("reportsi.dcm", "structured report"),
        ("waveform_ecg.dcm", "waveform"),
        ("DICOMDIR", "directory of an archive"),
        ("priv_SQ.dcm", "there are no pixels in it"),
        ("MR_truncated.dcm", "less than expected"),
    ],
)
def test_objects_without_a_picture_say_what_they_are(sample, name: str, reason: str) -> None:
    """In words, not by a missing attribute."""
    with pytest.raises(UnreadableImageError, match=reason):
        decode(sample(name), "x")


@pytest.mark.parametrize("name", ["CT_small.dcm", "SC_rgb_jpeg_dcmtk.dcm", "MR_small_RLE.dcm"])
def test_damage_is_an_error_of_ours_or_a_picture(sample, name: str) -> None:
    """Cut at many places, and with bytes turned over: never another error, never a crash."""
    content = sample(name)
    rng = np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(content[: int(rng.integers(132, len(content)))])
        for place in rng.integers(132, len(damaged), 4) if len(damaged) > 140 else ():
            damaged[place] ^= int(rng.integers(1, 256))
        with contextlib.suppress(UnreadableImageError):
            assert decode(bytes(damaged), "x").dtype == np.uint8


@pytest.mark.parametrize("runs", [(41, 41), (60, 41), (41, 60)])
def test_lines_that_go_on_beyond_the_picture_end_no_run(sample, runs: tuple[int, int]) -> None:
    """The codec of packed lines is written in Rust, and panics: no `Exception`, to Python."""
    data = pydicom.dcmread(io.BytesIO(sample("MR_small_RLE.dcm")))
    first, second = (bytes([99, *range(100)]) * count for count in runs)  # 40.96 fill it
    packed = struct.pack("<16L", 2, 64, 64 + len(first), *[0] * 13) + first + second
    data.PixelData = encapsulate([packed + bytes(len(packed) % 2)])
    file = io.BytesIO()
    data.save_as(file)

    with pytest.raises(UnreadableImageError, match="cannot be decoded"):
        decode(file.getvalue(), "x")
