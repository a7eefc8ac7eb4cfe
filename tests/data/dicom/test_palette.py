"""Colours that a palette of DICOM gives, against the palette itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.data.decoding import decode
from deri_gate.errors import UnreadableImageError

from .conftest import make_dicom as make

BIG_ENDIAN, LITTLE_ENDIAN = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1"


def palette(colours: np.ndarray, *, bits: int, first: int = 0, word: str = "") -> dict[str, object]:
    """Tags of a palette, colours of shape (number, 3)."""
    tags: dict[str, object] = {}
    for name, entries in zip(("Red", "Green", "Blue"), colours.T, strict=True):
        data = entries.astype(word or ("u1" if bits == 8 else "<u2")).tobytes()
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [len(entries) % 2**16, first, bits]
        tags[f"{name}PaletteColorLookupTableData"] = data + b"\0" * (len(data) % 2)
    return tags


@given(st.data())
def test_any_number_depth_and_order_of_bytes(data: st.DataObject) -> None:
    """Bytes or words, up to 16 bits stored, a first value, values beyond both ends."""
    number, first = data.draw(st.integers(2, 1500)), data.draw(st.integers(0, 300))
    form = data.draw(st.sampled_from(["bytes", "words", "bytes in words"]))
    order = data.draw(st.sampled_from([LITTLE_ENDIAN, BIG_ENDIAN][: 1 if form == "bytes" else 2]))
    word = "u1" if form == "bytes" else ">u2" if order == BIG_ENDIAN else "<u2"
    full = 65535 if form == "words" else 255
    generator = np.random.default_rng(data.draw(st.integers(0, 99)))
    colours = generator.integers(0, full, (number, 3), endpoint=True)
    colours[0] = full
    stored = generator.integers(0, 2000, (4, 6))
    content = make(
        stored.astype(">u2" if order == BIG_ENDIAN else "<u2"), kind="PALETTE COLOR", syntax=order,
        **palette(colours, bits=16 if form == "words" else 8, first=first, word=word),
    )  # fmt: skip

    expected = np.rint(colours[np.clip(stored - first, 0, number - 1)] / full * 255)
    np.testing.assert_array_equal(decode(content, "x"), expected)


def test_entries_of_eight_bits_that_call_themselves_words() -> None:
    """All would be black: 255 of 65535."""
    colours = np.arange(256)[:, None].repeat(3, axis=1)
    stored = np.arange(256, dtype=np.uint8).reshape(16, 16)

    shown = decode(make(stored, kind="PALETTE COLOR", **palette(colours, bits=16)), "x")

    np.testing.assert_array_equal(shown[..., 0], stored)


def test_a_palette_for_signed_values() -> None:
    """Its first value is below 0."""
    colours = np.array([[0, 0, 0], [9, 8, 7], [255, 255, 255]])
    tags = palette(colours, bits=8, first=-1)

    shown = decode(make(np.array([[-9, -1, 0, 1, 9]], np.int16), kind="PALETTE COLOR", **tags), "x")

    np.testing.assert_array_equal(shown[0], colours[[0, 0, 1, 2, 2]])


def test_a_palette_that_ends_early_is_no_picture() -> None:
    """Its last entries would be made up."""
    tags = palette(np.zeros((200, 3)), bits=16)
    tags["GreenPaletteColorLookupTableData"] = b"\0" * 100
    content = make(np.zeros((4, 4), np.uint8), kind="PALETTE COLOR", **tags)

    with pytest.raises(UnreadableImageError, match="200 entries and has fewer"):
        decode(content, "x")


def test_a_palette_without_entries_is_told() -> None:
    tags = palette(np.zeros((4, 3)), bits=8)
    for name in ("Red", "Green", "Blue"):
        tags[f"{name}PaletteColorLookupTableData"] = None

    with pytest.raises(UnreadableImageError, match="its palette has no entries"):
        decode(make(np.zeros((4, 4), dtype=np.uint8), kind="PALETTE COLOR", **tags), "x")


def test_a_palette_of_unlike_widths_is_told() -> None:
    """The colour with entries of bytes was all but black beside words."""
    colours = np.full((4, 3), 200)
    tags = palette(colours * 257, bits=16)
    tags["BluePaletteColorLookupTableData"] = palette(colours, bits=8)[
        "BluePaletteColorLookupTableData"
    ]
    file = make(np.array([[0, 1]], np.uint8), kind="PALETTE COLOR", **tags)

    with pytest.raises(UnreadableImageError, match="entries of unlike widths"):
        decode(file, "x")
