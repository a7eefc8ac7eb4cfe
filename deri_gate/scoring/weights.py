"""Names of the weights that a pool has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.schemas.base import rounded_finite
from deri_gate.scoring.pool import weight_sets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.scoring.pool import Pool

OWN = "own"  # weights of U that have no name in the pool's file
ALIKE = 1e-6  # shares that differ by less differ by their rounding


def named_weights(pool: Pool) -> dict[str, dict[str, float]]:
    """Every set of weights that can be asked for, by name; shares of 1 over the pool's metrics."""
    named = {name: _over(weights, pool.weights) for name, weights in weight_sets(pool).items()}
    return named if weights_used(pool) in named else {**named, OWN: as_shares(pool.weights)}


def weights_used(pool: Pool) -> str:
    """Name of the set that U has; "own" where the file has it under no name."""
    own = as_shares(pool.weights)
    every = weight_sets(pool)
    return next((name for name, weights in every.items() if alike(_over(weights, own), own)), OWN)


def as_shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights as shares of 1, in nine digits; all 0 where nothing weighs."""
    total = sum(weights.values())
    return {
        name: rounded_finite(weight / total) if total else 0.0 for name, weight in weights.items()
    }


def alike(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """True if two sets of shares differ by no more than their rounding."""
    names = one.keys() | other.keys()
    return all(abs(one.get(name, 0.0) - other.get(name, 0.0)) < ALIKE for name in names)


def _over(weights: Mapping[str, float], names: Mapping[str, float]) -> dict[str, float]:
    """Shares over these metrics alone: a pool may be used without some of its metrics."""
    return as_shares({name: weights.get(name, 0.0) for name in names})
