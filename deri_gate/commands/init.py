"""`deri-gate init`: what a repository needs to guard its datasets."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate import __version__
from deri_gate.errors import SettingError
from deri_gate.github.dataset_name import name_of_path
from deri_gate.github.settings import PARAMS, GateSettings, settings_in
from deri_gate.runtime.files import write_text
from deri_gate.runtime.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES = Path(__file__).parent.parent / "github" / "scaffold"
FILES = {  # where it goes: which template
    "dvc.yaml": "dvc.yaml",
    "params.yaml": "params.yaml",
    ".github/workflows/dataset-gate.yml": "dataset-gate.yml",
    ".github/workflows/dataset-gate-comment.yml": "dataset-gate-comment.yml",
    ".github/CODEOWNERS": "CODEOWNERS",
}
CODEOWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # GitHub reads the first


@dataclass(frozen=True, kw_only=True)
class Scaffolded:
    """Files that `init` wrote or left, as paths in the repository."""

    written: tuple[str, ...]
    left: tuple[str, ...]  # were there already, and say something else
    next_steps: str


SHELL = frozenset('"$`\\\n')  # what a shell reads between double quotes, as in dvc.yaml


def init(folder: str | Path = ".", *, dataset: str = "data") -> Scaffolded:
    """Put pipeline, parameters, limits and workflow into a repository; overwrite nothing.

    Args:
        folder: The repository's root.
        dataset: Path of the dataset in it.

    Raises:
        SettingError: If there is no such folder, or the dataset's path leads out of it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SettingError("there is no such folder", folder, "Make it first, with `git init`.")
    path = _path_inside(dataset)
    if not SHELL.isdisjoint(path):
        fix = "Rename the folder: quotes, dollars, backticks and backslashes are a shell's."
        raise SettingError("dvc.yaml cannot name it safely", "--dataset", fix)
    name = name_of_path(path)
    texts = {place: _filled(template, name, path) for place, template in FILES.items()}
    _check_settings(texts, {name: path})
    texts |= {
        f"expectations/{suite.name}": suite.read_text("utf-8")
        for suite in sorted(shipped("expectations").glob("*.json"))
    }
    written: list[str] = []
    left: list[str] = []
    for place, text in texts.items():
        (left if _is_there(folder, place) else written).append(place)
        if place in written:
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            write_text(text, folder / place)
    return Scaffolded(written=tuple(written), left=tuple(left), next_steps=_next_steps(path))


def _path_inside(dataset: str) -> str:
    try:
        return GateSettings(datasets={"dataset": dataset}).datasets["dataset"]
    except ValueError as error:
        fix = "Name a path inside the repository, relative to its root."
        raise SettingError(f"{dataset!r} leads out of the repository", "--dataset", fix) from error


def _check_settings(texts: Mapping[str, str], datasets: Mapping[str, str]) -> None:
    """Read the settings as every command will, before anything is written.

    Raises:
        SettingError: If they are not read as they are meant.
    """
    settings = settings_in(texts[PARAMS].encode("utf-8", errors="replace"), PARAMS)
    if settings is None or settings.datasets != datasets:
        fix = "Give the folder a name of letters, digits, and common signs."
        raise SettingError("no settings can be written for it", "--dataset", fix)


def _is_there(folder: Path, place: str) -> bool:
    places = CODEOWNERS if place in CODEOWNERS else (place,)
    return any((folder / one).exists() for one in places)


def _filled(template: str, name: str, path: str) -> str:
    """A template's text, with what it leaves open put in its place."""
    text = (TEMPLATES / template).read_text("utf-8")
    quoted = json.dumps(path, ensure_ascii=False)  # YAML reads it so as well
    values = {"NAME": name, "DATASET": quoted, "VERSION": __version__}
    return re.sub(r"<<([A-Z]+)>>", lambda mark: values[mark[1]], text)


def _next_steps(path: str) -> str:
    return (
        "next: `dvc init` unless it is one already, `dvc repro` to judge "
        f"{path} here, then commit. docs/pull-requests.md says what a runner needs."
    )
