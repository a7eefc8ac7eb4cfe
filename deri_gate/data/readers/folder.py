"""Folders of images: every file below is an image, a mask, or counted as left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.dataset import FOLDER_NAMES, UNJUDGED, Dataset, Finding, Reading
from deri_gate.data.readers.assembly import Entry, dataset_of
from deri_gate.data.readers.class_folders import may_label, table_instead
from deri_gate.data.readers.companions import companion_notes
from deri_gate.data.readers.containers import SAVED_TO_DISK
from deri_gate.data.readers.files import path_text
from deri_gate.data.readers.foreign import refuse_detection
from deri_gate.data.readers.layouts import FORMS, layout_named
from deri_gate.data.readers.left_over import PACKED
from deri_gate.data.readers.listing import Listing, list_paths
from deri_gate.data.readers.mask_files import masks_among
from deri_gate.data.readers.options import PLAIN
from deri_gate.data.readers.recognising import layout_of
from deri_gate.data.readers.splits import is_split
from deri_gate.data.readers.walking import list_folder
from deri_gate.data.signatures import ending_of
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from deri_gate.data.readers.layouts import Layout
    from deri_gate.data.readers.mask_files import Masks
    from deri_gate.data.readers.options import ReadOptions

UNSEEN = "(not looked at)"  # stands for a file below a folder that is closed


@dataclass(frozen=True, kw_only=True)
class _Folder:
    """A folder that is read, or that was at another revision."""

    root: Path
    name: str
    labels_required: bool
    options: ReadOptions


def read_folder(
    root: Path, *, labels_required: bool = True, options: ReadOptions = PLAIN
) -> Dataset:
    """List a folder of images; of files whose names do not say what they are, a few bytes.

    Args:
        root: The folder.
        labels_required: Whether an image outside the class folders is left out with a
            finding (or else kept, without a label).
        options: What the user says of its form.

    Returns:
        All splits. What was not taken for an image is in its findings.

    Raises:
        DatasetError: If it cannot be listed, or its layout is unknown or not plain.
    """
    folder = _Folder(
        root=root, name=folder_name(root), labels_required=labels_required, options=options
    )
    return _dataset(list_folder(root, options.exclude), folder)


def folder_name(root: Path) -> str:
    """Name of a folder, also of one written as `.` or `..`."""
    return root.name if root.name not in {"", ".."} else root.resolve().name


def read_listing(
    paths: Iterable[str],
    *,
    head: Callable[[str], bytes],
    where: str,
    name: str,
    labels_required: bool = True,
    options: ReadOptions = PLAIN,
) -> Dataset:
    """The dataset of a folder that is not there, such as one of another revision.

    Args:
        paths: All files below it, relative, with forward slashes.
        head: Gives the first bytes of one of them.
        where: What the folder is called in errors.
        name: What the dataset is called.
        labels_required: False to allow images without labels.
        options: What the user says of its form.

    Returns:
        As `read_folder` would; its source has the right paths below a folder that is not there.

    Raises:
        DatasetError: As `read_folder`.
    """
    folder = _Folder(root=Path(where), name=name, labels_required=labels_required, options=options)
    return _dataset(list_paths(paths, head, options.exclude), folder)


def _dataset(listing: Listing, folder: _Folder) -> Dataset:
    root, chosen = folder.root, folder.options.layout
    if not listing.images and not listing.unfollowed:
        raise DatasetError(
            f"there are no images in it{_holds(listing)}", root, f"{FORMS}.{_may_be_set(listing)}"
        )
    if not chosen:
        refuse_detection(listing.images, listing.others, root)
    masks = masks_among(listing.images, root)
    images = [path for path in listing.images if path not in masks.files]
    lost = _below_links(listing, images)
    layout = (
        layout_named(chosen, listing.folders)
        if chosen
        else layout_of(
            [*images, *lost],
            listing.folders,
            root,
            labels_required=folder.labels_required,
            tables=sorted(filter(may_label, listing.others)),
        )
    )
    images += _in_classes(listing, layout)
    entries = _kept(listing, folder, layout, masks, images)
    unread = [_labelled(layout.entry(path), path) for path in lost]
    for path in masks.stray:
        listing.ignore(path, "named like a mask, but its image is not there", UNJUDGED)
    _tell_empty_classes(listing, layout, [*images, *masks.files])
    return dataset_of(
        [*entries, *unread],
        name=path_text(folder.name),
        root=root,
        findings=listing.findings,
        reading=_reading(listing, layout, lost, images),
        others=_others(listing, images, masks, entries),
    )


def _kept(
    listing: Listing, folder: _Folder, layout: Layout, masks: Masks, images: Sequence[str]
) -> list[Entry]:
    """The images that lie where the layout expects them; the others are told."""
    entries = [layout.entry(path, masks.of.get(path, ())) for path in images]
    in_split = any(word in {"split", "fold"} for word in layout.words)
    if folder.labels_required:
        kept = [e for e in entries if e.labels]
    else:
        kept = [e for e in entries if e.split or not in_split]
    if not kept and not listing.unfollowed:
        as_told = f" by --layout {layout.name}" if folder.options.layout else ""
        what = f"its images lie in no class folders{as_told}"
        instead = table_instead(sorted(listing.others))
        raise DatasetError(what, folder.root, f"{FORMS}, or say --layout.{instead}")
    for path in sorted({e.path for e in entries} - {e.path for e in kept}):
        listing.pass_over(path, "an image in no class folder")
    return kept


def _in_classes(listing: Listing, layout: Layout) -> list[str]:
    """Archives, arrays and films in class folders: each is an image that cannot be read.

    Elsewhere they are left out, as what was downloaded lies beside what was unpacked.
    """
    held = [path for path in listing.holders if layout.entry(path).labels]
    for path in sorted({*listing.holders} - {*held}):
        listing.others.append(path)
        listing.ignore(path, PACKED, UNJUDGED)
    return held


def _below_links(listing: Listing, images: Sequence[str]) -> list[str]:
    """A path for each file below a folder that could not be looked into.

    Where their number cannot be known, as many as a folder of images holds here.
    """
    usual = len(images) // max(1, len({path.rpartition("/")[0] for path in images}))
    return [
        f"{link.path}/{UNSEEN} {number + 1}"
        for link in listing.unfollowed
        for number in range(link.count or max(1, usual))
    ]


def _labelled(entry: Entry, path: str) -> Entry:
    """An entry with a label; the name of the folder where the layout gives none."""
    folder = path.split("/")[-2]
    return entry if entry.labels else entry._replace(labels=(path_text(folder),))


def _holds(listing: Listing) -> str:
    """The kinds of files that are there instead, in brackets."""
    kinds = Counter(ending_of(path) or "no ending" for path in listing.others + listing.holders)
    most = [f"{count} {kind}" for kind, count in kinds.most_common(3)]
    return f" (only {', '.join(map(path_text, most))})" if most else ""


def _may_be_set(listing: Listing) -> str:
    """Advice where one file of the folder is a dataset itself; shards were read before."""
    there = listing.others + listing.holders
    if any(path.lower().endswith(".arrow") for path in there):
        return f" {SAVED_TO_DISK}"
    files = [path for path in there if path.lower().endswith(".npz")]
    return f" If {path_text(files[0])} is the dataset, name that file." if len(files) == 1 else ""


def _reading(
    listing: Listing, layout: Layout, lost: Sequence[str], images: Sequence[str]
) -> Reading:
    links = sorted(path_text(link.path) for link in listing.unfollowed)
    looked = (f"{counted(len(lost), 'file')} below {', '.join(links[:3])} could not be looked at",)
    told = (*layout.notes, *companion_notes(images), *_empty_splits(listing, layout, images))
    return Reading(
        layout=layout.name,
        left_out=tuple(sorted(listing.left_out.items())),
        group_column=FOLDER_NAMES if "group" in layout.words else "",
        notes=told + (looked if links else ()),
    )


def _others(
    listing: Listing, images: Sequence[str], masks: Masks, entries: Sequence[Entry]
) -> list[str]:
    """Every file that is neither a judged image nor the mask of one."""
    kept = {entry.path for entry in entries}
    return [*listing.others, *masks.stray, *(path for path in images if path not in kept)]


def _tell_empty_classes(listing: Listing, layout: Layout, images: Sequence[str]) -> None:
    listing.findings.extend(
        Finding(kind="empty_class", path=path_text(path), detail="a class folder without images")
        for path in _empty(listing, layout.words.index("class"), images)
    )


def _empty_splits(listing: Listing, layout: Layout, images: Sequence[str]) -> tuple[str, ...]:
    """A sentence on the splits whose folders hold no image."""
    if "split" not in layout.words:
        return ()
    places = _empty(listing, layout.words.index("split"), images)
    splits = [path_text(path) for path in places if is_split(path.rpartition("/")[2])]
    return (f"without images: {listed(splits)}",) if splits else ()


def _empty(listing: Listing, depth: int, images: Sequence[str]) -> list[str]:
    """Folders at a depth below which there is no image."""
    filled = {"/".join(path.split("/")[: depth + 1]) for path in images}
    filled.update("/".join(link.path.split("/")[: depth + 1]) for link in listing.unfollowed)
    return [path for path in listing.folders if path.count("/") == depth and path not in filled]
