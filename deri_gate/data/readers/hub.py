"""Datasets as Hugging Face's hub keeps them: an imagefolder, or Parquet with images."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deri_gate.data.readers.imagefolder import (
    described,
    files_below,
    is_noise,
    metadata_in,
    read_imagefolder,
)
from deri_gate.data.readers.left_over import with_left_over
from deri_gate.data.readers.listing import Listing
from deri_gate.data.readers.manifest import Frame
from deri_gate.data.readers.shards import read_shards, shards_in
from deri_gate.data.readers.walking import list_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.options import ReadOptions

# What describes a dataset in Parquet, at the hub or as a variant of ours, is a part of it.
DESCRIPTIONS = ("README.md", "dataset_infos.json", "dataset_info.json", "variant.json")


def read_hub_folder(
    root: Path,
    *,
    name: str,
    labels_required: bool,
    options: ReadOptions,
    files: Sequence[str] | None = None,
    listed: Callable[[Sequence[str]], Listing] | None = None,
) -> Dataset | None:
    """Read a folder with `metadata.csv` or with Parquet that holds images.

    Args:
        root: The folder, or one that holds its tables and Parquet files.
        name: What the dataset is called.
        labels_required: Whether a missing label is an error.
        options: What the user says of its form.
        files: Paths of all files of the dataset, where they are not all in the folder.
        listed: Gives the listing of these files, but for those that the user leaves out.

    Returns:
        The dataset; None for a folder of another kind.

    Raises:
        DatasetError: If it is one of these, and cannot be read.
    """
    files = files_below(root) if files is None else files
    listed = partial(list_folder, root) if listed is None else listed
    frame = Frame(
        name=name,
        home=root / "metadata",
        labels_required=labels_required,
        options=options,
    )
    tables = described(root, metadata_in(files), frame)
    if tables:
        told = [file for file in files if not is_noise(file)]
        return with_left_over(
            read_imagefolder(tables, files, frame), listed(()).leave_out(options.exclude), told
        )
    excludes = Listing(exclude=options.exclude).excludes
    shards = shards_in([file for file in files if not excludes(file)])
    dataset = read_shards(root, shards, frame) if shards else None
    if dataset is None:
        return None
    return with_left_over(dataset, listed(options.exclude), [*shards, *DESCRIPTIONS])


def read_image_file(path: Path, *, labels_required: bool, options: ReadOptions) -> Dataset | None:
    """Read one Parquet file with images; None where it holds none."""
    frame = Frame(name=path.stem, home=path, labels_required=labels_required, options=options)
    return read_shards(path.parent, [path.name], frame, alone=True)
