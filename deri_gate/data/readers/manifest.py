"""Manifests: a table with a row an image, in text, JSON lines or Parquet."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from deri_gate.data.dataset import Reading
from deri_gate.data.readers.addresses import with_addresses
from deri_gate.data.readers.assembly import Entry, dataset_of
from deri_gate.data.readers.delimited import read_delimited
from deri_gate.data.readers.endings import LINES
from deri_gate.data.readers.escapes import spelling_hint
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.grouping import grouping_of
from deri_gate.data.readers.header import Needed, choose
from deri_gate.data.readers.json_lines import read_json_lines
from deri_gate.data.readers.labelling import labels_of
from deri_gate.data.readers.missing_labels import NO_SPLIT, ONE_SPLIT, no_split
from deri_gate.data.readers.options import PLAIN
from deri_gate.data.readers.parquet import read_parquet
from deri_gate.data.readers.places import Place, resolved, slashed
from deri_gate.data.readers.presets import offer, preset_for
from deri_gate.data.readers.seeking import rule_for, what_lies_beside
from deri_gate.data.readers.side_tables import beside_on_disk, with_side_tables
from deri_gate.data.readers.splits import in_several, otherwise_split, splits_of, unsaid_split
from deri_gate.data.readers.tables import table_rows, told_apart, without_text
from deri_gate.data.readers.times import iso_time, unknown_times
from deri_gate.data.readers.unlisted import Unlisted, unlisted
from deri_gate.errors import DatasetError, SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.header import Chosen
    from deri_gate.data.readers.options import ReadOptions
    from deri_gate.data.readers.side_tables import Beside
    from deri_gate.data.readers.tables import Table

_ROW = "Name the image of every row."
KEYS = ("path", "label", "split", "group", "mask")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Options and places of a table that come from outside it.

    Attributes:
        name: What the dataset is called.
        home: Where the table lies; the paths in it are relative to its folder, or to the root.
        labels_required: Whether a missing label is an error.
        options: Its columns, and where its paths start from.
        listed: Paths of all files below the root where they are not on disk.
        layout: What it was read as.
        whole: All files that lie in the dataset, where a folder was handed in.
        notes: Sentences on what was read beside the table.
        beside: The files in its folder; None where it is in none, or each is told anyway.
        cells: Gives a path below the root for each address in a cell; None to refuse them.
    """

    name: str
    home: Path
    labels_required: bool = True
    options: ReadOptions = PLAIN
    listed: frozenset[str] | None = None
    layout: str = "manifest"
    whole: frozenset[str] = field(default=frozenset(), repr=False)
    notes: tuple[str, ...] = ()
    beside: Beside | None = None
    cells: Callable[[Sequence[str]], Sequence[str]] | None = field(default=None, repr=False)

    def place(self) -> Place:
        """Place of the images.

        Raises:
            SettingError: If there is no such root.
        """
        said = self.options
        root = (Path(said.root) if said.root else self.home.parent).absolute()
        if self.listed is None and not root.is_dir():
            raise SettingError(f"there is no folder {said.root!r}", "--root", "Name a folder.")
        return Place(
            root=root,
            beside=self.home.absolute().parent,
            chosen=bool(said.root),
            listed=self.listed,
            suffixes=said.suffix,
            folders=said.folder,
            strip=said.strip,
        )


def read_manifest(
    path: Path, *, labels_required: bool = True, options: ReadOptions = PLAIN
) -> Dataset:
    """Read a manifest; the images it names are not opened.

    Args:
        path: The manifest.
        labels_required: Whether a missing label is an error.
        options: Its columns, and where its paths start from.

    Returns:
        All splits, labels exactly as written.

    Raises:
        DatasetError: If it is malformed, names a file outside its folder, or no file at all
            is where it says.
        SettingError: If an option does not fit.
    """
    beside = beside_on_disk(path)
    table, notes = with_side_tables(read_table(path, options), options, beside)
    frame = Frame(
        name=path.stem,
        home=path,
        labels_required=labels_required,
        options=options,
        notes=notes,
        beside=beside,
    )
    return dataset_from(table, frame)


def read_table(path: Path, options: ReadOptions = PLAIN) -> Table:
    """Read the table, whatever its format.

    Raises:
        DatasetError: If it is malformed.
        SettingError: If an option does not fit.
    """
    said = options.columns
    wanted = [*(name for key in KEYS for name in said.of(key)), *KEYS]
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return read_parquet(path, wanted)
    if suffix in LINES:
        return read_json_lines(path, wanted)
    return read_delimited(path, encoding=options.encoding, known=wanted)


def dataset_from(table: Table, frame: Frame) -> Dataset:
    """The dataset that a table describes.

    Args:
        table: The table.
        frame: What else is known of it.

    Raises:
        DatasetError: If a column is missing, a path leads out, or no file is there.
        SettingError: If an option does not fit.
    """
    chosen, place = understood(table, frame)
    table = with_addresses(table, [chosen.path, chosen.mask], frame.cells)
    files = _files_of(table, chosen, place)
    labelled = labels_of(table, chosen, required=frame.labels_required)
    grouping = grouping_of(table, chosen, files.paths)
    taken = chosen.taken | {*grouping.taken}
    metadata = table.beside(taken)
    names = told_apart([*grouping.names, *map(table.title, metadata)])
    times = _column(table, chosen.time)
    missing = _looked_for(table, files.paths, place)
    split_notes = _on_splits(table, chosen)
    beside = _beside(table, metadata, files, place, frame)
    told = (*frame.notes, *without_text(table), *files.notes, *missing, *beside.notes, *split_notes)
    notes = (*told, *labelled.notes, *grouping.notes)
    entries = map(
        Entry,
        files.paths,
        labelled.labels,
        _splits(table, chosen.split),
        grouping.first(len(table)),
        files.masks,
        map(iso_time, times),
        table_rows(grouping.values, len(table)),
        table_rows([table.columns[i] for i in metadata], len(table)),
    )
    return dataset_of(
        entries,
        name=path_text(frame.name),
        root=place.root,
        findings=(*unknown_times(files.paths, times), *beside.findings),
        reading=Reading(layout=frame.layout, group_column=path_text(grouping.source), notes=notes),
        group_names=names[: len(grouping.names)],
        metadata_names=names[len(grouping.names) :],
        others=frame.whole.difference(files.paths, files.masks),
    )


def _beside(
    table: Table, others: Sequence[int], files: _Files, place: Place, frame: Frame
) -> Unlisted:
    read = frozenset(files.paths) | frozenset(files.masks)
    chosen = bool(frame.options.columns.path)  # then other columns are left out on purpose
    return unlisted(table, () if chosen else others, place, read, frame.beside)


def understood(table: Table, frame: Frame) -> tuple[Chosen, Place]:
    """Roles of the columns and place of the images, by the options and a preset.

    Args:
        table: The table.
        frame: What else is known of it.
    """
    said = frame.options.preset
    preset = preset_for(said, table.header) if said else None
    if preset is not None:
        frame = replace(frame, options=preset.on(frame.options, table.header))
    needed = Needed(frame.labels_required, offer(table.header))
    chosen = choose(table, frame.options.columns, needed)
    if not len(table):
        raise DatasetError("names no images", table.path, "Write a row for each image.")
    place = frame.place()
    if preset is not None:
        place = preset.stripped(place, table.columns[chosen.path])
    return chosen, place


class _Files(NamedTuple):
    paths: Sequence[str]
    masks: Sequence[str]
    notes: tuple[str, ...]


def _files_of(table: Table, chosen: Chosen, place: Place) -> _Files:
    """Paths of images and masks below the root."""
    written = table.columns[chosen.path]
    table.refuse([i for i, p in enumerate(written) if not p.strip()], "has no path", _ROW)
    slashes = slashed(written, place)
    paths = resolved(table, slashes or written, place, table.header[chosen.path])
    masks = _column(table, chosen.mask)
    if chosen.mask is not None:
        masks = resolved(table, slashed(masks, place) or masks, place, table.header[chosen.mask])
    notes: tuple[str, ...] = ()
    if slashes:
        notes += ("backslashes in paths are read as slashes",)
    if (count := len(set(paths))) < len(paths):
        notes += (f"{len(paths):,} rows name {count:,} files, and each row counts as an image",)
    return _Files(paths, masks, notes)


def _looked_for(table: Table, paths: Sequence[str], place: Place) -> tuple[str, ...]:
    """Note on files that are not there; an error if none is there."""
    missing = [path for path in paths if not place.has(path)]
    if len(missing) == len(paths):
        raise _none_there(table, paths, place)
    if not missing:
        return ()
    if hint := spelling_hint(missing, place):
        return (f"of the files that are not there, {hint}",)
    if len(missing) * 2 <= len(paths):
        return ()
    hint = rule_for(missing, place.root, place.listed)
    return (f"of the files that are not there, {hint}",) if hint else ()


def _none_there(table: Table, paths: Sequence[str], place: Place) -> DatasetError:
    """Say where the first file was looked for, what lies there, and what would find all."""
    several = len(paths) > 1
    none = f"none of the {len(paths):,} files it names is there"
    what = f"{none if several else 'the file it names is not there'}: {path_text(paths[0])!r}"
    if place.listed is None:
        what += f"{' and so on' if several else ''}; {what_lies_beside(paths[0], place.root)}"
        top = place.root / PurePosixPath(paths[0]).parts[0]
        tracked = top.with_name(f"{top.name}.dvc")
        if tracked.is_file():
            return DatasetError(what, table.path, f"Run `dvc pull {os.path.relpath(top)}`.")
    hint = spelling_hint(paths, place) or rule_for(paths, place.root, place.listed)
    fix = hint or (
        "Say where they lie with --root DIR, which ending the names lack with --suffix .png, and "
        "what to leave out of the beginning of each path with --strip PREFIX."
    )
    return DatasetError(what, table.path, fix)


def _column(table: Table, place: int | None) -> Sequence[str]:
    return [""] * len(table) if place is None else table.columns[place]


def _on_splits(table: Table, chosen: Chosen) -> tuple[str, ...]:
    """Words on columns of splits by which nothing is judged."""
    if chosen.split is None:
        return unsaid_split(table, chosen.taken)
    return otherwise_split(table, chosen.split, chosen.taken)


def _splits(table: Table, place: int | None) -> list[str]:
    written = _column(table, place)
    if all(map(no_split, written)):
        return [""] * len(table)
    table.refuse(
        [i for i, split in enumerate(written) if no_split(split)], "has no split", NO_SPLIT
    )
    table.refuse(in_several(written), "has several splits", ONE_SPLIT)
    names = splits_of(set(written))
    return [names[split] for split in written]
