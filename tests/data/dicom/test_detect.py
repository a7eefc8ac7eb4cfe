"""DICOM is recognised by its bytes, with or without a preamble, and nothing else is."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deri_gate.data.decoding import decode
from deri_gate.data.dicom import is_dicom
from deri_gate.data.dicom.detect import HEAD
from deri_gate.errors import UnreadableImageError

VALUES = np.arange(64, dtype=np.uint16).reshape(8, 8) * 60
ENCODINGS = {
    "implicit little": "1.2.840.10008.1.2",
    "explicit little": "1.2.840.10008.1.2.1",
    "explicit big": "1.2.840.10008.1.2.2",
}


@pytest.mark.parametrize("syntax", ENCODINGS.values(), ids=ENCODINGS)
def test_a_file_without_a_preamble_shows_the_same_picture(make, syntax: str) -> None:
    """In each of the encodings that such a file can have."""
    values = VALUES.astype(">u2") if syntax.endswith("2.2") else VALUES
    bare = make(values, bits=12, syntax=syntax, preamble=False, WindowCenter=900, WindowWidth=1200)

    assert bare[128:132] != b"DICM"
    assert is_dicom(bare[:HEAD])
    expected = decode(make(VALUES, bits=12, WindowCenter=900, WindowWidth=1200), "x")
    np.testing.assert_array_equal(decode(bare, "x"), expected)


def test_file_meta_without_a_preamble_is_recognised(make) -> None:
    """Some old writers leave out the first 132 bytes only."""
    content = make(VALUES, bits=12)[132:]

    assert is_dicom(content)
    np.testing.assert_array_equal(decode(content, "x"), decode(make(VALUES, bits=12), "x"))


def pictures() -> dict[str, bytes]:
    made = {}
    for form in ("PNG", "JPEG", "GIF", "TIFF", "BMP", "WebP", "PPM", "ICO", "TGA", "JPEG2000"):
        file = io.BytesIO()
        Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(file, form)
        made[form] = file.getvalue()
    return made


def others() -> dict[str, bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a", b"1.2.840.10008.5.1.4.1.1.7" * 9)
    return {
        "zip": archive.getvalue(),
        "text": b"SOPClassUID 1.2.840.10008.5.1.4.1.1.7\n" * 9,
        "a UID alone": b"1.2.840.10008.5.1.4.1.1.7",
        "zeros": bytes(4096),
        "a tag and nothing else": b"\x08\x00\x16\x00",
        "a length beyond the file": b"\x08\x00\x16\x00UI\xff\xff1.2.840.10008.1",
        "another class": b"\x08\x00\x16\x00UI\x0a\x001.2.3.4.5\x00",
        "another group": b"\x10\x00\x10\x00PN\x04\x00A^B ",
        "descending tags": b"\x08\x00\x18\x00UI\x02\x001\x00\x08\x00\x16\x00UI\x12\x001.2.840.10008.1.2\x00",
        "empty": b"",
    }


@pytest.mark.parametrize(
    "content", {**pictures(), **others()}.values(), ids={**pictures(), **others()}
)
def test_other_bytes_are_not_taken_for_it(content: bytes) -> None:
    """Also where they hold some of its marks."""
    assert not is_dicom(content)


@given(st.binary(max_size=600))
def test_random_bytes_are_not_taken_for_it(content: bytes) -> None:
    """But for the mark itself at its place."""
    assert is_dicom(content) == (content[128:132] == b"DICM")


@given(st.binary(max_size=60))
def test_whatever_follows_a_plausible_start_is_refused_in_one_way(tail: bytes) -> None:
    """A bare file that goes on as rubbish is unreadable, never a traceback."""
    start = b"\x08\x00\x16\x00UI\x1a\x001.2.840.10008.5.1.4.1.1.7\x00"

    assert is_dicom(start + tail)
    with pytest.raises(UnreadableImageError, match=r"DICOM|no picture"):
        decode(start + tail, "x")
