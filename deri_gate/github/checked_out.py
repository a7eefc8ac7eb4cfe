"""Files that git keeps of a dataset: all of them must lie here, or only some would be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError
from deri_gate.github.footprint import footprint_of, homes_of
from deri_gate.github.unchanged import refuse_changed
from deri_gate.runtime.counts import happened
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.tracking.tree import tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
