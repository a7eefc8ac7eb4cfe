"""Kinds of DICOM object: pictures, and what lies beside them in an archive."""

from __future__ import annotations

from typing import Any

from deri_gate.data import dicom
from deri_gate.data.dicom.elements import text_of

DIRECTORY = "1.2.840.10008.1.3.10"
# Storage classes whose values are no picture of a patient, though some have pixel data.
_BESIDE = {
    DIRECTORY: "a directory of an archive (DICOMDIR)",
    "1.2.840.10008.5.1.4.1.1.66.4": "a segmentation, which is a mask",
    "1.2.840.10008.5.1.4.1.1.66.7": "a label map segmentation, which is a mask",
    "1.2.840.10008.5.1.4.1.1.66.5": "a surface segmentation",
    "1.2.840.10008.5.1.4.1.1.481.2": "a radiotherapy dose grid",
    "1.2.840.10008.5.1.4.1.1.481.3": "a radiotherapy structure set",
    "1.2.840.10008.5.1.4.1.1.30": "a parametric map",
}
_BESIDE_ROOTS = (
    ("1.2.840.10008.5.1.4.1.1.88.", "a structured report or selection of objects"),
    ("1.2.840.10008.5.1.4.1.1.11.", "a presentation state"),
    ("1.2.840.10008.5.1.4.1.1.104.", "an encapsulated document"),
    ("1.2.840.10008.5.1.4.1.1.66", "a registration, fiducials or raw data"),
    ("1.2.840.10008.5.1.4.1.1.9.", "a waveform"),
    ("1.2.840.10008.5.1.4.1.1.481.", "a radiotherapy plan or record"),
)
_RT_IMAGE = "1.2.840.10008.5.1.4.1.1.481.1"


def sop_class(header: Any) -> str:
    """The SOP class, from the data set or the file meta information."""
    meta = getattr(header, "file_meta", None)
    return text_of(header, "SOPClassUID") or (
        text_of(meta, "MediaStorageSOPClassUID") if meta is not None else ""
    )


def beside_pictures(header: Any) -> str:
    """Kind of an object of an archive that is no picture; "" for a picture.

    A segmentation and a dose grid have pixels, and are still no images of a class.
    """
    uid = sop_class(header)
    if uid in _BESIDE:
        return _BESIDE[uid]
    if uid == _RT_IMAGE:
        return ""
    return next((kind for root, kind in _BESIDE_ROOTS if uid.startswith(root)), "")


def what_it_is(header: Any) -> str:
    """The object's kind in words, for an error."""
    uid = sop_class(header)
    name = dicom.library.UID(uid).name if uid else "no SOP class"
    return beside_pictures(header) or name or "an unknown kind"
