"""Grey values of DICOM as a viewer shows them, against pydicom and against plain formulas."""

import io

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.pixels import apply_modality_lut, apply_voi

from deri_gate.data.decoding import decode
from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import UnreadableImageError
from tests.sweeps import randomly

RAMP = np.arange(0, 4096, 3, dtype=np.uint16).reshape(1, -1)
FULL = np.rint(RAMP / 4095 * 255)
EMPTY = {
    "empty": None,
    "empty text": "",
    "no values": [],
}


def element(content: bytes, keyword: str, raw: bytes) -> bytes:
    """The file with the raw bytes of an element put in place of what is there."""
    header = pydicom.dcmread(io.BytesIO(content))
    tag = pydicom.datadict.tag_for_keyword(keyword)
    header[tag] = pydicom.dataelem.RawDataElement(
        pydicom.tag.Tag(tag), "DS", len(raw), raw, 0, is_implicit_VR=False, is_little_endian=True
    )
    file = io.BytesIO()
    header.save_as(file)
    return file.getvalue()


@pytest.mark.parametrize("value", EMPTY.values(), ids=EMPTY)
def test_an_empty_window_is_no_window(make, value: object) -> None:
    """Type 2 in many writers: the tags are there, and nothing is in them."""
    content = make(RAMP, bits=12, WindowCenter=value, WindowWidth=value)

    np.testing.assert_array_equal(decode(content, "x"), FULL)


@pytest.mark.parametrize("value", EMPTY.values(), ids=EMPTY)
def test_an_empty_rescale_changes_nothing(make, value: object) -> None:
    """As if the tags were not there."""
    tags = {"WindowCenter": 2000, "WindowWidth": 3000}
    content = make(RAMP, bits=12, RescaleSlope=value, RescaleIntercept=value, **tags)

    np.testing.assert_array_equal(decode(content, "x"), decode(make(RAMP, bits=12, **tags), "x"))


@pytest.mark.parametrize("keyword", ["WindowCenter", "WindowWidth"])
@pytest.mark.parametrize("raw", [b"abc ", b"1\\2\\", b"\\\\", b"nan ", b"inf ", b"1e400 ", b"4,5 "])
def test_a_broken_window_never_breaks_the_file(make, keyword: str, raw: bytes) -> None:
    """What is no number counts as absent; the first whole pair is used."""
    content = make(RAMP, bits=12, WindowCenter=2000, WindowWidth=3000)

    picture = decode(element(content, keyword, raw), "x")

    assert picture.shape == RAMP.shape


def test_one_tag_of_the_window_alone_is_no_window(make) -> None:
    """A center without a width says nothing."""
    np.testing.assert_array_equal(decode(make(RAMP, bits=12, WindowCenter=9), "x"), FULL)
    np.testing.assert_array_equal(decode(make(RAMP, bits=12, WindowWidth=9), "x"), FULL)


@pytest.mark.parametrize("width", [0, -1, -400])
@pytest.mark.parametrize("function", ["", "LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_a_width_that_shows_nothing_is_no_window(make, width: int, function: str) -> None:
    """Width 0 made the whole picture white."""
    tags = {"VOILUTFunction": function} if function else {}
    content = make(RAMP, bits=12, WindowCenter=0, WindowWidth=width, **tags)

    np.testing.assert_array_equal(decode(content, "x"), FULL)


def test_the_first_window_that_shows_something_is_used(make) -> None:
    """Of several, an empty one in front is passed over."""
    several = make(RAMP, bits=12, WindowCenter=[0, 900, 50], WindowWidth=[0, 700, 50])

    expected = decode(make(RAMP, bits=12, WindowCenter=900, WindowWidth=700), "x")
    np.testing.assert_array_equal(decode(several, "x"), expected)


def test_several_rescale_values_the_first_counts(make) -> None:
    """The standard allows one; files have more."""
    tags = {"WindowCenter": 0, "WindowWidth": 3000}
    several = make(RAMP, bits=12, RescaleSlope=[2, 9], RescaleIntercept=[-1024, 7], **tags)

    expected = decode(make(RAMP, bits=12, RescaleSlope=2, RescaleIntercept=-1024, **tags), "x")
    np.testing.assert_array_equal(decode(several, "x"), expected)


def test_a_slope_of_zero_does_not_flatten_the_picture(make) -> None:
    """It would make every pixel equal."""
    np.testing.assert_array_equal(decode(make(RAMP, bits=12, RescaleSlope=0), "x"), FULL)


def test_a_window_narrower_than_one_unit(make) -> None:
    """Values as in PET, rescaled to small numbers: a straight line, not a threshold."""
    content = make(RAMP, bits=12, RescaleSlope="0.0001", WindowCenter="0.2", WindowWidth="0.4")

    expected = np.rint(np.clip((RAMP * 0.0001 - 0.2) / 0.4 + 0.5, 0, 1) * 255)
    np.testing.assert_allclose(decode(content, "x"), expected, atol=1)


@randomly(60)
@given(st.data())
def test_all_depths_signs_and_windows_agree_with_the_formula(make, data: st.DataObject) -> None:
    """2 to 16 bits, signed or not, MONOCHROME1 or 2, rescaled, through a window or without."""
    bits = data.draw(st.integers(2, 16))
    signed = data.draw(st.booleans())
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    kind = ("i" if signed else "u") + ("1" if bits <= 8 else "2")
    values = np.array(
        [data.draw(st.lists(st.integers(low, high), min_size=4, max_size=4))], dtype=kind
    )
    slope, intercept = data.draw(st.sampled_from([(1, 0), (2, -1024), (-1, 50), (0.5, 3)]))
    window = data.draw(st.none() | st.tuples(st.integers(-500, 3000), st.integers(2, 3000)))
    inverted = data.draw(st.booleans())
    tags = {"WindowCenter": window[0], "WindowWidth": window[1]} if window else {}
    content = make(
        values,
        bits=bits,
        kind="MONOCHROME1" if inverted else "MONOCHROME2",
        RescaleSlope=slope,
        RescaleIntercept=intercept,
        **tags,
    )

    rescaled = values * float(slope) + intercept
    if window:
        unit = np.clip((rescaled - (window[0] - 0.5)) / (window[1] - 1) + 0.5, 0, 1)
    else:
        ends = sorted((low * slope + intercept, high * slope + intercept))
        unit = (rescaled - ends[0]) / (ends[1] - ends[0])
    expected = np.rint((1 - unit if inverted else unit) * 255)
    np.testing.assert_allclose(decode(content, "x"), expected, atol=0 if window is None else 1)


def test_32_bits_are_computed_strip_by_strip(make) -> None:
    """No table has so many entries; more than one strip of pixels."""
    values = (np.arange(2_200_000, dtype=np.uint32) * 1950).reshape(1100, 2000)
    content = make(values, WindowCenter=2**31, WindowWidth=2**31)

    center, width = 2**31 - 0.5, 2**31 - 1
    expected = np.rint(np.clip((values - center) / width + 0.5, 0, 1) * 255)
    np.testing.assert_array_equal(decode(content, "x"), expected)


@pytest.mark.parametrize("depth", [8, 10, 12, 16])
@pytest.mark.parametrize("form", ["numbers", "bytes"])
def test_a_voi_lut_agrees_with_pydicom(make, items, depth: int, form: str) -> None:
    """Tables written as US or as OW; of the depths that pydicom does not read, the formula."""
    entries = np.rint(np.linspace(0, 1, 500) ** 2 * (2**depth - 1)).astype("<u2")
    table = items(LUTDescriptor=[500, 100, depth])
    kind, data = ("US", entries.tolist()) if form == "numbers" else ("OW", entries.tobytes())
    table[0].add_new("LUTData", kind, data)
    values = np.arange(0, 800, dtype=np.uint16).reshape(1, -1)
    content = make(values, bits=12, VOILUTSequence=table)
    header = pydicom.dcmread(io.BytesIO(content))

    looked_up = entries[np.clip(values.astype(int) - 100, 0, 499)]
    if depth == 16:  # pydicom keeps 8-bit positions in 8 bits, and knows no other depth
        np.testing.assert_array_equal(apply_voi(values, header), looked_up)
    oracle = np.rint(looked_up / (2**depth - 1) * 255)
    np.testing.assert_array_equal(decode(content, "x"), oracle)


def test_a_modality_lut_with_signed_values_agrees_with_pydicom(make, items) -> None:
    """Its first stored value is below 0."""
    table = items(LUTDescriptor=[300, -100, 16], ModalityLUTType="US")
    table[0]["LUTDescriptor"].VR = "SS"
    table[0].add_new("LUTData", "US", (np.arange(300) * 200).tolist())
    values = np.arange(-200, 300, dtype=np.int16).reshape(1, -1)
    content = make(values, bits=16, ModalityLUTSequence=table)
    header = pydicom.dcmread(io.BytesIO(content))

    oracle = np.rint(apply_modality_lut(values, header) / 65535 * 255)
    np.testing.assert_array_equal(decode(content, "x"), oracle)


@pytest.mark.parametrize("tags", [{}, {"LUTDescriptor": None}, {"LUTDescriptor": [9, 0, 0]}])
def test_a_broken_lut_is_no_lut(make, items, tags: dict[str, object]) -> None:
    """An item without a table, or with one of no depth."""
    content = make(RAMP, bits=12, VOILUTSequence=items(**tags))

    np.testing.assert_array_equal(decode(content, "x"), FULL)


@pytest.mark.parametrize("kind", ["MONOCHROME1", "MONOCHROME2"])
def test_padding_is_black(make, kind: str) -> None:
    """It is no part of the picture, so MONOCHROME1 does not turn it white."""
    values = np.array([[0, 7, 100, 4095]], np.uint16)

    picture = decode(make(values, bits=12, kind=kind, PixelPaddingValue=7), "x")

    plain = decode(make(values, bits=12, kind=kind), "x")
    assert picture.tolist() == [[plain[0, 0], 0, plain[0, 2], plain[0, 3]]]


def test_a_range_of_padding_below_zero(make) -> None:
    """-2000 as scanners write outside their circle; the limit is the other end."""
    values = np.array([[-2000, -1999, -1990, 0, 1000]], np.int16)
    tags = {"PixelPaddingValue": -2000, "PixelPaddingRangeLimit": -1999, "kind": "MONOCHROME1"}

    assert decode(make(values, bits=16, **tags), "x").tolist()[0][:2] == [0, 0]
    assert decode(make(values, bits=16, **tags), "x").tolist()[0][2] > 0


def test_bits_above_the_stored_ones_are_no_grey(make) -> None:
    """Old writers keep an overlay in them."""
    clean = decode(make(RAMP, bits=12), "x")
    dirty = decode(make(RAMP | 0x8000, bits=12), "x")

    np.testing.assert_array_equal(dirty, clean)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"])
def test_values_in_the_upper_bits_of_their_words(make, syntax: str, *, signed: bool) -> None:
    """Old files say that the highest of 12 bits is the 15th; what lies below is no grey."""
    values = RAMP.astype(np.int16) - 2048 if signed else RAMP
    lower = make(values, bits=12, syntax=syntax)
    upper = make((values << 4) | 0b0101, bits=12, syntax=syntax, HighBit=15)

    np.testing.assert_array_equal(decode(upper, "x"), decode(lower, "x"))


@pytest.mark.parametrize("signed", [False, True])
def test_values_that_lie_low_stay_whatever_the_highest_bit_is_said_to_be(make, *, signed) -> None:
    values = RAMP.astype(np.int16) - 2048 if signed else RAMP

    np.testing.assert_array_equal(
        decode(make(values, bits=12, HighBit=15), "x"), decode(make(values, bits=12), "x")
    )


def test_a_dark_frame_in_the_upper_bits_of_its_words(make) -> None:
    """All its values fit the lower bits, but what lies below the upper ones is 0."""
    values = RAMP // 64
    lower = make(values, bits=12, WindowCenter=2048, WindowWidth=4096)
    upper = make(values << 4, bits=12, HighBit=15, WindowCenter=2048, WindowWidth=4096)

    np.testing.assert_array_equal(decode(upper, "x"), decode(lower, "x"))


@pytest.mark.parametrize("bits", [None, 0])
def test_a_file_that_does_not_say_how_many_bits_it_has_cannot_be_read(make, bits) -> None:
    """All were black."""
    with pytest.raises(UnreadableImageError):
        decode(make(RAMP, bits=12, HighBit=11, BitsStored=bits), "x")


@pytest.mark.parametrize("highest", [None, 5, 40])
def test_a_highest_bit_that_cannot_be_is_none(make, highest: int | None) -> None:
    """Viewers go by the number of bits then."""
    np.testing.assert_array_equal(decode(make(RAMP, bits=12, HighBit=highest), "x"), FULL)


@pytest.mark.parametrize(
    ("tags", "white"),
    [
        ({}, True),
        ({"RescaleSlope": 2, "RescaleIntercept": -5}, True),
        ({"WindowCenter": 2048, "WindowWidth": 65536}, False),
    ],
)
def test_the_range_of_a_set_is_for_values_without_a_window(make, tmp_path, tags, white) -> None:
    """12 bits of 16 declared: by the set's range 4095 is white; a window says what is."""
    values = np.array([[0, 4095], [1000, 2000]], dtype=np.uint16)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.dcm").write_bytes(make(values, **tags))

    dataset = open_dataset(tmp_path, options=ReadOptions.of(range="set"))
    shown = dataset.source.load(0).decode()

    if white:
        np.testing.assert_allclose(shown, values / 4095 * 255, atol=0.5)
    else:
        assert shown.max() < 150
