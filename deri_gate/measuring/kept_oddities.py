"""Looks of the images, and which of them look damaged, kept by all that they are told from."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from deri_gate.features.kept_arrays import kept_arrays
from deri_gate.measuring.colour_ratios import RATIOS
from deri_gate.measuring.damaged import DamagedImages, damaged_images
from deri_gate.measuring.labelled_looks import LabelledLooks
from deri_gate.measuring.looks import MEASURES, Looks, SeenLooks
from deri_gate.measuring.signs import SIGNS
from deri_gate.measuring.typical_damage import NAMED_DAMAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from deri_gate.arrays import IntArray
    from deri_gate.features.image_table import ImageTable
    from deri_gate.features.kept_arrays import Arrays
    from deri_gate.runtime.store import Store

VERSION = 2  # of looks and damage; part of the key under which they are kept
MOST = 20_000  # images whose looks are kept: they take half a kilobyte each, more than a record
COLUMNS = tuple(field.name for field in fields(Looks))


@dataclass(frozen=True, kw_only=True)
class JudgedLooks:
    """Looks of the images of a set, and which of them look damaged.

    Attributes:
        seen: What was seen of each image.
        damaged: Which images look damaged, and how.
    """

    seen: SeenLooks
    damaged: DamagedImages


def judged_looks(table: ImageTable, strata: Sequence[IntArray]) -> JudgedLooks:
    """Look at the images of a table, and judge them.

    Args:
        table: The images.
        strata: Numbers of the class, the source and the size of each image, shape (N,) each.
    """
    seen = SeenLooks.of(table)
    looks = LabelledLooks(values=seen.values, strata=[*strata])
    return JudgedLooks(seen=seen, damaged=damaged_images(looks, seen.straight))


def kept_judged_looks(table: ImageTable, strata: Sequence[IntArray], store: Store) -> JudgedLooks:
    """Judged looks, made once for the same pictures, classes, sources and sizes.

    Args:
        table: The images.
        strata: Numbers of the class, the source and the size of each image, shape (N,) each.
        store: Where it is kept, unless the images are many.
    """
    count = len(table.thumbnails)
    if count > MOST:
        return judged_looks(table, strata)
    inputs: list[npt.NDArray[Any]] = [table.thumbnails, table.chroma]
    inputs += [table.acquisition, table.appearance, *strata]
    arrays = kept_arrays(
        store,
        f"oddities-{VERSION}",
        inputs,
        lambda: _as_arrays(judged_looks(table, strata)),
        check=lambda kept: _check(kept, count),
    )
    looks = Looks(**{name: arrays[name] for name in COLUMNS})
    return JudgedLooks(
        seen=SeenLooks(looks=looks, values=arrays["values"], straight=arrays["straight"]),
        damaged=DamagedImages(kind=arrays["kind"], strength=arrays["strength"]),
    )


def _as_arrays(judged: JudgedLooks) -> Arrays:
    return {
        **{name: getattr(judged.seen.looks, name) for name in COLUMNS},
        "values": judged.seen.values,
        "straight": judged.seen.straight,
        "kind": judged.damaged.kind,
        "strength": judged.damaged.strength,
    }


def _check(arrays: Arrays, count: int) -> None:
    """Refuse arrays that are none of so many images, or of other types."""
    width = len(MEASURES) + len(SIGNS) + len(RATIOS)
    right: dict[str, tuple[str, tuple[int, ...]]]
    right = dict.fromkeys((*COLUMNS, "strength"), ("f", (count,)))
    right |= {"values": ("f", (count, width)), "straight": ("i", (count,)), "kind": ("i", (count,))}
    found = {name: (arrays[name].dtype.kind, arrays[name].shape) for name in right}
    if found != right:
        raise ValueError(found)
    kind = arrays["kind"]
    if ((kind < -1) | (kind >= len(NAMED_DAMAGES))).any():
        raise ValueError(kind)
