"""Class balance: images of each class, head over base."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from deri_gate.reports.plots.scene import WIDTH, Box, Scene, Stroke, Words, shortened
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.reports.plots.scene import Shape

MOST = 20  # classes that are drawn
ROW = 20
SCALED = "The upright line is the baseline, were it as large as the batch."
NAMES, NUMBERS = 136, 56  # units for the names and the numbers


def class_scene(
    counts: Mapping[str, int],
    before: Mapping[str, int] | None,
    titles: Mapping[str, str] = MappingProxyType({}),
    *,
    scaled: bool = False,
) -> Scene | None:
    """A bar a class, largest first; None without classes.

    Args:
        counts: Images of each class.
        before: Those of the base; None where there is none.
        titles: Names for people, by class; those of the data where there are none.
        scaled: Draw the base as if it had as many images, as a batch and its baseline differ.
    """
    scale = sum(counts.values()) / max(sum((before or {}).values()), 1) if scaled else 1.0
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    drawn, left = ranked[:MOST], len(ranked) - MOST
    top = max([*counts.values(), *(scale * count for count in (before or {}).values()), 1])
    if not drawn:
        return None
    wide = WIDTH - NAMES - NUMBERS
    shapes: list[Shape] = []
    for place, (name, count) in enumerate(drawn):
        y = ROW * place
        shapes += [
            Words(x=0, y=y + 14, text=shortened(titles.get(name, name), 19), size=11.5, tone="ink"),
            Box(x=NAMES, y=y + 5, width=wide * count / top, height=11, tone="mark", opacity=0.75),
            Words(x=WIDTH, y=y + 14, text=f"{count:,}", anchor="end", size=11.5, tone="ink"),
        ]
        if before is not None:
            x = NAMES + wide * scale * before.get(name, 0) / top
            title = f"base: {before.get(name, 0):,}"
            line = Stroke(points=((x, y + 3), (x, y + 18)), tone="ink", width=2, title=title)
            shapes.append(line)
    if left > 0:
        text = f"and {counted(left, 'more class')}"
        shapes.append(Words(x=0, y=ROW * len(drawn) + 14, text=text, size=11.5))
    return Scene(
        name="classes",
        title="Images of each class",
        description=", ".join(f"{titles.get(name, name)} {count:,}" for name, count in drawn[:8]),
        caption="" if before is None else SCALED if scaled else "The upright line is the base.",
        height=ROW * (len(drawn) + (left > 0)) + 4,
        shapes=tuple(shapes),
    )
