"""`deri-gate ci`: the steps of the workflow. YAML calls them; what they do is tested here."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate import commands, reports
from deri_gate.errors import DatasetError, DeriGateError, SettingError
from deri_gate.github.annotation_file import annotation_file_of
from deri_gate.github.changed import Touched, refuse_base_itself, touched
from deri_gate.github.checked_out import refuse_left_out, refuse_let_go
from deri_gate.github.commits import repo_root
from deri_gate.github.fetching.planted import head_of, refuse_planted
from deri_gate.github.footprint import homes_of
from deri_gate.github.gitlab import in_gitlab
from deri_gate.github.policy import LONGEST_NOTE, Policy, policy_of
from deri_gate.github.records import is_kept, kept_twice
from deri_gate.github.reports import POLICY, fresh_reports, own_folder
from deri_gate.github.settings import in_repository
from deri_gate.reports.pictures.setting import pictures_setting
from deri_gate.reports.text import escaped
from deri_gate.reports.words import VERDICT_WORDS, marked_verdict
from deri_gate.runtime.files import ready_folder, write_text
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.output import defused
from deri_gate.runtime.tracking.tree import tree_of
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.data.readers.options import ReadKeys, ReadOptions
    from deri_gate.github.settings import GateSettings
    from deri_gate.runtime.engine import Machine
    from deri_gate.schemas.statuses import Verdict


@dataclass(frozen=True, kw_only=True)
class JudgedDataset:
    """Outcome of one dataset."""

    name: str
    status: Verdict
    text: str  # for a terminal
    annotations: tuple[str, ...]  # workflow commands


def changed_datasets(base: str, *, given: GateSettings | None = None) -> Touched:
    """Find the datasets, and the files of the policy, that the commits since base touch.

    Args:
        base: A revision, such as origin/main.
        given: Settings, instead of those in params.yaml.

    Raises:
        SettingError: If HEAD is part of the base.
    """
    root = repo_root()
    changed = touched(base, root, given)
    refuse_base_itself(changed, root)
    return changed


def as_outputs(changed: Touched | None) -> dict[str, str]:
    """Outputs of a job for later ones, each value on one line. None where there is no gate."""
    if changed is None:
        return {"datasets": "[]", "policy": "[]", "base": ""}
    return {
        "datasets": json.dumps(changed.datasets),
        "policy": json.dumps(changed.policy_files),
        "base": changed.base,
    }


def lay_out_policy(
    base: str, *, out: Path, given: GateSettings | None = None
) -> tuple[Touched, Policy]:
    """Lay out suite, limits on changes and pool as the base has them, in `out`/policy."""
    root = repo_root()
    changed = touched(base, root, given)
    return changed, policy_of(changed, own_folder(out, root) / POLICY, root)


def check_all(
    base: str,
    *,
    out: Path,
    names: Sequence[str] = (),
    given: GateSettings | None = None,
    machine: Machine,
) -> list[JudgedDataset]:
    """Judge datasets and what changed in them, by the base's policy; one folder of reports each.

    Args:
        base: A revision, such as origin/main.
        out: Holds the reports: summary.md, report.html and so on, in a folder a dataset.
        names: Which datasets; those touched when empty.
        given: Settings, instead of those in params.yaml.
        machine: How to compute.
    """
    plan = JudgingPlan.of(base, repo_root(), out=out, names=names, given=given)
    return [_judged(name, plan, machine) for name in plan.names]


@dataclass(frozen=True, kw_only=True)
class JudgingPlan:
    """Datasets to judge, by which policy and settings.

    Attributes:
        found: What the pull request touches, with the settings.
        limits: Limits and pool, as at the merge base.
        root: The repository's.
        folder: Holds the reports, in a folder a dataset; new and empty.
        names: Names of the datasets.
    """

    found: Touched
    limits: Policy
    root: Path
    folder: Path
    names: tuple[str, ...]

    @classmethod
    def of(
        cls,
        base: str,
        root: Path,
        *,
        out: Path,
        names: Sequence[str],
        given: GateSettings | None,
    ) -> JudgingPlan:
        """Find what is to be judged, and make the folder.

        Raises:
            DeriGateError: If nothing could be judged at all.
        """
        refuse_planted(head_of(root))
        changed = touched(base, root, given)
        if not names:
            refuse_base_itself(changed, root)
        wanted = tuple(names or changed.datasets)
        for name in wanted:
            path_of(name, changed.settings)  # a wrong name is said before anything is made
        folder = fresh_reports(out, root, changed.settings.datasets.values())
        limits = policy_of(changed, folder / POLICY, root)
        return cls(found=changed, limits=limits, root=root, folder=folder, names=wanted)


def _judged(name: str, by: JudgingPlan, machine: Machine) -> JudgedDataset:
    """One dataset; what keeps it from being judged is its result, and hides no other's."""
    folder, settings = ready_folder(by.folder / name), by.found.settings
    file = annotation_file_of(
        settings.datasets.get(name, ""), by.root, in_repository(settings.suite)
    )
    try:
        judged, summary = _checked(name, by, machine, file)
    except DeriGateError as error:
        judged, summary = not_judged(name, error, file)
    note = f"> [!WARNING]\n> {escaped(by.limits.note, LONGEST_NOTE)}\n\n" if by.limits.note else ""
    summary = defused(note + summary)
    write_text(summary, folder / "summary.md")
    write_text(defused(f"{by.limits.note}\n\n{judged.text}".lstrip()), folder / "report.txt")
    append("GITHUB_STEP_SUMMARY", summary)
    return judged


def _checked(
    name: str, by: JudgingPlan, machine: Machine, file: str | None
) -> tuple[JudgedDataset, str]:
    settings, base = by.found.settings, by.found.base
    path = path_of(name, settings)
    here = os.path.relpath(by.root / path)
    _refuse_others(path, by, settings.options_of(name).root)
    report = commands.check.check(
        here,
        base=f"git:{base}:{here}" if is_at(base, path, by.root) else None,
        out=by.folder / name,
        suite=by.limits.suite,
        change_suite=by.limits.change_suite,
        pool=by.limits.pool,
        review=by.limits.reviews.get(name),
        profile=settings.profile,
        metrics=settings.metrics,
        seed=settings.seed,
        name=name,
        pictures=pictures_setting(None, usual="none"),  # many may read what CI uploads
        machine=machine,
        **relative_keys(settings.options_of(name), by.root),
    )
    if in_gitlab():
        quality = reports.code_quality.as_code_quality(report, file)
        write_text(quality, by.folder / name / "code-quality.json")
    on_limits = file is not None and file == in_repository(settings.suite)
    change_file = in_repository(settings.change_suite) if on_limits else file
    annotations = reports.github.commands_of(report, file=file, change_file=change_file)
    judged = JudgedDataset(
        name=name,
        status=report.verdict,
        text=reports.terminal.as_text(report),
        annotations=tuple(annotations),
    )
    return judged, reports.markdown.as_markdown(report)


def _refuse_others(path: str, by: JudgingPlan, image_root: str) -> None:
    """Stop at a dataset of which other files lie here than those that HEAD keeps."""
    refuse_kept_twice(path, by.root, image_root)
    refuse_let_go(path, by.found.base, by.root, image_root)
    refuse_left_out(path, by.root, image_root)


def not_judged(name: str, error: DeriGateError, file: str | None) -> tuple[JudgedDataset, str]:
    """Result and summary of a dataset that could not be judged."""
    words = VERDICT_WORDS[Status.UNKNOWN]
    annotation = reports.github.command("error", name, f"{words}: {error.told}", file=file)
    judged = JudgedDataset(
        name=name,
        status=Status.UNKNOWN,
        text=f"{words.upper()} {name}\n  {error.told}\n",
        annotations=(annotation,),
    )
    heading = f"## {marked_verdict(Status.UNKNOWN)}: {escaped(name)}"
    return judged, f"{heading}\n\n{escaped(error.told)}\n"


def path_of(name: str, settings: GateSettings) -> str:
    """Path of a dataset.

    Raises:
        SettingError: If the settings know none of this name.
    """
    if name not in settings.datasets:
        fix = f"There are {', '.join(settings.datasets)}."
        raise SettingError(f"there is no dataset {name!r}", "params.yaml", fix)
    return settings.datasets[name]


def relative_keys(options: ReadOptions, root: Path) -> ReadKeys:
    """Options whose paths start at a folder, with paths relative to the working folder.

    They come from a file that a pull request may change, so it names no hosts.
    """
    options = options.model_copy(update={"allow_remote": False})
    if options.root:
        options = options.model_copy(update={"root": os.path.relpath(root / options.root)})
    return options.keys()


def is_at(rev: str, path: str, root: Path) -> bool:
    """True if a dataset is there at a revision: in git, or by a file of DVC's that holds it."""
    repository = repository_of(root)
    return is_kept(tree_of(repository, repository.commit(rev)), path)


def refuse_kept_twice(path: str, root: Path, image_root: str = "") -> None:
    """Stop at a dataset that the head keeps in git and in DVC at once.

    Args:
        path: The dataset's, from the repository's root.
        root: The repository.
        image_root: Folder that the paths in a table start from; the table's own when "".

    Raises:
        DatasetError: If it does: what is judged need not be what people get.
    """
    repository = repository_of(root)
    head = tree_of(repository, repository.commit("HEAD"))
    homes = homes_of(head, path, image_root)
    if twice := next(filter(None, (kept_twice(head, home) for home in sorted(homes))), ""):
        fix = f"Run `git rm -r --cached {twice}`, or take it out of DVC."
        raise DatasetError(f"git and DVC both keep {twice}, and may differ", path, fix)


def append(variable: str, text: str) -> None:
    """Add to the file that a workflow names in a variable; nothing where there is none."""
    path = os.environ.get(variable)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
