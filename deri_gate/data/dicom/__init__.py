"""DICOM: files are recognised here without pydicom; all else needs the extra `dicom`."""

from __future__ import annotations

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
