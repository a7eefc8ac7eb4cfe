"""DICOM files made by pydicom, as small as can be."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pydicom = pytest.importorskip("pydicom")

Make = Callable[..., bytes]


def _header(values: np.ndarray, bits: int, kind: str, *, colour: bool) -> "pydicom.Dataset":
    header = pydicom.Dataset()
    header.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    header.SOPInstanceUID = "1.2.3"
    shape = values.shape[:-1] if colour else values.shape
    if len(shape) == 3:
        header.NumberOfFrames = shape[0]
    header.Rows, header.Columns = shape[-2:]
    header.SamplesPerPixel = values.shape[-1] if colour else 1
    if colour:
        header.PlanarConfiguration = 0
    header.PhotometricInterpretation = kind
    header.BitsAllocated = values.dtype.itemsize * 8
    header.BitsStored, header.HighBit = bits, bits - 1
    header.PixelRepresentation = int(values.dtype.kind == "i")
    header.PixelData = values.tobytes()
    return header


def make_dicom(
    values: np.ndarray,
    *,
    bits: int | None = None,
    kind: str = "MONOCHROME2",
    syntax: str = "1.2.840.10008.1.2.1",
    preamble: bool = True,
    **tags: object,
) -> bytes:
    """A file of these values, with more tags; without a preamble it has no file meta either."""
    colour = values.ndim >= 3 and values.shape[-1] == 3 and not kind.startswith("MONO")
    header = _header(values, bits or values.dtype.itemsize * 8, kind, colour=colour)
    for name, value in tags.items():
        setattr(header, name, value)
    file = io.BytesIO()
    uid = pydicom.uid.UID(syntax)
    if not preamble:
        header.save_as(file, implicit_vr=uid.is_implicit_VR, little_endian=uid.is_little_endian)
        return file.getvalue()
    header.file_meta = pydicom.dataset.FileMetaDataset()
    header.file_meta.TransferSyntaxUID = uid
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    header.save_as(file, enforce_file_format=True)
    return file.getvalue()


@pytest.fixture(scope="session")
def make() -> Make:
    return make_dicom


@pytest.fixture(scope="session")
def items() -> Callable[..., object]:
    """A sequence of one item with these tags."""

    def one(**tags: object) -> object:
        item = pydicom.Dataset()
        for name, value in tags.items():
            setattr(item, name, value)
        return pydicom.Sequence([item])

    return one


@pytest.fixture(scope="session")
def sample() -> Callable[[str], bytes]:
    """A file that pydicom ships with its own tests; never downloaded."""

    def content(name: str) -> bytes:
        path = pydicom.data.get_testdata_file(name, download=False)
        if path is None:
            pytest.skip(f"this pydicom does not ship {name}")
        return Path(path).read_bytes()

    return content
