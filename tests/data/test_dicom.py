import io
import subprocess
import sys

import numpy as np
import pytest

from deri_gate.data.decoding import decode
from deri_gate.errors import UnreadableImageError

pydicom = pytest.importorskip("pydicom")


def dicom(
    values: np.ndarray, *, bits: int = 12, kind: str = "MONOCHROME2", **tags: object
) -> bytes:
    header = pydicom.Dataset()
    header.file_meta = pydicom.dataset.FileMetaDataset()
    header.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    header.file_meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    header.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    header.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    header.SOPInstanceUID = "1.2.3"
    header.Rows, header.Columns = values.shape[:2]
    header.SamplesPerPixel = values.shape[2] if values.ndim == 3 else 1
    if values.ndim == 3:
        header.PlanarConfiguration = 0
    header.PhotometricInterpretation = kind
    header.BitsAllocated = values.dtype.itemsize * 8
    header.BitsStored, header.HighBit = bits, bits - 1
    header.PixelRepresentation = int(values.dtype.kind == "i")
    header.PixelData = values.tobytes()
    for name, value in tags.items():
        setattr(header, name, value)
    file = io.BytesIO()
    header.save_as(file, enforce_file_format=True)
    return file.getvalue()


def lut(first: int, depth: int, entries: list[int]) -> pydicom.Sequence:
    item = pydicom.Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), first, depth])
    item.add_new("LUTData", "US", entries)
    return pydicom.Sequence([item])


def test_without_a_window_the_stored_bits_are_the_range() -> None:
    """12 bits: 4095 is white, and a dark picture stays dark."""
    values = np.array([[0, 4095], [1000, 50]], np.uint16)

    assert decode(dicom(values), "x").tolist() == [[0, 255], [62, 3]]


def test_monochrome1_is_inverted() -> None:
    """There 0 is white."""
    values = np.array([[0, 4095]], np.uint16)

    assert decode(dicom(values, kind="MONOCHROME1"), "x").tolist() == [[255, 0]]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("slope", "intercept"), [(1, 0), (2, -1024)])
def test_a_window_agrees_with_pydicom(function: str, slope: int, intercept: int) -> None:
    """Its own windowing keeps the modality's range, which we bring to 0 to 255."""
    values = np.arange(0, 4096, 5, dtype=np.uint16)[None]
    tags = {"WindowCenter": 400, "WindowWidth": 700, "VOILUTFunction": function}
    content = dicom(values, RescaleSlope=slope, RescaleIntercept=intercept, **tags)
    header = pydicom.dcmread(io.BytesIO(content))
    shown = pydicom.pixels.apply_windowing(
        pydicom.pixels.apply_modality_lut(values, header), header
    )
    oracle = np.rint((shown - intercept) / (4095 * slope) * 255)

    np.testing.assert_allclose(decode(content, "x"), oracle, atol=1)


def test_hounsfield_units_worked_by_hand() -> None:
    """Window 40 / 400: -160 is black, 240 is white; several windows, the first counts."""
    values = np.array([[-1000, -160, 40, 240, 1000]], np.int16)
    windows = {"WindowCenter": [40, 500], "WindowWidth": [400, 1500]}
    content = dicom(values, bits=16, RescaleSlope=1, RescaleIntercept=0, **windows)

    assert decode(content, "x").tolist() == [[0, 0, 128, 255, 255]]


def test_a_window_of_one_is_a_threshold() -> None:
    """The standard's smallest window."""
    values = np.array([[99, 100, 101]], np.uint16)

    assert decode(dicom(values, WindowCenter=101, WindowWidth=1), "x").tolist() == [[0, 0, 255]]


def test_signed_values_without_a_window() -> None:
    """-2048 is black, 2047 white."""
    values = np.array([[-2048, 0, 2047]], np.int16)

    assert decode(dicom(values, bits=12), "x").tolist() == [[0, 128, 255]]


def test_a_voi_lut_is_looked_up() -> None:
    """It comes before a window."""
    values = np.array([[0, 1, 2, 9]], np.uint16)
    content = dicom(values, VOILUTSequence=lut(0, 8, [0, 100, 255]), WindowCenter=5, WindowWidth=3)

    assert decode(content, "x").tolist() == [[0, 100, 255, 255]]


def test_a_modality_lut_is_looked_up() -> None:
    """Its own depth is the range."""
    values = np.array([[0, 1, 2]], np.uint16)
    content = dicom(values, ModalityLUTSequence=lut(0, 8, [255, 51, 0]), ModalityLUTType="US")

    assert decode(content, "x").tolist() == [[255, 51, 0]]


def test_colour() -> None:
    """RGB stays as it is."""
    values = np.array([[[1, 2, 3], [200, 100, 0]]], np.uint8)

    np.testing.assert_array_equal(decode(dicom(values, bits=8, kind="RGB"), "x"), values)


def test_a_palette_is_looked_up() -> None:
    """16-bit entries, white is 65535."""
    tags = {}
    for colour, entries in (("Red", [0, 65535]), ("Green", [257, 514]), ("Blue", [0, 0])):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [2, 0, 16]
        tags[f"{colour}PaletteColorLookupTableData"] = np.array(entries, "<u2").tobytes()
    content = dicom(np.array([[0, 1]], np.uint8), bits=8, kind="PALETTE COLOR", **tags)

    assert decode(content, "x").tolist() == [[[0, 1, 0], [255, 2, 0]]]


def test_the_first_frame_counts() -> None:
    """As in a GIF."""
    frames = np.array([[[0, 4095]], [[7, 7]]], np.uint16)
    content = dicom(frames[0], NumberOfFrames=2, PixelData=frames.tobytes())

    assert decode(content, "x").tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("tags", "held", "said"),
    [({}, 2, 1), ({"NumberOfFrames": 1}, 3, 1), ({"NumberOfFrames": 2}, 4, 2), ({"Rows": 2}, 2, 1)],
)
def test_pixels_that_no_frame_shows_are_refused(
    tags: dict[str, object], held: int, said: int
) -> None:
    """A count or a size that is too small hid pictures, or half of one."""
    values = np.arange(20, dtype=np.uint16).reshape(4, 5)
    content = dicom(values, PixelData=values.tobytes() * (1 if "Rows" in tags else held), **tags)

    with pytest.raises(UnreadableImageError, match=f"of {held} frames .*, its header says {said}"):
        decode(content, "x")


@pytest.mark.parametrize("encoder", ["RLELossless"])
def test_compressed_frames_that_no_number_counts_are_refused(encoder: str) -> None:
    frames = [np.full((8, 8), level, np.uint8) for level in (1, 2, 3)]
    header = pydicom.dcmread(io.BytesIO(dicom(frames[0], bits=8)))
    header.NumberOfFrames, header.PixelData = 3, np.stack(frames).tobytes()
    header.compress(getattr(pydicom.uid, encoder), generate_instance_uid=False)
    fine, odd = io.BytesIO(), io.BytesIO()
    header.save_as(fine)
    header.NumberOfFrames = 2
    header.save_as(odd)

    assert decode(fine.getvalue(), "x", 2).max() == 3
    with pytest.raises(UnreadableImageError, match=r"of 3 frames of 8 x 8, its header says 2"):
        decode(odd.getvalue(), "x")


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (1, 3, 3)])
def test_a_byte_that_fills_up_is_no_frame(shape: tuple[int, ...]) -> None:
    """Pixels take an even number of bytes, so that one of them may stand for nothing."""
    values = np.full(shape, 9, np.uint8)
    colour = {"kind": "RGB"} if len(shape) == 3 else {}

    assert (
        decode(dicom(values, bits=8, PixelData=values.tobytes() + b"\0", **colour), "x").max() == 9
    )


def test_frames_of_single_bits_are_counted_in_bits() -> None:
    """Each of 225 bits begins where the last one ended: 300 took the bytes of 301."""
    bits = np.zeros((300, 15, 15), np.uint8)
    bits[-1] = 1
    raw = np.packbits(bits.ravel(), bitorder="little").tobytes()
    content = dicom(bits[0], bits=1, BitsAllocated=1, NumberOfFrames=300, PixelData=raw)

    assert (decode(content, "x", 0).max(), decode(content, "x", 299).min()) == (0, 255)


def test_a_damaged_file_is_refused() -> None:
    """With the reason, and never with pydicom's own error."""
    content = dicom(np.ones((9, 9), np.uint16))

    for cut in (132, 140, 200, len(content) - 9):
        with pytest.raises(UnreadableImageError, match=r"^x: DICOM that cannot be decoded: "):
            decode(content[:cut], "x")


def test_a_huge_declared_size_is_refused() -> None:
    """Before its pixels are looked at."""
    content = dicom(np.ones((2, 2), np.uint16), Rows=60000, Columns=60000)

    with pytest.raises(UnreadableImageError, match="60000 x 60000 pixels is more than"):
        decode(content, "x")


def test_without_pydicom_the_finding_says_what_to_install() -> None:
    """The extra is optional. Another process: this one may have loaded it already."""
    program = (
        "import sys; sys.modules['pydicom'] = None; "
        "from deri_gate.data.decoding import decode; decode(sys.stdin.buffer.read(), 'x')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=dicom(np.ones((2, 2), np.uint16)),
        capture_output=True,
        check=False,
    )

    last = done.stderr.decode().strip().splitlines()[-1]
    assert last.startswith("deri_gate.errors.UnreadableImageError")
    assert "pip install 'deri-gate[dicom]'" in last
