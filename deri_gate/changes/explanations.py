"""Explanations of changed images and of what they were, by one probe: the base's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.picture import model_input
from deri_gate.errors import UnreadableImageError
from deri_gate.explain.probe import ImageToExplain, explanations_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.changes.pair import DatasetPair
    from deri_gate.measuring.evidence import Evidence

MOST = 64  # pairs that are explained: four forward passes each
FIGURES = {"xai_overlay": ("on_edges", 1), "xai_stability": ("steadiness", -1)}  # sign: worse


def explained_changes(
    sides: DatasetPair, before: IntArray, after: IntArray
) -> Iterator[tuple[str, FloatArray, FloatArray]]:
    """Values of each explanation metric before and now, higher for worse, shape (n,).

    The base's probe explains both, for the class that the image has now, so that nothing but
    the picture differs. NaN for pairs beyond the first 64, of a class that the base has not, or
    whose map says nothing.

    Args:
        sides: Base and head.
        before: Base position of each pair, shape (n,).
        after: Its head position, shape (n,).
    """
    targets = sides.strata[1][after]
    chosen = np.flatnonzero(targets >= 0)[:MOST]
    explained = [
        _explained(evidence, positions[chosen], targets[chosen], sides.base.evidence)
        for evidence, positions in ((sides.base.evidence, before), (sides.head.evidence, after))
    ]
    for name, (figure, sign) in FIGURES.items():
        values = np.full((2, len(after)), np.nan)
        values[:, chosen] = [sign * side[figure] for side in explained]
        yield name, values[0], values[1]


def _explained(
    evidence: Evidence, positions: IntArray, targets: IntArray, base: Evidence
) -> dict[str, FloatArray]:
    sample, there = [], np.zeros(len(positions), dtype=bool)
    for i, (position, target) in enumerate(zip(positions, targets, strict=True)):
        try:
            picture = evidence.dataset.source.load(int(evidence.dataset.rows[position])).decode()
        except UnreadableImageError:  # it has gone since it was looked at
            continue
        there[i] = True
        sample.append(
            ImageToExplain(
                position=int(position),
                key=evidence.images.keys[position],
                target=int(target),
                picture=model_input(picture, evidence.profile.input_size),
            )
        )
    explanations = explanations_of(
        sample,
        images=len(evidence.dataset),
        probe=base.probe,
        encoder=lambda: base.encoder,
        context=evidence.context,
    )
    values = {}
    for figure, _ in FIGURES.values():
        values[figure] = np.full(len(positions), np.nan)
        values[figure][there] = getattr(explanations, figure)
    return values
