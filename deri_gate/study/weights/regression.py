"""Linear regression of accuracy on what was done, to what, with which network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy

from deri_gate.errors import UnmeasurableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deri_gate.arrays import FloatArray


@dataclass(frozen=True, kw_only=True)
class FTest:
    """F test of terms of a regression.

    Attributes:
        f: Explained over unexplained variance; about 1 when the terms mean nothing.
        p: How often chance alone gives as much, 0 to 1.
        df: Degrees of freedom, of the terms and of what is left.
    """

    f: float
    p: float
    df: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Regression:
    """Regression of a response on terms.

    Attributes:
        overall: All terms against the mean alone.
        terms: Each term against the model without it (type II sums of squares).
        r_squared: Share of the variance explained, 0 to 1.
        effects: Effects of each term's values, against its first; in the unit of the response.
        rows: Observations.
    """

    overall: FTest
    terms: Mapping[str, FTest]
    r_squared: float
    effects: Mapping[str, Mapping[str, float]]
    rows: int


def regress(response: FloatArray, terms: Mapping[str, Sequence[str]]) -> Regression:
    """Least squares with a dummy variable for each value of each term but its first.

    Args:
        response: Shape (N,).
        terms: By name, the value of each observation. A term of one value is left out.

    Raises:
        UnmeasurableError: If there is nothing to explain, nothing to explain it with, or nothing
            left to judge it by.
    """
    values = {name: list(dict.fromkeys(term)) for name, term in terms.items()}
    used = {name: levels for name, levels in values.items() if len(levels) > 1}
    columns = {name: _dummies(terms[name], levels) for name, levels in used.items()}
    whole = _design(response, list(columns.values()))
    left, rank = _residual(response, whole)
    total = float(((response - response.mean()) ** 2).sum())
    free = len(response) - rank
    if not used or free < 1 or not total > 0 or left <= 1e-12 * total:
        raise UnmeasurableError("too few or too regular results for a regression")

    def against(others: list[FloatArray]) -> FTest:
        more, smaller = _residual(response, _design(response, others))
        return _f_test(more - left, rank - smaller, left, free)

    coefficients = np.linalg.lstsq(whole, response, rcond=None)[0][1:].tolist()
    return Regression(
        overall=against([]),
        terms={
            name: against([column for other, column in columns.items() if other != name])
            for name in used
        },
        r_squared=1 - left / total,
        effects={
            name: {value: coefficients.pop(0) for value in levels[1:]}
            for name, levels in used.items()
        },
        rows=len(response),
    )


def _dummies(own: Sequence[str], values: list[str]) -> FloatArray:
    return np.asarray(np.array(own)[:, None] == np.array(values[1:]), dtype=float)


def _design(response: FloatArray, columns: list[FloatArray]) -> FloatArray:
    return np.column_stack([np.ones(len(response)), *columns])


def _residual(response: FloatArray, design: FloatArray) -> tuple[float, int]:
    """Sum of squares that is left, and the design's rank."""
    coefficients, _, rank, _ = np.linalg.lstsq(design, response, rcond=None)
    return float(((response - design @ coefficients) ** 2).sum()), int(rank)


def _f_test(explained: float, terms: int, left: float, free: int) -> FTest:

    if terms < 1:
        raise UnmeasurableError("a term says nothing that the others do not say")
    f = max(0.0, explained) / terms / (left / free)
    return FTest(f=f, p=float(scipy.stats.f.sf(f, terms, free)), df=(terms, free))
