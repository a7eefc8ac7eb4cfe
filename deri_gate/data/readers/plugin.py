"""Forms of datasets that installed packages add, by entry points of `deri_gate.readers`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.dataset import Reading
from deri_gate.data.readers.assembly import Entry, dataset_of
from deri_gate.data.readers.files import MAX_BYTES, EncodedImage, FileSource
from deri_gate.data.readers.npz import memory_limit
from deri_gate.errors import DatasetError, DeriGateError, SettingError, UnreadableImageError
from deri_gate.runtime.plugins import READER_PLUGINS, load_plugins, plugin_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from deri_gate.data.dataset import Dataset

OUR_READERS = ("folder", "manifest", "parquet", "npz", "medmnist", "git")
ASKED_BY_NAME = re.compile(r"([a-z][a-z0-9_-]+):(.*)", re.DOTALL)  # one letter is a drive


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One image that a reader gives.

    Attributes:
        path: Unique name with forward slashes; the image's id.
        content: Bytes of an image file in any format that a folder may hold, such as PNG.
        labels: Names of its classes.
        split: Name of its split, "" without.
        group: What it belongs with, such as a patient; "" without.
    """

    path: str
    content: bytes = field(repr=False)
    labels: tuple[str, ...]
    split: str = ""
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A form of dataset.

    Attributes:
        name: That of the entry point. `NAME:ANYTHING` asks for it by name.
        read: Gives the images of a dataset, from a file's path or what follows `NAME:`.
        suffixes: Endings of files that are read without the name, such as ".h5" or ".raw.h5", in
            capitals or not; none of ours.
    """

    name: str
    read: Callable[[str], Iterable[Sample]]
    suffixes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SampleSource:
    """Image files in memory."""

    names: tuple[str, ...] = field(repr=False)
    contents: tuple[bytes, ...] = field(repr=False)

    def load(self, row: int) -> EncodedImage:
        """Return one image.

        Raises:
            UnreadableImageError: If it has more bytes than an image may have, or none.
        """
        if row < 0:
            raise IndexError(row)  # -1 stands for "no mask", never for the last image
        content = self.contents[row]
        if not 0 < len(content) <= MAX_BYTES:
            raise UnreadableImageError(f"holds {len(content)} bytes", self.names[row])
        return EncodedImage(where=self.names[row], content=content)


def read_by_name(spec: str, *, labels_required: bool) -> Dataset | None:
    """Read `NAME:ANYTHING` with the reader of this name; None where there is none.

    Raises:
        DatasetError: If the reader cannot read it.
        SettingError: If the reader cannot be loaded.
    """
    asked = ASKED_BY_NAME.fullmatch(spec)
    plugin = plugin_of(READER_PLUGINS, asked[1], taken=OUR_READERS) if asked else None
    if plugin is None or asked is None:
        return None
    return _read(plugin.load(Reader), asked[2], labels_required=labels_required)


def read_by_suffix(path: Path, *, labels_required: bool) -> Dataset | None:
    """Read a file whose ending is none of ours; None where no reader knows it.

    Raises:
        DatasetError: If the reader cannot read it.
        SettingError: If a reader cannot be loaded, or several know this ending.
    """
    readers = load_plugins(READER_PLUGINS, Reader, taken=OUR_READERS)
    fitting = [reader for reader in readers if _knows(reader, path.name.lower())]
    if len(fitting) > 1:
        names = ", ".join(reader.name for reader in fitting)
        raise SettingError(
            f"is read by several plugins: {names}",
            str(path),
            f"Choose one: {fitting[0].name}:{path}.",
        )
    return _read(fitting[0], str(path), labels_required=labels_required) if fitting else None


def _knows(reader: Reader, name: str) -> bool:
    """True if a reader takes files whose names, in small letters, end so."""
    return any(end.startswith(".") and name.endswith(end.lower()) for end in reader.suffixes)


def _read(reader: Reader, where: str, *, labels_required: bool) -> Dataset:
    samples = _samples(reader, where)
    _check(samples, where, labels_required=labels_required)
    by_path = {sample.path: sample.content for sample in samples}
    dataset = dataset_of(
        [Entry(path=s.path, labels=s.labels, split=s.split, group=s.group) for s in samples],
        name=_name(where, reader),
        root=Path(),
        reading=Reading(layout=f"plugin {reader.name}"),
    )
    assert isinstance(dataset.source, FileSource)  # no sample has a mask
    contents = tuple(by_path[path] for path in dataset.source.paths)
    return replace(dataset, source=SampleSource(names=dataset.source.names, contents=contents))


def _samples(reader: Reader, where: str) -> list[Sample]:
    """Take what the reader gives, as far as memory goes.

    Raises:
        DatasetError: If it fails, gives something else, or more than fits.
    """
    samples, size, limit = list[Sample](), 0, memory_limit()
    for sample in _given(reader, where):
        if not isinstance(sample, Sample):
            raise _fault(reader, where, f"gives {type(sample).__name__}, not Sample")
        size += len(sample.content)
        if size > limit:
            raise _fault(reader, where, f"gives more than {limit:,} bytes")
        samples.append(sample)
    return samples


def _given(reader: Reader, where: str) -> Iterator[object]:
    """Give what the reader gives; whatever it raises is its fault, by name."""
    try:
        yield from reader.read(where)
    except DeriGateError:
        raise
    except (Exception, SystemExit) as error:  # somebody else's code
        raise _fault(reader, where, f"failed ({type(error).__name__}: {error})") from error


def _check(samples: list[Sample], where: str, *, labels_required: bool) -> None:
    """Refuse what is no dataset.

    Raises:
        DatasetError: If it holds no image, one twice, or one without a label.
    """
    if not samples:
        raise DatasetError("holds no image", where, "Look whether the reader fits.")
    paths = [sample.path for sample in samples]
    if len(set(paths)) < len(paths):
        twice = next(path for path in paths if paths.count(path) > 1)
        raise DatasetError(f"names {twice!r} twice", where, "Give each image a name of its own.")
    bare = [sample.path for sample in samples if not any(sample.labels)]
    if labels_required and bare:
        raise DatasetError(f"gives no label for {bare[0]!r}", where, "Give each image a class.")


def _fault(reader: Reader, where: str, what: str) -> DatasetError:
    plugin = plugin_of(READER_PLUGINS, reader.name)
    whose = f"plugin {reader.name}" + (f" of {plugin.distribution}" if plugin else "")
    fix = f"Mend or uninstall {plugin.distribution}." if plugin else "Mend the reader."
    return DatasetError(f"its reader, {whose}, {what}", where, fix)


def _name(where: str, reader: Reader) -> str:
    """Last part of a path without its ending; the reader's name where there is none."""
    return re.split(r"[/\\]", where.rstrip("/\\"))[-1].partition(".")[0] or reader.name
