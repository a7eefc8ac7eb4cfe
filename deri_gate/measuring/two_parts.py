"""Parts of a class: two of them, and one that is the other with inverted levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.looks import MEASURES, PLACES, inverted

if TYPE_CHECKING:
    from deri_gate.arrays import BoolArray, FloatArray, IntArray

FEWEST, FEWEST_SHARE = 5, 0.05  # images of either part, and share of the class
MOST_SHARE = 0.8  # of the class that the damaged part may be: beyond, the others are the odd ones
# Distance of the two parts in deviations inside them: one normal cloud that is cut in its middle
# has 2.6, an even one 3.5.
APART = 4.0
TIGHT = 0.02  # least deviation inside the parts, of the trace
GAP = 0.5  # least distance of the parts, of the trace of a strong damage
# Most that any measure of one part, inverted, differs from the other part, in deviations inside
# them. Parts that were inverted have up to 1.7, honest ones from 15 on.
ALIKE, FLOOR = 2.5, 0.3
LIGHTER = 6.0  # least distance of these in light, in units: twice as far as from grey
TOLD_BY = 0.6  # least share of the mistakes that sources spare which a part follows
SHADOWS, LIGHTS = (list(MEASURES).index(name) for name in PLACES[0])


def upper_part(traces: FloatArray) -> BoolArray | None:
    """True for the upper of two parts; None where they are no two (Otsu 1979)."""
    order = np.argsort(traces, kind="stable")
    ascending, count = traces[order], len(traces)
    below = np.arange(1, count)
    sums = np.cumsum(ascending)
    gaps = (sums[-1] - sums[:-1]) / (count - below) - sums[:-1] / below
    fewest = max(FEWEST, FEWEST_SHARE * count)
    allowed = (np.minimum(below, count - below) >= fewest) & (count - below <= MOST_SHARE * count)
    between = np.where(allowed, below * (count - below), 0)
    cut = int((between * gaps**2).argmax())
    inside = ascending.var() - between[cut] * gaps[cut] ** 2 / count**2
    if gaps[cut] < max(GAP, APART * np.sqrt(max(inside, TIGHT**2))):
        return None
    upper = np.zeros(count, dtype=bool)
    upper[order[cut + 1 :]] = True
    return upper


def inverted_part(values: FloatArray, others: FloatArray) -> BoolArray | None:
    """True for the images of a class that are as the rest of it with inverted levels would be.

    Which of the two parts was inverted, the other images of the set say.

    Args:
        values: Measures of the images of the class, shape (n, M).
        others: Measures of all images, shape (N, M).

    Returns:
        Shape (n,); None where no two parts are so.
    """
    light = values[:, SHADOWS] - values[:, LIGHTS]
    usual = np.median(others[:, SHADOWS] - others[:, LIGHTS])
    for sign in (1, -1):
        part = upper_part(sign * light)
        if part is not None and _mirrored(values[part], values[~part]):
            if abs(light[part].mean() - light[~part].mean()) < LIGHTER:
                return None
            farther = abs(light[part].mean() - usual) > abs(light[~part].mean() - usual)
            return part if farther else ~part
    return None


def _mirrored(some: FloatArray, rest: FloatArray) -> bool:
    """True where the first have the measures of the second with inverted levels."""
    again, sizes = inverted(some), (len(some), len(rest))
    inside = np.average([again.var(axis=0), rest.var(axis=0)], axis=0, weights=sizes)
    apart = np.median(again, axis=0) - np.median(rest, axis=0)
    return bool((np.abs(apart) <= ALIKE * np.maximum(np.sqrt(inside), FLOOR)).all())


def follows(part: BoolArray, sources: IntArray) -> bool:
    """True where the sources of a column tell which images are in the part.

    They do if they spare most of the mistakes of one who guesses the same of all images (lambda,
    Goodman and Kruskal 1954). Sources of few images count as one, as chance makes these uneven.

    Args:
        part: True for the images in it, shape (n,).
        sources: Number of the source by each column, shape (n, C).
    """
    guessed = _mistakes(part, np.zeros(len(part), dtype=np.int64))
    return any(_mistakes(part, numbers) <= (1 - TOLD_BY) * guessed for numbers in sources.T)


def _mistakes(part: BoolArray, sources: IntArray) -> int:
    """Images of which one is wrong who says of each source what most of its images are."""
    numbers = np.where(np.bincount(sources)[sources] < FEWEST, 0, sources + 1)
    every, inside = np.bincount(numbers), np.bincount(numbers, weights=part)
    return int(np.minimum(inside, every - inside).sum())
