"""Strokes: parts of a subject that other classes show as well, elsewhere or turned.

The upright of a 4 lies where no other digit has one; but they have uprights. A burnt-in mark is
seen nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.explain.foreign import near

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray

    Codes = npt.NDArray[np.uint8]

MOST = 100  # images of each side that are compared, evenly spread
QUARTER = 0.25  # of the class's images may match worse than another that counts as a match


def shown_elsewhere(shows: Codes, others: Codes, cells: BoolArray) -> float:
    """Share of other images that show the patch of a place anywhere, in any of eight turns.

    Args:
        shows: Grey levels of the images that show the place, shape (N, 32, 32).
        others: Those of other classes, shape (M, 32, 32).
        cells: The place, shape (32, 32).

    Returns:
        0, where no other image matches as three quarters of the class do, to 1. 0 of no images.
    """
    if not (len(shows) and len(others) and cells.any()):
        return 0.0
    rows, columns = (slice(at.min(), at.max() + 1) for at in np.nonzero(near(cells)))
    patch = shows.mean(axis=0)[rows, columns].astype(np.float32)
    turned = [
        np.ascontiguousarray(np.rot90(p, k)) for p in (patch, patch[:, ::-1]) for k in range(4)
    ]
    enough = np.quantile(_matches(shows, [patch]), QUARTER)
    return float((_matches(others, turned) >= enough).mean())


def _matches(pictures: Codes, patches: Sequence[FloatArray]) -> FloatArray:
    """Best correlation of each picture, anywhere in it, with any of the patches."""
    chosen = np.linspace(0, len(pictures) - 1, min(MOST, len(pictures))).astype(np.int64)
    return np.array([max(_match(pictures[i], patch) for patch in patches) for i in chosen])


def _match(picture: Codes, patch: FloatArray) -> float:
    """Best correlation of a picture with a patch, 0 where either is flat."""
    matches = cv2.matchTemplate(picture.astype(np.float32), patch, cv2.TM_CCOEFF_NORMED)
    return float(np.nan_to_num(matches, posinf=0.0, neginf=0.0).max())
