"""Weights under which U falls with damage, and results of weights on sets left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.study.weights.agreement import rank_agreement, weighted
from deri_gate.study.weights.fitting import Losses, fitted
from deri_gate.study.weights.results import deltas
from deri_gate.study.weights.subscores import VARIANT, joined_with_results

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from deri_gate.arrays import FloatArray

    Maker = Callable[[pd.DataFrame, pd.DataFrame], Mapping[str, float]]

STRONG, UNDAMAGED = "strong", "baseline"  # in the table of subscores
LEAST = 0.02  # of the sum: no metric is left out
FALL = 0.005  # share of the scale by which U should fall at least
BY_ROUNDING = 1e-9  # points of U that a mean of the same values may differ by


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Datasets before and after strong damage.

    Attributes:
        metrics: Names of the metrics.
        before: Subscores before damage, NaN where either side has none, shape (N, K).
        after: Subscores after damage, NaN where either side has none, shape (N, K).
        datasets: Name of the dataset of each pair, shape (N,).
    """

    metrics: tuple[str, ...]
    before: FloatArray
    after: FloatArray
    datasets: tuple[str, ...]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Pairs:
        """Gather them from a table of subscores; damage of a set without its baseline is left out.

        Args:
            table: Rows of `read_subscores`.
        """
        names = [name for name in table.columns if name not in VARIANT]
        plain = table[table["group"] == UNDAMAGED].set_index("dataset")
        damaged = table[(table["level"] == STRONG) & table["dataset"].isin(plain.index)]
        of = damaged["dataset"].tolist()
        before = np.asarray(plain.loc[of, names], dtype=float)
        after = damaged[names].to_numpy(dtype=float)
        both = np.isfinite(before) & np.isfinite(after)
        return cls(
            metrics=tuple(names),
            before=np.where(both, before, np.nan),
            after=np.where(both, after, np.nan),
            datasets=tuple(of),
        )

    def rises(self, weights: Mapping[str, float], power: float) -> dict[str, int]:
        """By dataset, the number of pairs in which U does not fall, over the metrics of both.

        A pair without a metric of both sides counts: nobody saw U fall.
        """
        vector = _vector(weights, self.metrics)
        change = weighted(self.after, vector, power) - weighted(self.before, vector, power)
        rises = dict.fromkeys(self.datasets, 0)
        for name, rose in zip(self.datasets, ~(change < -BY_ROUNDING), strict=True):
            rises[name] += int(rose)
        return rises


def monotone(pairs: Pairs, power: float) -> dict[str, float]:
    """The weights under which U falls most reliably: a linear programme over the pairs.

    U falls where the weighted sum of subscores, raised to the power, does. The sum of what lacks
    to a fall of half a per cent of the scale is made least, each weight at least 0.02.

    Args:
        pairs: Datasets before and after damage.
        power: Power of the mean that U is, above 0.
    """
    change = np.nan_to_num((pairs.after / 100) ** power - (pairs.before / 100) ** power)
    count, metrics = change.shape
    solution = scipy.optimize.linprog(
        np.concatenate([np.zeros(metrics), np.ones(count)]),
        A_ub=np.hstack([change, -np.eye(count)]),
        b_ub=np.full(count, -FALL),
        A_eq=np.concatenate([np.ones(metrics), np.zeros(count)])[None],
        b_eq=[1.0],
        bounds=[(LEAST, None)] * metrics + [(0, None)] * count,
        method="highs",
    )
    assert solution.x is not None  # equal weights and what lacks under them always fit
    return dict(zip(pairs.metrics, solution.x[:metrics].tolist(), strict=True))


@dataclass(frozen=True, kw_only=True)
class WeighingChoice:
    """Results of one way to weigh, on all sets and on sets that it has not seen.

    Attributes:
        rises: Pairs in which U does not fall.
        rises_unseen: Those of each dataset under weights made without it.
        within: Rank correlation of U with balanced accuracy over the variants of a dataset, mean
            over the datasets; None where there is no order.
        within_unseen: Mean over the datasets, each under weights made without it.
        between: Rank correlation over the undamaged datasets.
    """

    rises: int
    rises_unseen: int
    within: float | None
    within_unseen: float | None
    between: float | None


def choices(
    votes: pd.DataFrame, subscores: pd.DataFrame, published: Mapping[str, float], power: float
) -> dict[str, WeighingChoice]:
    """Each way to weigh, with each dataset left out in turn.

    Args:
        votes: Results of probes that learnt something.
        subscores: Rows of `read_subscores`.
        published: The published weights.
        power: Power of the mean that U is, above 0.
    """
    names = [name for name in subscores.columns if name not in VARIANT]
    makers: dict[str, Maker] = {
        "published": lambda _votes, _subscores: published,
        "fitted": lambda votes, _: fitted(Losses.of(deltas(votes))),
        "monotone": lambda _, subscores: monotone(Pairs.of(subscores), power),
        "equal": lambda _votes, _subscores: dict.fromkeys(names, 1.0),
    }
    return {name: _choice(make, votes, subscores, power) for name, make in makers.items()}


def _choice(
    make: Maker, votes: pd.DataFrame, subscores: pd.DataFrame, power: float
) -> WeighingChoice:
    pairs, whole = Pairs.of(subscores), make(votes, subscores)
    joined, metrics = joined_with_results(votes, subscores)
    values = joined[metrics].to_numpy(dtype=float)
    of = joined["dataset"].to_numpy()
    seen = weighted(values, _vector(whole, metrics), power)
    unseen, rises = np.zeros(len(of)), 0
    for name in dict.fromkeys(pairs.datasets):
        less = make(votes[votes["dataset"] != name], subscores[subscores["dataset"] != name])
        unseen[of == name] = weighted(values, _vector(less, metrics), power)[of == name]
        rises += pairs.rises(less, power)[name]
    accuracy = joined["balanced_accuracy"].to_numpy(dtype=float)
    plain = (joined["group"] == UNDAMAGED).tolist()
    ranks, without = (rank_agreement(u, accuracy, of.tolist(), plain) for u in (seen, unseen))
    return WeighingChoice(
        rises=sum(pairs.rises(whole, power).values()),
        rises_unseen=rises,
        within=ranks.within,
        within_unseen=without.within,
        between=ranks.between,
    )


def _vector(weights: Mapping[str, float], metrics: Sequence[str]) -> FloatArray:
    return np.array([weights.get(name, 0.0) for name in metrics])
