"""Files of a git revision, those that DVC tracks included."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from deri_gate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FETCH_GIT = "Run `git fetch origin`, or check the name of the revision."
UNSHALLOW = "This clone is shallow: run `git fetch --unshallow`, or check out with fetch-depth 0."
FETCH_DVC = "Run `dvc fetch --all-commits`, which brings the files of earlier revisions too."


@dataclass(frozen=True, kw_only=True)
class Tracked:
    """Where the content of one file is kept: by git, or by DVC."""

    blob: str = ""  # git's name of it
    md5: str | None = None  # DVC's, when that is the plain MD5 of the content
    cached: Path | None = None  # DVC's copy of it, which may not have been fetched


@dataclass(frozen=True)
class Revision:
    """One commit of the repository around a path.

    Attributes:
        name: As the user wrote it.
        root: The repository's folder.
        commit: Git's name of it.
    """

    name: str
    root: Path
    commit: str
    _reader: _Blobs = field(repr=False, compare=False)

    @classmethod
    def of(cls, name: str, path: Path) -> Revision:
        """Find the repository around a path, and the revision in it.

        Raises:
            DatasetError: If there is no repository, or no such revision here.
        """
        beside = next(p for p in (Path.cwd() / path, *(Path.cwd() / path).parents) if p.is_dir())
        where = f"git:{name}:{path}"
        found = _git(beside, "rev-parse", "--show-toplevel")
        if found.returncode:
            fix = "Name a path in a git repository, or give --base a folder, manifest or file."
            said = os.fsdecode(found.stderr).strip().partition("\n")[0]
            raise DatasetError(f"cannot look into git here ({said})", where, fix)
        root = Path(os.fsdecode(found.stdout).rstrip("\n"))
        found = _git(
            root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
        if found.returncode:
            shallow = _git(root, "rev-parse", "--is-shallow-repository").stdout == b"true\n"
            fix = UNSHALLOW if shallow else FETCH_GIT
            raise DatasetError(f"there is no revision {name!r} in this repository", where, fix)
        return cls(name, root, found.stdout.decode().strip(), _Blobs(root))

    def files(self, path: Path) -> dict[str, Tracked]:
        """Files below a path by their path relative to it; "" for the path itself.

        Raises:
            DatasetError: If there is nothing, or DVC's list of a folder was not fetched.
        """
        inside = os.path.relpath(_absolute(path), os.path.realpath(self.root))
        where = f"git:{self.name}:{path}"
        if inside.startswith(".."):
            raise DatasetError("the path leads out of the repository", where)
        inside = "" if inside == "." else Path(inside).as_posix()
        found = self._in_git(inside) | self._in_dvc(inside, where)
        if not found:
            fix = "Look at `git ls-tree REVISION`, and whether the path had another name then."
            raise DatasetError("there is no such path in this revision", where, fix)
        return {path.removeprefix(inside).removeprefix("/"): file for path, file in found.items()}

    def read(self, file: Tracked) -> bytes:
        """The content of a file.

        Raises:
            DatasetError: If it has not been fetched.
        """
        if file.cached is None:
            return self._reader.read(file.blob)
        return self._fetched(file.cached).read_bytes()

    def head(self, file: Tracked, count: int) -> bytes:
        """The first bytes of a file.

        Raises:
            DatasetError: If it has not been fetched.
        """
        if file.cached is None:
            return self._reader.read(file.blob)[:count]
        with self._fetched(file.cached).open("rb") as opened:
            return opened.read(count)

    def local(self, file: Tracked) -> Path | None:
        """DVC's own copy, to be read only; None for what git keeps.

        Raises:
            DatasetError: If it has not been fetched.
        """
        return None if file.cached is None else self._fetched(file.cached)

    def _fetched(self, cached: Path) -> Path:
        if not cached.is_file():
            md5 = f"{cached.parent.name}{cached.name}"
            what = f"DVC's cache lacks a file of revision {self.name!r} (MD5 {md5})"
            raise DatasetError(what, self.root, FETCH_DVC)
        return cached

    def _in_git(self, inside: str) -> dict[str, Tracked]:
        """What git itself keeps; links and submodules are left out."""
        wanted = ["--", f":(literal){inside}"] if inside else []
        listed = _git(self.root, "ls-tree", "-r", "-z", "--full-tree", self.commit, *wanted)
        found = {}
        for line in listed.stdout.split(b"\0"):
            about, _, path = line.partition(b"\t")
            if path and about.startswith(b"100"):
                found[os.fsdecode(path)] = Tracked(blob=about.split()[2].decode())
        return found

    def _in_dvc(self, inside: str, where: str) -> dict[str, Tracked]:
        """What DVC keeps, where the revision has DVC at all."""
        if not _git(self.root, "ls-tree", "--name-only", self.commit, ".dvc").stdout:
            return {}
        try:
            return _dvc_files(self.root, self.commit, inside)
        except DatasetError:
            raise
        except Exception as error:  # DVC, its caches and file systems each raise their own
            said = str(error).partition("\n")[0]
            what = f"DVC cannot list the files of revision {self.name!r} ({said})"
            raise DatasetError(what, where, FETCH_DVC) from error


def _dvc_files(root: Path, commit: str, inside: str) -> dict[str, Tracked]:
    from dvc.api import DVCFileSystem  # noqa: PLC0415  # seconds

    system = DVCFileSystem(os.fspath(root), rev=commit)
    listed: Mapping[str, Any] = system.find(inside, detail=True)
    repo = system.repo
    found = {}
    for path, about in listed.items():
        entry = about.get("dvc_info", {}).get("entry")
        if entry is None or entry.hash_info is None:
            continue
        legacy = entry.hash_info.name != "md5"
        cache = repo.cache.legacy if legacy else repo.cache.local
        md5 = entry.hash_info.value
        found[path] = Tracked(md5=None if legacy else md5, cached=Path(cache.oid_to_path(md5)))
    return found


def _absolute(path: Path) -> str:
    """The path from the file system's root; links in it are followed only above the last name."""
    folder, name = os.path.split(os.path.normpath(Path.cwd() / path))
    return os.path.join(os.path.realpath(folder), name)  # noqa: PTH118  # beside its kin


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603  # a list, and revisions only after --end-of-options
            ["git", "-C", os.fspath(folder), *arguments],  # noqa: S607  # the user's own git
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"},
        )
    except FileNotFoundError as error:
        raise DatasetError("git is not installed", folder, "Install git.") from error


class _Blobs:
    """Git's contents by name, over one process that stays open; picklable."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __getstate__(self) -> Path:
        return self.root

    def __setstate__(self, root: Path) -> None:
        self.__init__(root)  # type: ignore[misc]  # a process of its own

    def __del__(self) -> None:
        if self._process is not None:
            _close(self._process)

    def read(self, blob: str) -> bytes:
        """The content of this name.

        Raises:
            DatasetError: If it is not here, as in a partial clone without its remote.
        """
        with self._lock:
            into, out = self._pipes()
            into.write(f"{blob}\n".encode())
            into.flush()
            answer = out.readline().split()
            if len(answer) != 3 or answer[1] != b"blob":  # noqa: PLR2004  # name, type, size
                fix = "Run `git fetch --refetch origin`; a partial clone leaves contents out."
                raise DatasetError(f"git has not the content {blob}", self.root, fix)
            content = out.read(int(answer[2]))
            out.read(1)
            return content

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            command: Sequence[str] = ["git", "-C", os.fspath(self.root), "cat-file", "--batch"]
            self._process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()
