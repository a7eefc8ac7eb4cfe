"""The required check: from what became of the jobs before it, whether a pull request passes."""

from __future__ import annotations

import json
import re

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _-]{0,99}")  # of a dataset, as the settings allow it
NOTHING = "[]"
CUT = 60  # characters of an answer that are shown


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
    try:
        names = json.loads(datasets)
    except (ValueError, RecursionError):
        return None
    if not isinstance(names, list):
        return None
    if not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
        return None
    return tuple(names) if len(set(names)) == len(names) else None


def _told(policy: str) -> str:
    """Words on a policy that differs, which no report of a dataset says."""
    return (
        ""
        if policy in {"", NOTHING}
        else f"; the policy is changed, and its owner has to review it: {_cut(policy)}"
    )


def _cut(text: str) -> str:
    return text if len(text) <= CUT else f"{text[:CUT]}…"
