"""Near duplicates that were found once, kept by the pictures that were compared."""

from __future__ import annotations

import io
from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features import forms
from deri_gate.features.candidates import EXACT
from deri_gate.features.cells import VERSION as IN_CELLS
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.near_duplicates import VERSION, NearDuplicates, near_duplicates
from deri_gate.runtime.hashing import content_hash

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray
    from deri_gate.features.cells import CellSpread
    from deri_gate.features.near_duplicates import Pictures
    from deri_gate.runtime.store import Store

_FURTHER = ("partial", "augmented")  # each has pairs and likeness


def kept_near_duplicates(
    thumbnails: Pictures,
    colours: FloatArray,
    store: Store | None,
    spread: CellSpread = alike_in_cells,
    workers: int = 1,
) -> NearDuplicates:
    """Pairs of images that show one picture; looked for where they are not known yet.

    Args:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        colours: Mean colours, see `mean_colours`, shape (N, 2).
        store: Where they are kept; None for nowhere.
        spread: Place where many pictures are compared.
        workers: Threads for all else; 0 for as many as there are processors.
    """
    if store is None:
        return near_duplicates(thumbnails, colours, spread, workers)
    count = len(thumbnails)
    kind = kept_kind(count)
    parts = (np.ascontiguousarray(part) for part in (thumbnails, colours))
    key = content_hash(*(part.reshape(-1).view(np.uint8).data for part in parts))
    found: list[NearDuplicates] = []  # read where they are looked through, and not again
    fits = forms.read_by(lambda raw: found.append(from_bytes(raw, count)))
    if store.get(kind, [key], fits=fits):
        return found[0]
    near = near_duplicates(thumbnails, colours, spread, workers)
    store.put(kind, {key: to_bytes(near)})
    return near


def kept_kind(count: int) -> str:
    """Namespace of the cache for pairs of so many pictures."""
    whole = f"near-duplicates-{VERSION}"
    return whole if count <= EXACT else f"{whole}-cells-{IN_CELLS}"


def to_bytes(near: NearDuplicates) -> bytes:
    """Pairs as an npz file."""
    arrays = {f.name: getattr(near, f.name) for f in fields(near) if f.name not in _FURTHER}
    for name in _FURTHER:
        arrays[f"{name}_pairs"], arrays[f"{name}_likeness"] = getattr(near, name)
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def from_bytes(raw: bytes, count: int) -> NearDuplicates:
    """Pairs that `to_bytes` wrote, of so many images.

    Raises:
        ValueError: If they are no pairs of these images.
    """
    with np.load(io.BytesIO(raw), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    partial, augmented = (
        (arrays.pop(f"{name}_pairs"), arrays.pop(f"{name}_likeness")) for name in _FURTHER
    )
    near = NearDuplicates(**arrays, partial=partial, augmented=augmented)
    pairs = (near.pairs, partial[0], augmented[0])
    columns = [(near.pairs, near.likeness), (near.pairs, near.turns), (near.pairs, near.distinct)]
    sound = (
        all(_are_positions(p.ravel(), count) and p.shape == (len(p), 2) for p in pairs)
        and all(c.shape == (len(p),) for p, c in [*columns, partial, augmented])
        and _are_positions(near.heads, count)
        and near.heads.shape == (count,)
        and near.distinct.dtype == np.bool_
        and bool(np.isin(near.turns, range(8)).all())
    )
    if not sound:
        msg = f"no pairs of {count} images"
        raise ValueError(msg)
    return near


def _are_positions(numbers: np.ndarray[tuple[int, ...], np.dtype[np.int64]], count: int) -> bool:
    known = numbers.dtype == np.int64
    return known and (not numbers.size or (int(numbers.min()) >= 0 and int(numbers.max()) < count))
