"""Probes that learnt nothing have no vote: damage to the images costs a guess nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.networks.budget import BASELINE
from deri_gate.study.weights.results import CELL, recalls_of

if TYPE_CHECKING:
    import pandas as pd

    from deri_gate.arrays import FloatArray

QUANTILE = 1.6449  # of the normal distribution: one-sided, 5 %
BINARY = 0.5  # balanced accuracy of a guess, with several labels an image
NEAR = 1e-6
PRIOR = 4  # images added to each class, told right as often as by a guess


@dataclass(frozen=True, kw_only=True)
class Unlearnt:
    """A probe that is no better than a guess on the undamaged dataset.

    Attributes:
        dataset: Name of the dataset.
        architecture: Architecture of the probe.
        seed: Seed of its training.
        balanced_accuracy: On the validation images.
        low: Its lower limit, one-sided 95 %.
        chance: Balanced accuracy of a guess.
    """

    dataset: str
    architecture: str
    seed: int
    balanced_accuracy: float
    low: float
    chance: float


def unlearnt_probes(results: pd.DataFrame) -> tuple[Unlearnt, ...]:
    """Probes whose balanced accuracy on the undamaged dataset may be that of a guess.

    A guess that looks at no image has a balanced accuracy of one over the number of classes that
    are asked about; with several labels an image, a half. A probe has learnt something when the
    lower limit of its balanced accuracy lies above. The limit is after Agresti and Coull (1998,
    doi:10.1080/00031305.1998.10480550): to each class four images are added, told right as often
    as by a guess.

    Args:
        results: Rows of `results.read_results`.
    """
    unlearnt = []
    for name, rows in results.groupby("dataset", sort=True):
        counts = _class_counts(rows)
        plain = rows[(rows["group"] == BASELINE) & rows["balanced_accuracy"].notna()]
        for row in plain.to_dict("records"):
            recalls = recalls_of(row["recalls"])
            low, chance = _low_and_chance(float(row["balanced_accuracy"]), recalls, counts)
            if low <= chance:
                unlearnt.append(
                    Unlearnt(
                        dataset=str(name),
                        architecture=str(row["architecture"]),
                        seed=int(row["seed"]),
                        balanced_accuracy=float(row["balanced_accuracy"]),
                        low=low,
                        chance=chance,
                    )
                )
    return tuple(sorted(unlearnt, key=lambda one: (one.dataset, one.architecture, one.seed)))


def voting(results: pd.DataFrame, unlearnt: tuple[Unlearnt, ...]) -> pd.DataFrame:
    """Return the rows of probes that learnt something."""
    silent = {(run.dataset, run.architecture, run.seed) for run in unlearnt}
    keys = results[CELL].itertuples(index=False, name=None)
    return results[[key not in silent for key in keys]].reset_index(drop=True)


def _low_and_chance(
    balanced: float, recalls: dict[str, float], counts: dict[str, int]
) -> tuple[float, float]:
    classes = [name for name in recalls if counts.get(name)]
    if not classes:
        return 0.0, BINARY  # nothing is known of what was asked
    class_recalls = np.array([recalls[name] for name in classes])
    images = np.array([counts[name] for name in classes], dtype=float)
    single = abs(float(class_recalls.mean()) - balanced) < NEAR
    chance = 1 / len(classes) if single else BINARY
    share = (class_recalls * images + PRIOR * chance) / (images + PRIOR)
    variance = float((share * (1 - share) / (images + PRIOR)).sum()) / len(classes) ** 2
    if not single:  # mean of sensitivity and specificity; that of the absent is as unsure at most
        variance /= 2
    centre = balanced - float((class_recalls - share).mean())
    return centre - QUANTILE * variance**0.5, chance


def _class_counts(rows: pd.DataFrame) -> dict[str, int]:
    """Validation images of each class, which the table does not have.

    Runs of a dataset are asked about the same images. With one label an image, their numbers add
    up to `asked`, and the hits, number times recall, to accuracy times `asked`. Of all numbers
    that fit every run, the ones nearest to equal numbers are taken. Every recall is a share of
    its number, so that the least such number is a lower limit; with several labels it is all
    that is known, and a probe is told rather than believed.
    """
    measured = rows[rows["accuracy"].notna() & rows["balanced_accuracy"].notna()]
    recalls = [recalls_of(text) for text in measured["recalls"]]
    asked = int(measured["asked"].max()) if len(measured) else 0
    classes = sorted(set().union(*recalls)) if recalls else []
    least = {
        name: _denominator(np.array([recall[name] for recall in recalls if name in recall]), asked)
        for name in classes
    }
    whole = [recall for recall in recalls if len(recall) == len(classes)]
    means = measured["balanced_accuracy"].to_numpy(dtype=float)
    single = all(
        abs(sum(recall.values()) / len(recall) - mean) < NEAR
        for recall, mean in zip(recalls, means, strict=True)
    )
    if not single or len(whole) < len(recalls) or not classes:
        return least
    equations = np.array([[1.0] * len(classes), *([own[n] for n in classes] for own in whole)])
    sums = asked * np.array([1.0, *measured["accuracy"].to_numpy(dtype=float)])
    equal = np.full(len(classes), asked / len(classes))
    fit = equal + np.linalg.lstsq(equations, sums - equations @ equal, rcond=None)[0]
    return {n: max(least[n], round(float(v))) for n, v in zip(classes, fit, strict=True)}


def _denominator(shares: FloatArray, most: int) -> int:
    numbers = np.arange(1, most + 1)
    for start in range(0, most, 1000):
        block = numbers[start : start + 1000, None] * np.unique(shares)
        whole = (np.abs(block - block.round()) < NEAR).all(axis=1)
        if whole.any():
            return int(numbers[start + int(whole.argmax())])
    return 0
