"""Tags on where a picture comes from, in files that Pillow and pydicom write."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.file_tags import NONE, file_tags

from .dicom.conftest import make_dicom

LEVELS = np.zeros((8, 8), np.uint8)


def photo(form="JPEG", **tags):
    exif = Image.Exif()
    for name, value in tags.items():
        exif[{"make": 0x010F, "model": 0x0110, "software": 0x0131, "changed": 0x0132}[name]] = value
    file = io.BytesIO()
    Image.fromarray(LEVELS).save(file, form, exif=exif)
    return file.getvalue()


def test_spellings_of_one_camera_are_one():
    """Blanks and case differ from program to program; another model is another number."""
    one = file_tags(photo(make="Maker", model="X 1"))

    assert one.equipment
    assert one == file_tags(photo("PNG", make="MAKER ", model="x  1"))
    assert one.equipment != file_tags(photo(make="Maker", model="X 2")).equipment


def test_the_day_it_was_taken_comes_before_the_day_it_was_changed():
    exif = Image.Exif()
    exif[0x0132] = "2026:02:03 00:00:00"
    exif.get_ifd(0x8769)[0x9003] = "2024:12:31 23:59:59"
    file = io.BytesIO()
    Image.fromarray(LEVELS).save(file, "JPEG", exif=exif)

    assert file_tags(file.getvalue()).month == 2024 * 12 + 11
    assert file_tags(photo(changed="2026:02:03 00:00:00")).month == 2026 * 12 + 1
    assert file_tags(photo(changed="2026:13:03 00:00:00")).month == 0


def test_dicom_tells_its_scanner_and_its_view():
    tags = {"Manufacturer": "Maker", "ManufacturerModelName": "S", "AcquisitionDate": "20250331"}
    one = file_tags(make_dicom(LEVELS, ViewPosition="AP", **tags))
    other = file_tags(make_dicom(LEVELS, ViewPosition="PA", **tags))

    assert one.equipment == other.equipment != 0
    assert one.protocol != other.protocol
    assert one.month == 2025 * 12 + 2


def test_dicom_tells_whether_its_grey_values_are_kept_inverted():
    """The picture is shown alike; which of both a class has is its source's."""
    kinds = [file_tags(make_dicom(LEVELS, kind=f"MONOCHROME{i}")).protocol for i in (1, 2)]

    assert kinds[0] != kinds[1]
    assert all(kinds)


def test_dicom_tells_whether_it_asks_to_be_shown_otherwise():
    """Of shape and ends, the pairs that agree change nothing, and the others do."""
    found = {
        (i, shape): file_tags(
            make_dicom(
                LEVELS, kind=f"MONOCHROME{i}", **{"PresentationLUTShape": shape} if shape else {}
            )
        ).protocol
        for i in (1, 2)
        for shape in ("", "IDENTITY", "INVERSE")
    }

    assert found[1, "INVERSE"] == found[1, ""] != found[1, "IDENTITY"]
    assert found[2, "IDENTITY"] == found[2, ""] != found[2, "INVERSE"]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8Exif\0\0" + b"\xff" * 40,
        b"II*\0" + b"\xff" * 40,
        b"RIFF\0\0\0\0WEBPEXIF\xff\xff\xff\xff",
        b"\0" * 128 + b"DICM" + b"\xff" * 40,
        photo(model="X")[:60],
        photo(),
    ],
)
def test_without_tags_or_with_damaged_ones_nothing_is_said(raw):
    assert replace(file_tags(raw), bits=0) == NONE


PALETTE = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).convert("P")


def saved(picture, form):
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()


@pytest.mark.parametrize(
    ("raw", "bits"),
    [
        (saved(Image.new("1", (8, 8)), "PNG"), 1),
        (saved(PALETTE, "PNG"), 8),
        (saved(Image.fromarray(LEVELS.astype(np.uint16)), "PNG"), 16),
        (saved(Image.fromarray(LEVELS), "JPEG"), 8),
        (saved(Image.fromarray(LEVELS), "TIFF"), 8),
        (saved(Image.fromarray(LEVELS.astype(np.uint16)), "TIFF"), 16),
        (make_dicom(LEVELS.astype(np.uint16), bits=12), 12),
        (make_dicom(LEVELS), 8),
        (None, 0),
    ],
    ids=["png 1", "png palette", "png 16", "jpeg", "tiff 8", "tiff 16", "dicom 12", "dicom 8", "no file"],
)  # fmt: skip
def test_bits_of_a_value_are_known(raw, bits):
    """As the programs that wrote the files were told."""
    assert file_tags(raw).bits == bits
