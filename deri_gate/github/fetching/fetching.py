"""One dataset of a head and its base, fetched: looked through first, then laid out."""

from __future__ import annotations

import json
import posixpath
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from deri_gate.data.readers.endings import MANIFESTS
from deri_gate.errors import DatasetError
from deri_gate.github.fetching.contents import Cache, Content
from deri_gate.github.fetching.names import check_names
from deri_gate.github.fetching.placing import check_new, clear_stale, lay_out
from deri_gate.github.fetching.planted import config_local, refuse_planted
from deri_gate.github.fetching.remote import Remotes
from deri_gate.runtime.counts import counted
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.tracking.dvc import CONFIG_PATH, FOLDER, Output, listing_of, related
from deri_gate.runtime.tracking.dvc_cache import cache_of
from deri_gate.runtime.tracking.tree import Tree, tree_of
from deri_gate.runtime.tracking.tree_outputs import dvc_root, outputs

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 256 * 2**20  # of DVC's list of a folder
CLOUD = "Track it with a remote that is not cloud-versioned, or `dvc pull` in a step before."


@dataclass(frozen=True)
class Fetching:
    """A repository whose head is somebody's, and whose base is to be trusted.

    Attributes:
        root: The working tree's folder.
        head: The commit that lies there.
        base: The commit whose settings count.
    """

    root: Path
    head: Tree
    base: Tree
    _caches: dict[str, Cache] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Path, base: str) -> Fetching:
        """Look at HEAD and a base.

        Raises:
            DatasetError: If the head holds files of DVC's own state.
        """
        repository = repository_of(root)
        head, trusted = (tree_of(repository, repository.commit(one)) for one in ("HEAD", base))
        refuse_planted(head)
        return cls(root.resolve(), head, trusted)

    def fetch(self, path: str, beside: str = "") -> str:
        """Get one dataset; says what was done.

        Args:
            path: The dataset's, from the repository's root.
            beside: Folder of the images that a table names; the table's own when "".

        Raises:
            DatasetError: If a list or a link would lead out of the dataset; then nothing is
                written.
            DeriGateError: If contents cannot be had.
        """
        scope = self._scope(self.head, path, beside)
        wanted = [(out, self._filled(out, scope)) for out in self._outs(self.head, scope)]
        for out in self._outs(self.base, self._scope(self.base, path, beside)):
            self._filled(out, "")
        if not wanted:
            return f"{path}: in git"
        check_names([name for _, files in wanted for name in files], path)
        for out, _ in wanted:
            if out.path not in self._at_base:
                check_new(out.path or "", self.root, self._cache(out), self._in_git)
        left = sum(self._laid_out(out, files, scope) for out, files in wanted)
        count = sum(len(files) for _, files in wanted)
        said = f", {left} that neither git nor DVC knows are left" if left else ""
        return (
            f"{path}: {counted(count, 'file')} pulled{said}, and {self.base.commit[:12]}'s fetched"
        )

    def _scope(self, tree: Tree, path: str, beside: str) -> str:
        """The path from the root that a dataset lies in, links followed within the commit."""
        place = tree.resolve(path).path
        if place is None:
            fix = "Commit the files, or track them by DVC, in place of the link."
            raise DatasetError("is a link that leads out of the repository", path, fix)
        if posixpath.splitext(place)[1].lower() not in MANIFESTS:
            return place
        folder = posixpath.normpath(beside) if beside else posixpath.dirname(place)
        return "" if folder == "." else folder

    @staticmethod
    def _outs(tree: Tree, scope: str) -> list[Output]:
        outs = [out for out in outputs(tree) if out.cached and out.meets(scope)]
        for out in outs:
            if out.files or not out.md5:
                what = "DVC has recorded no content that can be fetched"
                raise DatasetError(what, out.stated, CLOUD)
        return outs

    def _filled(self, out: Output, scope: str) -> dict[str, Content]:
        """Contents by path of an output's files within the scope, all of them in the cache."""
        cache, remote, own = self._cache(out), self._remote(out), Content(out.md5, out.plain)
        cache.fill([own], remote)
        files = {out.path or "": own}
        if out.md5.endswith(".dir"):
            content = cache.read(own, MOST_BYTES)
            listed = listing_of(content if content.lstrip()[:1] == b"[" else b"", out.stated)
            check_names(listed, out.stated)
            files = {f"{out.path}/{name}": Content(md5, out.plain) for name, md5 in listed.items()}
        files = {path: content for path, content in files.items() if related(path, scope)}
        cache.fill(files.values(), remote)
        return files

    def _laid_out(self, out: Output, files: dict[str, Content], scope: str) -> int:
        cache = self._cache(out)
        lay_out(files, root=self.root, cache=cache, in_git=self._in_git)
        if not out.md5.endswith(".dir"):
            return 0
        folder = max(out.path or "", scope, key=len)
        return clear_stale(folder, {*files}, root=self.root, cache=cache, in_git=self._in_git)

    @cached_property
    def _in_git(self) -> frozenset[str]:
        listed = self.head.repository.run("ls-files", "-z").decode(errors="surrogateescape")
        return frozenset(listed.split("\0")) | self.head.files.keys()

    @cached_property
    def _at_base(self) -> dict[str | None, Output]:
        return {out.path: out for out in outputs(self.base)}

    def _cache(self, out: Output) -> Cache:
        """The cache of the DVC repository that an output belongs to, as the base has it."""
        folder = dvc_root(self.base, out.stated)
        if folder is None:  # the branch brings DVC along: a cache of usual settings, no remote
            folder = dvc_root(self.head, out.stated)
        if folder is None:
            raise DatasetError("lies in no DVC repository", out.stated, "Run `dvc init`.")
        if folder not in self._caches:
            own = posixpath.join(folder, FOLDER)
            configured = self.base.read(posixpath.join(folder, CONFIG_PATH))
            local = config_local(self.root, own, self.head)
            self._caches[folder] = Cache(
                folder=cache_of(self.root / folder, configured),
                root=self.root,
                remotes=Remotes(configured, self.root / own, local),
            )
        return self._caches[folder]

    def _remote(self, out: Output) -> str:
        """The remote that the base's own record of an output names; "" for the default one."""
        recorded = self._at_base.get(out.path)
        return "" if recorded is None else str(json.loads(recorded.record).get("remote") or "")
