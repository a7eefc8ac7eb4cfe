"""`deri-gate init`: what a repository needs to guard its datasets."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate import __version__
from deri_gate.errors import SettingError, did_you_mean
from deri_gate.github.dataset_name import name_of_path
from deri_gate.github.dvc_remotes import S3, remote_notes, remote_schemes
from deri_gate.github.init_dataset import USUAL, dataset_notes, init_dataset, left_notes, next_steps
from deri_gate.github.package_source import (
    CPU_INDEX,
    INDEX,
    PINNED,
    installed_source,
    is_local,
    source_values,
)
from deri_gate.github.pool_scaffold import (
    as_datasets,
    filled,
    new_candidates,
    next_pool_steps,
    pool_values,
    with_pool,
    with_sections,
)
from deri_gate.github.settings import PARAMS, settings_in
from deri_gate.github.stage_notes import stage_notes
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.files import write_text
from deri_gate.runtime.resources import shipped, shipped_pools

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

PIPELINE = {  # where it goes: which template
    "dvc.yaml": "dvc.yaml",
    "params.yaml": "params.yaml",
    "review/README.md": "review-readme.md",
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
GATES = (".github/workflows/dataset-gate.yml", ".gitlab-ci.yml")  # they fetch from a remote
WORKFLOWS = {"github": ".github/           ", "gitlab": ".gitlab-ci.yml     ", "none": ""}
# All places that GitHub and GitLab look at; the first that is there counts.
CODEOWNERS = (".github/CODEOWNERS", ".gitlab/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
POOL = f"reference_pool/{STANDARD.name}/pool.json"
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


@checking_arguments()
def init(
    folder: str | Path = ".",
    *,
    dataset: str | None = None,
    source: str = "",
    runner: str = HOSTED,
    ci: str = "github",
    owner: str = "",
    pool: str = "",
    candidates: Sequence[str] = (),
) -> Scaffolded:
    """Put pipeline, parameters, limits and workflow into a repository; overwrite nothing.

    With a pool, the pipeline makes that pool as well, and a workflow makes it anew each month. A
    params.yaml that is there keeps its lines, and gets the sections that it lacks.

    Args:
        folder: The repository's root.
        dataset: Path of the dataset in it; with a pool, the folder of the datasets. None for
            the only one that DVC keeps in `data`, else `data`, or where there is none, the only one
            that lies here or that DVC keeps.
        source: Where a workflow gets this package: `index`, a version, git with a revision, or a
            wheel; "" for where the running one came from.
        runner: Labels of the runner that judges, separated by commas. A pull request of a fork is
            judged on a hosted one all the same.
        ci: Service whose workflows are written: `github`, `gitlab` or `none`.
        owner: User or team that owns the policy, such as @team; "" for none yet.
        pool: Name of a pool to make of one's own datasets; none when empty.
        candidates: Paths of its datasets below that folder, as NAME=PATH to call one by another
            name; every folder and .npz file in it when empty.

    Raises:
        SettingError: If there is no such folder, the dataset's path leads out of it, there are
            several datasets and none is named, an option names what there is not, or dvc.yaml
            has stages to which those of a pool cannot be added.
    """
    folder = Path(folder)
    path = _checked(folder, USUAL if pool and dataset is None else dataset, ci)
    added = new_candidates(folder, path, candidates) if pool else ()
    source_used = source or installed_source()
    datasets = {candidate.name: f"{path}/{candidate.dataset}" for candidate in added} or {
        name_of_path(path): path
    }
    values = {
        "DATASETS": as_datasets(datasets, folder),
        **source_values(source_used or INDEX, s3=S3 in remote_schemes(folder)),
        "WORKFLOWS": WORKFLOWS[ci],
        "VERSION": __version__,
        **_runner_values(runner, local=is_local(source_used)),
        **_owner_values(owner),
        **pool_values(pool, path, added),
    }
    fill = partial(filled, values=values)
    texts = {place: fill(template) for place, template in FILES[ci].items()}
    replaced = {}
    if pool:
        texts = with_pool(texts, fill, pool, workflow=ci == "github")
        replaced = with_sections(folder, texts, fill)
    _check_settings({**texts, **replaced}, None if replaced else datasets)
    texts |= replaced | dict(_policy())
    written, left = _put(folder, texts, replaced)
    return Scaffolded(
        written=tuple(written),
        left=tuple(left),
        notes=(
            *(dataset_notes(folder, path, dataset) if PARAMS in written and not pool else ()),
            *_notes(written, left, source=source_used, runner=runner, owner=owner),
            *(*left_notes(folder, left, dataset and path, texts), *_dvc_notes(folder, written)),
        ),
        next_steps=next_pool_steps(pool) if pool else next_steps(folder, path),
    )


def _policy() -> Iterator[tuple[str, str]]:
    """Yield place and text of the limits and the pool: they lie where DVC and owners see them."""
    for suite in sorted(shipped("expectations").glob("*.json")):
        yield f"expectations/{suite.name}", suite.read_text("utf-8")
    yield POOL, shipped_pools()[STANDARD.name].read_text("utf-8")


def _checked(folder: Path, dataset: str | None, ci: str) -> str:
    """The dataset's path, once it is known that files can be written for it.

    Raises:
        SettingError: If they cannot.
    """
    if not folder.is_dir():
        raise SettingError("there is no such folder", folder, "Make it first, with `git init`.")
    path = init_dataset(folder, dataset)
    if not SHELL.isdisjoint(path):
        fix = "Rename the folder: quotes, dollars, backticks and backslashes are a shell's."
        raise SettingError("dvc.yaml cannot name it safely", "--dataset", fix)
    if ci not in FILES:
        raise SettingError(f"there is no service {ci!r}", "--ci", did_you_mean(ci, FILES))
    return path


def _put(
    folder: Path, texts: Mapping[str, str], replaced: Collection[str]
) -> tuple[list[str], list[str]]:
    """Write files that are not there, or may be replaced; which were written, which left."""
    written: list[str] = []
    left: list[str] = []
    for place, text in texts.items():
        new = place in replaced or not _is_there(folder, place)
        (written if new else left).append(place)
        if new:
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            write_text(text, folder / place)
    return written, left


def _runner_values(runner: str, *, local: bool) -> dict[str, str]:
    """Runners of the workflows: hosted, or labels, which no pull request of a fork reaches.

    Hosted ones have no GPU, so torch comes without CUDA: 4 GB less in each run.

    Args:
        runner: Labels, separated by commas.
        local: If the package lies on that runner alone, so that each job needs it.
    """
    labels = [label.strip() for label in runner.split(",")]
    for label in labels:
        if not LABEL.fullmatch(label):
            fix = f"Give labels separated by commas, such as self-hosted,gpu, or {HOSTED}."
            raise SettingError(f"{label!r} is no label of a runner", "--runner", fix)
    listed = json.dumps(labels)
    if labels == [HOSTED]:
        first = f"--index-url {CPU_INDEX} && pip install "
        cpu = {"TORCH": f"torch {first}", "VISION": f"torch torchvision {first}", "CPU": "--cpu "}
        return {"RUNNER": HOSTED, "JUDGE": HOSTED, "LIGHT": HOSTED, "TAGS": "[]", **cpu}
    trusted = f"(github.event_name == 'merge_group' || {OURS})"
    judge = f"${{{{ {trusted} && fromJSON('{listed}') || '{HOSTED}' }}}}"
    light = judge if local else HOSTED
    return {
        "RUNNER": listed,
        "JUDGE": judge,
        "LIGHT": light,
        "TAGS": listed,
        "TORCH": "",
        "VISION": "",
        "CPU": "",
    }


def _owner_values(owner: str) -> dict[str, str]:
    if not owner:
        return {"SIGN": "# ", "OWNER": "@OWNER"}
    if not OWNER.fullmatch(owner):
        fix = "Give a user or a team, such as @us or @org/data-team."
        raise SettingError(f"{owner!r} is no owner", "--owner", fix)
    return {"SIGN": "", "OWNER": owner}


def _notes(
    written: Sequence[str], left: Sequence[str], *, source: str | None, runner: str, owner: str
) -> Iterator[str]:
    """Yield what will not work as it was written, with what to do."""
    workflows = [path for path in written if path.endswith(".yml")]
    if is_local(source) and workflows:
        yield (
            f"{source} is on no hosted runner: give --runner, or the address of a wheel"
            if runner == HOSTED
            else f"pull requests of forks cannot be judged: {source} is on your runner alone"
        )
    if source is None and workflows:
        yield (
            f"{workflows[0]} installs {PINNED} from an index, but this deri-gate came from a "
            "local folder: if it is on no index, remove the workflows, and run `init` again with "
            "--source"
        )
    if ".gitignore" in left:
        yield "look that .gitignore holds /deri-report/, so that no report is committed"
    for place in CODEOWNERS:
        if place in left:
            yield f"look that {place} names owners of params.yaml, expectations/ and the workflows"
        if place in written and not owner:
            yield f"{place} names no owner of the policy yet: edit it, or give --owner"


def _dvc_notes(folder: Path, written: Sequence[str]) -> Iterator[str]:
    """Yield what DVC still needs: a package for its remote, and whole entries in params.yaml."""
    for path in written:
        if path in GATES:
            yield from remote_notes(folder, path)
    if "dvc.yaml" in written:
        yield from stage_notes(folder)


def _check_settings(texts: Mapping[str, str], datasets: Mapping[str, str] | None) -> None:
    """Read the settings as every command will, before anything is written.

    Args:
        texts: The files.
        datasets: What they are to name; None where somebody else wrote them.

    Raises:
        SettingError: If they are not read as they are meant.
    """
    settings = settings_in(texts[PARAMS].encode("utf-8", errors="replace"), PARAMS)
    if datasets is not None and (settings is None or settings.datasets != datasets):
        fix = "Give the folder a name of letters, digits, and common signs."
        raise SettingError("no settings can be written for it", "--dataset", fix)


def _is_there(folder: Path, place: str) -> bool:
    places = CODEOWNERS if place in CODEOWNERS else (place,)
    return any((folder / place).exists() for place in places)
