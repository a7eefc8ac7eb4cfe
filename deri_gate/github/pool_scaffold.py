"""The candidates of a new recalibration pipeline, and the files that it is made of."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from deri_gate import __version__
from deri_gate.data.readers.endings import TEXT_TABLES
from deri_gate.errors import SettingError
from deri_gate.github import footprint
from deri_gate.github.dataset_name import name_of_path
from deri_gate.github.settings import PARAMS, GateSettings, read_yaml
from deri_gate.runtime.resources import shipped_pools

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TEMPLATES = Path(__file__).parent / "scaffold"
POOL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
ARRAYS = ".npz"
WORKFLOW = ".github/workflows/recalibrate.yml"
STAGES, SECTIONS, README = "pool.yaml", "pool-params.yaml", "pool-readme.md"


@dataclass(frozen=True, kw_only=True)
class NewCandidate:
    """A dataset that a new params.yaml names.

    Attributes:
        name: Key in the section `datasets`.
        path: Folder or file, below the folder of the datasets.
        manifest: Table in the folder by which it is read, "" for none.
    """

    name: str
    path: str
    manifest: str = ""

    @property
    def dataset(self) -> str:
        """Path of what is opened, below the folder of the datasets."""
        return f"{self.path}/{self.manifest}" if self.manifest else self.path


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template's text, with what it leaves open put in its place."""
    text = (TEMPLATES / template).read_text("utf-8")
    return re.sub(r"<<([A-Z]+)>>", lambda mark: values[mark[1]], text)


def pool_values(pool: str, folder: str, candidates: Sequence[NewCandidate]) -> dict[str, str]:
    """Values for the templates of a pool; none without a pool.

    Raises:
        SettingError: If its name cannot be that of a folder.
    """
    if not pool:
        return {}
    check_pool_name(pool)
    return {
        "POOL": pool,
        "FOLDER": as_quoted(folder),
        "CANDIDATES": as_section(candidates),
    }


def with_pool(
    texts: Mapping[str, str], fill: Callable[[str], str], pool: str, *, workflow: bool
) -> dict[str, str]:
    """The files of a gate with those of a pool, and its stages and sections, added."""
    more = {WORKFLOW: fill("recalibrate.yml")} if workflow else {}
    more["dvc.yaml"] = texts["dvc.yaml"].rstrip("\n") + "\n" + fill(STAGES)
    more[PARAMS] = texts[PARAMS].rstrip("\n") + "\n" + fill(SECTIONS)
    more[f"reference_pool/{pool}/README.md"] = fill(README)
    return {**texts, **more}


def with_sections(
    folder: Path, texts: Mapping[str, str], fill: Callable[[str], str]
) -> dict[str, str]:
    """Files that are there and may be written: a plain dvc.yaml of ours, params that lack sections.

    Raises:
        SettingError: If dvc.yaml has other stages: nobody's pipeline is rewritten.
    """
    made: dict[str, str] = {}
    pipeline, params = folder / "dvc.yaml", folder / PARAMS
    if pipeline.exists():
        there = pipeline.read_text("utf-8", errors="replace")
        if there not in (fill("dvc.yaml"), texts["dvc.yaml"]):
            fix = "Move its stages to a dvc.yaml in a folder of their own, and run this again."
            raise SettingError("has stages of its own, which stay as they are", pipeline, fix)
        if there != texts["dvc.yaml"]:
            made["dvc.yaml"] = texts["dvc.yaml"]
    if params.exists():
        before = params.read_text("utf-8", errors="replace")
        sections = read_yaml(before.encode(), params)
        if "datasets" not in sections:
            version = f'\nversion: "{__version__}"  # of deri-gate\n'
            more = fill(SECTIONS) if "version" in sections else version + fill(SECTIONS)
            made[PARAMS] = before.rstrip("\n") + "\n" + more
    return made


def check_pool_name(pool: str) -> None:
    """Refuse a name that cannot be that of the folder of a pool of one's own.

    Raises:
        SettingError: If it is one.
    """
    if not POOL_NAME.fullmatch(pool):
        fix = "Use letters, digits, - and _ alone."
        raise SettingError(f"{pool!r} cannot be the name of a pool", "--pool", fix)
    if pool in shipped_pools():  # `reference_pool/` has a copy of it, and the gate takes that
        fix = "Choose another, such as own."
        raise SettingError(f"{pool!r} is the name of a pool that is shipped", "--pool", fix)


def new_candidates(root: Path, folder: str, given: Sequence[str]) -> tuple[NewCandidate, ...]:
    """Candidates that are named, or every folder and array file that lies in the folder.

    Args:
        root: The repository.
        folder: Folder of the datasets, relative to the root.
        given: Paths below that folder, as NAME=PATH to call one by another name.

    Raises:
        SettingError: If a path leads out of the folder.
    """
    paths = (
        [_split(candidate) for candidate in given]
        if given
        else [("", candidate) for candidate in _there(root / folder)]
    )
    made: list[NewCandidate] = []
    for name, path in paths:
        made.append(_candidate(root / folder, name, path, [candidate.name for candidate in made]))
    return tuple(made)


def _split(given: str) -> tuple[str, str]:
    name, sign, path = given.partition("=")
    path = path if sign else given
    try:
        plain = GateSettings(datasets={"x": path}).datasets["x"]
    except ValueError as error:
        fix = "Name a path below the folder of the datasets."
        raise SettingError(f"{path!r} leads out of it", "--candidate", fix) from error
    return name if sign else "", plain


def _there(folder: Path) -> Iterator[str]:
    """Names of the folders and array files in a folder, sorted."""
    if not folder.is_dir():
        return
    for entry in sorted(folder.iterdir()):
        usable = entry.is_dir() or entry.suffix.lower() == ARRAYS
        if usable and not entry.name.startswith("."):
            yield entry.name


def _candidate(folder: Path, name: str, path: str, taken: Sequence[str]) -> NewCandidate:
    plain = PurePosixPath(path)
    if plain.suffix.lower() in TEXT_TABLES and plain.parent.parts:  # DVC is to watch its images too
        return _named(name or plain.parent.name, plain.parent.as_posix(), plain.name, taken)
    return _named(name or path, path, _only_table(folder / path), taken)


def _only_table(folder: Path) -> str:
    """The table by which a folder is read: where there is one, and no folder of a class beside."""
    if not folder.is_dir():
        return ""
    tables = [
        candidate.name
        for candidate in sorted(folder.iterdir())
        if candidate.suffix.lower() in TEXT_TABLES
    ]
    return tables[0] if len(tables) == 1 else ""


def _named(name: str, path: str, manifest: str, taken: Sequence[str]) -> NewCandidate:
    """A candidate under a name that no other has."""
    plain = name_of_path(name)
    number = next(n for n in range(1, len(taken) + 2) if _numbered(plain, n) not in taken)
    return NewCandidate(name=_numbered(plain, number), path=path, manifest=manifest)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def as_section(candidates: Sequence[NewCandidate]) -> str:
    """The candidates as the content of the section `datasets`, to be filled in by their owner."""
    if not candidates:
        return " {}"
    return "".join(
        f"\n  {as_quoted(candidate.name)}:\n    path: {as_quoted(candidate.path)}\n"
        + (f"    manifest: {as_quoted(candidate.manifest)}\n" if candidate.manifest else "")
        + '    version: "1"\n    licence: not stated\n'
        + f"    source: {as_quoted(f'our own: {candidate.path}')}"
        for candidate in candidates
    )


def as_quoted(text: str) -> str:
    """A text as YAML and JSON write it."""
    return json.dumps(text, ensure_ascii=False)


def as_datasets(datasets: Mapping[str, str], root: Path) -> str:
    """Names and paths as the content of the section `gate.datasets`, with what DVC watches."""
    return "".join(
        f"\n    {as_quoted(name)}:\n      path: {as_quoted(path)}"
        f"\n      watch: {as_quoted(watched_for(path, root))}"
        for name, path in datasets.items()
    )


def watched_for(path: str, root: Path) -> str:
    """The folder of a table, whose images lie in it; any other dataset holds all of itself.

    The root of a repository is watched by nobody: it holds the reports, too.
    """
    folder = PurePosixPath(path).parent.as_posix()
    return folder if footprint.is_manifest(path, root) and folder != "." else path


def next_pool_steps(pool: str) -> str:
    """Sentence on what to do with the files of a pool."""
    return (
        "next: check `datasets` in params.yaml, above all licences and sources, `dvc init` unless "
        f"this is a DVC repository, then `dvc repro` makes reference_pool/{pool}. Commit it with "
        "dvc.lock, and name it under `gate`. docs/recalibration.md of deri-gate says what the "
        "workflows need."
    )
