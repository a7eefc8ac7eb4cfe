"""Leave one out: what a pool says of its own datasets, and how much hangs on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.metrics.catalogue import METRICS
from deri_gate.schemas.pool import LEAST
from deri_gate.scoring.plain import deri1000_of, plain_scores
from deri_gate.scoring.score import Membership

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool

DECIDES = 50.0  # points of DERI1000: half a standard deviation of the pool


@dataclass(frozen=True, kw_only=True)
class Influence:
    """Effect of one dataset of a pool on the scores of all.

    Attributes:
        name: Name of the dataset.
        deri1000: Its score against the whole pool, itself in it.
        without_itself: Its score against the others; None where too few are left.
        moves: By other dataset, its score without this one minus its score with it.
    """

    name: str
    deri1000: float | None
    without_itself: float | None
    moves: Mapping[str, float]

    @property
    def most_moved(self) -> str | None:
        """Name of the dataset whose score moves most; None where none does."""
        return max(self.moves, key=lambda name: (abs(self.moves[name]), name), default=None)

    @property
    def decides(self) -> bool:
        """True if another dataset's score hangs on this one by `DECIDES` points or more."""
        return any(abs(change) >= DECIDES for change in self.moves.values())


def membership(
    values: Mapping[str, float | None],
    fingerprint: str,
    pool: Pool,
    *,
    metrics: tuple[Metric, ...] = METRICS,
) -> Membership | None:
    """Find a scored dataset in the pool, and score it against the others.

    Args:
        values: Raw values by metric id.
        fingerprint: Identity of the images and labels that were measured.
        pool: The reference pool.
        metrics: In the definitions that the values and the pool were measured with.

    Returns:
        None if no dataset of the pool has the fingerprint.
    """
    name = next(
        (member.name for member in pool.datasets if member.fingerprint == fingerprint), None
    )
    if name is None:
        return None
    others = _without(pool, name)
    score = None if others is None else deri1000_of(values, others, metrics=metrics)
    return Membership(name=name, without_itself=score)


def influences(pool: Pool, *, metrics: tuple[Metric, ...] = METRICS) -> tuple[Influence, ...]:
    """Score every dataset of a pool against the pool, and against the pool without each other one.

    Args:
        pool: The reference pool.
        metrics: In the definitions that the pool was measured with.
    """
    whole = _scores(pool, pool, metrics)
    return tuple(_influence(member.name, pool, whole, metrics) for member in pool.datasets)


def _influence(
    name: str, pool: Pool, whole: Mapping[str, float | None], metrics: tuple[Metric, ...]
) -> Influence:
    others = _without(pool, name)
    less = {} if others is None else _scores(pool, others, metrics)
    return Influence(
        name=name,
        deri1000=whole[name],
        without_itself=less.get(name),
        moves={
            other: after - before
            for other, after in less.items()
            if other != name and after is not None and (before := whole[other]) is not None
        },
    )


def _scores(pool: Pool, against: Pool, metrics: tuple[Metric, ...]) -> dict[str, float | None]:
    """Scores of every dataset of one pool against another, by name."""
    scores = plain_scores([member.metrics for member in pool.datasets], against, metrics=metrics)
    return {
        member.name: score.deri1000 for member, score in zip(pool.datasets, scores, strict=True)
    }


def _without(pool: Pool, name: str) -> Pool | None:
    """Return the pool less one dataset; None where what is left is no pool."""
    rest = tuple(member for member in pool.datasets if member.name != name)
    return pool.model_copy(update={"datasets": rest}) if len(rest) >= LEAST else None
