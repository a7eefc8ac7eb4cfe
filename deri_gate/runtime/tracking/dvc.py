"""DVC's own files, read strictly and without DVC: nothing in them is run or fetched."""

from __future__ import annotations

import json
import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deri_gate.errors import DatasetError
from deri_gate.runtime.strict import fault_of, unique_keys
from deri_gate.runtime.strict_yaml import bounded_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCK, SUFFIX, PIPELINE, FOLDER = "dvc.lock", ".dvc", "dvc.yaml", ".dvc"
CONFIG_PATH = ".dvc/config"
LONGEST_PATH = 4096  # characters, as file systems allow: each folder of a path is looked up
_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")


@dataclass(frozen=True, kw_only=True)
class OutputFile:
    """One file of a folder that DVC keeps by the versions of a cloud."""

    path: str  # in the folder
    md5: str


@dataclass(frozen=True, kw_only=True)
class Output:
    """One file or folder that DVC keeps.

    Attributes:
        path: Where it lies, from the repository's root; None when it lies elsewhere.
        stated: The file of DVC's that says so.
        md5: What DVC knows it by, ending in .dir for a folder; "" where it says none.
        plain: If that is the MD5 of the bytes themselves, as since DVC 3.
        cached: If DVC keeps it, rather than git.
        files: Each file of a cloud-versioned folder.
        nfiles: Number of files of a folder, 0 where that is not said.
        record: All that is said of it, for comparison.
    """

    path: str | None
    stated: str
    md5: str
    plain: bool
    cached: bool
    files: tuple[OutputFile, ...] = field(repr=False)
    nfiles: int
    record: str = field(repr=False)

    def meets(self, path: str) -> bool:
        """True if it lies at, below or above a path."""
        return self.path is not None and related(self.path, path)


def related(one: str, other: str) -> bool:
    """True if one of two paths is the other, or lies below it; "" is the root."""
    return (
        one in ("", other)
        or not other
        or one.startswith(f"{other}/")
        or other.startswith(f"{one}/")
    )


def is_record(path: str) -> bool:
    """True if a file says what DVC keeps: NAME.dvc, or dvc.lock."""
    folder, name = posixpath.split(path)
    own = FOLDER in folder.split("/")
    return not own and name != SUFFIX and (name.endswith(SUFFIX) or name == LOCK)


def outputs_in(content: bytes, path: str, pipeline: bytes | None = None) -> list[Output]:
    """Outputs that a `.dvc` file or a `dvc.lock` records.

    Args:
        content: The file's.
        path: Where it lies in the repository.
        pipeline: Content of the `dvc.yaml` beside a `dvc.lock`, whose stages may have folders
            of their own.

    Raises:
        DatasetError: If it cannot be read.
    """
    document = _mapping(content, path)
    folder = posixpath.dirname(path)
    if posixpath.basename(path) != LOCK:
        at = [posixpath.join(folder, _working(document.get("wdir") or ".", path))]
        return [_output(out, place, path) for out in _outs(document, path) for place in at]
    folders = _stage_folders(pipeline, posixpath.join(folder, PIPELINE))
    outputs = []
    stages = document.get("stages", {} if "schema" in document else document)
    for name, stage in _entries(stages, path):
        working = folders.get(name.partition("@")[0], ["."])
        places = [posixpath.join(folder, entry) for entry in working]
        outputs += [_output(out, place, path) for out in _outs(stage, path) for place in places]
    return outputs


def _stage_folders(pipeline: bytes | None, path: str) -> dict[str, list[str]]:
    """Folders of stages that have their own.

    Raises:
        DatasetError: If one is computed, so that nobody can say where its outputs lie.
    """
    if pipeline is None:
        return {}
    folders = {}
    for name, stage in _entries(_mapping(pipeline, path).get("stages") or {}, path):
        body = stage.get("do", stage)
        working = body.get("wdir") if isinstance(body, dict) else None
        if working is not None:
            if "${" in str(working):
                raise _bad(path, f"the stage {name!r} computes its working folder")
            folders[name] = [_working(working, path)]
    return folders


def _working(said: Any, path: str) -> str:
    """A stage's folder.

    Raises:
        DatasetError: If it is longer than a path can be.
    """
    folder = str(said)
    if len(folder) > LONGEST_PATH:
        raise _bad(path, f"a folder's name of {len(folder):,} characters")
    return folder


def _entries(said: Any, path: str) -> Iterable[tuple[str, dict[str, Any]]]:
    if not isinstance(said, dict) or not all(isinstance(entry, dict) for entry in said.values()):
        raise _bad(path, "its stages are no mapping")
    return [(str(name), stage) for name, stage in said.items()]


def _outs(said: dict[str, Any], path: str) -> list[dict[str, Any]]:
    outs = said.get("outs") or []
    if not isinstance(outs, list) or not all(isinstance(out, dict) for out in outs):
        raise _bad(path, "its outs are no list of mappings")
    return outs


def _output(out: dict[str, Any], folder: str, stated: str) -> Output:
    where = out.get("path")
    if not isinstance(where, str) or not where or "\0" in where:
        raise _bad(stated, "an output has no path")
    if len(where) > LONGEST_PATH:
        raise _bad(stated, f"a path of {len(where):,} characters")
    path: str | None = posixpath.normpath(posixpath.join(folder, where.replace("\\", "/")))
    if path and (path.startswith(("../", "/")) or path == ".." or "://" in where):
        path = None
    if not isinstance(out.get("files") or [], list):
        raise _bad(stated, "the files of an output are no list")
    legacy = "md5" in out and out.get("hash") != "md5" and not isinstance(out.get("files"), list)
    md5 = str(out.get("md5") or "")
    return Output(
        path="" if path == "." else path,
        stated=stated,
        md5=md5,
        plain=not legacy,
        cached=out.get("cache", True) is not False,
        files=tuple(_file(entry, stated) for entry in out.get("files") or ()),
        nfiles=out["nfiles"] if isinstance(out.get("nfiles"), int) else 0,
        record=json.dumps(_worded(out), sort_keys=True, default=str),
    )


def _worded(said: Any) -> Any:
    """Convert keys to texts, so that they can be sorted."""
    if isinstance(said, dict):
        words = {
            key: key if isinstance(key, str) else f"{type(key).__name__} {key}" for key in said
        }
        return {words[key]: _worded(value) for key, value in said.items()}
    return [_worded(entry) for entry in said] if isinstance(said, list) else said


def _file(said: Any, stated: str) -> OutputFile:
    path = said.get("relpath") if isinstance(said, dict) else None
    return OutputFile(path=safe_name(path, stated), md5=str(said.get("md5") or ""))


def checked_md5(said: Any, where: str) -> str:
    """An MD5 by which a content may be looked up in a cache, where it becomes a path.

    Raises:
        DatasetError: If it is none.
    """
    if not isinstance(said, str) or not _MD5.fullmatch(said):
        raise _bad(where, f"{str(said)[:40]!r} is no MD5")
    return said


def listing_of(content: bytes, where: str) -> dict[str, str]:
    """MD5 of each file of a folder, by path in it, from DVC's own list of the folder.

    Raises:
        DatasetError: If it is no such list, or names a file outside the folder.
    """
    try:
        said = json.loads(content, object_pairs_hook=unique_keys)
        md5_of = {
            safe_name(entry["relpath"], where): checked_md5(entry["md5"], where) for entry in said
        }
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _bad(where, "it is no list of a folder's files") from error
    if len(md5_of) != len(said):
        raise _bad(where, "it names a file twice")
    return md5_of


def safe_name(path: Any, where: str) -> str:
    """A path that stays in its folder.

    Raises:
        DatasetError: If it does not.
    """
    plain = isinstance(path, str) and 0 < len(path) <= LONGEST_PATH and "\0" not in path
    plain = plain and not path.startswith("/")
    if not plain or not {"", ".", ".."}.isdisjoint(path.split("/")):
        raise _bad(where, f"{str(path)[:80]!r} is no path inside a folder")
    return str(path)


def _mapping(content: bytes, path: str) -> dict[str, Any]:
    try:
        said = bounded_yaml(content)
    except ValueError as error:
        raise _bad(path, f"it {fault_of(error)}") from error
    if said is not None and not isinstance(said, dict):
        raise _bad(path, "it holds no mapping")
    return said or {}


def _bad(path: str, why: str) -> DatasetError:
    return DatasetError(f"cannot be read as a file of DVC's: {why}", path, "Write it again.")
