"""JPEG without loss, as old scanners write it: read as it is, and no way into the judge's memory.

Its decoder cannot scale. One that is asked for an eighth writes all of the picture into the memory
of an eighth, which ends the process, or worse. The files are made by hand (ITU-T T.81, annex H).
"""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pydicom
import pytest
import simplejpeg
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGLosslessSV1, SecondaryCaptureImageStorage

from deri_gate.data.decoding import decode
from deri_gate.data.limits import MAX_PIXELS
from deri_gate.data.whole_jpeg import AN_EIGHTH
from deri_gate.errors import UnreadableImageError

SHAPE = (96, 120)
CHILD = (
    "import sys; from deri_gate.data.decoding import decode; decode(sys.stdin.buffer.read(), 'x')"
)


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def lossless_jpeg(picture, *, ahead: bytes = b"") -> bytes:
    """A JPEG of the differences to the value on the left, each by a code of four bits.

    Args:
        picture: (H, W) or (H, W, 3), uint8.
        ahead: What stands ahead of the frame.
    """
    planes = np.atleast_3d(picture).astype(int)
    height, width, count = planes.shape
    before = np.empty_like(planes)
    before[:, 1:], before[1:, 0], before[0, 0] = planes[:, :-1], planes[:-1, 0], 128
    code = "".join(
        f"{abs(d).bit_length():04b}" + _bits(d) for d in (planes - before).ravel().tolist()
    )
    code += "1" * (-len(code) % 8)
    scan = int(code, 2).to_bytes(len(code) // 8, "big").replace(b"\xff", b"\xff\0")
    ids = b"RGB"[:count]
    frame = struct.pack(">BHHB", 8, height, width, count)
    frame += b"".join(bytes([one, 0x11, 0]) for one in ids)
    table = bytes([0, 0, 0, 0, 9, *[0] * 12, *range(9)])
    begin = bytes([count]) + b"".join(bytes([one, 0]) for one in ids) + bytes([1, 0, 0])
    return (b"\xff\xd8" + ahead + segment(0xC3, frame) + segment(0xC4, table)
            + segment(0xDA, begin) + scan + b"\xff\xd9")  # fmt: skip


def _bits(difference: int) -> str:
    size = abs(difference).bit_length()
    low = difference if difference > 0 else difference - 1
    return f"{low & ((1 << size) - 1):0{size}b}" if size else ""


def in_dicom(jpeg: bytes) -> bytes:
    height, width = _size_of(jpeg)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = JPEGLosslessSV1
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid(entropy_srcs=["lossless"])
    one = FileDataset("x", {}, file_meta=meta, preamble=bytes(128))
    one.SOPClassUID, one.Rows, one.Columns = meta.MediaStorageSOPClassUID, height, width
    one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
    one.BitsAllocated = one.BitsStored = 8
    one.HighBit, one.PixelRepresentation = 7, 0
    one.PixelData = encapsulate([jpeg])
    one["PixelData"].is_undefined_length = True
    file = io.BytesIO()
    pydicom.dcmwrite(file, one, enforce_file_format=True)
    return file.getvalue()


def in_tiff(jpeg: bytes) -> bytes:
    """A TIFF of one strip that is such a JPEG."""
    height, width = _size_of(jpeg)
    tags = {256: width, 257: height, 258: 8, 259: 7, 262: 1, 273: 8, 277: 1, 278: height,
            279: len(jpeg)}  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    at = 8 + len(jpeg)
    return (b"II*\0" + struct.pack("<I", at) + jpeg + struct.pack("<H", len(tags)) + entries
            + bytes(4))  # fmt: skip


def _size_of(jpeg: bytes) -> tuple[int, int]:
    height, width = struct.unpack_from(">HH", jpeg, jpeg.rindex(b"\xff\xc3") + 5)
    return height, width


def grey():
    return np.random.default_rng(1).integers(0, 256, SHAPE, dtype=np.uint8)


def coloured():
    return np.random.default_rng(2).integers(0, 256, (*SHAPE, 3), dtype=np.uint8)


@pytest.mark.parametrize("picture", [grey(), coloured()], ids=["grey", "coloured"])
def test_it_is_read_to_the_value(picture):
    content = lossless_jpeg(picture)

    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(content))), picture)
    np.testing.assert_array_equal(decode(content, "x"), picture)


def test_in_a_dicom_too():
    np.testing.assert_array_equal(decode(in_dicom(lossless_jpeg(grey())), "x"), grey())


@pytest.mark.parametrize("picture", [grey(), coloured()], ids=["grey", "coloured"])
def test_one_that_is_cut_and_closed_is_refused(picture):
    content = lossless_jpeg(picture)
    for share in (0.3, 0.6, 0.95):
        with pytest.raises(UnreadableImageError, match="truncated"):
            decode(content[: int(share * len(content))] + b"\xff\xd9", "x")


# Bytes before the frame that a decoder passes over: more marks of a beginning, a comment, a table.
AHEAD = [b"", b"\xff" * 3, segment(0xFE, b"scanner"), segment(0xFE, b"\xff\xc0" * 9), b"\xff\x01",
         segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"), segment(0xFE, b"") * 300]  # fmt: skip


HOLDERS = {"file": bytes, "DICOM": in_dicom, "TIFF": in_tiff}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_none_is_asked_for_at_an_eighth(monkeypatch, holder):
    """Wherever it lies, and whatever stands ahead of its frame: no process is risked for this."""
    asked = []

    def decoded(_content, _space, **options):
        asked.append(options)
        raise ValueError

    monkeypatch.setattr(simplejpeg, "decode_jpeg", decoded)
    for ahead in AHEAD:
        with suppress(UnreadableImageError):  # what Pillow does not read
            decode(holder(lossless_jpeg(grey(), ahead=ahead)), "x")
    assert len(asked) >= len(AHEAD) - 1
    assert not [one for one in asked if AN_EIGHTH.keys() & one.keys()]


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_no_process_ends_by_it(holder):
    content = holder(lossless_jpeg(np.tile(grey(), (4, 4))))

    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=content, capture_output=True, check=False
    )

    assert done.returncode in {0, 1}, done.stderr.decode()


@pytest.mark.parametrize("ahead", [b"", b"\xff" * 3], ids=["lossless", "unknown"])
@pytest.mark.parametrize("side", [20_000, 65_500])
def test_a_strip_that_claims_another_size_takes_no_memory(monkeypatch, side, ahead):
    """A TIFF of 64 x 64 with a strip of 65,500 x 65,500 took 4 GiB and ten seconds."""
    jpeg = lossless_jpeg(grey(), ahead=ahead)
    content = in_tiff(jpeg)
    forged = content.replace(struct.pack(">HH", *SHAPE), struct.pack(">HH", side, side))
    rooms = []
    plain = simplejpeg.decode_jpeg

    def decoded(content, space, **options):
        rooms.append(len(options["buffer"]))
        return plain(content, space, **options)

    monkeypatch.setattr(simplejpeg, "decode_jpeg", decoded)
    with pytest.raises(UnreadableImageError):
        decode(forged, "x")
    assert rooms == [MAX_PIXELS]
