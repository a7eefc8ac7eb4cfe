"""Every file at or below a path of a commit, whoever keeps it: git, DVC, or a link's target."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deri_gate.errors import DatasetError
from deri_gate.runtime.tracking.dvc import CONFIG_PATH, Output, listing_of
from deri_gate.runtime.tracking.dvc_cache import DvcCache, cache_of
from deri_gate.runtime.tracking.links import LEADS_OUT
from deri_gate.runtime.tracking.tree_outputs import dvc_root, outputs

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.runtime.tracking.tree import Tree

MOST_LINKS = 10_000  # to folders; links to folders of links would multiply without end


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Place of the content of one file: in git, or in DVC."""

    blob: str = ""  # git's name of it
    md5: str = ""  # DVC's
    plain: bool = True  # if that is the MD5 of the bytes themselves
    cache: DvcCache | None = None  # DVC's, which may lack it
    refused: str = ""  # why it is not read

    @property
    def cached(self) -> Path | None:
        """DVC's copy, which may not be there; None for what git keeps."""
        return None if self.cache is None else self.cache.place(self.md5, plain=self.plain)


def kept_below(tree: Tree, path: str, *, past_submodules: bool = False) -> dict[str, Kept]:
    """Files at and below a path by their path from it; "" for the path itself.

    Args:
        tree: The commit.
        path: A file or folder, from the repository's root.
        past_submodules: If the files of submodules are left out; else a submodule is an error.

    Raises:
        DatasetError: If DVC's files cannot be read, or a submodule is in the way.
    """
    return _Walk(tree, past_submodules=past_submodules).from_(path)


class _Walk:
    """Follows links of one commit, a bounded number of times."""

    def __init__(self, tree: Tree, *, past_submodules: bool) -> None:
        self.tree = tree
        self.past_submodules = past_submodules
        self.outputs = [out for out in outputs(tree) if out.cached and out.path is not None]
        self.followed = 0
        self._caches: dict[str, DvcCache] = {}

    def from_(self, path: str, above: tuple[str, ...] = ()) -> dict[str, Kept]:
        """Files at and below a path; `above` are the folders from which links led here."""
        place = self.tree.resolve(path).path
        if place is None:
            return {}
        if not self.past_submodules:
            self._refuse_submodules(place)
        files = self._in_dvc(place)
        for one in self.tree.below(place):
            file = self.tree.files[one]
            own = one[len(place) :].removeprefix("/") if place else one
            if file.is_link:
                followed = self._followed(one, (*above, place))
                files |= {f"{own}/{name}".rstrip("/"): kept for name, kept in followed.items()}
            elif not file.is_submodule:
                files[own] = Kept(blob=file.name)
        return files

    def _refuse_submodules(self, place: str) -> None:
        above = self.tree.above(place)
        for one in [*([above] if above else []), *self.tree.below(place)]:
            if self.tree.files[one].is_submodule:
                fix = "Run it in the submodule, whose own revisions hold its files."
                raise DatasetError("lies in a submodule, which is another repository", one, fix)

    def _followed(self, link: str, above: tuple[str, ...]) -> dict[str, Kept]:
        target = self.tree.resolve(link).path
        if target is None:
            return {"": self._outside(link)}
        self.followed += target not in self.tree.files
        if self.followed > MOST_LINKS:
            fix = "Put the folders themselves there."
            raise DatasetError(f"more than {MOST_LINKS} links to folders", link, fix)
        circle = any(place == target or place.startswith(f"{target}/") for place in above)
        if circle or not target:
            return {"": Kept(refused="a symbolic link that goes round in a circle")}
        files = self.from_(target, above)
        return files or {"": Kept(refused="a symbolic link to what is not in this revision")}

    def _outside(self, link: str) -> Kept:
        """A link into DVC's cache, or else one that is not followed."""
        root = dvc_root(self.tree, link)
        said = (self.tree.read(link) or b"").decode(errors="surrogateescape")
        if root is not None and posixpath.isabs(said):
            cache = self._cache(root)
            if cache.holds(said):
                md5 = "".join(said.split("/")[-2:])
                return Kept(md5=md5, cache=cache, plain="/files/md5/" in said)
        return Kept(refused=LEADS_OUT)

    def _in_dvc(self, place: str) -> dict[str, Kept]:
        files = {}
        for out in self.outputs:
            if out.meets(place):
                for path, kept in self._files(out).items():
                    if not place or path == place or path.startswith(f"{place}/"):
                        files[path[len(place) :].removeprefix("/") if place else path] = kept
        return files

    def _files(self, out: Output) -> dict[str, Kept]:
        """Files of an output by their path in the repository."""
        root = dvc_root(self.tree, out.stated)
        if root is None or out.path is None:
            return {}
        cache = self._cache(root)
        if out.files:
            md5s = {file.path: file.md5 for file in out.files}
        elif out.md5.endswith(".dir"):
            content = cache.file(out.md5, plain=out.plain).read_bytes()
            md5s = listing_of(content, out.stated)
        else:
            md5s = {"": out.md5}
        kept = Kept(cache=cache, plain=out.plain)
        return {
            f"{out.path}/{name}".strip("/"): replace(kept, md5=md5) if md5 else UNSAID
            for name, md5 in md5s.items()
        }

    def _cache(self, root: str) -> DvcCache:
        if root not in self._caches:
            configured = self.tree.read(posixpath.join(root, CONFIG_PATH))
            self._caches[root] = cache_of(self.tree.repository.root / root, configured)
        return self._caches[root]


UNSAID = Kept(refused="DVC has recorded no content for it")
