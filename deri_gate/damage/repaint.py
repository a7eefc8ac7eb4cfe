"""New pixels for images of a dataset: what goes into each damaged picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.damage.choice import judged, with_masks
from deri_gate.damage.resample import partners
from deri_gate.damage.source import damaged
from deri_gate.errors import UnmeasurableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.arrays import IntArray
    from deri_gate.damage.source import Damage, DamageSpec
    from deri_gate.data.dataset import Dataset

    Inputs = Callable[[Dataset, IntArray, DamageSpec], tuple[IntArray, IntArray]]


def alone(dataset: Dataset, part: IntArray, _spec: DamageSpec) -> tuple[IntArray, IntArray]:
    """The picture itself is all that is needed."""
    return part, dataset.rows[part][:, None]


def with_partner(dataset: Dataset, part: IntArray, spec: DamageSpec) -> tuple[IntArray, IntArray]:
    """The picture and one that shares no class with it; images without such are left alone.

    Raises:
        UnmeasurableError: If no two images differ in class.
    """
    partner_of = partners(dataset, part, spec)
    if not partner_of:
        raise UnmeasurableError("no two images are of different classes")
    positions = np.array([i for i in part if i in partner_of], dtype=np.int64)
    others = np.array([partner_of[i] for i in positions], dtype=np.int64)
    return positions, np.stack([dataset.rows[positions], dataset.rows[others]], axis=1)


def with_mask(dataset: Dataset, part: IntArray, _spec: DamageSpec) -> tuple[IntArray, IntArray]:
    """The picture and its mask, which each image in `part` must have."""
    assert dataset.masks is not None
    return part, np.stack([dataset.rows[part], dataset.masks[part]], axis=1)


def with_scene(dataset: Dataset, part: IntArray, spec: DamageSpec) -> tuple[IntArray, IntArray]:
    """The picture, its mask, and another picture with a mask, of whatever class.

    Raises:
        UnmeasurableError: If there is no other picture with a mask.
    """
    assert dataset.masks is not None
    among = with_masks(dataset, judged(dataset))
    if len(among) < 2:  # noqa: PLR2004
        raise UnmeasurableError("only one image has a mask")
    place = {int(i): n for n, i in enumerate(among)}
    steps = [1 + spec.number("scene", dataset.ids[i]) % (len(among) - 1) for i in part]
    at = [place[int(i)] + step for i, step in zip(part, steps, strict=True)]
    other = among[np.array(at) % len(among)]
    columns = [f[p] for p in (part, other) for f in (dataset.rows, dataset.masks)]
    return part, np.stack(columns, axis=1)


def repainted(
    damage: Damage, inputs: Inputs = alone
) -> Callable[[Dataset, IntArray, DamageSpec], Dataset]:
    """The change of a dataset that damages pictures one by one."""

    def change(dataset: Dataset, part: IntArray, spec: DamageSpec) -> Dataset:
        positions, rows = inputs(dataset, part, spec)
        return damaged(dataset, positions, rows, damage=damage, spec=spec)

    return change
