"""Texts of plots: as long as there is room for, whatever a name holds."""

from __future__ import annotations

import pytest

from deri_gate.reports.plots.classes import NAMES, class_scene
from deri_gate.reports.plots.scene import Box, Stroke, Words, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"),
        ("exactly ten", "exactly ten"),
        ("a little longer", "a little l…"),
        ("肺結節" * 9, "肺結節肺結…"),
    ],
)
def test_a_long_text_ends_in_an_ellipsis(text, shown) -> None:
    assert shortened(text, 11) == shown


def test_names_of_classes_leave_the_bars_free(hostile) -> None:
    """Invisible characters too, which are shown by several visible ones, and Chinese ones."""
    scene = class_scene(dict.fromkeys((*hostile, "肺" * 40), 5), None)
    assert scene is not None
    names = [one.text for one in scene.shapes if isinstance(one, Words) and one.x == 0]

    assert len(names) == len(hostile) + 1
    assert all(name.isprintable() for name in names)
    columns = max(sum(2 if ord(letter) > 0x2E80 else 1 for letter in name) for name in names)
    assert columns * 0.62 * 11.5 <= NAMES  # a wide font's mean character


@pytest.mark.parametrize(
    ("classes", "said"), [(21, "and 1 more class"), (23, "and 3 more classes")]
)
def test_classes_without_room_are_counted(classes: int, said: str) -> None:
    """They may be as large as those that are drawn, so nothing is said of their size."""
    scene = class_scene({f"class{i}": 3 for i in range(classes)}, None)

    assert scene is not None
    assert said in [one.text for one in scene.shapes if isinstance(one, Words)]


def test_a_batch_is_drawn_beside_a_baseline_of_its_own_size() -> None:
    """Every line stands at the end of its bar where shares are equal, however large the baseline."""
    scene = class_scene({"a": 30, "b": 10}, {"a": 300, "b": 100}, scaled=True)
    assert scene is not None
    ends = [one.x + one.width for one in scene.shapes if isinstance(one, Box)]
    lines = [one.points[0][0] for one in scene.shapes if isinstance(one, Stroke)]

    assert lines == pytest.approx(ends)
    assert "baseline" in scene.caption
