"""`deri-gate variants`: the degraded variants of a dataset, on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from deri_gate.damage import Written, write_variants
from deri_gate.data.fingerprint import fingerprint_of
from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.arguments import FROM_0, checking_arguments
from deri_gate.runtime.files import ready_folder
from deri_gate.runtime.folders import refuse_inside
from deri_gate.runtime.hashing import json_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadKeys


@checking_arguments(seed=FROM_0)
def variants(
    dataset: str | Path,
    *,
    out: str | Path,
    groups: Sequence[str] | None = None,
    levels: Sequence[str] | None = None,
    name: str | None = None,
    seed: int = 42,
    **reading: Unpack[ReadKeys],
) -> Written:
    """Write the degraded variants of a dataset, each to `out/<group>/<level>`.

    Each is a dataset of its own, in one Parquet file with its images and masks, which every
    command reads. Images that were not touched are the bytes of their files, and what is cached
    of them is used again. Variants whose recipe has not changed are left as they are. Images that
    cannot be read are left out, as they cannot be damaged further.

    Args:
        dataset: Any form of dataset.
        out: Where the variants go; made if need be.
        groups: Groups of the catalogue; None for all but the scenarios, which need their names.
        levels: Levels among mild, medium, strong; None for all.
        name: What the dataset is called; the last part of its path when None.
        seed: Random seed.
        **reading: How the dataset is to be read, see `ReadOptions`.

    Raises:
        DatasetError: If the dataset cannot be read, or the disk is full.
        SettingError: If there is no such group or level, or `out` cannot be written.
    """
    refuse_inside(out, [dataset])
    folder = ready_folder(Path(out))
    opened = open_dataset(dataset, options=ReadOptions.of(**reading))
    opened = opened if name is None else replace(opened, name=name)
    keys = [_key(opened, int(row)) for row in opened.rows]
    there = np.array([key is not None for key in keys], dtype=bool)
    readable = opened.select(there)
    fingerprint = fingerprint_of(
        readable, [key for key in keys if key is not None], _besides(readable)
    )
    return write_variants(
        readable, out=folder, fingerprint=fingerprint, groups=groups, levels=levels, seed=seed
    )


def _besides(dataset: Dataset) -> dict[str, str]:
    """Contents of the masks, and a digest of all columns: a variant holds these, too."""
    columns = [*dataset.group_columns, *dataset.metadata]
    said = [dataset.ids, dataset.splits, dataset.groups, dataset.times, dataset.patients, *columns]
    digests = {"columns": json_digest(said)}
    if dataset.masks is not None:
        for name, row in zip(dataset.ids, dataset.masks.tolist(), strict=True):
            if row >= 0:
                digests[f"mask of {name}"] = _key(dataset, row) or ""
    return digests


def _key(dataset: Dataset, row: int) -> str | None:
    """Content hash of a picture that can be decoded; None for one that cannot."""
    try:
        content = dataset.source.load(row)
        content.decode()
    except UnreadableImageError:
        return None
    return content.key
