"""A checkout that leaves files of a dataset out is not judged; no path becomes a command."""

from __future__ import annotations

import os
import shutil

import pytest

from ..github.conftest import write_digits


@pytest.fixture
def branch(run, guarded, monkeypatch):
    """The dataset kept in git, and a branch that adds images of the second class."""
    guarded.run("git", "rm", "-q", "--cached", "data.dvc")
    (guarded.folder / "data.dvc").unlink()
    (guarded.folder / ".gitignore").unlink()
    guarded.commit("kept in git")
    guarded.branch("topic")
    write_digits(guarded.folder / "more", range(120, 140))
    shutil.move(guarded.folder / "more" / "digit 1", guarded.folder / "data" / "digit 1" / "new")
    shutil.rmtree(guarded.folder / "more")
    guarded.commit("more images")
    monkeypatch.chdir(guarded.folder)
    return guarded


def _deleted(branch) -> None:
    shutil.rmtree(branch.folder / "data" / "digit 1" / "new")


def _sparse(branch) -> None:
    branch.run("git", "sparse-checkout", "set", "--no-cone", "/*", "!/data/digit 1/new")


def _skipped(branch) -> None:
    names = branch.run("git", "ls-files", "-z", "data/digit 1/new").rstrip("\0").split("\0")
    branch.run("git", "update-index", "--skip-worktree", *names)
    _deleted(branch)


@pytest.mark.parametrize("leave_out", [_deleted, _sparse, _skipped])
def test_files_that_are_not_checked_out_are_no_pass(branch, run, leave_out) -> None:
    """What the branch adds is not here, and the rest is as the base has it."""
    leave_out(branch)

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "files that git keeps of it are not here" in out + err


def test_a_submodule_that_is_not_checked_out_is_no_pass(branch, run, tmp_path) -> None:
    """Its folder is there and empty."""
    branch.run("git", "init", "-q", str(tmp_path / "other"))
    branch.run("git", "-C", str(tmp_path / "other"), "commit", "-q", "--allow-empty", "-m", "x")
    branch.run(
        "git", "-c", "protocol.file.allow=always", "submodule", "--quiet", "add",
        str(tmp_path / "other"), "data/digit 0/other",
    )  # fmt: skip
    branch.commit("a submodule")
    branch.run("git", "submodule", "--quiet", "deinit", "--force", "--all")

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "are not here" in out + err


@pytest.mark.parametrize("name", ['a"b', "$(touch PWN)", "a`id`", "${HOME}", "a\\b", "a$b"])
def test_no_path_that_a_shell_would_read_goes_into_a_pipeline(run, repository, name) -> None:
    """DVC hands a stage's command to a shell."""
    (repository.folder / name).mkdir()
    os.chdir(repository.folder)

    status, _, err = run("init", "--dataset", name)

    assert (status, err.count("\n")) == (2, 1)
    assert not (repository.folder / "dvc.yaml").exists()
