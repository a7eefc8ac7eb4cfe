"""A pull request of ours, with files that a job made anew."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from deri_gate.github.commits import git

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.github.api import Hosting

AUTHOR = {
    "GIT_AUTHOR_NAME": "github-actions[bot]",
    "GIT_AUTHOR_EMAIL": "41898282+github-actions[bot]@users.noreply.github.com",
    "GIT_COMMITTER_NAME": "github-actions[bot]",
    "GIT_COMMITTER_EMAIL": "41898282+github-actions[bot]@users.noreply.github.com",
}


def propose_change(
    paths: Sequence[str], *, title: str, body: str, base: str, root: Path, hosting: Hosting
) -> str:
    """Commit what changed at these paths to a branch of its own, and open a pull request.

    The branch is named by its content, so that the same change twice is one pull request.

    Args:
        paths: Files or folders of the repository.
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
    git("add", "--", *paths, root=root)
    if not git("diff", "--cached", "--name-only", root=root).strip():
        return "nothing changed, so that there is nothing to propose"
    tree = git("write-tree", root=root).decode().strip()
    branch = f"deri-gate/{tree[:16]}"
    commit = git("commit-tree", tree, "-p", "HEAD", "-m", title, root=root, env=AUTHOR)
    reference = f"{commit.decode().strip()}:refs/heads/{branch}"
    git(
        "push", "--force", "origin", reference,
        root=root, env=_with_token(hosting.token), online=True,
    )  # fmt: skip
    owner = hosting.repository.partition("/")[0]
    if hosting.listed(f"pulls?state=open&head={owner}:{branch}"):
        return f"{branch} is proposed already"
    made = hosting.ask(
        "POST", "pulls", {"title": title, "body": body, "head": branch, "base": base}
    )
    return f"{branch} proposed as pull request {made['number']}"


def _with_token(token: str) -> dict[str, str]:
    """The token for one push: in the environment, where no list of processes shows it."""
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}",
    }
