"""Datasets of a study: each by its name, and none that results would be written into."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.readers import PLAIN, ReadOptions, judged_split, open_dataset
from deri_gate.errors import SettingError
from deri_gate.metrics.context import Context
from deri_gate.runtime.folders import refuse_inside
from deri_gate.runtime.ownership import unclaimed_folder
from deri_gate.runtime.store import Store, default_folder
from deri_gate.schemas.params import PoolCandidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.metrics.profile import Profile
    from deri_gate.runtime.engine import Machine


def opened(
    specs: Sequence[str | Path | PoolCandidate], options: ReadOptions = PLAIN
) -> dict[str, Dataset]:
    """The judged images of each dataset by name.

    Raises:
        SettingError: If there is none, or two have one name.
        DatasetError: If one cannot be opened.
    """
    if not specs:
        raise SettingError("no dataset is named", "DATASETS", "Name one at least.")
    sets: dict[str, Dataset] = {}
    for spec in specs:
        given, name = _given_and_name(spec)
        reading = spec.reading if isinstance(spec, PoolCandidate) else options
        dataset = judged_split(open_dataset(given, options=reading))
        name = name or dataset.name
        if name in sets:
            fix = f"Call one by another name: OTHER={given}."
            raise SettingError(f"two datasets have the name {name!r}", "DATASETS", fix)
        sets[name] = dataset
    return sets


def study_context(profile: Profile, machine: Machine, explained: int | None = None) -> Context:
    """Definitions, cache and machine of a study, whose one progress bar is its own.

    Args:
        profile: The definitions.
        machine: How to compute.
        explained: Images to explain of a dataset at most; the profile's number when None.
    """
    most = min(explained or profile.explained, profile.explained)
    return Context(
        profile=replace(profile, explained=most),
        store=Store(default_folder()),
        machine=replace(machine, progress=False),
    )


def results_folder(
    out: str | Path,
    specs: Sequence[str | Path | PoolCandidate],
    machine: Machine,
    *names: str,
) -> Path:
    """Make the folder of results of these names; see `refuse_among` and `unclaimed_folder`."""
    refuse_among(specs, out, machine)
    return unclaimed_folder(Path(out), *names)


def refuse_among(
    specs: Sequence[str | Path | PoolCandidate], out: str | Path | None, machine: Machine
) -> None:
    """Refuse results and shards in the folder of a dataset, before any is opened.

    Raises:
        SettingError: If one would lie there.
    """
    for spec in specs:
        given, _ = _given_and_name(spec)
        machine.refuse_inside(given)
        refuse_inside(out, [given])


def _given_and_name(spec: str | Path | PoolCandidate) -> tuple[str, str]:
    """Path or form of a dataset, and its other name, "" for none."""
    if isinstance(spec, PoolCandidate):
        return str(spec.dataset), spec.name
    return _split_name(os.fspath(spec))


def _split_name(spec: str) -> tuple[str, str]:
    """Dataset and name of `NAME=DATASET`; a path that exists is never taken apart."""
    name, sign, rest = spec.partition("=")
    if sign and os.sep not in name and not Path(spec).exists():
        return rest, name
    return spec, ""
