"""DICOM: files are recognised here without pydicom; all else needs the extra `dicom`."""

from deri_gate.data.dicom.detect import is_dicom
from deri_gate.data.dicom.picture import decode_dicom, greatest_dicom_value

__all__ = ["decode_dicom", "greatest_dicom_value", "is_dicom"]
