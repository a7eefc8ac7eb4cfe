"""Agreement of the index with the probes on the order of datasets, and the best weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.errors import UnmeasurableError
from deri_gate.scoring.yardstick import power_mean
from deri_gate.stats.intervals import interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.arrays import FloatArray
    from deri_gate.stats.intervals import Interval

DIGITS = 9  # decimals of U and of an accuracy; what differs behind them was rounded otherwise
LEAST = 3  # runs; of two, any weights give an order
LEAST_SETS = 5  # whose order has an interval: three in the right order are so in every resample


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Weights, and how well U under them agrees with balanced accuracy.

    Attributes:
        weights: None below 0, sum 1, shape (K,).
        spearman: Rank correlation of U and balanced accuracy, -1 to 1.
        equal: Rank correlation with equal weights, to compare.
    """

    weights: FloatArray
    spearman: float
    equal: float


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """Rank correlations of U with balanced accuracy over variants, -1 to 1.

    Attributes:
        overall: Over all variants of all datasets.
        within: Over the variants of one dataset, mean over the datasets: does U fall where
            training suffers?
        between: Over the undamaged datasets: does U say which is easier to learn? A set with
            fewer classes is, whatever its quality.

    Each is None where fewer than three variants or datasets, or equal ones, give no order.
    """

    overall: float | None
    within: float | None
    between: float | None


def rank_agreement(
    u: FloatArray, accuracy: FloatArray, datasets: Sequence[str], undamaged: Sequence[bool]
) -> Ranks:
    """Rank correlation of U and balanced accuracy, over all, within and between datasets.

    Args:
        u: U of each variant, shape (N,).
        accuracy: Balanced accuracy of the probes trained on it, shape (N,).
        datasets: Which dataset each is a variant of, N of them.
        undamaged: Whether it is the dataset as it was, N of them.
    """
    of, plain = np.array(datasets), np.array(undamaged, dtype=bool)
    inside = [_correlated(u[of == name], accuracy[of == name]) for name in dict.fromkeys(datasets)]
    return Ranks(
        overall=_correlated(u, accuracy),
        within=_mean(inside),
        between=_correlated(u[plain], accuracy[plain]),
    )


def rank_intervals(
    u: FloatArray,
    accuracy: FloatArray,
    datasets: Sequence[str],
    undamaged: Sequence[bool],
    *,
    resamples: int,
    seed: int,
) -> dict[str, Interval | None]:
    """The middle 95 % of each of `Ranks` over resamples of the datasets.

    None for one dataset, and between fewer than five.

    Args:
        u: U of each variant, shape (N,).
        accuracy: Balanced accuracy of the probes trained on it, shape (N,).
        datasets: Which dataset each is a variant of, N of them.
        undamaged: Whether it is the dataset as it was, N of them.
        resamples: Number of resamples.
        seed: Seed of the draws.
    """
    of, plain = np.array(datasets), np.array(undamaged, dtype=bool)
    rows = [np.flatnonzero(of == name) for name in dict.fromkeys(datasets)]
    inside = [_correlated(u[row], accuracy[row]) for row in rows]
    generator = np.random.default_rng(seed)
    draws: dict[str, list[float]] = {"overall": [], "within": [], "between": []}
    for _ in range(resamples if len(rows) > 1 else 0):
        drawn = generator.integers(0, len(rows), len(rows))
        every = np.concatenate([rows[i] for i in drawn])
        base = every[plain[every]]
        draws_of = {
            "overall": _correlated(u[every], accuracy[every]),
            "within": _mean([inside[i] for i in drawn]),
            "between": _correlated(u[base], accuracy[base]) if plain.sum() >= LEAST_SETS else None,
        }
        for name, value in draws_of.items():
            if value is not None:
                draws[name].append(value)
    return {name: interval(np.array(draw)) if draw else None for name, draw in draws.items()}


def _mean(values: Sequence[float | None]) -> float | None:
    known = [one for one in values if one is not None]
    return float(np.mean(known)) if known else None


def weighted(subscores: FloatArray, weights: FloatArray, power: float) -> FloatArray:
    """U of each row, as a pool defines it: weighted power mean over what was measured.

    Args:
        subscores: Shape (N, K); NaN where a metric was not measured.
        weights: Shape (K,), none below 0.
        power: Power of the mean, 0 to 1; 1 is the arithmetic mean, the paper's words.

    Returns:
        Shape (N,); 0 where no metric with a weight was measured.
    """
    return np.nan_to_num(power_mean(subscores, weights, power))


def agreeing(
    subscores: FloatArray, accuracy: FloatArray, *, seed: int, power: float, rounds: int = 60
) -> Agreement:
    """Minimise the negative Spearman correlation of U and balanced accuracy.

    The correlation moves in steps, so there is no slope to follow: differential evolution
    (Storn and Price, 1997, doi:10.1023/A:1008202821328) over weights divided by their sum.

    Args:
        subscores: Those of each run's training images, 0 to 100, shape (N, K); NaN where a metric
            was not measured, and then U is over the others.
        accuracy: Balanced accuracy of the run, shape (N,).
        seed: Seed of the search.
        power: Power of the mean that U is.
        rounds: Generations at most.

    Raises:
        UnmeasurableError: With too few runs, or when neither can be put into an order.
    """
    values = np.nan_to_num(subscores)
    if len(accuracy) < LEAST or not np.ptp(accuracy) > 0 or not np.ptp(values, axis=0).any():
        raise UnmeasurableError("too few or too equal runs for a rank correlation")

    def cost(raw: FloatArray) -> float:
        return -_spearman(weighted(subscores, _normalised(raw), power), accuracy)

    count = subscores.shape[1]
    start = np.full(count, 0.5)
    optimum = scipy.optimize.differential_evolution(
        cost,
        scipy.optimize.Bounds(np.zeros(count), np.ones(count)),
        seed=seed,
        maxiter=rounds,
        popsize=8,
        polish=False,
        x0=start,
    )
    return Agreement(
        weights=_normalised(optimum.x), spearman=-float(optimum.fun), equal=-cost(start)
    )


def _normalised(raw: FloatArray) -> FloatArray:
    total = raw.sum()
    return raw / total if total > 0 else np.full(len(raw), 1 / len(raw))


def _correlated(u: FloatArray, accuracy: FloatArray) -> float | None:
    if len(u) < LEAST or not np.ptp(u) > 0 or not np.ptp(accuracy) > 0:
        return None
    return _spearman(u, accuracy)


def _spearman(u: FloatArray, accuracy: FloatArray) -> float:
    """Rank correlation; 0 when all of U is equal, for then it orders nothing.

    What differs by rounding alone is tied: means of the same values in another order are equal.
    """
    a, b = (scipy.stats.rankdata(np.round(values, DIGITS)) for values in (u, accuracy))
    if not np.ptp(a) > 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
