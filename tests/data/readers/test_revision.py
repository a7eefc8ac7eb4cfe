"""`git:REVISION:PATH` against real repositories, with and without DVC."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError, UnreadableImageError
from tests.dvc_here import dvc

QUIET = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder, *arguments):
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=QUIET)


def paint(path, level):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8), level, dtype=np.uint8)).save(path)


def fill(root):
    for i in range(3):
        paint(root / "cat" / f"{i} {'é' * (i == 2)}.png", 10 * i)
        paint(root / "dog" / f"{i}.png", 100 + 10 * i)


def blake2b(path):
    return hashlib.blake2b(path.read_bytes(), digest_size=32).hexdigest()


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """`tracked` by DVC and `plain` by git, each with a later commit that changes it."""
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "-q", "-b", "main")
    dvc(root, "init", "--quiet")
    (root / ".dvc" / "config.local").write_text(f"[core]\n    site_cache_dir = {root}/.site\n")
    (root / ".gitignore").write_text(".site\n")
    fill(root / "tracked")
    fill(root / "plain")
    (root / "plain" / "list.csv").write_text(
        "path,label,group\ncat/0 .png,cat,p1\ndog/1.png,dog,p2\n"
    )
    arrays = {
        "train_images": np.arange(4 * 25, dtype=np.uint8).reshape(4, 5, 5),
        "train_labels": np.array([[0], [1], [0], [1]]),
    }
    np.savez(root / "plain.npz", **arrays)
    np.savez(root / "tracked.npz", **arrays)
    dvc(root, "add", "--quiet", "tracked", "tracked.npz")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    git(root, "tag", "first")
    paint(root / "tracked" / "dog" / "0.png", 222)
    dvc(root, "add", "--quiet", "tracked")
    shutil.rmtree(root / "plain")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "two")
    return root


@pytest.fixture
def inside(repository, monkeypatch):
    monkeypatch.chdir(repository)
    return repository


@pytest.mark.parametrize("folder", ["tracked", "plain"])
def test_a_folder_as_it_was(inside, tmp_path, folder):
    """The same ids, labels and contents as the folder had, wherever it is kept."""
    fill(tmp_path / folder)
    expected, found = open_dataset(tmp_path / folder), open_dataset(f"git:first:{folder}")

    assert (found.ids, found.labels, found.classes) == (
        expected.ids, expected.labels, expected.classes,
    )  # fmt: skip
    assert found.name == folder
    for i in range(len(expected)):
        assert found.source.load(i).key == expected.source.load(i).key


def test_the_user_sees_nothing_of_it(inside):
    before = subprocess.run(
        ["git", "status", "--porcelain"], capture_output=True, check=True
    ).stdout
    open_dataset("git:first:plain").source.load(0)
    open_dataset("git:first:tracked").source.load(0)

    status = subprocess.run(["git", "status", "--porcelain"], capture_output=True, check=True)
    assert status.stdout == before == b""
    assert not (inside / "plain").exists()


def test_what_dvc_keeps_is_known_by_its_own_bytes(inside):
    """Not by the MD5 that DVC has recorded; the changed image has another key."""
    old, new = open_dataset("git:first:tracked"), open_dataset("git:main:tracked")
    keys = [[d.source.load(i).key for i in range(len(d))] for d in (old, new)]

    assert keys[1] == [blake2b(inside / "tracked" / name) for name in new.ids]
    assert [a == b for a, b in zip(*keys, strict=True)].count(False) == 1


def test_a_manifest_with_what_it_names(inside):
    found = open_dataset("git:first:plain/list.csv")

    assert found.ids == ("cat/0 .png", "dog/1.png")
    assert found.groups == ("p1", "p2")
    assert found.source.load(1).decode()[0, 0] == 110


@pytest.mark.parametrize("name", ["plain", "tracked"])
def test_an_npz_file(inside, name):
    found = open_dataset(f"git:first:{name}.npz")

    assert (len(found), found.name) == (4, name)
    assert found.source.load(1).decode()[0, 0] == 25


def test_below_a_tracked_folder_and_from_within_it(inside, monkeypatch):
    monkeypatch.chdir(inside / "tracked")

    assert len(open_dataset("git:first:.")) == 6
    assert len(open_dataset(f"git:first:{inside / 'tracked'}")) == 6


def test_a_worker_reads_for_itself(inside):
    """The source travels to another process."""
    found = open_dataset("git:first:plain")
    first = found.source.load(0).key

    assert pickle.loads(pickle.dumps(found)).source.load(0).key == first


@pytest.mark.parametrize(
    ("spec", "what", "fix"),
    [
        ("git:nowhere:plain", "no revision 'nowhere'", "git fetch"),
        ("git:--help:plain", "no revision '--help'", "git fetch"),
        ("git:main:plain", "no such path", "another name"),
        ("git:first:.gitignore", "not a dataset", "git:REVISION:PATH"),
        ("git:first", "names no revision and path", "git:main:data"),
        ("git::plain", "names no revision and path", "git:main:data"),
        ("git:first:plain/cat", "no class folders", "<class>/<image>"),
    ],
)
def test_what_is_not_there_is_said(inside, spec, what, fix):
    with pytest.raises(DatasetError) as raised:
        open_dataset(spec)

    assert what in str(raised.value)
    assert fix in str(raised.value)


def test_outside_of_git(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(DatasetError, match="cannot look into git here"):
        open_dataset("git:main:data")


def test_a_shallow_clone_says_so(inside, tmp_path, monkeypatch):
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{inside}", "clone")
    monkeypatch.chdir(tmp_path / "clone")
    with pytest.raises(DatasetError, match="shallow: run `git fetch --unshallow`"):
        open_dataset("git:first:plain")


def test_what_dvc_has_not_fetched(inside, tmp_path, monkeypatch):
    """A clone has no cache: neither the list of the folder nor a file of it."""
    git(tmp_path, "clone", "-q", str(inside), "clone")
    clone = tmp_path / "clone"
    (clone / ".dvc" / "config.local").write_text(f"[core]\n    site_cache_dir = {tmp_path}/site\n")
    monkeypatch.chdir(clone)
    with pytest.raises(DatasetError, match="dvc fetch --all-commits"):
        open_dataset("git:first:tracked")

    shutil.copytree(inside / ".dvc" / "cache", clone / ".dvc" / "cache")
    found = open_dataset("git:first:tracked")
    key = hashlib.md5(found.source.load(0).content).hexdigest()
    (clone / ".dvc" / "cache" / "files" / "md5" / key[:2] / key[2:]).unlink()
    with pytest.raises(DatasetError, match=f"lacks a file.*{key}.*dvc fetch"):
        found.source.load(0)
    assert found.source.load(1).decode().shape == (8, 8)


def test_odd_contents_are_findings_not_crashes(tmp_path, monkeypatch):
    git(tmp_path, "init", "-q", "-b", "main")
    folder = tmp_path / "data" / "cat"
    folder.mkdir(parents=True)
    (folder / "empty.png").touch()
    (folder / "lfs.png").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    (folder / "link.png").symlink_to("/etc/passwd")
    paint(folder / "line\nbreak.png", 1)
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "one")
    monkeypatch.chdir(tmp_path)
    found = open_dataset("git:HEAD:data")

    assert found.ids == ("cat/empty.png", "cat/lfs.png", "cat/line\\nbreak.png", "cat/link.png")
    for row, why in ((0, "empty"), (1, "Git LFS"), (3, "symbolic link that leads out")):
        with pytest.raises(UnreadableImageError, match=why):
            found.source.load(row)
