"""Number of images in a file that nobody judges: by its listing, without unpacking any."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from deri_gate.data.dataset import UNJUDGED
from deri_gate.data.readers.files import FileSource
from deri_gate.data.readers.listing import EXCLUDED
from deri_gate.data.readers.looking import pages_behind
from deri_gate.data.readers.medmnist import pictures_beside
from deri_gate.data.readers.npz import headers
from deri_gate.data.readers.zip_list import START, zip_list, zip_names
from deri_gate.data.signatures import claims_image
from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import counted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deri_gate.data.dataset import Dataset, Finding

MOST_FILES = 10_000  # that are opened; each of the others counts once
MOST_MEMBERS = 100_000  # of an archive that are looked at; of a zip the others count as images
# A chain of long names in a tar is followed by calls within calls.
_DAMAGE = (OSError, ValueError, tarfile.TarError, RecursionError, DatasetError)


def with_held(dataset: Dataset, root: Path) -> Dataset:
    """The dataset whose findings on files that nobody judges say how many images these hold.

    What was downloaded lies beside what was unpacked, and may since have been renamed, resized or
    saved in another format. So as many images as lie in the folder may be those of an archive, or
    of its arrays. What is more than these is not there.

    Args:
        dataset: What was read of a folder.
        root: The folder.
    """
    told = [f for f in dataset.findings if f.kind == UNJUDGED and f.images == 1]
    if not told:
        return dataset
    there = _images_there(dataset)
    # Archives first: of a folder full of images beside the classes not all need be opened.
    first = sorted(told, key=lambda f: claims_image(f.path))[:MOST_FILES]
    found = {finding: _counted(finding, root, there) for finding in first}
    return replace(dataset, findings=tuple(found.get(f, f) for f in dataset.findings))


def _images_there(dataset: Dataset) -> int:
    """Number of images that lie in the folder: judged, masks, left out by choice, or told of."""
    told = sum(f.kind == UNJUDGED and claims_image(f.path) for f in dataset.findings)
    excluded = dict(dataset.reading.left_out).get(EXCLUDED, 0)
    return len(dataset) + dataset.reading.masks + excluded + told


def _counted(finding: Finding, root: Path, there: int) -> Finding:
    """The finding with the number of images of its file."""
    path = root / finding.path
    try:
        images = _images(path, there) if path.is_file() and not path.is_symlink() else 1
    except _DAMAGE:
        return finding
    if images <= 1:
        return finding
    detail = f"{finding.detail}; it holds {counted(images, 'image')} that nobody judges"
    return replace(finding, detail=detail, images=images)


def _images(path: Path, there: int) -> int:
    """Number of images of a file that are more than those of the folder, or pages of an image."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(START) and path.suffix.lower() == ".npz":
        return pictures_beside(headers(path)) - there
    if head.startswith(START) or path.suffix.lower() == ".zip":
        return _in_zip(path) - there
    if head[257:262] == b"ustar":
        with tarfile.open(path, "r:") as archive:
            members = islice(archive, MOST_MEMBERS)  # folders as well: each takes its time
            return _images_among(m.name for m in members if m.isfile()) - there
    source = FileSource(root=path.parent, paths=(path.name,), names=(path.name,))
    return 1 + pages_behind(source, 0)


def _in_zip(path: Path) -> int:
    with path.open("rb") as file:
        place = zip_list(file)
        images = _images_among(islice(zip_names(file, place), MOST_MEMBERS))
    return images + max(0, place.members - MOST_MEMBERS)


def _images_among(names: Iterable[str]) -> int:
    return sum(claims_image(name) and not name.startswith("__MACOSX/") for name in names)
