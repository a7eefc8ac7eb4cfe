"""`influence.csv`: a row a dataset of the pool, and how much hangs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.schemas.base import rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.scoring.influence import Influence

HEAD = ("dataset", "DERI1000", "without_itself", "moves_most", "by", "decides")


def influence_table(found: Sequence[Influence]) -> str:
    """`influence.csv`: own scores with and without itself, and the largest effect on another."""
    return csv_text(
        HEAD,
        (
            [
                one.name,
                rounded(one.deri1000),
                rounded(one.without_itself),
                one.most_moved,
                None if one.most_moved is None else rounded(one.moves[one.most_moved]),
                int(one.decides),
            ]
            for one in found
        ),
    )
