"""Damage of sets so small that a look which a class always has may pass for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.typical_damage import NAMED_DAMAGES

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray

LEAST = 10  # images, below which nothing tells what is usual here
FEW = 40  # images, below which a class may have one or two
# Films of some views have a frame or half of them blank. So more than the usual cut is asked of
# these. Chosen on six of twelve sets, settled on other images of all of them.
PLAIN = ("border", "blank_part")
STRONG = 1.2  # times the cut
MOST_OF_CLASS = 0.5  # beyond, it is how the class looks


def convincing(kind: IntArray, strength: FloatArray, classes: IntArray) -> BoolArray:
    """True for images of a small set that look damaged beside their class, shape (N,).

    Of a loose trace nothing is told: so few images do not show what light is usual.

    Args:
        kind: Position in `NAMED_DAMAGES` of what each image shows, -1 for nothing, shape (N,).
        strength: Trace of that, as a share of the cut on it, shape (N,).
        classes: Number of the class of each image, shape (N,).
    """
    plain = np.isin(kind, [i for i, damage in enumerate(NAMED_DAMAGES) if damage.kind in PLAIN])
    loose = np.isin(kind, [i for i, damage in enumerate(NAMED_DAMAGES) if damage.loose])
    shown = (kind >= 0) & ~loose & (~plain | (strength >= STRONG))
    numbers = np.unique(classes, return_inverse=True)[1]
    sizes, counts = np.bincount(numbers), np.bincount(numbers, weights=shown)
    alone, usual = (sizes == 1)[numbers], (counts > MOST_OF_CLASS * sizes)[numbers]
    return np.asarray(shown & np.where(alone, ~plain, ~usual))


def small_set_note(count: int) -> str:
    """Sentence on the damage that is not looked for in so few images; empty for enough of them."""
    if count < LEAST:
        return f"Damaged images are not looked for in sets of fewer than {LEAST} images."
    if count < FEW:
        return (
            f"In sets of fewer than {FEW} images only strong damage is looked for, and no image "
            "off topic."
        )
    return ""
