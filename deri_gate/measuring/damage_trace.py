"""One kind of damage, with the trace that it leaves in the measures of a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.measuring.looks import MEASURES

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray

# Measures of fine detail. What damage does to them depends on how much detail pictures have: blur
# takes less of smooth ones. Noise adds less to rough ones, but that looks as fine texture does.
FINE = ("noise", "blocks", "detail_1", "detail_2", "detail_4", "compression", "lines")
# Lowest, mean and highest of what is usual in the sets that traces were measured on, by measure in
# `FINE`. Beyond these a slope is not followed.
LEVELS = (
    (-4.01, -0.51, 3.95, 5.16, 6.0, -0.56, 0.72),
    (0.52, 0.04, 7.7, 7.8, 8.32, 1.02, 4.01),
    (5.86, 0.96, 11.28, 11.13, 10.67, 4.06, 8.04),
)


@dataclass(frozen=True, kw_only=True)
class Damage:
    """One kind of damage, strong enough for a person to see.

    Attributes:
        kind: Its name in `suspect_for`, unless a metric is about it.
        form: What was done, where damage of a kind is done in several ways; "" for the first.
        metric: Metric that is about it; "" for none.
        words: What a person sees.
        column: Column of the table of images that shows it best.
        measures: Measures that must show it, lest something else has left a trace like it; none
            where it is seen otherwise.
        shift: Mean change of each measure, in the order and units of `MEASURES`.
        spread: Standard deviation of that from set to set.
        loose: Whether the trace varies so much from set to set that it explains much else, too.
            Then more is asked, it is told of what shows nothing else, and not of half a class.
        slight: Whether a person hardly sees it. Then it is told image by image alone, among many:
            half a class, or ten images, may be as smooth by themselves.
        fades: Whether it takes colours away, if anything: an image with more shows something else.
        slope: Change of the shift of each of the measures in `FINE` with one unit more of what is
            usual of it in a set; none where that was not measured.
        remaining: Standard deviation from set to set that the slope leaves, of the same measures.
    """

    kind: str
    metric: str
    words: str
    column: str
    measures: tuple[str, ...]
    shift: tuple[float, ...]
    spread: tuple[float, ...]
    form: str = ""
    loose: bool = False
    slight: bool = False
    fades: bool = False
    slope: tuple[float, ...] = ()
    remaining: tuple[float, ...] = ()

    def beside(self, usual: FloatArray) -> Damage:
        """The damage with its trace in a set of which these measures are usual, shape (M,).

        No trace becomes larger: weak damage of rough pictures would be missed. What would keeps
        its deviation, too: it is where the line does not hold.
        """
        if not self.slope:
            return self
        columns = [list(MEASURES).index(measure) for measure in FINE]
        shift, spread = np.array(self.shift), np.array(self.spread)
        lowest, mean, highest = np.array(LEVELS)
        there = shift[columns] + self.slope * (np.clip(usual[columns], lowest, highest) - mean)
        smaller = np.abs(there) < np.abs(shift[columns])
        shift[columns] = np.where(smaller, there, shift[columns])
        spread[columns] = np.where(smaller, self.remaining, spread[columns])
        return replace(self, shift=tuple(shift.tolist()), spread=tuple(spread.tolist()))
