"""A DATASET in any of its forms -> Dataset."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.readers import imagefolder, shards
from deri_gate.data.readers.archive import with_headers
from deri_gate.data.readers.containers import refused
from deri_gate.data.readers.endings import MANIFESTS
from deri_gate.data.readers.exclusions import with_exclusions
from deri_gate.data.readers.files import closest_path, path_text
from deri_gate.data.readers.folder import folder_name, read_folder
from deri_gate.data.readers.frames import with_frames
from deri_gate.data.readers.half_characters import without_halves
from deri_gate.data.readers.held import with_held
from deri_gate.data.readers.hub import read_hub_folder, read_image_file
from deri_gate.data.readers.imagefolder import files_below
from deri_gate.data.readers.labels_beside import columns_beside, refuse_other_labels, tables_beside
from deri_gate.data.readers.left_over import with_left_over
from deri_gate.data.readers.listing import EXCLUDED, Listing
from deri_gate.data.readers.looking import looked_at
from deri_gate.data.readers.manifest import read_manifest
from deri_gate.data.readers.medmnist import read_npz
from deri_gate.data.readers.memory import read_memory
from deri_gate.data.readers.missing_labels import without_missing
from deri_gate.data.readers.named import PREFIX, read_named
from deri_gate.data.readers.options import OF_FOLDERS, OF_TABLES, PLAIN, ReadOptions
from deri_gate.data.readers.patients import with_patients
from deri_gate.data.readers.plugin import read_by_name, read_by_suffix
from deri_gate.data.readers.pulled import refuse_missing, refuse_stand_ins, with_missing, with_pull
from deri_gate.data.readers.ranges import with_range
from deri_gate.data.readers.remote import Request, read_remote
from deri_gate.data.readers.remote_tables import names_remote_files, read_remote_table
from deri_gate.data.readers.revision import PREFIX as REVISION
from deri_gate.data.readers.revision import read_revision
from deri_gate.data.readers.shard_names import refuse_gaps
from deri_gate.data.readers.spelling import with_spelling
from deri_gate.data.readers.splits import canonical_split, is_fold
from deri_gate.data.readers.unseen import with_unjudged
from deri_gate.data.readers.walking import list_folder
from deri_gate.data.readers.webdataset import archives_in, read_archive, read_archives
from deri_gate.errors import DatasetError, words_of_error
from deri_gate.runtime.remote.address import SCHEMES, Address, without_secrets
from deri_gate.runtime.run_cache import begin_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.data.dataset import Dataset

__all__ = ["Given", "given_text", "judged_split", "open_dataset", "other_splits", "split_name"]

Given = str | os.PathLike[str] | object  # a path, a name, or a dataset that a program holds
FORMS = (
    "A dataset is a folder <class>/<image> or <split>/<class>/<image>, a manifest (.csv, .tsv, "
    ".jsonl or .parquet), a MedMNIST file (.npz), the address of one (s3://, gs://, az://, "
    "https://), medmnist:NAME, or git:REVISION:PATH of one in files"
)
REMOTE = re.compile(r"([a-z][a-z0-9+.-]+):/", re.IGNORECASE)  # an address; a drive has one letter
OF_PATH = "Give it as text with two slashes; a file of settings cannot name one."
OF_REMOTE = "Copy it here first, or track it with DVC and name its folder."
TABULAR = ("manifest", imagefolder.LAYOUT, shards.LAYOUT)
MOST_SHOWN = 200  # characters of a path that is no path
_FILES = {".npz": read_npz, ".tar": read_archive}


def open_dataset(
    spec: Given,
    *,
    labels_required: bool = True,
    options: ReadOptions = PLAIN,
) -> Dataset:
    """Open a dataset in any form; no image is decoded, unless `--range set` asks for it.

    Args:
        spec: A folder, a manifest, a MedMNIST file, its address in a remote store,
            `medmnist:NAME@SIZE`, `git:REVISION:PATH`, or an object that holds a dataset, see
            `read_memory`.
        labels_required: Whether images without a label are refused; a batch whose drift is
            asked about may have none, and then their labels are empty.
        options: What the user says of its form.

    Returns:
        All its splits.

    Raises:
        DatasetError: If there is no dataset in it.
        SettingError: If its name is unknown, or needs a package that is not installed.
    """
    begin_run()
    dataset = without_halves(_opened(spec, labels_required=labels_required, options=options))
    dataset = with_spelling(without_missing(dataset, labels_required=labels_required))
    dataset = with_exclusions(_with_unused(dataset, options))
    looks = looked_at(dataset)
    facts = {i: look.facts for i, look in enumerate(looks) if look.facts is not None}
    dataset, kept = with_headers(dataset, facts)
    looks = [looks[i] for i in np.flatnonzero(kept)]
    dataset = with_frames(with_unjudged(dataset, looks, options.frames), looks, options.frames)
    return with_range(with_patients(dataset), options.range)


def _with_unused(dataset: Dataset, options: ReadOptions) -> Dataset:
    """The dataset with a word on options that mean nothing for its form."""
    form, without = _meaningless(dataset.reading.layout)
    if EXCLUDED in dict(dataset.reading.left_out):
        without = tuple(name for name in without if name != "exclude")
    unused = options.said(without)
    if not unused:
        return dataset
    note = f"not used, as they say nothing of {form}: {', '.join(unused)}"
    return dataset.with_notes(note)


def _meaningless(layout: str) -> tuple[str, tuple[str, ...]]:
    """A form in words, and the options that mean nothing for it."""
    if layout in TABULAR:
        return "a table", OF_FOLDERS
    if "class" in layout.split("/"):
        return "class folders", OF_TABLES
    return "a form without folders", (*OF_FOLDERS, *OF_TABLES)


def _opened(spec: Given, *, labels_required: bool, options: ReadOptions) -> Dataset:
    if not isinstance(spec, (str, os.PathLike)):
        return read_memory(spec, labels_required=labels_required, options=options)
    dataset = None
    if isinstance(spec, str):
        dataset = _asked_by_name(spec, labels_required=labels_required, options=options)
    if dataset is not None:
        return dataset
    if not os.fspath(spec):
        raise DatasetError("no dataset is named", fix=f"{FORMS}.")
    address = Address.of(os.fspath(spec))
    if address and not os.path.lexists(spec):
        return read_remote(
            Request(address=address, labels_required=labels_required, options=options, read=_at)
        )
    _refuse_remote(spec)
    return _at(Path(spec), labels_required=labels_required, options=options)


def _refuse_remote(spec: str | os.PathLike[str]) -> None:
    """Refuse what looks like an address and is none that is read."""
    store = REMOTE.match(os.fspath(spec))
    if store is None or os.path.lexists(spec):
        return
    if store[1].lower() in SCHEMES:
        raise DatasetError("is an address that was taken for a path", spec, OF_PATH)
    raise DatasetError(f"datasets in {store[1]} stores are not read", spec, OF_REMOTE)


def _asked_by_name(spec: str, *, labels_required: bool, options: ReadOptions) -> Dataset | None:
    """A dataset that is asked for by a word and a colon; None for a path."""
    if spec.startswith(PREFIX):
        return read_named(spec, labels_required=labels_required)
    if spec.startswith(REVISION):
        return read_revision(spec, labels_required=labels_required, options=options)
    return read_by_name(spec, labels_required=labels_required)


def _at(path: Path, *, labels_required: bool, options: ReadOptions) -> Dataset:
    """The dataset in a folder or file."""
    _refuse_unusable(path)
    refuse_missing(path)
    read = _whole_folder if path.is_dir() else _whole_file
    return read(path, labels_required=labels_required, options=options)


def _whole_folder(path: Path, *, labels_required: bool, options: ReadOptions) -> Dataset:
    """A folder; files of it that DVC tracks and that are not there are findings."""
    try:
        dataset = _folder(path, labels_required=labels_required, options=options)
    except DatasetError as error:
        raise with_pull(error, path) from error
    return with_held(with_missing(dataset, path), path)


def _whole_file(path: Path, *, labels_required: bool, options: ReadOptions) -> Dataset:
    """A dataset in one file: a table, or the arrays themselves."""
    refuse_stand_ins(path)
    if not path.exists():
        raise DatasetError(
            "there is no such file or folder", path, closest_path(path) or f"{FORMS}."
        )
    if path.is_file() and path.suffix.lower() in MANIFESTS:
        return _manifest(path, labels_required=labels_required, options=options)
    return _file(path, labels_required=labels_required)


def _file(path: Path, *, labels_required: bool) -> Dataset:
    """A file of a form that its ending names: ours, or that of an installed package."""
    read = _FILES.get(path.suffix.lower()) if path.is_file() else None
    if read is not None:
        return read(path, labels_required=labels_required)
    dataset = read_by_suffix(path, labels_required=labels_required) if path.is_file() else None
    if dataset is None:
        raise refused(path, FORMS)
    return dataset


def _refuse_unusable(path: Path) -> None:
    """Raise for a path that the system will not even look up, as one that is too long."""
    try:
        path.is_dir()
    except (OSError, ValueError) as error:
        reason = words_of_error(error)
        shown = os.fspath(path)[:MOST_SHOWN]
        raise DatasetError(f"cannot be looked up ({reason})", shown, f"{FORMS}.") from error


def _folder(path: Path, *, labels_required: bool, options: ReadOptions) -> Dataset:
    """A folder, of the hub's form or any other."""
    name = folder_name(path)
    hub = read_hub_folder(path, name=name, labels_required=labels_required, options=options)
    if hub is None and (shards := archives_in(files_below(path))):
        return _shards(path, shards, labels_required=labels_required, options=options)
    if hub is not None:
        return hub
    dataset = read_folder(path, labels_required=labels_required, options=options)
    tables, unread = tables_beside(dataset, path)
    if not options.layout:
        refuse_other_labels(dataset, path, tables)
    return dataset.with_notes(*columns_beside(dataset, tables), *unread)


def _shards(
    path: Path, shards: Sequence[str], *, labels_required: bool, options: ReadOptions
) -> Dataset:
    """The samples in the tar shards of a folder, but for the shards that the user excludes."""
    refuse_gaps(shards, path)
    excludes = Listing(exclude=options.exclude).excludes
    kept = [shard for shard in shards if not excludes(shard)]
    if not kept:
        raise DatasetError("--exclude leaves no tar archive", path, "Exclude less.")
    dataset = read_archives(path, kept, name=folder_name(path), labels_required=labels_required)
    return with_left_over(dataset, list_folder(path, options.exclude), kept)


def _manifest(path: Path, *, labels_required: bool, options: ReadOptions) -> Dataset:
    """A table, which may hold the images themselves."""
    if path.suffix.lower() == ".parquet":
        dataset = read_image_file(path, labels_required=labels_required, options=options)
        if dataset is not None:
            return dataset
    if names_remote_files(path, options):
        return read_remote_table(
            path, home=None, name=path.stem, labels_required=labels_required, options=options
        )
    return read_manifest(path, labels_required=labels_required, options=options)


def given_text(given: Given) -> str:
    """A dataset as it was given, for people: its path or name, or the type of an object."""
    if isinstance(given, (str, os.PathLike)):
        return path_text(without_secrets(os.fspath(given)))
    return type(given).__name__


def judged_split(dataset: Dataset, split: str | None = None) -> Dataset:
    """The images that are judged: of one split where there are splits, or else all.

    Args:
        dataset: All splits.
        split: Its name; `train` unless given, and all of them where they are folds.

    Returns:
        The images of that split.

    Raises:
        DatasetError: If there is no such split, or none at all and one is named.
    """
    if split is None and (dataset.splits is None or all(map(is_fold, dataset.splits))):
        return dataset  # of a cross-validation every fold is trained on
    return dataset.split(canonical_split(split or "train"))


def other_splits(dataset: Dataset, judged: Dataset) -> Dataset | None:
    """The images of all splits but the judged one, which leakage is about; None without splits."""
    if dataset.splits is None or judged.splits is None:
        return None
    own = set(judged.splits)
    return dataset.select(np.array([split not in own for split in dataset.splits], dtype=bool))


def split_name(judged: Dataset) -> str | None:
    """The name of the judged split; None without splits, and for several."""
    names = set(judged.splits or ())
    return names.pop() if len(names) == 1 else None
