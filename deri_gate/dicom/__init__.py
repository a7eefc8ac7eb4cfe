"""DICOM: files are recognised here without pydicom; all else needs the extra `dicom`."""

from deri_gate.dicom.detect import is_dicom
from deri_gate.dicom.picture import decode, greatest_value

__all__ = ["decode", "greatest_value", "is_dicom"]
