"""Tables beside class folders: labels that are others, and columns that nobody looks at."""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING

from deri_gate.data.readers.class_folders import may_be_manifest
from deri_gate.data.readers.files import is_inside, path_text
from deri_gate.data.readers.header import usual_columns, usual_path
from deri_gate.data.readers.layouts import exclude_option
from deri_gate.data.readers.manifest import read_table
from deri_gate.data.readers.tables import SEPARATOR, quoted
from deri_gate.data.signatures import stem_of
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.data.readers.tables import Table

HALF = 0.5  # of the images, named by a table that is about all of them
MOST_TABLES = 20
MOST_BYTES = 64 * 2**20  # of a table: a row for each of half a million images
_WHY = (
    f"damaged, a link out of the folder, not in UTF-8, above {MOST_BYTES // 2**20} MiB, or more "
    f"than {MOST_TABLES}; "
    "--exclude leaves it out"
)


def refuse_other_labels(dataset: Dataset, root: Path, tables: Mapping[str, Table]) -> None:
    """Refuse class folders whose images a table beside them labels otherwise.

    Names may differ: a number for a class, or several labels in one folder. Where neither says
    the other, folders are sites or parts, or an image lies in the wrong one.

    Args:
        dataset: What the folders say.
        root: Its folder.
        tables: Those of `tables_beside`.

    Raises:
        DatasetError: If a table with the usual columns names half of the images or more, and
            its labels are not those of the folders.
    """
    classes = _folders_of(dataset) if tables else {}
    for table, rows in tables.items():
        said = _labels_in(rows, table, classes)
        if len(said) < HALF * len(classes) or not said:
            continue
        others = disagreeing({name: (classes[name], label) for name, label in said.items()})
        if others:
            first = min(others)
            raise DatasetError(
                f"its folders and {path_text(table)} do not agree on {len(others):,} of "
                f"{counted(len(said), 'image')}: {first} lies in {classes[first]!r}, and is "
                f"{path_text(said[first])!r} in the table",
                root,
                f"Name {path_text(table)} as the dataset if it has the labels; leave it out with "
                f"{exclude_option(table)} if the folders do.",
            )


def columns_beside(dataset: Dataset, tables: Mapping[str, Table]) -> tuple[str, ...]:
    """Notes on columns of tables beside class folders, in which patients may be numbered.

    Args:
        dataset: What the folders say.
        tables: Those of `tables_beside`.
    """
    named: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    files: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for path, table in tables.items():  # splits may have a table each, of the same columns
        place, labels = usual_path(table), usual_columns(table)
        if place is None:
            continue
        if columns := tuple(map(table.title, table.beside({place, *(labels or ())}))):
            named[columns] |= {*_images_in(table, path, place, _folders_of(dataset))} - {""}
            files[columns].append(path_text(path))
    return tuple(
        f"the columns {quoted(columns)} of {listed(files[columns])} are not looked at, as they "
        "would be in a manifest with path and label"
        for columns, images in named.items()
        if len(images) >= HALF * len(dataset)
    )


def _folders_of(dataset: Dataset) -> dict[str, str]:
    """By image the class that it lies in."""
    return {
        name: dataset.classes[own[0]]
        for name, own in zip(dataset.ids, dataset.labels, strict=True)
        if len(own) == 1
    }


def tables_beside(dataset: Dataset, root: Path) -> tuple[dict[str, Table], tuple[str, ...]]:
    """The tables beside the images of a folder, by their paths, and a note on those not read.

    Args:
        dataset: What the folders say.
        root: Its folder.
    """
    paths = () if dataset.other_files is None else dataset.other_files.paths
    named = sorted(filter(may_be_manifest, paths))
    tables = {}
    for path in named[:MOST_TABLES]:
        file = root / path
        if file.is_file() and is_inside(file, root) and file.stat().st_size <= MOST_BYTES:
            with suppress(DatasetError):  # what is no table is counted with the other files
                tables[path] = read_table(file)
    unread = [path for path in named if path not in tables]
    if not unread:
        return tables, ()
    told = f"{counted(len(unread), 'table')} beside the classes, such as {path_text(unread[0])}"
    return tables, (f"{told}, not held against the folders: {_WHY}",)


def _labels_in(table: Table, path: str, classes: Mapping[str, str]) -> dict[str, str]:
    """Label of each image that a table gives one; none where it is no table of labels."""
    columns = usual_columns(table)
    if columns is None:
        return {}
    images = _images_in(table, path, columns[0], classes)
    said: defaultdict[str, set[str]] = defaultdict(set)
    for image, label in zip(images, table.columns[columns[1]], strict=True):
        if image and label.strip():
            said[image].add(label.strip())
    folders = frozenset(classes.values())
    one = {image: _one_label(own, classes[image], folders) for image, own in said.items()}
    return {image: label for image, label in one.items() if label}


def _images_in(table: Table, path: str, place: int, names: Mapping[str, str]) -> Iterator[str]:
    """The image that each row names; "" where it names none."""
    images = _by_key(names)
    above = path[: path.rfind("/") + 1]
    for name in table.columns[place]:
        plain = name.strip().replace("\\", "/")
        yield images.get(above + plain) or images.get(_key(plain), "")


def _one_label(labels: Collection[str], folder: str, folders: Collection[str]) -> str:
    """The label that is held against an image's folder; "" for none.

    A cell may hold several, and a table with a row for each box may give an image several. The
    folder's is one of them, or else they are names of other folders.
    """
    parts = {part.strip() for label in labels for part in label.split(SEPARATOR)} - {""}
    if folder in parts:
        return folder
    if parts and parts <= set(folders):
        return min(parts)
    return next(iter(labels)) if len(labels) == 1 else ""


def _by_key(names: Mapping[str, str]) -> dict[str, str]:
    """Images by path, and by their own name if it is the only one; "" for several."""
    images: dict[str, str] = {}
    for name in names:
        key = _key(name)
        images[key] = "" if key in images else name
    return images | {name: name for name in names}


def _key(path: str) -> str:
    return stem_of(path[path.rfind("/") + 1 :]).casefold()


def disagreeing(pairs: Mapping[str, tuple[str, str]]) -> list[str]:
    """Images whose folder and label do not go together; none where one says the other.

    Args:
        pairs: By image, its folder and its label, or any two labels of it.
    """
    counts = Counter(pairs.values())
    folders, labels = ({pair[side] for pair in counts} for side in (0, 1))
    if len(labels) == 1 < len(folders):
        return []  # a template to be filled in, such as a sample submission
    if labels <= folders:
        return [name for name, (folder, label) in pairs.items() if folder != label]
    if len(counts) in {len(folders), len(labels)}:
        return []
    return min((_unusual(pairs, side) for side in (0, 1)), key=len)


def _unusual(pairs: Mapping[str, tuple[str, str]], side: int) -> list[str]:
    """Images of another pair than most that share one side of it with them."""
    counts = Counter(pairs.values())
    usual = {pair[side]: pair for pair, _ in reversed(counts.most_common())}
    return [name for name, pair in pairs.items() if usual[pair[side]] != pair]
