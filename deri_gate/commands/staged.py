"""Datasets as a stage of a pipeline names them, once it is sure that DVC watches all of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from deri_gate.commands.ci import path_of, relative_keys
from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.options import ReadOptions
from deri_gate.errors import DatasetError, SettingError, did_you_mean
from deri_gate.github.drift_pairs import SECTION, drift_pairs
from deri_gate.github.settings import read_yaml, settings_in
from deri_gate.networks.fitness import unwatched
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import faults_told
from deri_gate.schemas.params import check_version

if TYPE_CHECKING:
    from deri_gate.data.readers.options import ReadKeys

REVIEWS = "review"
FIX = "Name as `watch` the folder that holds images, masks and tables, and put no links there."


@dataclass(frozen=True, kw_only=True)
class StagedDataset:
    """A dataset to judge.

    Attributes:
        path: Its path.
        reading: Options for reading it.
        baseline: Path of what it is compared with, "" for nothing.
        review: Its list of decisions on suspects, None for none.
    """

    path: str
    reading: ReadKeys
    baseline: str = ""
    review: Path | None = None


def staged_dataset(name: str, params: Path) -> StagedDataset:
    """A dataset of the section `gate`, by which a stage judges it.

    Args:
        name: Key under `gate.datasets`.
        params: The params.yaml; paths in it start at its folder.

    Raises:
        SettingError: If the settings cannot be read, know none of this name, or name another
            version or a list of decisions that is not watched.
        DatasetError: If it cannot be read, or DVC would not see every change of it.
    """
    content = _content(params)
    settings = settings_in(content, params)
    if settings is None:
        fix = "Name the datasets under `gate`."
        raise SettingError("has no section gate", params, fix)
    check_version(read_yaml(content, params), params)
    path = path_of(name, settings)
    keys = relative_keys(settings.options_of(name), params.parent)
    where = f"gate.datasets.{name}"
    here = _checked(path, settings.watch.get(name, path), keys, params.parent, where)
    review = _review(name, settings.review.get(name), params.parent)
    return StagedDataset(path=here, reading=keys, review=review)


def staged_pair(name: str, params: Path) -> StagedDataset:
    """A batch of the section `drift` with its baseline, as `staged_dataset` has one.

    Raises:
        SettingError: If the settings cannot be read, or know none of this name.
        DatasetError: If one cannot be read, or DVC would not see every change of it.
    """
    sections = read_yaml(_content(params), params)
    check_version(sections, params)
    pairs = drift_pairs(sections.get(SECTION), params)
    if name not in pairs:
        raise SettingError(f"there is no drift.{name}", params, did_you_mean(name, pairs))
    pair = pairs[name]
    keys = relative_keys(pair.reading, params.parent)
    batch, baseline = (
        _checked(one.path, one.watch or one.path, keys, params.parent, f"{SECTION}.{name}.{role}")
        for role, one in (("batch", pair.batch), ("baseline", pair.baseline))
    )
    return StagedDataset(path=batch, reading=keys, baseline=baseline)


def _review(name: str, path: str | None, folder: Path) -> Path | None:
    """The list of decisions on a dataset, which lies in the folder that DVC watches for all.

    Raises:
        SettingError: If it lies elsewhere.
    """
    if path is None:
        return None
    if PurePosixPath(path).parts[0] != REVIEWS:
        fix = f"Put it into {REVIEWS}/, on which the stages of `deri-gate init` depend."
        raise SettingError(f"DVC would not see a change of {path}", f"gate.review.{name}", fix)
    return folder / path


def _content(params: Path) -> bytes:
    fix = "Run in the repository's root, or name the file by --params."
    with faults_told("cannot be read", params, fix):
        return read_regular_file(params)


def _checked(path: str, watch: str, keys: ReadKeys, folder: Path, where: str) -> str:
    """Path of a dataset from here.

    Raises:
        DatasetError: If DVC would not see every change of it.
    """
    here, watched = os.path.relpath(folder / path), Path(os.path.relpath(folder / watch))
    options = ReadOptions.of(**keys)
    dataset = open_dataset(here, labels_required=False, options=options)
    reason = unwatched(dataset, watched)
    if options.preset and not Path(here).is_relative_to(watched):
        reason = reason or f"the tables of a preset lie outside {watched}"
    if reason:
        raise DatasetError(f"DVC would not see every change of it: {reason}", where, FIX)
    return here
