"""`deri-gate measure`: raw metrics only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Unpack

from deri_gate.data.readers import ReadOptions, judged_split, open_dataset, other_splits, split_name
from deri_gate.errors import DatasetError
from deri_gate.measuring.measure import Measured, measure_dataset, metrics_named
from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store, default_folder

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.data.readers.options import ReadKeys

NORMAL = Machine()


def measure(
    dataset: str | Path,
    *,
    profile: str = "standard",
    encoder: str | None = None,
    metrics: str = "all",
    split: str | None = None,
    name: str | None = None,
    seed: int | None = None,
    machine: Machine = NORMAL,
    earlier: Measured | None = None,
    **reading: Unpack[ReadKeys],
) -> Measured:
    """Measure a dataset: raw values with intervals, and suspects.

    Args:
        dataset: Any form of dataset: folder, manifest, npz file, `medmnist:NAME[@size]`.
        profile: "standard", or "paper" for the paper's words.
        encoder: Another encoder than the profile's: a timm model, or `model=weight file`.
        metrics: "all", "data" for those without explanations, or names joined by commas.
        split: Which split to judge; `train` where there are splits and none is named.
        name: What the dataset is called in the report; the last part of its path when None.
        seed: Of every random choice; the profile's when None.
        machine: How to compute.
        earlier: An earlier state of the dataset, as this function measured it with the same
            settings: the cost is that of the change then. Where little differs, both are
            explained by the earlier state's probe.
        **reading: How the dataset is to be read, see `ReadOptions`.

    Raises:
        DatasetError: If the dataset cannot be read at all.
        SettingError: If a name or setting does not exist.
    """
    chosen = profile_named(profile, encoder=encoder, seed=seed)
    wanted = metrics_named(metrics, chosen)
    whole = open_dataset(dataset, options=ReadOptions.of(**reading))
    judged = judged_split(whole, split)
    if name is not None:
        judged = replace(judged, name=name)
    measured = measure_dataset(
        judged,
        split=split_name(judged),
        profile=chosen,
        metrics=wanted,
        store=Store(default_folder()),
        machine=machine,
        others=other_splits(whole, judged),
        earlier=earlier,
    )
    if not len(measured.evidence.dataset):
        first = measured.findings[0]
        raise DatasetError(
            f"no image could be read; of {first.path}: {first.detail}",
            dataset,
            "Look whether the export or the download is complete.",
        )
    return measured
