"""A figure held against its aim, and the names of the properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.schemas.base import rounded
from deri_gate.schemas.properties import PropertyFigure

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = {
    1: "DERI1000 falls under damage",
    2: "a mark on one class is found",
    3: "datasets without content fail",
    4: "image count and size hardly move it",
    5: "the interval covers other pools",
    6: "a partial score is marked",
    7: "the paper's definitions can score",
}


def at_most(
    number: int, of: str, figure: str, observed: float | None, aim: float, *, detail: str = ""
) -> PropertyFigure:
    """A figure that should not be above its aim."""
    holds = None if observed is None else observed <= aim
    return PropertyFigure(
        number=number, name=NAMES[number], of=of, figure=figure, observed=rounded(observed),
        aim=aim, better="at most", holds=holds, detail=detail,
    )  # fmt: skip


def at_least(
    number: int, of: str, figure: str, observed: float | None, aim: float, *, detail: str = ""
) -> PropertyFigure:
    """A figure that should not be below its aim."""
    holds = None if observed is None else observed >= aim
    return PropertyFigure(
        number=number, name=NAMES[number], of=of, figure=figure, observed=rounded(observed),
        aim=aim, better="at least", holds=holds, detail=detail,
    )  # fmt: skip


def holding(figures: Sequence[PropertyFigure]) -> dict[str, tuple[int, int]]:
    """By property, how many of its measured figures hold, and how many there are."""
    shares = {}
    for number, name in NAMES.items():
        own = [
            figure.holds
            for figure in figures
            if figure.number == number and figure.holds is not None
        ]
        shares[name] = (sum(own), len(own))
    return shares


def properties_table(figures: Sequence[PropertyFigure]) -> str:
    """`properties.csv`: a row a figure."""
    head = ["number", "property", "of", "figure", "observed", "better", "aim", "holds", "detail"]
    return csv_text(
        head,
        (
            [
                figure.number,
                figure.name,
                figure.of,
                figure.figure,
                rounded(figure.observed, 4),
                figure.better,
                figure.aim,
                "" if figure.holds is None else int(figure.holds),
                figure.detail,
            ]
            for figure in figures
        ),
    )
