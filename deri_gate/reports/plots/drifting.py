"""History of a drift: the evidence of each comparison, with the limit, start and end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.drift.cusum import HIGHEST, LIMIT
from deri_gate.drift.kinds import KINDS
from deri_gate.reports.plots.scene import CLASS_TONES, WIDTH, Mark, Scene, Stroke, Words, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.drift.history import Comparison
    from deri_gate.reports.plots.scene import Anchor, Shape

MOST = 60  # comparisons that are drawn, the last ones
LEFT, RIGHT, TOP, FLOOR = 10, WIDTH - 80, 32, 160
BUNDLE = 20.0  # height of all lines of one value, side by side, at most


def history_scene(history: Sequence[Comparison]) -> Scene | None:
    """A line a drift feature that has ever drifted, grey for the others; None for no history."""
    rows = [comparison for comparison in history if comparison.watch is not None][-MOST:]
    if not rows:
        return None
    moved = [n for n in KINDS if any(n in row.watch.drifting for row in rows if row.watch)]
    tones = dict(zip(moved, CLASS_TONES, strict=False))
    shapes: list[Shape] = [
        Stroke(points=((LEFT, _up(LIMIT)), (RIGHT, _up(LIMIT))), tone="fail", width=1.2),
        # Behind the last batch, where no line or dot of any lies on it.
        Words(x=RIGHT + 10, y=_up(LIMIT) + 4, text="drift starts", tone="fail", size=11),
        Stroke(points=((LEFT, FLOOR), (RIGHT, FLOOR)), tone="line"),
        Words(x=RIGHT + 10, y=FLOOR + 4, text="no sign", tone="soft", size=11),
    ]
    for name in (*(n for n in KINDS if n not in tones), *tones):
        shapes += _line(rows, name, tuple(tones), tones.get(name, "line"))
    for place in dict.fromkeys((0, len(rows) - 1)):
        anchor: Anchor = "start" if place == 0 else "end"
        text = shortened(f"{rows[place].date} {rows[place].batch}", 28)
        shapes.append(Words(x=_along(place, rows), y=FLOOR + 16, text=text, anchor=anchor, size=11))
    for place, (name, tone) in enumerate(tones.items()):
        x, y = LEFT + (place % 2) * WIDTH / 2, FLOOR + 36 + 18 * (place // 2)
        shapes.append(Mark(x=x + 4, y=y - 4, radius=4, tone=tone))
        shapes.append(
            Words(x=x + 13, y=y, text=shortened(KINDS[name].title, 28), size=11.5, tone="ink")
        )
    return Scene(
        name="history",
        title="Evidence for drift, batch by batch",
        description=f"{len(rows)} comparisons; drifted: "
        + (", ".join(KINDS[name].title for name in tones) or "nothing"),
        caption="The higher a line, the surer the drift; a grey one has never drifted. "
        "A full dot is where a drift starts, an open one where it ends.",
        height=FLOOR + 26 + 18 * -(-len(tones) // 2),
        shapes=tuple(shapes),
    )


def _line(rows: Sequence[Comparison], name: str, drawn: tuple[str, ...], tone: str) -> list[Shape]:
    points = []
    shapes: list[Shape] = []
    for place, row in enumerate(rows):
        assert row.watch is not None
        x, y = _along(place, rows), _beside(row.watch.scores, name, drawn)
        points.append((x, y))
        for what, names in (("starts", row.watch.started), ("ends", row.watch.ended)):
            if name in names:
                title = f"{KINDS[name].title}: drift {what}, {row.date} {row.batch}"
                mark = Mark(x=x, y=y, radius=4.5, tone=tone, hollow=what == "ends", title=title)
                shapes.append(mark)
    if len(points) > 1:
        width = 1 if tone == "line" else 2
        shapes.insert(0, Stroke(points=tuple(points), tone=tone, width=width))
    return shapes


def _beside(scores: Mapping[str, float], name: str, drawn: tuple[str, ...]) -> float:
    """Height of a line's point: beside those drawn before it that would lie under it.

    None goes to the other side of the limit by that.
    """
    score = scores.get(name, 0.0)
    y = _up(score)
    if score <= 0 or name not in drawn:
        return y
    before = drawn[: drawn.index(name)]
    under = sum(abs(_up(scores.get(other, 0.0)) - y) < 1 for other in before)
    step = min(2.5, BUNDLE / len(drawn)) * under
    return y - step if score >= LIMIT else min(FLOOR, y + step)


def _along(place: int, rows: Sequence[Comparison]) -> float:
    return LEFT + (RIGHT - LEFT) * (place / (len(rows) - 1) if len(rows) > 1 else 0)


def _up(score: float) -> float:
    return FLOOR - (FLOOR - TOP) * min(score, HIGHEST) / HIGHEST
