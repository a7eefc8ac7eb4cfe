"""Files that HEAD keeps of a dataset: they must be what lies here, or others would be judged."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.data.readers.rubbish import rubbish
from deri_gate.data.signatures import HEAD, holds_images, is_image
from deri_gate.errors import DatasetError
from deri_gate.github.footprint import footprint_of, homes_of
from deri_gate.github.records import is_kept
from deri_gate.github.unchanged import refuse_changed
from deri_gate.runtime.counts import happened
from deri_gate.runtime.folders import walked
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.tracking.tree import tree_of
from deri_gate.runtime.tracking.tree_outputs import outputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.runtime.tracking.tree import Tree


def refuse_left_out(path: str, root: Path, image_root: str = "") -> None:
    """Stop at a dataset of which the checkout leaves files out, as a sparse one does.

    Args:
        path: The dataset's, from the repository's root.
        root: The repository.
        image_root: Folder that the paths in a table start from; the table's own when "".

    Raises:
        DatasetError: If a file of the head is not here, or another one is; what is judged is not
            what people get.
    """
    repository = repository_of(root)
    head = tree_of(repository, repository.commit("HEAD"))
    own = footprint_of(head, path, image_root)
    homes = sorted(homes_of(head, path, image_root))
    gone = [name for home in homes for name in _missing_files(head, home, root) if own.holds(name)]
    if gone:
        fix = (
            "Check it out whole (`git sparse-checkout disable`, `git submodule update --init`, "
            "`git checkout -- PATH`), or commit that they are gone."
        )
        what = f"{happened(len(gone), 'tracked file', 'left out')}, such as {gone[0]}"
        raise DatasetError(what, path, fix)
    for home in homes:
        refuse_changed(head, home, root, belongs=own.holds)


def refuse_let_go(path: str, base: str, root: Path, image_root: str = "") -> None:
    """Stop at a dataset that the base keeps and HEAD does not, in whole or in part, but lies here.

    Args:
        path: The dataset's, from the repository's root.
        base: The commit that it is compared with.
        root: The repository.
        image_root: Folder that the paths in a table start from; the table's own when "".

    Raises:
        DatasetError: If neither git nor DVC keeps it, or an image of it that lies here, at HEAD any
            more, or a link that the base has not leads out of the repository; what is judged is not
            what people get.
    """
    repository = repository_of(root)
    before, head = (tree_of(repository, repository.commit(rev)) for rev in (base, "HEAD"))
    homes = homes_of(head, path, image_root)
    if not is_kept(head, path):  # a table that is kept says itself where its images are now
        homes |= homes_of(before, path, image_root)
    for home in sorted(homes):
        if _leads_out(head, home) and not _leads_out(before, home):
            fix = "Commit its files in place of the link, or add them to DVC."
            raise DatasetError(f"{home} is a link that leads out of the repository", path, fix)
        if is_kept(before, home) and not is_kept(head, home):
            fix = f"Add {home} to git or DVC again, or take the dataset out of params.yaml."
            raise DatasetError(f"neither git nor DVC keeps {home} any more", path, fix)
    own = footprint_of(head, path, image_root)
    gone = {one for home in homes for one in _let_go(before, head, home, root) if own.holds(one)}
    if gone:
        fix = "Add them to git or DVC again, or remove them from here."
        told = happened(len(gone), "file", "kept no more by git or DVC, but lying here")
        raise DatasetError(f"{told}, such as {min(gone)}", path, fix)


def _leads_out(tree: Tree, path: str) -> bool:
    return tree.resolve(path).path is None


def _let_go(before: Tree, head: Tree, home: str, root: Path) -> Iterator[str]:
    """Images at or below a path that the base keeps and HEAD does not, but lie here."""
    outs = [out for out in outputs(head) if out.cached]

    def is_kept_at(place: str) -> bool:
        of_git = next(head.below(place), None) is not None or head.above(place) is not None
        return of_git or any(out.meets(place) for out in outs)

    led = before.resolve(home).path or home
    of_git = (f"{home}/{name[len(led) :].lstrip('/')}".strip("/") for name in before.below(led))
    of_dvc = (out.path for out in outputs(before) if out.cached and out.path and out.meets(led))
    for known in (*of_git, *of_dvc):
        if known in before.files and head.files.get(known) == before.files[known]:
            continue
        place = head.resolve(known).path
        if place is not None and is_kept_at(place):
            continue
        # What lies behind a link that leads out of the repository is not looked at.
        if place is None or any(_is_judged(file, root, home) for file in _files(root / known)):
            yield known


def _files(place: Path) -> Iterator[Path]:
    below = (Path(folder) / name for folder, _, names in walked(place) for name in names)
    return (one for one in chain([place], below) if one.is_file())


def _is_judged(file: Path, root: Path, home: str) -> bool:
    """True for an image or an archive of images that no tool has left in a dataset."""
    inside = set(file.relative_to(root).parts) - set(home.split("/"))
    if any(rubbish(part, folder=True) for part in inside):
        return False
    with file.open("rb") as opened:
        content = opened.read(HEAD)
    return is_image(file.name, lambda: content) or holds_images(file.name, content)


def _missing_files(tree: Tree, path: str, root: Path) -> Iterator[str]:
    led = tree.resolve(path).path
    for name in tree.below(path if led is None else led):
        place = root / name
        if tree.files[name].is_submodule:
            here = place.is_dir() and any(place.iterdir())
        else:
            here = place.is_symlink() or place.exists()
        if not here:
            yield name
