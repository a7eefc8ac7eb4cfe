"""Parts of a class: two of them, and one that is the other with inverted levels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.looks import MEASURES, PLACES, TINTS, inverted

if TYPE_CHECKING:
    from collections.abc import Iterator

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
LIGHTER = 6.0  # least distance of these in light and tint, in units: twice as far as from grey
TOLD_BY = 0.6  # least share of the mistakes that sources spare which a part follows
SIGNED = [list(MEASURES).index(name) for name in (*(dark for dark, _ in PLACES), *TINTS)]
RIDGE = 0.1  # added to the variances of these, in units
# Images of a class from which on more than light is asked. Of 10,020 honest draws of 60 and more
# one is told then, of 900 draws of 20 photographs 54. Of 136 draws of 60 medical images, 30 % of
# them inverted, the part is told in 116, and in light alone in 82.
LEARNT = 60


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
    signed = _signed(values)
    for trace in _ways_between(signed):
        for sign in (1, -1):
            part = upper_part(sign * trace)
            if part is not None and _mirrored(values[part], values[~part]):
                some, rest = signed[part].mean(axis=0), signed[~part].mean(axis=0)
                if np.linalg.norm(some - rest) < LIGHTER:
                    break
                usual = np.median(_signed(others), axis=0)
                farther = np.linalg.norm(some - usual) > np.linalg.norm(rest - usual)
                return part if farther else ~part
    return None


def _signed(values: FloatArray) -> FloatArray:
    """Light, black, ends of the levels and tints: what inverting gives the other sign."""
    return (values - inverted(values))[:, SIGNED]


def _ways_between(signed: FloatArray) -> Iterator[FloatArray]:
    """Traces along which two such parts may be seen: in light, and in what tells them best.

    Where parts are each other with the other sign, twice the mean of one is what they differ in
    (Fisher 1936). The sign of each image is that which it has in what varies most. In few images
    of any content a way is found that tells some from others, so of these none is learnt.
    """
    yield signed[:, 0]
    if len(signed) < LEARNT or not np.isfinite(signed).all():
        return
    most = np.linalg.eigh(signed.T @ signed)[1][:, -1]
    one = signed * np.where(signed @ most < 0, -1.0, 1.0)[:, None]
    inside = np.cov(one.T) + RIDGE * np.eye(one.shape[1])
    way = np.linalg.solve(inside, one.mean(axis=0))
    yield signed @ (way / max(float(np.linalg.norm(way)), TIGHT))


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
