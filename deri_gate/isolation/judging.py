"""The outer side: start the isolated judge, and read what it leaves as a stranger's."""

from __future__ import annotations

import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from deri_gate.commands.ci import JudgedDataset, JudgingPlan, append, not_judged
from deri_gate.errors import DeriGateError
from deri_gate.github.reports import FILES, text_in
from deri_gate.isolation.cell import IsolatedCell, Kind, environment_outside
from deri_gate.isolation.order import (
    ANSWER,
    CACHE,
    HOME,
    MOST_BYTES,
    ORDER,
    REPORT,
    Answers,
    JudgingOrder,
)
from deri_gate.isolation.running import MOST_FILE, run_cell
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.output import OURS
from deri_gate.runtime.tracking.dvc import CONFIG_PATH, FOLDER
from deri_gate.runtime.tracking.dvc_cache import cache_of
from deri_gate.runtime.tracking.tree import tree_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deri_gate.github.settings import GateSettings
    from deri_gate.runtime.engine import Machine

MOST_SUMMARY = 2**20


def check_isolated(
    base: str,
    *,
    out: Path,
    names: Sequence[str] = (),
    given: GateSettings | None = None,
    machine: Machine,
    kind: Kind,
    image: str,
) -> list[JudgedDataset]:
    """Judge as `check_all` does, in a process that can reach and keep nothing.

    Args:
        base: A revision, such as origin/main.
        out: Holds the reports, in a folder a dataset.
        names: Datasets; those touched when empty.
        given: Settings, instead of those in params.yaml.
        machine: How to compute; Ray is not used in here.
        kind: Docker or bubblewrap.
        image: Docker's image.

    Raises:
        DeriGateError: If nothing could be judged at all.
    """
    root = repository_of().root.resolve()
    plan = JudgingPlan.of(base, root, out=out, names=names, given=given)
    if not plan.names:
        return []
    order = JudgingOrder(
        base=base,
        names=plan.names,
        given=given,
        device=machine.device,
        workers=machine.workers,
    )
    with tempfile.TemporaryDirectory(prefix="deri-gate-judge-") as made:
        scratch = Path(made)
        answers = _asked(order, root, scratch, kind, image)
        return [_taken(name, answers, scratch / REPORT, plan.folder / name) for name in plan.names]


def _asked(order: JudgingOrder, root: Path, scratch: Path, kind: Kind, image: str) -> Answers:
    """The answers, once it has ended."""
    for name in (REPORT, CACHE, HOME):
        (scratch / name).mkdir()
    (scratch / ORDER).write_text(order.model_dump_json(), "utf-8")
    for place in (scratch, *scratch.iterdir()):
        place.chmod(0o777 if place.is_dir() else 0o644)  # in a container it is another user's
    cell = IsolatedCell(
        readable=tuple(_readable(root, order.base)),
        working=Path.cwd() if Path.cwd().is_relative_to(root) else root,
        scratch=scratch,
        gpu=order.device != "cpu" and any(Path("/dev").glob("nvidia[0-9]*")),
    )
    words = cell.bwrap() if kind == "bwrap" else cell.docker(image)
    status = run_cell(words, environment_outside(kind), scratch)
    return _read(scratch, status)


def _readable(root: Path, base: str) -> Iterator[Path]:
    """The checkout, git's folders, and DVC's caches as the base configures them."""
    repository = repository_of()
    yield root
    for place in (repository.folder, repository.shared):
        yield place.resolve()
    tree = tree_of(repository, repository.commit(base))
    for path in tree.files:
        if path == CONFIG_PATH or path.endswith(f"/{CONFIG_PATH}"):
            own = root / path.removesuffix(CONFIG_PATH).rstrip("/")
            cache = cache_of(own, tree.read(path)).folder.resolve()
            if cache.is_dir():
                yield cache
    local = root / FOLDER / "cache"
    if local.is_dir():
        yield local.resolve()


def _read(scratch: Path, status: int) -> Answers:
    """Read the answer as an untrusted document.

    Raises:
        DeriGateError: If it says nothing, or that nothing could be judged.
    """
    answer = text_in(scratch.parent, scratch.name, ANSWER, MOST_BYTES + 1)
    fix = "Look at what it printed above; --isolate none judges without isolation."
    if status or answer is None or len(answer) > MOST_BYTES:
        raise DeriGateError(f"the isolated judge ended without an answer ({status})", "", fix)
    try:
        answers = Answers.model_validate_json(answer, strict=False)
    except ValidationError as error:
        raise DeriGateError("the isolated judge's answer is none", "", fix) from error
    if answers.failure is not None:
        failure = answers.failure
        raise DeriGateError(failure.what, failure.where, failure.fix)
    return answers


def _taken(name: str, answers: Answers, report: Path, folder: Path) -> JudgedDataset:
    """One dataset's answer with its files; without an answer it could not be judged."""
    folder.mkdir(exist_ok=True)
    own = [outcome for outcome in answers.judged if outcome.name == name]
    if len(own) != 1:
        error = DeriGateError("the isolated judge said nothing of it", name, "Run it again.")
        return not_judged(name, error, None)[0]
    (answer,) = own
    whole = all(_is_folder(one) for one in (report, report / name))
    for file in sorted((report / name).iterdir()) if whole else ():
        _copy(file, folder / file.name)
    append("GITHUB_STEP_SUMMARY", text_in(folder.parent, name, "summary.md", MOST_SUMMARY) or "")
    annotations = tuple(line for line in answer.annotations if OURS.fullmatch(line))
    return JudgedDataset(name=name, status=answer.status, text=answer.text, annotations=annotations)


def _is_folder(place: Path) -> bool:
    return not place.is_symlink() and place.is_dir()


def _copy(file: Path, place: Path) -> None:
    """Copy a plain file of a report; whatever else lies there stays behind."""
    kind = file.lstat()
    if FILES.fullmatch(file.name) and stat.S_ISREG(kind.st_mode) and kind.st_size <= MOST_FILE:
        shutil.copyfile(file, place, follow_symlinks=False)
