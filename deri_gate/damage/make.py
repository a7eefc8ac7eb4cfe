"""All variants of a dataset, written to disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deri_gate.damage.catalogue import chosen_variants
from deri_gate.damage.files import write_variant
from deri_gate.damage.recipe import Recipe
from deri_gate.errors import UnmeasurableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Dataset


@dataclass(frozen=True, kw_only=True)
class SkippedVariant:
    """A variant that this dataset does not allow."""

    group: str
    level: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Written:
    """Outcome of the requested variants.

    Attributes:
        folders: One a variant, in the order of the catalogue, those that lay there included.
        left_out: The others, with reasons.
    """

    folders: tuple[Path, ...]
    left_out: tuple[SkippedVariant, ...]


def write_variants(
    dataset: Dataset,
    *,
    out: Path,
    fingerprint: str,
    groups: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
    seed: int = 42,
) -> Written:
    """Write the degraded variants of a dataset, each to ``out/<group>/<level>``.

    Args:
        dataset: The undamaged dataset.
        out: Where the variants go. Those whose recipe has not changed are left as they are.
        fingerprint: Fingerprint of the dataset, a part of the recipe.
        groups: Groups of `VARIANTS` or `SCENARIOS`; None means all of `VARIANTS`.
        levels: Levels among mild, medium, strong; None means all. Scenarios have none.
        seed: Random seed.

    Raises:
        SettingError: If there is no such group or level.
        DatasetError: If the dataset has no training images, or a folder cannot be written; the
            variants before it stay.
    """
    folders, left_out = [], []
    for group, level in [(v.group, v.level) for v in chosen_variants(groups, levels)]:
        recipe = Recipe.of(fingerprint, group, level, seed=seed)
        try:
            folders.append(write_variant(dataset, recipe, out / group / level))
        except UnmeasurableError as error:
            left_out.append(SkippedVariant(group=group, level=level, reason=error.what))
    return Written(folders=tuple(folders), left_out=tuple(left_out))
