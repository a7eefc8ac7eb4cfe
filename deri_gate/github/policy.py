"""Limits, pool and decisions as of the base: a pull request cannot weaken its own gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.github.commits import content_at, files_at
from deri_gate.github.reports import emptied
from deri_gate.github.settings import in_repository
from deri_gate.github.verdict import MOST_NAMES, file_names
from deri_gate.reports.text import LONGEST, LONGEST_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from deri_gate.github.changed import Touched


# Characters: no name of a file or dataset is cut out.
LONGEST_NOTE = LONGEST_TEXT + 2 * MOST_NAMES * (LONGEST + 2)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Limits, pool and decisions that judge a dataset, outside the reach of the working tree.

    Attributes:
        suite: Limits on a dataset: a file, a shipped suite's name, or None for the usual ones.
        change_suite: Limits on a change, likewise.
        pool: A shipped pool's name, where the base's own pool was put, or "" for the usual one.
        reviews: By name of a dataset, the list of decisions on its suspects.
        note: What a reviewer has to know about the policy; "" when nothing.
    """

    suite: str | Path | None
    change_suite: str | Path | None
    pool: str
    note: str
    reviews: Mapping[str, Path] = field(default_factory=dict)


def policy_of(touched: Touched, folder: Path, root: Path) -> Policy:
    """Put suite, limits on changes, pool and decisions, as they are at the base, into a folder.

    A pull request that could bring its own decisions would accept its own faults.

    Where the base has no gate yet, or lacks a file that its own settings name, there is no policy
    to keep: a new gate is judged by itself and says so, a broken one is an error.

    Raises:
        SettingError: If the base's settings name a file that the base does not have.
    """
    folder = emptied(folder, root)
    settings = touched.settings
    return Policy(
        suite=_placed(settings.suite, touched.policy, folder, root),
        change_suite=_placed(settings.change_suite, touched.policy, folder, root),
        pool=str(_placed(settings.pool, touched.policy, folder, root)),
        note=note_on(touched),
        reviews={
            name: _copied(path, touched.policy, folder, root)
            for name, path in settings.review.items()
        },
    )


def note_on(touched: Touched) -> str:
    """Sentences on base and policy for a reviewer; "" when there is nothing to say."""
    return " ".join(filter(None, (_on_policy(touched), _on_overtaken(touched.overtaken))))


def _on_policy(touched: Touched) -> str:
    if touched.new:
        return "The base has no gate yet. Limits and pool are those of this pull request."
    if not touched.policy_files:
        return ""
    by = "It was judged by the limits, the pool and the decisions of the base."
    if not touched.datasets:
        by = "No dataset was touched, so nothing was judged."
    return (
        f"This pull request changes the policy itself. {by} "
        f"The owner of the policy has to review {file_names(touched.policy_files)}."
    )


def _on_overtaken(names: Sequence[str]) -> str:
    if not names:
        return ""
    return (
        f"Since this branch left the base, {file_names(names)} may have changed there too. What "
        "came there was not compared with what comes here, such as the same images twice: merge "
        "the base, and judge again."
    )


def _placed(limits: str | None, rev: str, folder: Path, root: Path) -> str | Path | None:
    """Path to which a suite or pool was written; a shipped one keeps its name."""
    path = in_repository(limits)
    return limits if path is None else _copied(path, rev, folder, root)


def _copied(path: str, rev: str, folder: Path, root: Path) -> Path:
    """Path to which a file or folder of the base was written."""
    names = files_at(rev, path, root)
    if not names:
        fix = "Commit it to the base branch first."
        raise SettingError(f"is named by the settings, and not in {rev[:12]}", path, fix)
    for name in names:
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content_at(rev, name, root) or b"")
    return folder / path
