"""Files of a dataset as they lie here against those that HEAD keeps, which are what people get."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from deri_gate.errors import DatasetError
from deri_gate.runtime.counts import happened
from deri_gate.runtime.tracking import lfs
from deri_gate.runtime.tracking.kept import kept_below
from deri_gate.runtime.tracking.objects import new_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deri_gate.runtime.tracking.kept import Kept
    from deri_gate.runtime.tracking.tree import Tree

TEXT_BYTES = 64 * 2**20  # up to which a file may be a table whose line ends git has changed


def refuse_changed(
    tree: Tree, path: str, root: Path, belongs: Callable[[str], bool] = bool
) -> None:
    """Stop at a dataset of which a file here is not the one that HEAD keeps.

    Line ends that git changes at a checkout, and files that Git LFS stands for, are no change.
    What lies there beside them is not looked at, nor what a submodule holds.

    Args:
        tree: HEAD.
        path: A file or folder of the dataset's, from the repository's root.
        root: The repository.
        belongs: Tells by its path whether a file is one of the dataset's; each is when left out.

    Raises:
        DatasetError: If one differs or is gone, or DVC's list of them is not here.
    """
    changed = list(_changed(tree, path, root, belongs))
    if changed:
        fix = "Commit what is here (`git add`, `dvc add`), or get what HEAD has (`dvc pull`)."
        told = happened(len(changed), "file", "changed or removed since HEAD")
        raise DatasetError(f"{told}, such as {changed[0]}", path, fix)


def _changed(tree: Tree, path: str, root: Path, belongs: Callable[[str], bool]) -> Iterator[str]:
    # A submodule is another repository, whose own commits keep its files.
    for name, one in kept_below(tree, path, past_submodules=True).items():
        place, known = root / path / name if name else root / path, f"{path}/{name}".strip("/")
        if one.refused or not belongs(known):
            continue
        if not (place.is_file() and _is_kept(one, place, tree)):
            yield known


def _is_kept(kept: Kept, place: Path, tree: Tree) -> bool:
    """True if a file holds what is kept under its name."""
    if kept.cache is not None:
        own = _digest(place, hashlib.md5(usedforsecurity=False))  # DVC's name; it finds damage only
        return not kept.plain or own == kept.md5
    size = place.stat().st_size
    if _digest(place, new_name("blob", size, len(kept.blob))) == kept.blob:
        return True
    content = tree.objects.read(kept.blob)
    if lfs.is_pointer(content[: lfs.MOST_BYTES]):
        return _digest(place, hashlib.sha256()) == lfs.object_of(content)
    return size <= TEXT_BYTES and _lines(place.read_bytes()) == _lines(content)


def _digest(place: Path, digest: Any) -> str:
    with place.open("rb") as file:
        return str(hashlib.file_digest(file, lambda: digest).hexdigest())


def _lines(content: bytes) -> bytes:
    """A text with line ends of one kind; bytes that are no text stay as they are."""
    return content if b"\0" in content[:8000] else content.replace(b"\r\n", b"\n")
