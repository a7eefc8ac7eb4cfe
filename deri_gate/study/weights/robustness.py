"""Robustness of a network over scenarios and classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.networks.budget import BASELINE
from deri_gate.schemas.study import SCENARIO
from deri_gate.study.weights.results import recalls_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from deri_gate.arrays import FloatArray


@dataclass(frozen=True, kw_only=True)
class Robustness:
    """Robustness of one network, trained on undamaged images.

    Attributes:
        score: S = 1 - (sigma_i + sigma_e), 0.5 to 1; higher is steadier, not more accurate.
        sigma_i: Variance over classes of their recall, mean over scenarios; 0 to 0.25.
        sigma_e: Variance over scenarios of the accuracy; 0 to 0.25.
    """

    score: float
    sigma_i: float
    sigma_e: float


def robustness(recalls: FloatArray, accuracy: FloatArray) -> Robustness:
    """The robustness of XIMAGENET-12: 1 - (sigma_i + sigma_e).

    The source calls sigma_i the variance over classes and sigma_e that over scenarios, and leaves
    open how the one is brought together over the other's values. Here sigma_i is within a
    scenario, averaged; both are variances over all there are, without a correction for samples.

    Li et al. (2024), XIMAGENET-12: An Explainable AI Benchmark Dataset for Model Robustness
    Evaluation, arXiv:2310.08182.

    Args:
        recalls: Recall by scenario, one of them undamaged, and class, shape (E, I).
        accuracy: In each scenario, shape (E,).
    """
    within = float(recalls.var(axis=1).mean())
    between = float(accuracy.var())
    return Robustness(score=1 - (within + between), sigma_i=within, sigma_e=between)


def by_architecture(results: pd.DataFrame) -> Mapping[str, list[Robustness]]:
    """By architecture, the robustness on each dataset, and with each seed, that has scenarios."""
    scenes = results["group"].str.startswith(SCENARIO) | (results["group"] == BASELINE)
    measured = results[scenes & results["accuracy"].notna()]
    cases: dict[str, list[Robustness]] = {}
    for (architecture, _, _), runs in measured.groupby(["architecture", "dataset", "seed"]):
        if len(runs) > 1 and BASELINE in set(runs["group"]):
            recalls = [recalls_of(text) for text in runs["recalls"]]
            classes = sorted(set.intersection(*(set(recall) for recall in recalls)))
            cases.setdefault(str(architecture), []).append(
                robustness(
                    np.array([[recall[name] for name in classes] for recall in recalls]),
                    runs["accuracy"].to_numpy(dtype=float),
                )
            )
    return cases
