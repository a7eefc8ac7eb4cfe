"""`deri-gate init`: what a repository needs to guard its datasets."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError, did_you_mean, naming_arguments
from deri_gate.github.dataset_name import name_of_path
from deri_gate.github.package_source import INDEX, PINNED, installed_source, requirement_of
from deri_gate.github.settings import PARAMS, GateSettings, settings_in
from deri_gate.runtime.files import write_text
from deri_gate.runtime.resources import shipped

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TEMPLATES = Path(__file__).parent.parent / "github" / "scaffold"
PIPELINE = {  # where it goes: which template
    "dvc.yaml": "dvc.yaml",
    "params.yaml": "params.yaml",
    ".gitignore": "gitignore",
}
FILES: Mapping[str, Mapping[str, str]] = {  # by service
    "github": {
        **PIPELINE,
        ".github/workflows/dataset-gate.yml": "dataset-gate.yml",
        ".github/workflows/dataset-gate-comment.yml": "dataset-gate-comment.yml",
        ".github/workflows/drift.yml": "drift.yml",
        ".github/CODEOWNERS": "CODEOWNERS",
    },
    "gitlab": {**PIPELINE, ".gitlab-ci.yml": "gitlab-ci.yaml", ".gitlab/CODEOWNERS": "CODEOWNERS"},
    "none": PIPELINE,
}
WORKFLOWS = {"github": ".github/           ", "gitlab": ".gitlab-ci.yml     ", "none": ""}
# All places that GitHub and GitLab look at; the first that is there counts.
CODEOWNERS = (".github/CODEOWNERS", ".gitlab/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
HOSTED = "ubuntu-latest"
LABEL = re.compile(r"[A-Za-z0-9][\w.-]*")
OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)*")
OURS = "github.event.pull_request.head.repo.full_name == github.repository"


@dataclass(frozen=True, kw_only=True)
class Scaffolded:
    """Files that `init` wrote or left, as paths in the repository."""

    written: tuple[str, ...]
    left: tuple[str, ...]  # were there already, and say something else
    notes: tuple[str, ...]  # what will not work yet, and what to do
    next_steps: str


SHELL = frozenset('"$`\\\n')  # what a shell reads between double quotes, as in dvc.yaml


@naming_arguments
def init(
    folder: str | Path = ".",
    *,
    dataset: str = "data",
    source: str = "",
    runner: str = HOSTED,
    ci: str = "github",
    owner: str = "",
) -> Scaffolded:
    """Put pipeline, parameters, limits and workflow into a repository; overwrite nothing.

    Args:
        folder: The repository's root.
        dataset: Path of the dataset in it.
        source: Where a workflow gets this package: `index`, a version, git with a revision, or a
            wheel; "" for where the running one came from.
        runner: Labels of the runner that judges, separated by commas. A pull request of a fork is
            judged on a hosted one all the same.
        ci: Service whose workflows are written: `github`, `gitlab` or `none`.
        owner: User or team that owns the policy, such as @team; "" for none yet.

    Raises:
        SettingError: If there is no such folder, the dataset's path leads out of it, or an option
            names what there is not.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise SettingError("there is no such folder", folder, "Make it first, with `git init`.")
    path = _path_inside(dataset)
    if not SHELL.isdisjoint(path):
        fix = "Rename the folder: quotes, dollars, backticks and backslashes are a shell's."
        raise SettingError("dvc.yaml cannot name it safely", "--dataset", fix)
    if ci not in FILES:
        raise SettingError(f"there is no service {ci!r}", "--ci", did_you_mean(ci, FILES))
    name, known = name_of_path(path), source or installed_source()
    values = {
        "NAME": name,
        "DATASET": json.dumps(path, ensure_ascii=False),  # YAML reads it so as well
        "SOURCE": json.dumps(requirement_of(known or INDEX)),
        "WORKFLOWS": WORKFLOWS[ci],
        **_runner_values(runner),
        **_owner_values(owner),
    }
    texts = {place: _filled(template, values) for place, template in FILES[ci].items()}
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
    return Scaffolded(
        written=tuple(written),
        left=tuple(left),
        notes=tuple(_notes(written, left, source=known, owner=owner)),
        next_steps=_next_steps(path),
    )


def _runner_values(runner: str) -> dict[str, str]:
    """Runners of the workflows: hosted, or labels, which no pull request of a fork reaches."""
    labels = [label.strip() for label in runner.split(",")]
    for label in labels:
        if not LABEL.fullmatch(label):
            fix = f"Give labels separated by commas, such as self-hosted,gpu, or {HOSTED}."
            raise SettingError(f"{label!r} is no label of a runner", "--runner", fix)
    listed = json.dumps(labels)
    if labels == [HOSTED]:
        return {"RUNNER": HOSTED, "JUDGE": HOSTED, "TAGS": "[]"}
    trusted = f"(github.event_name == 'merge_group' || {OURS})"
    judge = f"${{{{ {trusted} && fromJSON('{listed}') || '{HOSTED}' }}}}"
    return {"RUNNER": listed, "JUDGE": judge, "TAGS": listed}


def _owner_values(owner: str) -> dict[str, str]:
    if not owner:
        return {"SIGN": "# ", "OWNER": "@OWNER"}
    if not OWNER.fullmatch(owner):
        fix = "Give a user or a team, such as @us or @org/data-team."
        raise SettingError(f"{owner!r} is no owner", "--owner", fix)
    return {"SIGN": "", "OWNER": owner}


def _notes(
    written: Sequence[str], left: Sequence[str], *, source: str | None, owner: str
) -> Iterator[str]:
    """Yield what will not work as it was written, with what to do."""
    workflows = [place for place in written if place.endswith(".yml")]
    if source is None and workflows:
        yield (
            f"{workflows[0]} installs {PINNED} from an index, but this deri-gate came from a "
            "local folder: if it is on no index, remove the workflows and give --source"
        )
    if ".gitignore" in left:
        yield "look that .gitignore holds /deri-report/, so that no report is committed"
    for place in CODEOWNERS:
        if place in left:
            yield f"look that {place} names owners of params.yaml, expectations/ and the workflows"
        if place in written and not owner:
            yield f"{place} names no owner of the policy yet: edit it, or give --owner"


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


def _filled(template: str, values: Mapping[str, str]) -> str:
    """A template's text, with what it leaves open put in its place."""
    text = (TEMPLATES / template).read_text("utf-8")
    return re.sub(r"<<([A-Z]+)>>", lambda mark: values[mark[1]], text)


def _next_steps(path: str) -> str:
    page = shipped("docs") / "pull-requests.md"
    return (
        "next: `dvc init` unless it is one already, `dvc repro` to judge "
        f"{path} here, then commit. {page} says what a runner needs."
    )
