"""The picture of a history of drift."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import pytest

from deri_gate.drift.cusum import HIGHEST, LIMIT
from deri_gate.drift.records import Watch
from deri_gate.reports.plots.drifting import history_scene
from deri_gate.reports.plots.scene import WIDTH, Mark, Stroke, Words


@pytest.mark.parametrize("batches", [1, 2, 8])
def test_no_line_or_dot_lies_on_the_name_of_the_limit(batches) -> None:
    """A drift that starts with the first batch had its dot on these words."""
    watches = [
        Watch(comparisons=n, scores={"sharpness": LIMIT}, drifting=("sharpness",),
              started=("sharpness",))
        for n in range(batches)
    ]  # fmt: skip
    rows = [SimpleNamespace(date="2026-11-30", batch="a", watch=watch) for watch in watches]
    scene = history_scene(rows)
    (words,) = (s for s in scene.shapes if isinstance(s, Words) and s.text == "drift starts")
    dots = [s.x + s.radius for s in scene.shapes if isinstance(s, Mark) and s.y < words.y + 9]
    lines = [x for s in scene.shapes if isinstance(s, Stroke) for x, _ in s.points]

    assert max(dots + lines) < words.x
    assert words.x + 5.5 * len(words.text) < WIDTH


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


def test_the_picture_of_a_history_has_a_scale() -> None:
    """It had a limit, and no word on what the height is."""
    watch = Watch(comparisons=1, scores={"sharpness": LIMIT}, drifting=("sharpness",))
    scene = history_scene([SimpleNamespace(date="2026-11-30", batch="a", watch=watch)])

    assert "no evidence" in {s.text for s in scene.shapes if isinstance(s, Words)}
    assert f"{LIMIT:.2f}" in scene.caption
    assert f"{HIGHEST:.2f}" in scene.caption
