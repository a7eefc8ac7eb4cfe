"""The section `datasets` of a params.yaml: candidates for a pool, where they lie, how they read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from deri_gate import __version__
from deri_gate.data.readers.endings import TEXT_TABLES
from deri_gate.data.readers.options import PLAIN, ReadOptions
from deri_gate.errors import SettingError, did_you_mean, first_fault, words_of_error
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.hashing import json_digest
from deri_gate.runtime.strict import fault_of, faults_told, validated
from deri_gate.runtime.strict_yaml import strict_yaml
from deri_gate.schemas.candidates import LeftOutDocument
from deri_gate.schemas.pool import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PROVENANCE = ("version", "licence", "source")
DOMAIN = "domain"  # may be said of a dataset beside its origin
OWN_KEYS = ("path", "manifest", DOMAIN, *PROVENANCE)
ASIDE = ("path", DOMAIN, *PROVENANCE)  # no settings for reading
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
NOT_IN_A_FILE = frozenset({"allow_remote"})  # a pull request could write it


@dataclass(frozen=True, kw_only=True)
class PoolCandidate:
    """A dataset that may become part of a pool, as params.yaml describes it.

    Attributes:
        name: Key in the section `datasets`.
        watched: File or folder that DVC watches; all that is read lies in it.
        dataset: File or folder to open: the watched one, or a manifest in it.
        reading: Options for reading it.
        settings: Digest of what params.yaml says of manifest and options; no path of a machine.
        provenance: Origin; None where it has a fault.
        fault: Reason that it cannot take part whatever its images are, "" if none.
    """

    name: str
    watched: Path
    dataset: Path
    reading: ReadOptions = field(default=PLAIN)
    settings: str = ""
    provenance: Provenance | None = None
    fault: str = ""


def read_candidates(params: Path) -> tuple[PoolCandidate, ...]:
    """The candidates that a params.yaml names, in its order.

    Raises:
        SettingError: If it cannot be read, or a name cannot be that of a folder.
    """
    document = read_params(params)
    datasets = document.get("datasets")
    if not isinstance(datasets, dict) or not datasets:
        fix = "Name each with path, version, licence and source."
        raise SettingError("its section datasets names no candidate", params, fix)
    folder = document.get("folder", ".")
    if not isinstance(folder, str):
        raise SettingError("folder is no path", params, "Give the folder of the datasets.")
    return tuple(_candidate(str(name), about, Path(folder)) for name, about in datasets.items())


def read_params(params: Path) -> dict[str, Any]:
    """All sections of a params.yaml.

    Raises:
        SettingError: If it cannot be read, or is none.
    """
    try:
        document = strict_yaml(read_regular_file(params))
    except OSError as error:
        fix = "Run in the repository's root, or name the file by --candidates."
        raise SettingError(f"cannot be read ({words_of_error(error)})", params, fix) from error
    except ValueError as error:
        raise SettingError(fault_of(error), params, "Correct the file.") from error
    if not isinstance(document, dict):
        raise SettingError("holds no settings", params, "Write `name: value` lines.")
    return document


def _candidate(name: str, about: Any, folder: Path) -> PoolCandidate:
    """One entry; its faults are said of it, and stop no other.

    Raises:
        SettingError: If its name cannot be that of a folder.
    """
    if not NAME.fullmatch(name):
        fix = "Use letters, digits, - and _ alone: folders and stages are called by it."
        raise SettingError(f"{name!r} cannot be the name of a candidate", "datasets", fix)
    if not isinstance(about, dict) or not isinstance(about.get("path"), str):
        return _faulty(name, folder, "it has no path")
    watched = folder / about["path"]
    manifest = about.get("manifest", "")
    if not isinstance(manifest, str) or _leads_out(manifest):
        return _faulty(name, watched, f"its manifest {manifest!r} is no path below {about['path']}")
    if not manifest and watched.suffix.lower() in TEXT_TABLES:
        return _faulty(name, watched, _unwatched(about["path"]))
    return _described(name, about, watched, watched / manifest if manifest else watched)


def _unwatched(path: str) -> str:
    """Fault of a table as a path: its images lie beside it, where DVC does not look."""
    plain = PurePosixPath(path)
    return (
        f"DVC would not watch the images of {path}: "
        f"write `path: {plain.parent}` and `manifest: {plain.name}`"
    )


def _described(name: str, about: Mapping[str, Any], watched: Path, dataset: Path) -> PoolCandidate:
    """A candidate with its options and origin, or with the first fault of these."""
    options = {key: value for key, value in about.items() if key not in OWN_KEYS}
    if unknown := sorted(options.keys() - (ReadOptions.model_fields.keys() - NOT_IN_A_FILE)):
        return _faulty(name, watched, f"there is no setting {unknown[0]!r}")
    root = options.get("root", "")
    if not isinstance(root, str) or _leads_out(root):
        return _faulty(name, watched, f"its root {root!r} is no folder below its path")
    try:
        reading = ReadOptions.model_validate(options)
    except ValidationError as error:
        return _faulty(name, watched, first_fault(error))
    if root:
        reading = reading.model_copy(update={"root": str(watched / root)})
    known = {key: about.get(key) for key in PROVENANCE}
    fault = next((f"its {key} is {_blank(v)}" for key, v in known.items() if _blank(v)), "")
    if not isinstance(domain := about.get(DOMAIN, ""), str):
        fault = fault or f"its {DOMAIN} is no text"
    origin = {key: str(value) for key, value in known.items()} | {DOMAIN: str(domain)}
    return PoolCandidate(
        name=name,
        watched=watched,
        dataset=dataset,
        reading=reading,
        settings=json_digest({key: about[key] for key in sorted(about.keys() - {*ASIDE})}),
        provenance=None if fault else Provenance(name=name, path=about["path"], **origin),
        fault=fault,
    )


def _leads_out(path: str) -> bool:
    plain = PurePosixPath(path)
    return plain.is_absolute() or ".." in plain.parts


def _blank(value: Any) -> str:
    """Word for a missing fact; "" where it is there."""
    if value is None:
        return "missing"
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return "no text"
    return "" if str(value).strip() else "blank"


def _faulty(name: str, watched: Path, fault: str) -> PoolCandidate:
    return PoolCandidate(name=name, watched=watched, dataset=watched, fault=fault)


def taking_part(params: Path, left_out: Path | None) -> tuple[PoolCandidate, ...]:
    """Candidates that take part, in the order of params.yaml.

    Args:
        params: The file that names them.
        left_out: File that says who does not; None where all do.
    """
    out = reasons_in(left_out)
    return tuple(candidate for candidate in read_candidates(params) if candidate.name not in out)


def reasons_in(left_out: Path | None) -> Mapping[str, str]:
    """By name, why a candidate does not take part.

    Raises:
        SettingError: If the file is none of `deri-gate candidates`.
    """
    if left_out is None:
        return {}
    fix = "Make it with `deri-gate candidates`."
    with faults_told("does not say who is left out", left_out, fix):
        return validated(read_regular_file(left_out), LeftOutDocument).left_out


def one_of(params: Path, left_out: Path | None, name: str) -> PoolCandidate | None:
    """A candidate by name; None where it does not take part.

    Raises:
        SettingError: If there is none of this name.
    """
    known = {candidate.name: candidate for candidate in read_candidates(params)}
    check_known(name, known, params)
    return None if name in reasons_in(left_out) else known[name]


def expanded(patterns: Sequence[str | Path], names: Sequence[str]) -> Iterator[Path]:
    """Paths of a pattern with {name} for every name; a path without it stays as it is."""
    for pattern in map(str, patterns):
        if "{name}" in pattern:
            yield from (Path(pattern.replace("{name}", name)) for name in names)
        else:
            yield Path(pattern)


def check_version(content: Mapping[str, Any], params: str | Path) -> None:
    """Refuse settings whose `version` is another one: no stage would have run again for it.

    Args:
        content: All sections of the file; without a `version` any will do.
        params: The file.

    Raises:
        SettingError: If it is another one.
    """
    version = content.get("version", __version__)
    if version != __version__:
        fix = f'Install that one, or write `version: "{__version__}"`: all stages then run again.'
        what = f"version is {version}, and deri-gate {__version__} is installed"
        raise SettingError(what, params, fix)


def check_known(name: str, known: Mapping[str, PoolCandidate], params: str | Path) -> None:
    """Refuse a name that is no candidate's.

    Raises:
        SettingError: If it is none.
    """
    if name not in known:
        raise SettingError(f"there is no candidate {name!r}", params, did_you_mean(name, known))
