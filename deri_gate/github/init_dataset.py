"""The dataset that `init` writes down: the one that is named, or the one that is there."""

from __future__ import annotations

import os
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.readers.rubbish import rubbish
from deri_gate.data.readers.splits import is_fold, is_split
from deri_gate.data.signatures import HEAD, is_image
from deri_gate.errors import SettingError
from deri_gate.github.missing_limits import missing_limits_notes
from deri_gate.github.settings import PARAMS, GateSettings, settings_in
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.tracking.missing import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

USUAL = "data"
DEEPEST = 3  # folders above those of the classes, such as sets/scans/train
LOOKED_AT = 20  # files and folders of a folder: the first image says enough
NO_DATASETS = frozenset(
    {"docs", "expectations", "node_modules", "reference_pool", "review", "venv"}
)


def init_dataset(folder: Path, named: str | None) -> str:
    """Path of the dataset, relative to the repository.

    Args:
        folder: The repository's root.
        named: Path as the user gave it; None to take the only dataset that DVC keeps in the
            usual folder, else that folder, or else the only dataset that lies here or is kept by
            DVC.

    Raises:
        SettingError: If it leads out of the repository, one of several must be chosen, or the
            folder is no repository but the dataset itself.
    """
    if named is not None:
        return _path_inside(named)
    present = _present(folder)
    if not present and not (folder / ".git").exists() and _has_classes(folder, 1):
        fix = "Name the repository's folder, or none, and the images by --dataset."
        raise SettingError("holds the images themselves, and is no git repository", folder, fix)
    if (folder / USUAL).exists():  # of what lies elsewhere it says nothing
        present = [path for path in present if path.startswith(f"{USUAL}/")]
    if len(present) > 1 and not (folder / PARAMS).exists():
        raise SettingError(
            f"there are several: {', '.join(present)}",
            "the dataset to guard",
            f"Name one, such as --dataset {present[0]}; params.yaml can name more later.",
        )
    return _path_inside(present[0] if len(present) == 1 else USUAL)


def dataset_notes(folder: Path, path: str, named: str | None) -> Iterator[str]:
    """Yield what to know of a dataset that was not named, or is not here."""
    if not (folder / path).exists() and not recorded(folder / path):
        yield f"{path} is not here yet: put the dataset there, or change its path in {PARAMS}"
    elif named is None and path != USUAL:
        yield f"the dataset is {path}, the only one found here; --dataset names another"


def left_notes(
    folder: Path, left: Sequence[str], named: str | None, texts: Mapping[str, str]
) -> Iterator[str]:
    """Yield the files by which nothing is judged, or less than by ours, with what to do.

    Args:
        folder: The repository's root.
        left: Files that were there, and stayed as they are.
        named: The dataset to guard, or the folder of several; None for any that is guarded.
        texts: The files as this version writes them.
    """
    for place in left:
        if place == PARAMS and not _guards(folder / place, named):
            what = "dataset" if named is None else named
            yield f"{place} was here, and its section `gate` names no {what}: nothing is judged yet"
        if place.endswith((".yml", "dvc.yaml")) and not _runs_gate(folder / place):
            fix = "add what `deri-gate init` writes into an empty folder"
            yield f"{place} was here, and runs no deri-gate: {fix}"
    yield from missing_limits_notes(folder, left, texts)


def _guards(params: Path, named: str | None) -> bool:
    """True if a params.yaml names a dataset under `gate`: this one, or one below it."""
    try:
        settings = settings_in(read_regular_file(params), params)
    except (SettingError, OSError):
        return False
    guarded = [] if settings is None else settings.datasets.values()
    return any(named is None or f"{path}/".startswith(f"{named}/") for path in guarded)


def _runs_gate(file: Path) -> bool:
    try:
        return b"deri-gate" in read_regular_file(file)
    except OSError:
        return False


def next_steps(folder: Path, path: str) -> str:
    """Sentence on what to do after the files of one dataset were written."""
    around = folder.resolve()
    known = any((one / ".dvc").is_dir() for one in (around, *around.parents))
    first = "" if known else "`dvc init`, "
    return (
        f"next: {first}`dvc repro` to judge {path} here, then commit. docs/pull-requests.md of "
        "deri-gate says what a runner needs."
    )


def _path_inside(dataset: str) -> str:
    try:
        return GateSettings(datasets={"dataset": dataset}).datasets["dataset"]
    except ValueError as error:
        fix = "Name a path inside the repository, relative to its root."
        raise SettingError(f"{dataset!r} leads out of the repository", "--dataset", fix) from error


def _present(folder: Path) -> list[str]:
    """Folders that DVC keeps, pulled or not; where there are none, folders of classes."""
    root = Path(os.path.normpath(Path.cwd() / folder))
    kept = {
        _dataset_of(record.place.relative_to(root)).as_posix()
        for record in recorded(folder, below=True)
        if record.output.stated.endswith(".dvc")  # what a pipeline makes is no dataset to guard
        and (record.output.md5.endswith(".dir") or record.output.nfiles)
        and record.place.is_relative_to(root)
        and (not record.place.exists() or _has_classes(record.place, DEEPEST))
    }
    if kept:
        return sorted(kept)
    return [name for name in _folders(folder) if _has_classes(folder / name, DEEPEST)]


def _dataset_of(kept: Path) -> Path:
    """The dataset that a folder is a split of, unless that is the repository; else the folder."""
    parts = kept.parts
    while len(parts) > 1 and (is_split(parts[-1]) or is_fold(parts[-1])):
        parts = parts[:-1]
    return Path(*parts)


def _folders(folder: Path) -> list[str]:
    """Names of the folders in a folder that may hold images, sorted; links are not followed."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    return sorted(
        name for name in names if not rubbish(name, folder=True) and name not in NO_DATASETS
    )


def _has_classes(folder: Path, depth: int) -> bool:
    """True if two folders in it hold images, or one in it has such folders."""
    try:
        inside = [folder / name for name in _folders(folder)[:LOOKED_AT]]
        filled = sum(_has_image(one) for one in inside)
    except OSError:
        return False
    return filled > 1 or (depth > 1 and any(_has_classes(one, depth - 1) for one in inside))


def _has_image(folder: Path) -> bool:
    with os.scandir(folder) as entries:
        files = (entry for entry in entries if entry.is_file())
        return any(
            is_image(file.name, partial(_head, file.path)) for file in islice(files, LOOKED_AT)
        )


def _head(path: str) -> bytes:
    with Path(path).open("rb") as file:
        return file.read(HEAD)
