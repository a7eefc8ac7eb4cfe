"""A pull request of ours, with files that a job made anew."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from deri_gate.github.commits import git

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from deri_gate.github.api import Hosting

AUTHOR = {
    "GIT_AUTHOR_NAME": "github-actions[bot]",
    "GIT_AUTHOR_EMAIL": "41898282+github-actions[bot]@users.noreply.github.com",
    "GIT_COMMITTER_NAME": "github-actions[bot]",
    "GIT_COMMITTER_EMAIL": "41898282+github-actions[bot]@users.noreply.github.com",
}
PREFIX = "deri-gate/"  # of the branches of proposals
DIGITS = 16


def propose_change(
    paths: Sequence[str], *, title: str, body: str, base: str, root: Path, hosting: Hosting
) -> str:
    """Commit what changed at these paths to a branch of its own, and open a pull request.

    The branch is named by the content of the paths, so that the same change twice is one pull
    request, and one that its owner closed is not opened again. An open one with another content
    is closed: the new one takes its place.

    Args:
        paths: Files or folders of the repository; those that there are not are left out.
        title: Title of the pull request and the commit.
        body: Text of the pull request.
        base: The branch to merge into.
        root: The repository.
        hosting: Where it is hosted.

    Returns:
        What was done, in a line.

    Raises:
        GitError: If git cannot commit or push.
        HostingError: If the pull request cannot be opened.
    """
    paths = [path for path in paths if _is_known(path, root)]  # git refuses any other
    git("add", "--", *paths, root=root)
    if not git("diff", "--cached", "--name-only", root=root).strip():
        return "nothing changed, so that there is nothing to propose"
    branch = f"{PREFIX}{_content_of(paths, root)}"
    owner = hosting.repository.partition("/")[0]
    known = hosting.listed(f"pulls?state=all&head={owner}:{branch}")  # said before a push
    if any(pull.get("state", "open") == "open" for pull in known):
        return f"{branch} is proposed already"
    if known:
        return f"{branch} was proposed before, and closed: it is not opened again"
    tree = git("write-tree", root=root).decode().strip()
    commit = git("commit-tree", tree, "-p", "HEAD", "-m", title, root=root, env=AUTHOR)
    push(commit.decode().strip(), branch, root, hosting)
    made = hosting.ask(
        "POST", "pulls", {"title": title, "body": body, "head": branch, "base": base}
    )
    replaced = _close_others(branch, title, made["number"], hosting)
    also = f", in place of {', '.join(f'#{n}' for n in replaced)}" if replaced else ""
    return f"{branch} proposed as pull request {made['number']}{also}"


def _is_known(path: str, root: Path) -> bool:
    """True for what is there, or was when it was committed."""
    return (root / path).exists() or bool(git("ls-files", "-z", "--", path, root=root))


def _content_of(paths: Sequence[str], root: Path) -> str:
    """Digest of what the index holds at these paths; nothing else of the repository matters."""
    listed = git("ls-files", "--stage", "-z", "--", *paths, root=root)
    return hashlib.sha256(listed).hexdigest()[:DIGITS]


def _close_others(branch: str, title: str, number: int, hosting: Hosting) -> list[int]:
    """Close open proposals of this title that another content was proposed by."""
    closed = []
    for pull in hosting.listed("pulls?state=open"):
        head = pull.get("head") or {}
        ours = (head.get("repo") or {}).get("full_name") == hosting.repository
        name = str(head.get("ref", ""))
        if ours and name.startswith(PREFIX) and name != branch and pull.get("title") == title:
            path = f"issues/{pull['number']}/comments"
            hosting.ask("POST", path, {"body": f"Replaced by #{number}, which is newer."})
            hosting.ask("PATCH", f"pulls/{pull['number']}", {"state": "closed"})
            closed.append(int(pull["number"]))
    return closed


def push(commit: str, branch: str, root: Path, hosting: Hosting) -> None:
    """Make a branch of the remote this commit.

    Raises:
        GitError: If the remote refuses it.
    """
    git(
        "push", "--force", "origin", f"{commit}:refs/heads/{branch}",
        root=root, env=with_token(hosting.token), online=True,
    )  # fmt: skip


def with_token(token: str) -> Mapping[str, str]:
    """The token for one command: in the environment, where no list of processes shows it."""
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}",
    }
