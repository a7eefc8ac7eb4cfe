"""Rows of a manifest that name the files of a dataset: what the plain form of a manifest reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.data.readers.files import FileSource
from deri_gate.data.readers.frames import FramesSource
from deri_gate.data.readers.revision import RevisionSource
from deri_gate.data.readers.unions import UnionSource
from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deri_gate.data.dataset import Dataset, Source

EXPORT = "Save each image as a file, and review those."
JOIN = "Join the masks of each image into one file."


def manifest_rows(dataset: Dataset) -> Iterator[dict[str, str]]:
    """Columns of each image by name, those that every manifest has first.

    Args:
        dataset: Its images are files, and have one label each, or none.

    Raises:
        SettingError: If its images are no files, or a manifest cannot say what they belong to.
    """
    path = _paths(dataset.source, dataset.name)
    more = dataset.columns
    for i, label in enumerate(dataset.labels):
        row = {
            "path": path(int(dataset.rows[i])),
            "label": dataset.classes[label[0]] if label else "",
        }
        if dataset.splits is not None:
            row["split"] = dataset.splits[i]
        if dataset.masks is not None:
            row["mask"] = path(int(dataset.masks[i])) if dataset.masks[i] >= 0 else ""
        if dataset.times is not None:
            row["time"] = dataset.times[i]
        yield row | {name: values[i] for name, values in more.items() if name not in row}


def _paths(source: Source, name: str) -> Callable[[int], str]:
    """The path of the file in a row of a source."""
    if isinstance(source, FileSource):
        return lambda row: _written(source, row, name)
    if isinstance(source, RevisionSource):
        return source.names.__getitem__
    if isinstance(source, UnionSource):
        return _parts(source, name)
    if isinstance(source, FramesSource) and not any(isinstance(f, int) for f in source.frames):
        inner, rows = _paths(source.source, name), source.rows
        return lambda row: inner(rows[row])
    what = "its images are no files of their own, which a manifest could name"
    raise SettingError(what, name, EXPORT)


def _written(source: FileSource, row: int, name: str) -> str:
    """Path of a file, if it is text."""
    path = source.paths[row]
    try:
        path.encode()
    except UnicodeEncodeError as error:
        what = f"a manifest cannot name {source.names[row]}, whose bytes are no text"
        raise SettingError(what, name, "Rename the file.") from error
    return path


def _parts(source: UnionSource, name: str) -> Callable[[int], str]:
    """The path of a file that stands for itself."""
    inner = _paths(source.source, name)

    def path(row: int) -> str:
        if row >= source.count:
            raise SettingError("a manifest names one mask an image, not several", name, JOIN)
        return inner(row)

    return path
