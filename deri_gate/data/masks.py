"""Masks: where the object of a picture is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray
    from deri_gate.data.dataset import Picture


def foreground(mask: Picture, like: Picture) -> BoolArray:
    """Mask of the object, at the size of another picture, shape (H, W).

    Masks are 0/255, or small whole numbers where 0 is background; values between 0 and 255 in
    the former are the blur of a lossy format.
    """
    height, width = like.shape[:2]
    flat = mask.max(axis=2) if mask.ndim == 3 else mask  # noqa: PLR2004
    flat = cv2.resize(flat, (width, height), interpolation=cv2.INTER_NEAREST)
    half = 127
    return np.asarray(flat > (half if flat.max() > half else 0), dtype=np.bool_)
