"""A degraded copy of a dataset, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.damage.catalogue import find
from deri_gate.damage.choice import drawn, judged
from deri_gate.damage.recipe import Recipe
from deri_gate.damage.source import Damaged, DamagedSource
from deri_gate.errors import UnmeasurableError, UnreadableImageError

if TYPE_CHECKING:
    from deri_gate.data.dataset import Dataset


def degrade(dataset: Dataset, group: str, level: str, *, seed: int, share: float = 1.0) -> Dataset:
    """The dataset made worse in one way; no pixel is computed before it is read.

    Only the training split is touched where there are splits. The same arguments give the same
    variant, whatever the order of the images; another level touches the same images more.

    Args:
        dataset: The dataset; stays as it is.
        group: What is done to it: a group of `VARIANTS` or `SCENARIOS`.
        level: How much: mild, medium, strong ("only" for a scenario).
        seed: Random seed.
        share: Part of the images it may touch, rounded half up to whole images, at least one.

    Raises:
        SettingError: If group, level or share do not exist.
        DatasetError: If there are no images to degrade.
        UnmeasurableError: If this dataset cannot be degraded in this way; `what` says why.
    """
    variant = find(group, level)
    spec = Recipe.of("", group, level, seed=seed, share=share).spec
    part = drawn(dataset, variant.among(dataset, judged(dataset)), share, spec)
    made = variant.change(dataset, np.sort(part), spec)
    if not _differs(dataset, made):
        raise UnmeasurableError(f"{group} at level {level} changes nothing in this dataset")
    return made


def _differs(base: Dataset, made: Dataset) -> bool:
    """True if sample, labels, or the pixels of a readable image are new."""
    if made.ids != base.ids or made.labels != base.labels:
        return True
    source = made.source
    if not isinstance(source, DamagedSource) or source is base.source:
        return False
    return any(_changes(source, int(row)) for row in made.rows if row >= source.offset)


def _changes(source: DamagedSource, row: int) -> bool:
    """True if a damaged picture differs from its original; False when it cannot be read."""
    try:
        loaded = source.load(row)
        assert isinstance(loaded, Damaged)
        return not np.array_equal(loaded.decode(), loaded.loaded.decode())
    except UnreadableImageError:
        return False
