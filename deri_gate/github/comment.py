"""One comment a dataset on a pull request, edited in place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from deri_gate.errors import SettingError
from deri_gate.github.reports import text_in
from deri_gate.github.settings import PARAMS, settings_in
from deri_gate.github.verdict import NAME, names_in
from deri_gate.reports.words import marked_verdict
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.output import defused
from deri_gate.runtime.strict import faults_told, strict_json
from deri_gate.schemas.statuses import Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deri_gate.github.api import Hosting

MOST = 65_000  # characters; the platform refuses a comment of more than 65,536
SHOWN = 12  # characters of a commit
MOST_BYTES = 4 * MOST  # that are read of a report
FENCE = re.compile(r"~{3,}")
BLOCK = re.compile(r" {0,3}(`{3,20}|~{3,20})")  # begin of a block of code, or its end
CUT = "The comment ends here. The whole report is among the files of the run."
ROOM, MOST_OPEN = 500, 20  # characters for what closes a cut comment, and lines of it
OF_A_FORK = (
    "From a fork: what follows was made by a run of its own code, and is shown as plain text."
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """Target of a comment."""

    number: int  # of the pull request
    trusted: bool  # whether the repository's own branch was judged, and not a fork's
    base: str  # commit or branch that it is to be merged into
    commit: str = ""  # that was judged
    failed: bool = False  # whether the run that is told of did not pass


def target_of(event: dict[str, Any], hosting: Hosting) -> Target | None:
    """The pull request that an event is about, None when it is about none.

    The number never comes from what a run left behind, which a fork could have written: for
    `workflow_run` it is asked of the API, by branch and commit as the event has them.

    Raises:
        SettingError: If the event lacks what events of its kind have.
    """
    try:
        return _target_of(event, hosting)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        fix = "Run this in a workflow, or name the file with --event."
        raise SettingError("is no event of a pull request or of a workflow", "", fix) from error


def _target_of(event: dict[str, Any], hosting: Hosting) -> Target | None:
    if "pull_request" in event:
        pull = event["pull_request"]
        same_repository = _same(pull["head"]["repo"], event["repository"])
        return _target(pull, trusted=same_repository)
    run = event.get("workflow_run")
    if run is None or run.get("event") != "pull_request":
        return None
    head = run["head_repository"]
    branch = quote(f"{head['owner']['login']}:{run['head_branch']}", safe="")
    for pull in hosting.listed(f"pulls?state=open&head={branch}"):
        if pull["head"]["sha"] == run["head_sha"]:
            trusted, failed = _same(head, event["repository"]), run.get("conclusion") != "success"
            return _target(pull, trusted=trusted, failed=failed)
    return None


def _target(pull: dict[str, Any], *, trusted: bool, failed: bool = False) -> Target:
    commit = str(pull["head"].get("sha", ""))
    base = str(pull["base"]["sha"])
    number = int(pull["number"])
    return Target(number=number, trusted=trusted, base=base, commit=commit, failed=failed)


def _same(one: dict[str, Any] | None, other: dict[str, Any]) -> bool:
    return one is not None and one["full_name"] == other["full_name"]  # null: the fork is gone


def comments_in(
    folder: Path, names: Iterable[str], *, trusted: bool, commit: str = ""
) -> dict[str, str]:
    """By dataset, the comment's text, from the reports below a folder.

    Args:
        folder: Holds a folder a dataset; what else it holds is not looked at.
        names: Names of the datasets in the settings.
        trusted: Whether their Markdown may be shown as such; text in a block otherwise.
        commit: Commit that was judged; "" where it is not known.

    Raises:
        SettingError: If there is no such folder, or it is a link.
    """
    if folder.is_symlink() or not folder.is_dir():
        raise SettingError("there is no such folder", folder, "Download the reports there first.")
    comments = {}
    for name in sorted(set(names)):
        text = text_in(folder, name, "summary.md" if trusted else "report.txt", MOST_BYTES)
        if text is not None and NAME.fullmatch(name):
            comments[name] = _comment(name, text if trusted else _fenced(text), commit)
    return comments


def comments_without_report(names: Iterable[str], commit: str) -> dict[str, str]:
    """By dataset, a comment that takes the place of what an earlier run said of it."""
    heading = f"## {marked_verdict(Status.UNKNOWN)}"
    said = "The run left no report of this dataset. Its log says why."
    return {name: _comment(name, f"{heading}: {name}\n\n{said}\n", commit) for name in names}


def _comment(name: str, text: str, commit: str) -> str:
    """A comment that says which commit it is about: one of an earlier run may stay."""
    known = re.fullmatch(r"[0-9a-f]{7,64}", commit)
    foot = f"\n\nJudged: {commit[:SHOWN]}\n" if known else ""
    return cut_to_fit(f"{comment_marker(name)}\n{text}", MOST - len(foot)) + foot


def cut_to_fit(text: str, most: int) -> str:
    """Markdown of so many characters at most, cut between lines, what is open at the cut closed.

    An open block would swallow all that follows it.
    """
    if len(text) <= most:
        return text
    kept = text[: most - ROOM]
    kept = kept[: kept.rfind("\n") + 1] or kept
    fence = ""
    for line in kept.splitlines():
        mark = BLOCK.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip() == mark[1] and mark[1].startswith(fence):
            fence = ""
    closing = [fence] * bool(fence) + ["</details>"] * max(0, _open_folds(kept))
    return "\n".join([kept, *closing[:MOST_OPEN], "", CUT]) + "\n"


def _open_folds(text: str) -> int:
    return text.count("<details>") - text.count("</details>")


def datasets_of(target: Target, given: str | None, hosting: Hosting) -> tuple[str, ...]:
    """Names of the datasets that a comment may be about.

    Args:
        target: Where it goes.
        given: The list that the job `changed` handed on, believed of the repository's own
            branches alone; None to ask the base's settings.
        hosting: Where the base is.

    Raises:
        SettingError: If the list is none.
    """
    if given is not None and target.trusted:
        return given_names(given)
    content = hosting.file(PARAMS, target.base)
    settings = None if content is None else settings_in(content, PARAMS)
    return () if settings is None else tuple(settings.datasets)


def given_names(given: str) -> tuple[str, ...]:
    """Names in the list that the job `changed` handed on.

    Raises:
        SettingError: If it is none.
    """
    names = names_in(given)
    if names is None:
        fix = "Hand on the output `datasets` of the job `changed`."
        raise SettingError("is no list of datasets", "--datasets", fix)
    return names


def comment_marker(name: str) -> str:
    """Marker of a dataset's comment; no reader sees it."""
    return f"<!-- deri-gate: {name} -->"


def _fenced(text: str) -> str:
    """Text in a block that it cannot end, cut to fit."""
    clean = defused("".join(c for c in text if c == "\n" or c.isprintable()))
    inside = FENCE.sub(lambda found: "~ " * len(found[0]), clean)[: MOST - 1000]
    return f"{OF_A_FORK}\n\n~~~text\n{inside}\n~~~\n"


def post(
    texts: dict[str, str], number: int, hosting: Hosting, *, only_over: bool = False
) -> list[str]:
    """Write each comment, over the one of an earlier run where there is one.

    Args:
        texts: By dataset, the comment.
        number: Number of the pull request.
        hosting: Where it is.
        only_over: If none is written where there is none of an earlier run.

    Returns:
        What was done, a line a comment.
    """
    if not texts:
        return []
    there = hosting.listed(f"issues/{number}/comments")
    done = []
    for name, text in texts.items():
        earlier = next((comment for comment in there if _is_ours(comment, name)), None)
        if earlier is None and only_over:
            continue
        if earlier is None:
            hosting.ask("POST", f"issues/{number}/comments", {"body": text})
        elif earlier["body"] != text:
            hosting.ask("PATCH", f"issues/comments/{earlier['id']}", {"body": text})
        did = "written" if earlier is None else "edited" if earlier["body"] != text else "unchanged"
        done.append(f"{name}: comment {did} on pull request {number}")
    return done


def _is_ours(comment: dict[str, Any], name: str) -> bool:
    """A person may have quoted the marker; what a person wrote is not ours to edit."""
    return comment["user"]["type"] == "Bot" and str(comment["body"]).startswith(
        comment_marker(name)
    )


def read_event(path: Path) -> dict[str, Any]:
    """The event that started a workflow.

    Raises:
        SettingError: If it cannot be read.
    """
    with faults_told("is no event", path, "Run this in a workflow, or name the file with --event."):
        event = strict_json(read_regular_file(path))
    if not isinstance(event, dict):
        raise SettingError("is no event", path, "It is a JSON object.")
    return event
