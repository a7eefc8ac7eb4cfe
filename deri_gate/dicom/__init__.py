"""DICOM: files are recognised here without pydicom; all else needs the extra `dicom`."""

from deri_gate.dicom.detect import is_dicom
from deri_gate.dicom.picture import decode

__all__ = ["decode", "is_dicom"]
