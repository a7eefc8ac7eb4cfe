"""A dataset cannot set the terms on which git runs: real repositories, real commands.

Each attack lies in the tree that a pull request wrote. The witness file shows whether a program
of the attacker's ran.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.errors import DeriGateError
from deri_gate.github.commits import merge_base, revision
from deri_gate.runtime.git import GitError, repository_of

if TYPE_CHECKING:
    from pathlib import Path

QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *arguments: str, **kwargs) -> str:
    command = ["git", *arguments]
    env = {**os.environ, **QUIET}
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, env=env, **kwargs)
    return os.fsdecode(done.stdout).strip()


def paint(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8), level, dtype=np.uint8)).save(path)


def fill(folder: Path, start: int) -> None:
    for i in range(3):
        paint(folder / "cat" / f"{i}.png", start + i)
        paint(folder / "dog" / f"{i}.png", start + 10 + i)


def levels(dataset) -> list[int]:
    return [int(dataset.source.load(i).decode()[0, 0]) for i in range(len(dataset))]


GOOD = [10, 11, 12, 20, 21, 22]


@pytest.fixture
def repo(tmp_path, monkeypatch) -> Path:
    """A repository with a dataset on main; the branch topic has other images in it."""
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    fill(root / "data" / "scans", 10)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    git(root, "switch", "-q", "-c", "topic")
    fill(root / "data" / "scans", 110)
    git(root, "commit", "-q", "-a", "-m", "two")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def witness(tmp_path) -> Path:
    """A file that is there once a program of the attacker's has run."""
    return tmp_path / "PWNED"


def embed(folder: Path, *, config: str, tmp_path: Path, ref: str = "main") -> str:
    """Lay the plain files of a bare repository into a folder, as git commits them happily."""
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q", "-b", "main")
    fill(other / "data" / "scans", 110)
    git(other, "add", "-A")
    git(other, "commit", "-q", "-m", "bad")
    commit = git(other, "rev-parse", "HEAD")
    git(other, "update-ref", f"refs/heads/{ref}", commit)
    for name in ("HEAD", "objects", "refs"):
        subprocess.run(["cp", "-r", other / ".git" / name, folder], check=True)
    (folder / "config").write_text(config)
    return commit


class TestAFolderThatLooksLikeARepository:
    def test_it_does_not_choose_the_base(self, repo, tmp_path) -> None:
        """A ref of its own named like the base's commit leads nowhere."""
        base = git(repo, "rev-parse", "main")
        config = f"[core]\nbare = false\nworktree = {repo}\n"
        embed(repo / "data" / "scans", config=config, tmp_path=tmp_path, ref=base[:12])

        for name in (base, base[:12], "main"):
            assert levels(open_dataset(f"git:{name}:data/scans")) == GOOD

    @pytest.mark.parametrize("place", ["root", "within", "git itself"])
    def test_its_configuration_runs_nothing(
        self, repo, tmp_path, witness, place, monkeypatch
    ) -> None:
        """A promisor remote whose uploadpack is a program; git, asked there, would run it."""
        folder = repo / "data" / "scans"
        config = (
            f"[core]\nrepositoryformatversion = 1\nbare = false\nworktree = {repo}\n"
            f'fsmonitor = "touch {witness}; false"\npager = touch {witness}\n'
            f'[extensions]\npartialClone = origin\n[remote "origin"]\nurl = {repo}\n'
            f'promisor = true\nuploadpack = "touch {witness}; false"\n'
        )
        commit = embed(folder, config=config, tmp_path=tmp_path)
        blob = git(tmp_path / "other", "rev-parse", f"{commit}:data/scans/cat/0.png")
        (folder / "objects" / blob[:2] / blob[2:]).unlink()
        monkeypatch.chdir(folder if place == "within" else repo)
        path = "." if place == "within" else "data/scans"

        if place == "git itself":
            command = ["git", "-c", "safe.bareRepository=all", "-C", folder, "cat-file", "-e", blob]
            subprocess.run(command, capture_output=True, check=False)
            assert witness.exists()
            return
        with pytest.raises(DeriGateError):
            levels(open_dataset(f"git:{commit}:{path}"))
        assert levels(open_dataset(f"git:main:{path}")) == GOOD
        assert not witness.exists()

    @pytest.mark.parametrize("form", ["folder", "gitfile"])
    def test_a_nested_repository_is_not_asked(self, repo, tmp_path, form) -> None:
        """A `.git` in the dataset, as DVC may lay it there: a folder, or a file that names one."""
        scans = repo / "data" / "scans"
        nested = scans if form == "folder" else tmp_path / "nested"
        nested.mkdir(exist_ok=True)
        git(nested, "init", "-q", "-b", "main")
        fill(nested / "data" / "scans", 110)
        git(nested, "add", "-A")
        git(nested, "commit", "-q", "-m", "bad")
        if form == "gitfile":
            (scans / ".git").write_text(f"gitdir: {nested / '.git'}\n")

        assert levels(open_dataset("git:main:data/scans")) == GOOD

    def test_whoever_stands_in_one_is_told(self, tmp_path, monkeypatch) -> None:
        git(tmp_path, "init", "-q", "--bare", "bare.git")
        monkeypatch.chdir(tmp_path / "bare.git")
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))

        with pytest.raises(GitError, match="no git repository"):
            repository_of()


class TestOneRepository:
    @pytest.mark.usefixtures("repo")
    def test_variables_that_lead_elsewhere_do_not_count(self, tmp_path, monkeypatch) -> None:
        """As in a hook, where git sets them, or as another tool left them behind."""
        git(tmp_path, "init", "-q", "elsewhere")
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere" / ".git"))
        monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(tmp_path))
        monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
        monkeypatch.setenv("GIT_LITERAL_PATHSPECS", "1")

        assert levels(open_dataset("git:main:data/scans")) == GOOD

    def test_a_working_tree_of_its_own(self, repo, tmp_path, monkeypatch) -> None:
        """`git worktree`, where `.git` is a file."""
        git(repo, "worktree", "add", "-q", str(tmp_path / "second"), "main")
        monkeypatch.chdir(tmp_path / "second")

        assert levels(open_dataset("git:topic:data/scans")) == [n + 100 for n in GOOD]

    def test_a_submodule_stood_in_is_a_repository(self, repo, tmp_path, monkeypatch) -> None:
        outer = tmp_path / "outer"
        outer.mkdir()
        git(outer, "init", "-q")
        allow = ("-c", "protocol.file.allow=always")
        git(outer, *allow, "submodule", "--quiet", "add", "-b", "main", str(repo), "inner")
        monkeypatch.chdir(outer / "inner")

        assert levels(open_dataset("git:origin/topic:data/scans")) == [n + 100 for n in GOOD]

    def test_it_can_be_named(self, repo, tmp_path, monkeypatch) -> None:
        """From anywhere, with the path as it is in the repository, or from here."""
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("DERI_GATE_REPO", "repo")

        for path in ("data/scans", "repo/data/scans", repo / "data" / "scans"):
            assert levels(open_dataset(f"git:main:{path}")) == GOOD

    def test_a_path_elsewhere_is_refused(self, repo, tmp_path, monkeypatch) -> None:
        """The dataset's own folder does not choose the repository."""
        git(tmp_path, "clone", "-q", str(repo), "elsewhere")
        monkeypatch.chdir(tmp_path / "elsewhere")

        with pytest.raises(DeriGateError, match="--repo"):
            open_dataset(f"git:HEAD:{repo / 'data' / 'scans'}")

    @pytest.mark.usefixtures("repo")
    @pytest.mark.parametrize("count", [100, 3000, 200_000])
    def test_paths_of_many_components(self, count) -> None:
        with pytest.raises(DeriGateError, match="no such path"):
            open_dataset(f"git:main:{'a/' * count}b")

    @pytest.mark.usefixtures("repo")
    def test_names_with_a_null_character(self) -> None:
        for spec in ("git:ma\0in:data", "git:main:da\0ta"):
            with pytest.raises(DeriGateError):
                open_dataset(spec)


class TestNamesOfTheBase:
    @pytest.fixture
    def cloned(self, repo, tmp_path, monkeypatch) -> Path:
        """A clone as a workflow makes it, the branch checked out."""
        git(tmp_path, "clone", "-q", "-b", "topic", str(repo), "clone")
        monkeypatch.chdir(tmp_path / "clone")
        return tmp_path / "clone"

    @pytest.mark.parametrize("digits", [40, 64])
    def test_names_of_the_newer_kind(self, tmp_path, monkeypatch, digits) -> None:
        """A repository of SHA-256: 40 digits are a short name there."""
        git(tmp_path, "init", "-q", "-b", "main", "--object-format=sha256", "new")
        root = tmp_path / "new"
        fill(root / "data" / "scans", 10)
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "one")
        base = git(root, "rev-parse", "main")
        git(root, "commit", "-q", "--allow-empty", "-m", "two")
        git(root, "update-ref", f"refs/heads/{base[:digits]}", "HEAD")
        monkeypatch.chdir(root)

        assert levels(open_dataset(f"git:{base}:data/scans")) == GOOD
        if digits == 64:
            assert revision(base, root) == base
        else:
            with pytest.raises(GitError, match="ambiguous"):
                revision(base[:digits], root)

    @pytest.mark.parametrize("kind", ["tag", "branch"])
    def test_nobody_takes_the_place_of_the_remotes_branch(self, cloned, kind) -> None:
        """Whoever may push could push `origin/main`; git itself would prefer the tag."""
        base = git(cloned, "rev-parse", "refs/remotes/origin/main")
        git(cloned, kind, "origin/main", "HEAD")

        assert revision("origin/main", cloned) == base
        assert merge_base("origin/main", cloned) == base
        assert levels(open_dataset("git:origin/main:data/scans")) == GOOD
        assert levels(open_dataset("git:origin/main~0:data/scans")) == GOOD

    def test_a_reference_named_like_a_commit(self, repo) -> None:
        base = git(repo, "rev-parse", "main")
        git(repo, "update-ref", f"refs/heads/{base}", "HEAD")
        git(repo, "update-ref", f"refs/tags/{base[:12]}", "HEAD")

        assert revision(base, repo) == base
        with pytest.raises(GitError, match="ambiguous"):
            revision(base[:12], repo)

    def test_a_branch_and_a_tag_of_one_name(self, repo) -> None:
        git(repo, "tag", "main", "topic")

        with pytest.raises(GitError, match="ambiguous"):
            revision("main", repo)
        assert revision("refs/heads/main", repo) != revision("refs/tags/main", repo)

    def test_a_tag_named_like_a_reference_in_full(self, repo) -> None:
        git(repo, "update-ref", "refs/tags/refs/remotes/origin/main", "HEAD")

        with pytest.raises(GitError, match="no revision"):
            revision("origin/main", repo)

    @pytest.mark.parametrize(
        "name", ["main", "main~0", "main^{commit}", "heads/main", "refs/heads/main", "topic~1", "@~1",
                 "HEAD~", "v1", "v1^{}", "v1-0-g"],
    )  # fmt: skip
    def test_names_that_people_use(self, repo, name) -> None:
        base = git(repo, "rev-parse", "main")
        git(repo, "tag", "-a", "-m", "one", "v1", "main")
        name = f"{name}{base[:8]}" if name.endswith("-g") else name

        assert revision(name, repo) == base
        assert revision(base[:9], repo) == base

    @pytest.mark.parametrize("name", ["--all", "-1", "", "main..topic", "nowhere", "ma*n", ":/two"])
    def test_names_that_are_none(self, repo, name) -> None:
        with pytest.raises(GitError, match="no revision"):
            revision(name, repo)

    def test_no_reference_puts_another_commit_in_its_place(self, repo) -> None:
        """Neither refs/replace nor info/grafts."""
        base, head = (git(repo, "rev-parse", name) for name in ("main", "topic"))
        git(repo, "replace", base, head)
        (repo / ".git" / "info" / "grafts").write_text(f"{head}\n")

        assert levels(open_dataset(f"git:{base}:data/scans")) == GOOD
        assert merge_base("main", repo) == base


class TestNothingRuns:
    def test_no_program_of_the_tree_is_git(self, repo, witness, monkeypatch) -> None:
        """Where PATH names the current folder, as some people's does."""
        program = repo / "git"
        program.write_text(f"#!/bin/sh\ntouch {witness}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f".{os.pathsep}{os.pathsep}{os.environ['PATH']}")

        assert levels(open_dataset("git:main:data/scans")) == GOOD
        assert not witness.exists()

    def test_no_helper_of_the_repositorys_own(self, repo, witness) -> None:
        """Even where the user's own configuration names programs, reading runs none."""
        run = f"touch {witness}; false"
        for name in ("core.fsmonitor", "core.pager", "diff.external", "core.sshCommand",
                     "diff.x.textconv", "filter.x.smudge", "filter.x.clean", "core.askPass",
                     "uploadpack.packObjectsHook", "remote.origin.uploadpack"):  # fmt: skip
            git(repo, "config", name, run)
        hook = repo / ".git" / "hooks" / "post-index-change"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\n{run}\n")
        hook.chmod(0o755)
        (repo / ".gitattributes").write_text("* diff=x filter=x\n")
        command = [sys.executable, "-m", "deri_gate.cli.main", "ci", "changed", "--base", "main",
                   "--dataset", "data/scans"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        levels(open_dataset("git:main:data/scans"))

        assert 'datasets=["scans"]' in done.stdout
        assert not witness.exists()

    @pytest.mark.parametrize(
        "url", ["{repo}", "file://{repo}", "ext::touch {witness}", "ssh://x/y"]
    )
    def test_nothing_is_fetched_that_is_not_here(
        self, repo, tmp_path, witness, url, monkeypatch
    ) -> None:
        """In a partial clone a content that was left out is an error, and no call to a remote."""
        git(repo, "config", "uploadpack.allowFilter", "true")
        git(
            tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo}", "part"
        )
        part = tmp_path / "part"
        git(part, "config", "remote.origin.url", url.format(repo=repo, witness=witness))
        git(part, "config", "remote.origin.uploadpack", f"touch {witness}; git-upload-pack")
        git(part, "config", "core.sshCommand", f"touch {witness}; false")
        for kind in ("ext", "file", "ssh"):
            git(part, "config", f"protocol.{kind}.allow", "always")
        monkeypatch.chdir(part)

        with pytest.raises(DeriGateError, match="git fetch --refetch"):
            levels(open_dataset("git:origin/main:data/scans"))
        assert not witness.exists()
