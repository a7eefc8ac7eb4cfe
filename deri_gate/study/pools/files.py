"""Files of a pool: `pool.json`, and `influence.csv` with how much hangs on each dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.files import write_text
from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.schemas.base import rounded
from deri_gate.scoring.influence import influences

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.scoring.influence import Influence
    from deri_gate.scoring.pool import Pool

OF_A_POOL, SELECTION = ("pool.json", "influence.csv"), "selection.csv"
HEAD = ("dataset", "DERI1000", "without_itself", "moves_most", "by", "decides")


def write_pool(pool: Pool, folder: Path) -> None:
    """Write `pool.json` and `influence.csv`."""
    write_text(pool.to_json(), folder / "pool.json")
    influence = influences(pool, metrics=profile_named(pool.profile.name).metrics)
    write_text(influence_table(influence), folder / "influence.csv")


def influence_table(influence: Sequence[Influence]) -> str:
    """`influence.csv`: own scores with and without itself, and the largest effect on another."""
    return csv_text(
        HEAD,
        (
            [
                influence_of.name,
                rounded(influence_of.deri1000),
                rounded(influence_of.without_itself),
                influence_of.most_moved,
                None
                if influence_of.most_moved is None
                else rounded(influence_of.moves[influence_of.most_moved]),
                int(influence_of.decides),
            ]
            for influence_of in influence
        ),
    )
