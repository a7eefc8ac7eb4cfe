"""Parts of pydicom, an extra: loaded with the first DICOM file."""

from __future__ import annotations

from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import get_frame, parse_basic_offsets
from pydicom.filereader import read_dataset, read_partial
from pydicom.pixels import apply_color_lut, pixel_array
from pydicom.uid import UID

__all__ = ["UID", "FileMetaDataset", "apply_color_lut", "dictionary_VR", "get_frame",
           "keyword_for_tag", "parse_basic_offsets", "pixel_array", "read_dataset",
           "read_partial"]  # fmt: skip
