"""A pull request whose dataset is a repository too, judged with the real command."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def embed(guarded, folder: Path, tmp_path: Path) -> None:
    """Lay the plain files of a repository into the dataset, its refs named like the base.

    They all lead to a commit in which the dataset is what the head has.
    """
    base = guarded.run("git", "rev-parse", "main").strip()
    other = tmp_path / "other"
    shutil.copytree(guarded.folder / "data", other / "data")
    run = ["git", "-C", os.fspath(other)]
    subprocess.run([*run, "init", "--quiet", "--initial-branch", "main"], check=True)
    subprocess.run([*run, "add", "--all"], check=True)
    subprocess.run([*run, "commit", "--quiet", "-m", "bad"], check=True)
    for name in (base[:12], base, "origin/main"):
        subprocess.run([*run, "update-ref", f"refs/heads/{name}", "HEAD"], check=True)
    for name in ("HEAD", "objects", "refs"):
        subprocess.run(["cp", "-r", other / ".git" / name, folder], check=True)
    config = (
        f"[core]\nbare = false\nworktree = {guarded.folder}\nfsmonitor = touch {tmp_path}/PWNED\n"
    )
    (folder / "config").write_text(config)


def test_it_neither_passes_nor_runs_anything(guarded, run, monkeypatch, tmp_path) -> None:
    """One class nearly emptied: it fails, as it does without the embedded repository."""
    guarded.branch("topic")
    data = guarded.folder / "data"
    for path in sorted((data / "digit 1").iterdir())[3:]:
        path.unlink()
    guarded.dvc("add", "--quiet", "data")
    guarded.commit("fewer")
    embed(guarded, data, tmp_path)
    monkeypatch.chdir(guarded.folder)
    guarded.run("git", "update-ref", "refs/remotes/origin/main", "main")
    status, said, err = run_there(guarded, run, monkeypatch)

    assert status == 1, err
    assert "FAILED" in said
    assert "removed" in said
    assert "0 (0 to 0)" not in said
    assert not (tmp_path / "PWNED").exists()


def run_there(guarded, run, monkeypatch):
    monkeypatch.chdir(guarded.folder)
    return run("ci", "check", "--base", "origin/main", "--out", "deri-report")


def test_the_repository_can_be_named(guarded, run, tmp_path) -> None:
    """From anywhere, and for this command alone."""
    guarded.branch("topic")
    guarded.write(
        "data.dvc", guarded.folder.joinpath("data.dvc").read_text().replace("md5: ", "md5: a", 1)
    )
    guarded.commit("another")
    before = dict(os.environ)
    status, said, err = run("ci", "changed", "--base", "main", "--repo", guarded.folder)

    assert (status, said.splitlines()[0]) == (0, 'datasets=["digits"]'), err
    assert {**os.environ} == before
    status, _, err = run("ci", "changed", "--base", "main")
    assert status == 2
    assert "--repo" in err
