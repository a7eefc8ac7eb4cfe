"""A checkout that leaves files of a dataset out is not judged; no path becomes a command."""

from __future__ import annotations

import hashlib
import json
import os
import shutil

import pytest

from deri_gate.errors import DatasetError
from deri_gate.github.checked_out import refuse_left_out, refuse_let_go
from deri_gate.github.unchanged import refuse_changed
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.tracking.tree import tree_of
from tests.sweeps import sampled

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


@pytest.mark.parametrize("leave_out", sampled([_deleted, _sparse, _skipped]))
def test_files_that_are_not_checked_out_are_no_pass(branch, run, leave_out) -> None:
    """What the branch adds is not here, and the rest is as the base has it."""
    leave_out(branch)

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "left out, such as" in out + err


def _edited(branch) -> None:
    _image(branch).write_bytes(_image(branch, 1).read_bytes())


def _hidden(branch) -> None:
    branch.run("git", "update-index", "--assume-unchanged", str(_image(branch)))
    _edited(branch)


def _linked(branch) -> None:
    place, other = _image(branch), _image(branch, 1)
    place.unlink()
    place.symlink_to(other)


def _image(branch, number: int = 0):
    return sorted((branch.folder / "data" / "digit 1" / "new").iterdir())[number]


@pytest.mark.parametrize("change", sampled([_edited, _hidden, _linked]))
def test_files_that_are_not_heads_are_no_pass(branch, run, change) -> None:
    """A step before the gate has put another picture there: people get HEAD's."""
    change(branch)

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "1 file was changed or removed since HEAD, such as data/digit 1/new" in out + err


def test_files_that_are_not_dvcs_are_no_pass(run, guarded, monkeypatch) -> None:
    """Changed and not added."""
    guarded.branch("topic")
    guarded.write("data/digit 0/notes.png", "no picture")
    guarded.dvc("add", "--quiet", "data")
    guarded.commit("another dataset")
    monkeypatch.chdir(guarded.folder)
    place = guarded.folder / "data/digit 0/notes.png"
    place.unlink()
    place.write_text("another one")

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "such as data/digit 0/notes.png" in out + err


def _untracked(branch) -> None:
    branch.run("git", "rm", "-rq", "--cached", "data")


def _ignored(branch) -> None:
    branch.run("git", "rm", "-rq", "--cached", "data")
    (branch.folder / "data").rename(branch.folder / "elsewhere")
    branch.write(".gitignore", "elsewhere\n")
    (branch.folder / "data").symlink_to("elsewhere")


def _linked_out(branch) -> None:
    branch.run("git", "rm", "-rq", "--cached", "data")
    (branch.folder / "data").rename(branch.folder.parent / "elsewhere")
    (branch.folder / "data").symlink_to(branch.folder.parent / "elsewhere")


@pytest.mark.parametrize("let_go", sampled([_untracked, _ignored, _linked_out]))
def test_a_dataset_that_the_branch_lets_go_is_no_pass(branch, run, let_go) -> None:
    """Its images still lie on this machine, and nobody who merges gets them."""
    branch.run("git", "switch", "-q", "main")
    branch.branch("gone")
    let_go(branch)
    paths = [name for name in (".gitignore", "data") if name != "data" or let_go is not _untracked]
    branch.run("git", "add", *[path for path in paths if os.path.lexists(path)])
    branch.run("git", "commit", "-qm", "no images")

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "keeps data any more" in out + err or "leads out of the repository" in out + err


def _class_untracked(branch) -> None:
    branch.write(".gitignore", "data/digit 0/\n")
    branch.run("git", "rm", "-rq", "--cached", "data/digit 0")


def _class_linked(branch) -> None:
    branch.write(".gitignore", "cache\n")
    (branch.folder / "data" / "digit 0").rename(branch.folder / "cache")
    (branch.folder / "data" / "digit 0").symlink_to("../cache")


def _class_linked_out(branch) -> None:
    (branch.folder / "data" / "digit 0").rename(branch.folder.parent / "elsewhere")
    (branch.folder / "data" / "digit 0").symlink_to(branch.folder.parent / "elsewhere")


@pytest.mark.parametrize("let_go", sampled([_class_untracked, _class_linked, _class_linked_out]))
def test_a_part_of_a_dataset_that_the_branch_lets_go_is_no_pass(branch, run, let_go) -> None:
    """It was judged as it lay on this machine: "no image changed"."""
    branch.run("git", "switch", "-q", "main")
    branch.branch("gone")
    let_go(branch)
    branch.commit("no images of a class")

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "kept no more by git or DVC, but lying here, such as data/digit 0/" in out + err


def test_what_lies_behind_a_link_that_leads_out_is_not_looked_at(guarded, tmp_path, monkeypatch):
    """It may be the whole machine, with files that are never read to an end."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "1.png").write_text("not ours")
    for name in ("set/a/1.png", "set/b/2.png"):
        guarded.write(name, "content")
    before = guarded.commit("first")
    shutil.rmtree(guarded.folder / "set" / "a")
    (guarded.folder / "set" / "a").symlink_to(outside)
    guarded.commit("a link out")
    monkeypatch.setattr("deri_gate.github.checked_out._files", lambda _: pytest.fail("looked at"))

    with pytest.raises(DatasetError, match=r"such as set/a/1\.png"):
        refuse_let_go("set", before, guarded.folder)


def test_a_class_that_goes_from_dvc_to_git_is_kept(guarded) -> None:
    """The folder is no file of git's: its images are."""
    (guarded.folder / ".gitignore").unlink()
    guarded.run("git", "rm", "-q", "--cached", "data.dvc")
    (guarded.folder / "data.dvc").unlink()
    guarded.dvc("add", "--quiet", "data/digit 0")
    before = guarded.commit("a class in DVC, the other in git")
    (guarded.folder / "data" / "digit 0.dvc").unlink()
    (guarded.folder / "data" / ".gitignore").unlink()
    guarded.commit("both in git")
    refuse_let_go("data", before, guarded.folder)

    guarded.run("git", "rm", "-rq", "--cached", "data/digit 0")
    guarded.write(".gitignore", "digit 0\n")
    guarded.commit("let go")
    with pytest.raises(DatasetError, match="such as data/digit 0"):
        refuse_let_go("data", before, guarded.folder)


def test_images_of_a_table_that_the_branch_lets_go_are_no_pass(guarded) -> None:
    guarded.write("set/t.csv", "path,label\nimages/x.png,a\n")
    guarded.write("set/images/x.png", "a picture")
    before = guarded.commit("first")
    guarded.write("set/.gitignore", "images\n")
    guarded.run("git", "rm", "-rq", "--cached", "set/images")
    guarded.commit("let go")

    with pytest.raises(DatasetError, match=r"1 file was kept no more .* such as set/images/x\.png"):
        refuse_let_go("set/t.csv", before, guarded.folder)

    shutil.rmtree(guarded.folder / "set" / "images")
    refuse_let_go("set/t.csv", before, guarded.folder)


def test_what_is_kept_in_another_way_or_is_no_image_is_not_let_go(guarded, tmp_path) -> None:
    """A submodule, a link that was there before, what tools leave, and files that nobody judges."""
    folder, other = guarded.folder, tmp_path / "other"
    for name in ("set/a/1.png", "set/b/2.png", "set/.DS_Store", "set/b/run.log"):
        guarded.write(name, "content")
    guarded.write("set/.ipynb_checkpoints/3.png", "content")
    (folder / "set" / "outside").symlink_to(tmp_path)
    before = guarded.commit("first")
    (other / "a").mkdir(parents=True)
    shutil.move(folder / "set" / "a" / "1.png", other)
    (folder / "set" / "a").rmdir()
    for arguments in (["init", "-q"], ["add", "1.png"], ["commit", "-qm", "images"]):
        guarded.run("git", "-C", str(other), *arguments)
    guarded.run("git", "rm", "-rq", "--cached", "set")
    guarded.run("git", "add", "set/b/2.png", "set/outside")
    guarded.add_submodule(other, "set/a")
    guarded.run("git", "commit", "-qm", "kept otherwise")

    refuse_let_go("set", before, folder)


def test_a_dataset_that_dvc_keeps_no_more_is_no_pass(run, guarded, monkeypatch) -> None:
    """The record is gone, and the files of the last run lie there."""
    guarded.branch("gone")
    guarded.run("git", "rm", "-q", "data.dvc")
    guarded.run("git", "commit", "-qm", "no record")
    monkeypatch.chdir(guarded.folder)

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "neither git nor DVC keeps data any more" in out + err


def test_a_new_dataset_behind_a_link_that_leads_out_is_no_pass(run, branch) -> None:
    """A branch would have the gate judge any folder of the machine."""
    shutil.copytree(branch.folder / "data", branch.folder.parent / "elsewhere")
    (branch.folder / "more").symlink_to(branch.folder.parent / "elsewhere")
    params = (branch.folder / "params.yaml").read_text("utf-8")
    branch.write("params.yaml", params.replace("digits: data\n", "digits: data\n    more: more\n"))
    branch.commit("one more")

    status, out, err = run("ci", "check", "more", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "more is a link that leads out of the repository" in out + err


def test_a_table_that_went_elsewhere_with_its_images_is_kept(guarded) -> None:
    """A link says where the table is now; the folder of the base's has nothing to be any more."""
    guarded.write("v1/t.csv", "path,label\nx.png,a\n")
    guarded.write("v1/x.png", "a picture")
    (guarded.folder / "cur.csv").symlink_to("v1/t.csv")
    before = guarded.commit("first")
    guarded.run("git", "mv", "v1", "v2")
    (guarded.folder / "cur.csv").unlink()
    (guarded.folder / "cur.csv").symlink_to("v2/t.csv")
    guarded.commit("moved")
    refuse_let_go("cur.csv", before, guarded.folder)

    guarded.run("git", "rm", "-q", "--cached", "cur.csv")
    guarded.run("git", "commit", "-qm", "let go")
    with pytest.raises(DatasetError, match=r"keeps cur\.csv any more"):
        refuse_let_go("cur.csv", before, guarded.folder)


def test_what_git_itself_changes_at_a_checkout_is_no_change(guarded) -> None:
    """Line ends of a table, and files that Git LFS stands for."""
    repository = repository_of(guarded.folder)
    image = b"a picture\r\n\0" * 100
    pointer = (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{hashlib.sha256(image).hexdigest()}\nsize {len(image)}\n"
    )
    guarded.write("set/table.csv", "path,label\nx.png,a\n")
    guarded.write("set/x.png", pointer)
    head = tree_of(repository, guarded.commit())
    refuse_changed(head, "set", guarded.folder)

    (guarded.folder / "set/table.csv").write_bytes(b"path,label\r\nx.png,a\r\n")
    (guarded.folder / "set/x.png").write_bytes(image)
    refuse_changed(head, "set", guarded.folder)

    for name, content in (("table.csv", b"path,label\r\nx.png,b\r\n"), ("x.png", image + b"x")):
        before = (guarded.folder / "set" / name).read_bytes()
        (guarded.folder / "set" / name).write_bytes(content)
        with pytest.raises(DatasetError, match=f"such as set/{name}"):
            refuse_changed(head, "set", guarded.folder)
        (guarded.folder / "set" / name).write_bytes(before)


def test_a_submodule_that_is_not_checked_out_is_no_pass(branch, run, tmp_path) -> None:
    """Its folder is there and empty."""
    branch.run("git", "init", "-q", str(tmp_path / "other"))
    branch.run("git", "-C", str(tmp_path / "other"), "commit", "-q", "--allow-empty", "-m", "x")
    branch.add_submodule(tmp_path / "other", "data/digit 0/other")
    branch.commit("a submodule")
    branch.run("git", "submodule", "--quiet", "deinit", "--force", "--all")

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
    assert "left out, such as" in out + err


@pytest.mark.parametrize("name", ['a"b', "$(touch PWN)", "a`id`", "${HOME}", "a\\b", "a$b"])
def test_no_path_that_a_shell_would_read_goes_into_a_pipeline(run, repository, name) -> None:
    """DVC hands a stage's command to a shell."""
    (repository.folder / name).mkdir()
    os.chdir(repository.folder)

    status, _, err = run("init", "--dataset", name)

    assert (status, err.count("\n")) == (2, 1)
    assert not (repository.folder / "dvc.yaml").exists()


@pytest.fixture
def table(run, guarded, monkeypatch):
    """A table whose images DVC keeps in a folder beside it, and a branch that adds some."""
    guarded.run("git", "rm", "-q", "--cached", "data.dvc")
    for name in ("data.dvc", ".gitignore"):
        (guarded.folder / name).unlink()
    (guarded.folder / "set").mkdir()
    (guarded.folder / "data").rename(guarded.folder / "set" / "images")
    settings = guarded.folder / "params.yaml"
    settings.write_text(settings.read_text().replace("digits: data", "digits: set/table.csv"))
    _tabled(guarded)
    guarded.branch("topic")
    write_digits(guarded.folder / "set" / "images", range(120, 130))
    _tabled(guarded)
    monkeypatch.chdir(guarded.folder)
    return guarded


def _tabled(guarded) -> None:
    images = guarded.folder / "set" / "images"
    rows = [f"images/{i.parent.name}/{i.name},{i.parent.name}" for i in images.glob("*/*.png")]
    guarded.write("set/table.csv", "\n".join(["path,label", *sorted(rows)]))
    guarded.dvc("add", "--quiet", "set/images")
    guarded.commit("a table")


def _other_picture(guarded) -> None:
    first, second = sorted((guarded.folder / "set/images/digit 0").iterdir())[:2]
    content = second.read_bytes()
    first.unlink()
    first.write_bytes(content)


def _gone(guarded) -> None:
    min((guarded.folder / "set/images/digit 0").iterdir()).unlink()


def _list_gone(guarded) -> None:
    for listing in (guarded.folder / ".dvc/cache/files/md5").glob("*/*.dir"):
        listing.unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    sampled(
        [
            (lambda _: None, ""),
            (
                _other_picture,
                "1 file was changed or removed since HEAD, such as set/images/digit 0/",
            ),
            (_gone, "1 file was changed or removed since HEAD, such as set/images/digit 0/"),
            (_list_gone, "DVC's cache lacks a file"),
        ],
        1,
    ),
)
def test_images_beside_a_table_are_those_of_head(table, run, change, said) -> None:
    """The table alone is none of what people train on."""
    change(table)

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == (2 if said else 0), out + err
    assert said in out + err


def test_a_submodule_hides_no_changed_image(guarded) -> None:
    """A table in the root: its images may lie anywhere, and a submodule lies somewhere else."""
    guarded.write("table.csv", "path,label\nset/x.png,a\n")
    guarded.write("set/x.png", "a picture")
    head = guarded.run("git", "rev-parse", "HEAD").strip()
    guarded.run("git", "update-index", "--add", "--cacheinfo", f"160000,{head},vendor/other")
    (guarded.folder / "vendor/other").mkdir(parents=True)
    (guarded.folder / "vendor/other/file").write_text("its own")
    guarded.commit("a table, and a submodule")
    refuse_left_out("table.csv", guarded.folder)

    (guarded.folder / "set/x.png").write_text("another picture")

    with pytest.raises(
        DatasetError, match=r"1 file was changed or removed since HEAD, such as set/x\.png"
    ):
        refuse_left_out("table.csv", guarded.folder)


@pytest.mark.parametrize(
    "entry", sampled([{"relpath": "../x.png"}, {"relpath": "digit 0/new.png"}, None], 0)
)
def test_a_list_that_the_files_here_do_not_fit_is_no_pass(run, guarded, monkeypatch, entry) -> None:
    """Nothing was pulled: the files of the base lie here, and the branch lists others."""
    monkeypatch.chdir(guarded.folder)
    guarded.branch("topic")
    cache = guarded.folder / ".dvc/cache/files/md5"
    listed = json.loads(next(cache.glob("*/*.dir")).read_text())
    said = json.dumps([*listed, *([{**listed[0], **entry}] if entry else [])]) + " "
    md5 = hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()
    if entry:
        guarded.write(f".dvc/cache/files/md5/{md5[:2]}/{md5[2:]}.dir", said)
    record = f"- md5: {md5}.dir\n  nfiles: {len(listed)}\n  hash: md5\n  path: data\n"
    guarded.write("data.dvc", f"outs:\n{record}")
    guarded.commit("more images")

    status, out, err = run("ci", "check", "--base", "main", "--out", "reports")

    assert status == 2, out + err
