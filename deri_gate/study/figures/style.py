"""Common style of the pictures, and their bytes."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

# A colour-blind safe set (Okabe and Ito, 2008), in the order in which it is used.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999")


@contextmanager
def drawing() -> Iterator[None]:
    """Draw in our style, whatever the user's settings of matplotlib are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rc("svg", hashsalt="deri-gate")  # ids in the file, which would be random
        mpl.rc("svg", fonttype="none")  # letters stay letters: small, searchable
        mpl.rc("text", parse_math=False)  # a dataset's name with two dollars is no formula
        mpl.rc("font", family="sans-serif", size=9)
        yield


def canvas(rows: int, *, width: float = 7.5) -> tuple[Figure, Axes]:
    """An empty picture for so many rows of text."""
    figure = Figure(figsize=(width, 0.3 * rows + 1.3), layout="constrained")
    panel = figure.subplots()
    panel.spines[["top", "right"]].set_visible(False)
    panel.grid(axis="x", color="#dddddd", linewidth=0.6)
    panel.set_axisbelow(True)
    return figure, panel


def named_rows(panel: Axes, names: list[str]) -> None:
    """Names on the left, the first on top."""
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.tick_params(axis="y", length=0)


def as_svg(figure: Figure) -> bytes:
    """The picture as SVG; equal pictures are equal bytes."""
    content = io.BytesIO()
    figure.savefig(content, format="svg", metadata={"Date": None, "Creator": None})
    return content.getvalue()
