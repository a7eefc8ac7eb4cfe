"""Lines of one value in the picture of a history of drift."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest

from deri_gate.drift.cusum import HIGHEST, LIMIT
from deri_gate.drift.records import Watch
from deri_gate.reports.plots.drifting import history_scene
from deri_gate.reports.plots.scene import Stroke


@pytest.mark.parametrize("score", [LIMIT / 2, LIMIT - 0.01, LIMIT, HIGHEST])
def test_lines_of_one_value_lie_side_by_side(score) -> None:
    """Five features that drifted at once were one line, in the colour of the last."""
    names = ("embedding", "intensity", "sharpness", "noise_artifacts", "exposure")
    watch = Watch(comparisons=2, scores=dict.fromkeys(names, score), drifting=names)
    rows = [SimpleNamespace(date="2026-11-30", batch="a", watch=watch) for _ in range(2)]
    scene = history_scene(rows)
    strokes = [s for s in scene.shapes if isinstance(s, Stroke)]
    (limit,) = (s.points[0][1] for s in strokes if s.tone == "fail")
    heights = [s.points[-1][1] for s in strokes if s.width == 2]

    assert len(heights) == len(names)
    assert min(abs(a - b) for a, b in pairwise(sorted(heights))) >= 2
    assert all((y <= limit + 1e-9) == (score >= LIMIT) for y in heights)
    assert all(0 < y < scene.height for y in heights)
