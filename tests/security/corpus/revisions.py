"""Revisions that are options, that are not there, or that lead out."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from case import Case, Outcome, good_set

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = ("--help", "-h", "--output=PWNED", "--upload-pack=touch PWNED", "-c core.pager=touch",
           "HEAD;touch PWNED", "$(touch PWNED)", "`touch PWNED`", "HEAD\n", "@{-1}", "HEAD^{/x}",
           "HEAD:set", ":/", "HEAD..HEAD", "^HEAD", "refs/heads/../../x", "HEAD^{tree}",
           "HEAD~999999", "0" * 40, "deadbeef", "*", "x" * 3000, "HEAD@{99 years ago}",
           "ext::sh -c touch%20PWNED")  # fmt: skip
PATHS = ("../set", "/etc", "set/../../x", "none", "set/" + "d/" * 1500, "x" * 300, ":(glob)*",
         ":!set", "-", "--", "set/cat/0.png")  # fmt: skip


def repository(folder: Path) -> None:
    """A git repository with a sound set in one commit."""
    good_set(folder / "set")
    for command in (["init", "-q", "-b", "main"], ["add", "set"],
                    ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "m"]):  # fmt: skip
        subprocess.run(["git", *command], cwd=folder, check=True)


def case(name: str, spec: str, outcome: Outcome = "refused") -> Case:
    """A case of one dataset in a repository."""
    argv = ("measure", spec, "--metrics", "sharpness", "--out", "out")
    return Case(name=f"git/{name}", make=repository, argv=argv, outcome=outcome)


def cases() -> list[Case]:
    """The whole family."""
    return [case("sound", "git:HEAD:set", "read"), *_revisions(), *_paths()]


def _revisions() -> Iterator[Case]:
    for name in HOSTILE:
        outcome: Outcome = (
            "bounded"
            if name in {"HEAD^{tree}", "@{-1}", "HEAD\n", "HEAD@{99 years ago}"}
            else "refused"
        )
        yield case(f"revision {name[:30]!r}", f"git:{name}:set", outcome)


def _paths() -> Iterator[Case]:
    for path in PATHS:
        yield case(f"path {path[:30]!r}", f"git:HEAD:{path}")
