"""DICOM files that are damaged, claim too much, or are bombs."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
from case import Case, Outcome, beside_good
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
    generate_uid,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIDE = 32


def header(syntax: str = ExplicitVRLittleEndian) -> FileDataset:
    """A sound image of 16 bits."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["corpus"])
    image = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    image.SOPClassUID, image.SOPInstanceUID = (meta.MediaStorageSOPClassUID,
                                               meta.MediaStorageSOPInstanceUID)  # fmt: skip
    image.Rows = image.Columns = SIDE
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    image.PixelData = (np.arange(SIDE * SIDE, dtype=np.uint16) * 3).tobytes()
    return image


def written(image: FileDataset) -> bytes:
    """The file."""
    file = io.BytesIO()
    pydicom.dcmwrite(file, image, enforce_file_format=False)
    return file.getvalue()


def changed(**values: Any) -> bytes:
    """A sound image with these attributes; None deletes one."""
    image = header()
    for name, value in values.items():
        if value is None:
            delattr(image, name)
        else:
            setattr(image, name, value)
    return written(image)


def compressed(syntax: str, *fragments: bytes) -> bytes:
    """An image whose pixels are these compressed fragments."""
    image = header(syntax)
    image.BitsAllocated, image.BitsStored, image.HighBit = 8, 8, 7
    nothing = bytes.fromhex("feff00e000000000feffdde000000000")
    image.PixelData = encapsulate(list(fragments)) if fragments else nothing
    image["PixelData"].is_undefined_length = True
    return written(image)


def nested(depth: int) -> bytes:
    """Sequences within sequences, in bytes: pydicom itself cannot write so many."""
    whole = written(header())
    place = whole.index(b"\x28\x00\x02\x00")
    endless = b"\xff" * 4
    opened = b"\x08\x00\x40\x11SQ\0\0" + endless + b"\xfe\xff\x00\xe0" + endless
    closed = b"\xfe\xff\x0d\xe0" + bytes(4) + b"\xfe\xff\xdd\xe0" + bytes(4)
    return whole[:place] + opened * depth + closed * depth + whole[place:]


def deflated(megabytes: int) -> bytes:
    """A file whose data set inflates to this much; the picture stays 32 x 32.

    A private element of zeros stands before the picture, deflated without being in memory.
    """
    whole = written(header())
    cut, pixels = whole.index(b"\x08\x00\x16\x00"), whole.index(b"\xe0\x7f\x10\x00")
    start = written(header(DeflatedExplicitVRLittleEndian))
    end = start.index(DeflatedExplicitVRLittleEndian.encode()) + len(DeflatedExplicitVRLittleEndian)
    end += end % 2
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"\x31\x00\x01\x10OB\0\0" + struct.pack("<I", megabytes << 20)
    parts = [start[:end], packer.compress(whole[cut:pixels] + bomb)]
    parts += [packer.compress(bytes(1 << 20)) for _ in range(megabytes)]
    return b"".join([*parts, packer.compress(whole[pixels:]), packer.flush()])


def case(name: str, make: Callable[[], bytes], outcome: Outcome, **more: Any) -> Case:
    """A case of one file among sound pictures."""
    return Case(name=f"dicom/{name}", make=beside_good("x.dcm", make()),
                outcome=outcome, path="cat/x.dcm" if outcome == "finding" else "", **more)  # fmt: skip


def cases() -> list[Case]:
    """The whole family."""
    return [*_damaged(), *_odd()]


def _damaged() -> Iterator[Case]:
    for share in (0.2, 0.5, 0.9):
        yield case(f"cut at {share:.0%}", lambda share=share: written(header())[: int(2300 * share)],
                   "finding")  # fmt: skip
    yield case("mark alone", lambda: bytes(128) + b"DICM", "finding")
    yield case("text behind the mark", lambda: bytes(128) + b"DICM" + b"no dicom" * 99, "finding")
    for name, values in {
        "no pixels": {"PixelData": None}, "no height": {"Rows": None}, "height 0": {"Rows": 0},
        "65535 x 65535": {"Rows": 65535, "Columns": 65535}, "7 bits": {"BitsAllocated": 7},
        "99 samples": {"SamplesPerPixel": 99}, "no colour space": {"PhotometricInterpretation": None},
        "palette without one": {"PhotometricInterpretation": "PALETTE COLOR"},
        "too few pixels": {"PixelData": bytes(10)},
        "more bits than are stored": {"BitsStored": 40, "HighBit": 39},
    }.items():  # fmt: skip
        yield case(name, lambda values=values: changed(**values), "finding")
    yield case("unknown transfer syntax", lambda: written(header("1.2.3.4.5.6")), "finding")
    yield case("jpeg of text", lambda: compressed(JPEGBaseline8Bit, b"no jpeg!"), "finding")
    yield case("rle of zeros", lambda: compressed(RLELossless, bytes(64)), "finding")
    yield case("no fragments", lambda: compressed(JPEGBaseline8Bit), "finding")


def _odd() -> Iterator[Case]:
    yield case("sound", lambda: written(header()), "read")
    yield case("10^6 frames", lambda: changed(NumberOfFrames=1_000_000), "bounded")
    yield case("3,000 sequences deep", lambda: nested(3000), "bounded")
    yield case("hostile name of a patient", lambda: changed(PatientName="##[error]<script>=1^x"),
               "bounded")  # fmt: skip
    yield case("window of text", _with_text_window, "bounded")
    yield case("1 GB deflated", lambda: deflated(1024), "bounded", mib=1300, seconds=40)


def _with_text_window() -> bytes:
    whole = changed(WindowCenter=1234, WindowWidth=5678)
    return whole.replace(b"5678", b"5x78")
