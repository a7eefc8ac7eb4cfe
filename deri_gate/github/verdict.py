"""The required check: from what became of the jobs before it, whether a pull request passes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from deri_gate.reports.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,99}")  # of a dataset, as the settings allow it
NOTHING = "[]"
CUT = 60  # characters of an answer that are shown
MOST_NAMES = 20  # of files of the policy that are told


def verdict(
    changed_result: str, datasets: str, judged_result: str, policy: str = NOTHING
) -> tuple[bool, str]:
    """Conclude from three answers; one that is lost, odd or at odds with another is no pass.

    GitHub drops an output in which it finds a masked text, so that an empty list of datasets
    says nothing. Only the literal `[]` says that none was touched.

    Args:
        changed_result: Result of the job `changed`: success, failure, cancelled, skipped.
        datasets: Its output, a JSON list of names.
        judged_result: Result of the job that judges.
        policy: Output of `changed`, a JSON list of the files of the policy that differ; it is told,
            and decides nothing.

    Returns:
        Whether the check passes, and why.
    """
    if changed_result != "success":
        return False, f"what changed could not be found out ({_cut(changed_result)})"
    if datasets == NOTHING:
        if judged_result == "skipped":
            return True, "no dataset was touched" + _told(policy)
        return False, f"no dataset was touched, and yet the judge ran ({_cut(judged_result)})"
    if not names_in(datasets):
        return False, f"the list of datasets was lost or is none ({_cut(datasets)!r})"
    if judged_result == "success":
        return True, "every dataset that was touched passes"
    return False, f"the datasets that were touched do not pass ({_cut(judged_result)})"


def names_in(datasets: str) -> tuple[str, ...] | None:
    """The names in a JSON list of datasets' names, none of them twice; None where it is none."""
    names = _texts(datasets)
    if names is None or not all(NAME.fullmatch(name) for name in names):
        return None
    return tuple(names) if len(set(names)) == len(names) else None


def file_names(files: Sequence[str]) -> str:
    """Names of files of the policy for a reviewer, as one phrase."""
    names = [printable(path) for path in files[:MOST_NAMES]]
    more = len(files) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _told(policy: str) -> str:
    """Words on a policy that differs, which no report of a dataset says."""
    if policy in {"", NOTHING}:
        return ""
    names = _texts(policy)
    files = _cut(policy) if names is None else file_names(names)
    return f"; the policy is changed, and its owner has to review {files}"


def _texts(answer: str) -> list[str] | None:
    """The texts of a JSON list; None where it is none."""
    try:
        texts = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    if isinstance(texts, list) and all(isinstance(text, str) for text in texts):
        return texts
    return None


def _cut(text: str) -> str:
    return text if len(text) <= CUT else f"{text[:CUT]}…"
