"""Texts of plots: as long as there is room for, whatever a name holds."""

from __future__ import annotations

import pytest

from deri_gate.reports.plots.classes import NAMES, class_scene
from deri_gate.reports.plots.scene import Words, shortened


@pytest.mark.parametrize(
    ("text", "shown"),
    [("short", "short"), ("exactly ten", "exactly ten"), ("a little longer", "a little l…")],
)
def test_a_long_text_ends_in_an_ellipsis(text, shown) -> None:
    assert shortened(text, 11) == shown


def test_names_of_classes_leave_the_bars_free(hostile) -> None:
    """Invisible characters too, which are shown by several visible ones."""
    scene = class_scene(dict.fromkeys(hostile, 5), None)
    assert scene is not None
    names = [one.text for one in scene.shapes if isinstance(one, Words) and one.x == 0]

    assert len(names) == len(hostile)
    assert all(name.isprintable() for name in names)
    assert max(map(len, names)) * 0.55 * 11.5 <= NAMES + 1  # a wide font's mean character
