"""Findings on files whose pixels, as they lie, are another picture than the one that is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.behind import GOES_ON
from deri_gate.data.dataset import Finding
from deri_gate.data.decoding import CLEAR, TURNED
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.measuring.evidence import Evidence

LOADED = "loaded_otherwise"
WAYS = {
    CLEAR: "transparent parts, judged on white: a loader that drops transparency trains on other "
    "pixels; save the picture without",
    TURNED: "a tag that turns the picture, judged upright: a loader that does not heed it trains "
    "on the picture as it lies; save it upright",
    GOES_ON: "another picture or an archive in the same file, mostly behind the end of the first, "
    "which nobody looks at: save the first alone",
}


def loader_findings(*sides: Evidence) -> Iterator[Finding]:
    """A finding for each way in which files are seen otherwise, with their number and the first.

    Args:
        sides: The images of every split.
    """
    for way, what in WAYS.items():
        names = [
            side.dataset.ids[i]
            for side in sides
            for i in np.flatnonzero(side.images.otherwise & way).tolist()
        ]
        if names:
            has = "has" if len(names) == 1 else "have"
            detail = f"{counted(len(names), 'image')}, such as {names[0]}, {has} {what}"
            yield Finding(kind=LOADED, path=sides[0].dataset.name, detail=detail)
