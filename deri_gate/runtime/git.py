"""Git, run on our terms only: the one place of the package that starts it.

A dataset may hold anything that git would take for a repository, a configuration or a name. So
the repository is found once, from a working directory, and its folders are passed to each call;
nothing is fetched, no hook, pager, filter or helper of a configuration runs, and revisions are
resolved to full object names here.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import DeriGateError, words_of_error
from deri_gate.runtime.run_cache import once_a_run

if TYPE_CHECKING:
    from collections.abc import Mapping

CHOSEN = "DERI_GATE_REPO"  # where --repo puts its folder, so that worker processes have it too
UNSHALLOW = "This clone is shallow: run `git fetch --unshallow`, or check out with fetch-depth: 0."
FETCH = "Fetch it first, for instance with `git fetch origin`, or check its name."
AGAIN = "Run it again, with fewer programs beside it."
SIGNALLED = 128  # exit status above which a shell says that a signal ended its program
ELSEWHERE = "Run it in a git repository, or name one with --repo."
OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHORT = re.compile(r"[0-9a-fA-F]{4,63}")
_NAME = re.compile(r"(?P<name>[^-\0-\x20:?*\[\\~^][^\0-\x20:?*\[\\~^]*?)(?P<rest>([~^]|@\{).*)?")
_PSEUDO = re.compile(r"@|HEAD|[A-Z]+(_[A-Z]+)*_HEAD")
_SETTINGS = (
    "safe.bareRepository=explicit",  # a folder of plain files is no repository
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    "core.quotepath=off",
    "color.ui=false",
)
_READING = ("protocol.allow=never",)
_WRITING = ("protocol.ext.allow=never",)
# What would lead git to another repository, other objects, other programs or other patterns.
# GIT_CONFIG_COUNT, _GLOBAL and _SYSTEM stay: they are the user's own, safe.directory is in them.
_DROPPED = frozenset(
    {
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_NAMESPACE",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_GRAFT_FILE",
        "GIT_SHALLOW_FILE",
        "GIT_REPLACE_REF_BASE",
        "GIT_PREFIX",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_EXTERNAL_DIFF",
        "GIT_DIFF_OPTS",
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
        "GIT_ATTR_SOURCE",
        "GIT_PROXY_COMMAND",
        "GIT_CONFIG",
        "GIT_EDITOR",
        "GIT_SEQUENCE_EDITOR",
    }
)
_FIXED = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",  # refs/replace could put another commit in the base's place
    "GIT_GRAFT_FILE": os.devnull,  # as info/grafts could
    "GIT_PAGER": "cat",
}
_OFFLINE = {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "", "GIT_OPTIONAL_LOCKS": "0"}


class GitError(DeriGateError):
    """Git cannot do what was asked: no repository, no such revision, no right to push."""


@dataclass(frozen=True)
class Repository:
    """A git repository, by its two folders.

    Attributes:
        root: The working tree's folder.
        folder: Git's own folder.
    """

    root: Path
    folder: Path

    def command(self, *arguments: str, online: bool = False) -> list[str]:
        """The command line of a git command.

        Args:
            arguments: Git's, as they are: no shell reads them.
            online: If git may talk to a remote, as for a push that the user asked for.
        """
        folders = (f"--git-dir={self.folder}", f"--work-tree={self.root}")
        settings = _SETTINGS + (_WRITING if online else _READING)
        return [*_git(settings), *folders, *arguments]

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None, online: bool = False
    ) -> bytes:
        """Standard output of a git command.

        Raises:
            GitError: If it fails.
        """
        done = _done(self.command(*arguments, online=online), self.root, env, online=online)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            last = said.splitlines()[-1] if said else f"exit status {done.returncode}"
            raise GitError(f"git {arguments[0]} failed: {last}", self.root)
        return done.stdout

    def says(self, *arguments: str) -> str:
        """Standard output of a git command, "" where git itself says no.

        Raises:
            GitError: If it was ended from outside, so that it has said nothing.
        """
        done = _done(self.command(*arguments), self.root, None, online=False)
        if done.returncode < 0 or done.returncode > SIGNALLED:
            raise GitError(f"git {arguments[0]} was ended before it answered", self.root, AGAIN)
        return "" if done.returncode else os.fsdecode(done.stdout).strip()

    def commit(self, name: str) -> str:
        """Full object name of the commit that a revision means.

        A remote's branch goes before all others of its name, so that nobody who pushes a tag or
        a branch called `origin/main` chooses the base. Any other name that means several
        commits is an error.

        Raises:
            GitError: If there is none here, or if it is ambiguous; says what to do.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise self._missing(name)
        start, rest = match["name"], match["rest"] or ""
        full = _PSEUDO.fullmatch(start) or self._is_full(start)
        for revision in (start,) if full else self._meanings(start):
            commit = self._peeled(f"{revision}{rest}")
            if commit:
                return commit
        raise self._missing(name)

    def _is_full(self, name: str) -> bool:
        """True if a name is one of an object in full, before which no reference goes."""
        digits = 64 if self.says("rev-parse", "--show-object-format") == "sha256" else 40
        return len(name) == digits and OBJECT.fullmatch(name) is not None

    def _meanings(self, name: str) -> list[str]:
        """Spell out in full all that a short name may mean."""
        places = [f"refs/{kind}{name}" for kind in ("remotes/", "heads/", "tags/", "")]
        places += [name] if name.startswith("refs/") else []
        listed = self.says("for-each-ref", "--format=%(refname)", *places).splitlines()
        refs = [place for place in places if place in listed]
        if refs and refs[0].startswith("refs/remotes/"):
            return refs[:1]
        objects = []
        if _SHORT.fullmatch(name):
            objects = self.says("rev-parse", f"--disambiguate={name}").split()
        elif not refs:
            described = self._described(name, places)
            objects = [described] if OBJECT.fullmatch(described) else []
        commits = {self._peeled(revision) for revision in (*refs, *objects)}
        if len(commits) > 1:
            said = ", ".join([*refs, *(f"the commit {entry}" for entry in objects)])
            fix = "Name it in full, such as refs/heads/NAME, or by all 40 digits."
            raise GitError(f"the revision {name!r} is ambiguous: {said}", self.root, fix)
        return [*refs, *objects]

    def _described(self, name: str, places: list[str]) -> str:
        """Object that a name means which is no reference's, such as `v1-3-gabcdef`.

        Raises:
            GitError: If git finds a reference of this name after all, which it did not list.
        """
        wanted = ("--verify", "--quiet", "--end-of-options", name)
        if self.says("rev-parse", "--symbolic-full-name", *wanted) in places:
            raise GitError(f"git lists {name!r} at one time and not at another", self.root, AGAIN)
        return self.says("rev-parse", *wanted)

    def _peeled(self, name: str) -> str:
        wanted = ("--end-of-options", f"{name}^{{commit}}")
        commit = self.says("rev-parse", "--verify", "--quiet", *wanted)
        return commit if OBJECT.fullmatch(commit) else ""

    def _missing(self, name: str) -> GitError:
        shallow = self.says("rev-parse", "--is-shallow-repository") == "true"
        what = f"there is no revision {name!r} here"
        return GitError(what, self.root, UNSHALLOW if shallow else FETCH)

    @property
    def shared(self) -> Path:
        """The folder that all working trees of the repository have in common."""
        folder = self.says("rev-parse", "--git-common-dir")
        return (self.root / folder).resolve() if folder else self.folder


def repository_of(folder: Path | None = None) -> Repository:
    """Find the repository around a folder.

    Args:
        folder: The one that --repo names, or else the working directory, when None. Never a
            dataset's folder: what lies in it may look like a repository.

    Raises:
        GitError: If there is none, or git is not installed.
    """
    wanted = os.environ.get(CHOSEN, "") if folder is None else folder
    return _found(Path(os.path.abspath(wanted or Path.cwd())))  # noqa: PTH100


@once_a_run(64)
def _found(folder: Path) -> Repository:
    start = _start(folder)
    root, inside = (
        _rev_parse(start, option) for option in ("--show-toplevel", "--absolute-git-dir")
    )
    if not (Path(root, ".").is_absolute() and Path(inside, "HEAD").is_absolute()):
        raise GitError("git does not say where its repository is", folder, AGAIN)
    if not (Path(root).is_dir() and os.path.lexists(Path(inside, "HEAD"))):
        raise GitError("git names a repository that is not there", folder, AGAIN)
    bare = Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(inside))
    if bare:  # an older git knows no safe.bareRepository
        raise GitError("this is no git repository with a working tree", folder, ELSEWHERE)
    return Repository(root=Path(root), folder=Path(inside))


def _start(folder: Path) -> Path:
    """The nearest folder with a `.git` of its own, so that plain files are no repository."""
    said = os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep)
    ceilings = {os.path.realpath(ceiling) for ceiling in said if ceiling}
    for place in (folder, *folder.parents):
        if place != folder and os.path.realpath(place) in ceilings:
            break
        if os.path.lexists(place / ".git"):
            return place
    raise GitError("this is no git repository", folder, ELSEWHERE)


def _rev_parse(folder: Path, question: str) -> str:
    done = _done([*_git(_SETTINGS + _READING), "rev-parse", question], folder, None, online=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise GitError(f"this is no git repository ({said})", folder, ELSEWHERE)
    return os.fsdecode(done.stdout).removesuffix("\n")


def _git(settings: tuple[str, ...]) -> list[str]:
    options = [word for setting in settings for word in ("-c", setting)]
    return [_program(os.environ.get("PATH", "")), "--no-pager", "--no-replace-objects", *options]


@once_a_run(8)
def _program(path: str) -> str:
    """Git's program, from the folders of PATH that are named in full: never one of the data's."""
    name = "git.exe" if sys.platform == "win32" else "git"
    for folder in path.split(os.pathsep):
        place = Path(folder, name)
        if place.is_absolute() and os.access(place, os.X_OK) and place.is_file():
            return os.fspath(place)
    raise GitError("git is not installed", "", "Install git.")


def _done(
    command: list[str], folder: Path, env: Mapping[str, str] | None, *, online: bool
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  # no shell, and git's own arguments
            command,
            cwd=folder,
            env={**environment(online=online), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except (OSError, ValueError) as error:  # not installed; a name too long, or with a NUL
        reason = words_of_error(error)
        fix = "Install git, and run this in a repository."
        raise GitError(f"git cannot be run ({reason})", folder, fix) from error


def environment(*, online: bool = False) -> dict[str, str]:
    """Environment of a git process: the user's, without what would lead it elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    return kept | _FIXED | ({} if online else _OFFLINE)
