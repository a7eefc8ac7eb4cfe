"""Folders: root/<class>/<image> or root/<split>/<class>/<image>."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.dataset import Dataset, Finding, Reading
from deri_gate.errors import DatasetError
from deri_gate.readers.files import EXTENSIONS, Entry, dataset_of, printable
from deri_gate.readers.splits import canonical_split, is_split

if TYPE_CHECKING:
    from collections.abc import Iterable

LAYOUTS = (
    "Lay it out as <class>/<image> or <split>/<class>/<image> (splits train, val, test), "
    "or name a manifest (.csv or .parquet with the columns path and label)"
)
_NOISE = frozenset({"thumbs.db", "desktop.ini", "__macosx"})  # what systems leave behind


@dataclass(frozen=True, kw_only=True)
class _Listing:
    """What lies below a folder; every path is relative to it, with forward slashes."""

    images: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)  # to folders
    findings: list[Finding] = field(default_factory=list)

    def ignore(self, path: str, why: str) -> None:
        self.findings.append(Finding(kind="ignored", path=printable(path), detail=why))


def read_folder(root: Path, *, labels_required: bool = True) -> Dataset:
    """List a folder of images; none of them is opened.

    Args:
        root: The folder.
        labels_required: Whether an image outside the class folders is left out with a
            finding (or else kept, without a label).

    Returns:
        All splits. What was not taken for an image is in its findings.

    Raises:
        DatasetError: If it cannot be listed, or is laid out in no way that is known.
    """
    name = root.name if root.name not in {"", ".."} else root.resolve().name
    return _dataset(_list(root), root, name=name, labels_required=labels_required)


def read_listing(
    paths: Iterable[str], *, where: str, name: str, labels_required: bool = True
) -> Dataset:
    """The dataset of a folder that is not there, such as one of another revision.

    Args:
        paths: Of all files below it, relative, with forward slashes.
        where: What the folder is called in errors.
        name: What the dataset is called.
        labels_required: As for `read_folder`.

    Returns:
        As `read_folder` would; its source has the right paths below a folder that is not there.

    Raises:
        DatasetError: As `read_folder`.
    """
    listing, folders = _Listing(), set[str]()
    for path in sorted(paths):
        parts = path.split("/")
        if any(map(_is_noise, parts)):
            continue
        folders.update("/".join(parts[:end]) for end in range(1, len(parts)))
        if path.lower().endswith(EXTENSIONS):
            listing.images.append(path)
        else:
            listing.ignore(path, "not an image by its extension")
    listing.folders.extend(sorted(folders))
    return _dataset(listing, Path(where), name=name, labels_required=labels_required)


def _dataset(listing: _Listing, root: Path, *, name: str, labels_required: bool) -> Dataset:
    if not listing.images:
        raise DatasetError("there are no images in it", root, f"{LAYOUTS}.")
    depth = 1 if _has_splits(listing, root) else 0
    entries = [_entry(path, depth) for path in listing.images]
    stray = [e for e in entries if not (e.labels if labels_required else e.split or not depth)]
    if len(stray) == len(entries):
        raise DatasetError("its images lie in no class folders", root, f"{LAYOUTS}.")
    left_out = set(stray)
    for entry in left_out:
        listing.ignore(entry.path, "an image in no class folder")
    _tell_empty_classes(listing, depth)
    kept = [entry for entry in entries if entry not in left_out]
    reading = Reading(
        layout="split/class" if depth else "class",
        left_out=left_out_of(listing.findings),
    )
    return dataset_of(
        kept, name=printable(name), root=root, findings=listing.findings, reading=reading
    )


def _list(root: Path) -> _Listing:
    """Walk the folder; no symbolic link to a folder is followed."""
    listing = _Listing()
    waiting = [""]
    while waiting:
        here = waiting.pop()
        try:
            with os.scandir(root / here) as found:
                waiting += [path for entry in found if (path := _take(entry, here, listing))]
        except OSError as error:
            reason = f"the folder cannot be listed: {error.strerror}"
            if not here:
                raise DatasetError(reason, root) from error
            listing.findings.append(Finding(kind="unreadable", path=printable(here), detail=reason))
    return listing


def _take(entry: os.DirEntry[str], here: str, listing: _Listing) -> str:
    """File one entry under what it is; a folder's path is returned, to be walked too."""
    name = entry.name
    if _is_noise(name):
        return ""
    path = f"{here}/{name}" if here else name
    if entry.is_dir(follow_symlinks=False):
        listing.folders.append(path)
        return path
    linked = entry.is_symlink()
    if linked and _leads_to_folder(entry):
        listing.links.append(path)
        listing.ignore(path, "a symbolic link to a folder, which is not followed")
    elif not name.lower().endswith(EXTENSIONS):
        listing.ignore(path, "not an image by its extension")
    elif linked or entry.is_file(follow_symlinks=False):
        listing.images.append(path)  # where a link leads is seen when it is read
    else:
        listing.ignore(path, "not a file")
    return ""


def _is_noise(name: str) -> bool:
    return name.startswith(".") or name.endswith(".dvc") or name.lower() in _NOISE


def _leads_to_folder(link: os.DirEntry[str]) -> bool:
    try:
        return link.is_dir()
    except OSError:  # it goes round in a circle, or through a folder that is closed to us
        return False


def _has_splits(listing: _Listing, root: Path) -> bool:
    top = {path for path in listing.folders + listing.links if "/" not in path}
    splits = {canonical_split(name) for name in top if is_split(name)}
    others = sorted(name for name in top if not is_split(name))
    looks_split = "train" in splits or len(splits) > 1
    if others and "train" in splits and len(splits) > 1:
        text = (
            f"{', '.join(sorted(splits))} look like splits, but {printable(others[0])!r} does not"
        )
        raise DatasetError(text, root, f"Move it elsewhere. {LAYOUTS}.")
    return looks_split and not others


def _entry(path: str, depth: int) -> Entry:
    parts = path.split("/", depth + 1)
    split = canonical_split(parts[0]) if depth and len(parts) > 1 else ""
    label = (printable(parts[depth]),) if len(parts) > depth + 1 else ()
    return Entry(path=path, labels=label, split=split)


def left_out_of(findings: Iterable[Finding]) -> tuple[tuple[str, int], ...]:
    """Number of left-out files by the ending of their names, sorted."""
    endings = (
        os.path.splitext(f.path)[1].lower() or "no ending"  # noqa: PTH122  # printable, no path
        for f in findings
        if f.kind == "ignored"
    )
    return tuple(sorted(Counter(endings).items()))


def _tell_empty_classes(listing: _Listing, depth: int) -> None:
    filled = {"/".join(path.split("/")[: depth + 1]) for path in listing.images}
    for path in listing.folders:
        if path.count("/") == depth and path not in filled:
            listing.ignore(path, "a class folder without images")
