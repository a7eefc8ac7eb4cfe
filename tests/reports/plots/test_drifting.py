"""The picture of a history of drift."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from deri_gate.drift.cusum import LIMIT
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


@pytest.mark.parametrize("moved", [(), ("sharpness",)])
def test_the_picture_says_what_its_heights_mean(moved) -> None:
    """Its foot, the height at which a drift starts, and what a grey line and a dot are."""
    watch = Watch(comparisons=2, scores={"sharpness": LIMIT}, drifting=moved, started=moved)
    rows = [SimpleNamespace(date="2026-11-30", batch="a", watch=watch) for _ in range(2)]
    scene = history_scene(rows)
    words = {s.text: s for s in scene.shapes if isinstance(s, Words)}

    assert words["drift starts"].y < words["no sign"].y
    for said in ("higher", "surer", "grey one has never drifted", "starts", "ends"):
        assert said in scene.caption
    assert scene.description.endswith("Sharpness" if moved else "nothing")
    assert ("Sharpness" in words) is bool(moved)
