"""Datasets whose files DVC or Git LFS keep: read, or told the one command that helps."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.errors import DatasetError, UnreadableImageError
from deri_gate.runtime.run_cache import begin_run
from deri_gate.runtime.tracking.missing import recorded
from tests.dvc_here import dvc

QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    **{f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}
LEVELS = [10, 11, 12, 20, 21, 22]


def git(folder: Path, *arguments: str) -> None:
    env = {**os.environ, **QUIET}
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, env=env)


def paint(path: Path, level: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8), level, dtype=np.uint8)).save(path)


def fill(folder: Path) -> None:
    for i in range(3):
        paint(folder / "cat" / f"{i}.png", 10 + i)
        paint(folder / "dog" / f"{i}.png", 20 + i)


def levels(dataset) -> list[int]:
    return [int(dataset.source.load(i).decode()[0, 0]) for i in range(len(dataset))]


def reasons(dataset) -> dict[str, str]:
    """Why images of the dataset cannot be read, by id."""
    found = {}
    for row, name in enumerate(dataset.ids):
        try:
            dataset.source.load(row)
        except UnreadableImageError as error:
            found[name] = error.what
    return found


@pytest.fixture(scope="module", params=[("", "copy"), ("", "elsewhere"), ("p/derm", "symlink")])
def made(request, tmp_path_factory):
    """A repository with `data/pets` in DVC: copied, linked, its cache elsewhere, below git's root."""
    below, kind = request.param
    root = tmp_path_factory.mktemp("made") / "repo"
    own = root / below
    fill(own / "data" / "pets")
    git(root, "init", "-q", "-b", "main")
    dvc(own, "init", "--quiet", *(["--subdir"] if below else []))
    dvc(own, "config", "--quiet", "cache.type", "copy" if kind == "copy" else "symlink")
    if kind == "elsewhere":
        dvc(own, "config", "--quiet", "--local", "cache.dir", "../shared")
    dvc(own, "add", "--quiet", "data/pets")
    (own / "data" / "list.csv").write_text("path,label\n" + "".join(
        f"pets/{name}/{i}.png,{name}\n" for name in ("cat", "dog") for i in range(3)
    ))  # fmt: skip
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    return root, below, kind


def move_links(folder: Path, old: Path, new: Path) -> None:
    """Turn links that name their place in full to the new place, as `dvc checkout` would."""
    for path in [path for path in folder.rglob("*") if path.is_symlink()]:
        target = path.readlink().relative_to(old)
        path.unlink()
        path.symlink_to(new / target)


@pytest.fixture
def repo(made, tmp_path, monkeypatch):
    """A copy of it, the tests within; its folder below git's root, and the kind."""
    root, below, kind = made
    shutil.copytree(root.parent, tmp_path / "here", symlinks=True)
    own = tmp_path / "here" / "repo" / below
    if kind != "copy":
        assert (own / "data" / "pets" / "cat" / "0.png").is_symlink()
        move_links(own / "data" / "pets", root.parent, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here" / "repo")
    return Path(below, "data"), kind


@pytest.mark.parametrize("name", ["pets", "list.csv"])
def test_what_is_here_is_read(repo, name, monkeypatch) -> None:
    """From the root of the repository, from within, and as it is at a revision."""
    folder, _ = repo
    assert levels(open_dataset(folder / name)) == LEVELS
    assert levels(open_dataset(f"git:HEAD:{folder / name}")) == LEVELS

    monkeypatch.chdir(folder)
    assert levels(open_dataset(name)) == LEVELS
    assert levels(open_dataset(f"git:HEAD:{name}")) == LEVELS


@pytest.mark.parametrize("kept", ["list.csv", "scans.npz", "both"])
def test_a_file_that_is_kept_and_here_is_read(tmp_path, kept, monkeypatch) -> None:
    """A table, arrays, and arrays within a kept folder; when gone, the command is told."""
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    dvc(tmp_path, "init", "--quiet")
    fill(tmp_path / "data" / "pets")
    table = tmp_path / "data" / "list.csv"
    table.write_text("path,label\npets/cat/0.png,cat\npets/dog/0.png,dog\n")
    arrays = {"train_images": np.zeros((2, 8, 8), np.uint8), "train_labels": np.array([[0], [1]])}
    np.savez(tmp_path / "data" / "scans.npz", **arrays)
    dvc(tmp_path, "add", "--quiet", "data" if kept == "both" else f"data/{kept}")

    for name in ("list.csv", "scans.npz") if kept == "both" else (kept,):
        path = Path("data", name)
        assert len(open_dataset(path)) == 2
        path.unlink()
        with pytest.raises(DatasetError, match=r"was not pulled.*dvc pull data"):
            open_dataset(path)


def command_for(folder: Path) -> str:
    """What a shell in the root of the repository takes."""
    below = folder.parent.as_posix()
    return "dvc pull data/pets" if below == "." else f"dvc --cd {below} pull data/pets"


def test_empty_folders_are_all_that_is_left(repo) -> None:
    """As after `git clean`, or a pull that was stopped."""
    folder, _ = repo
    for path in (folder / "pets").glob("*/*"):
        path.unlink()

    with pytest.raises(DatasetError, match=f"Run `{command_for(folder)}`"):
        open_dataset(folder / "pets")


@pytest.mark.parametrize("left", ["nothing", "an empty folder"])
@pytest.mark.parametrize("name", ["pets", "pets.dvc"])
def test_what_was_not_pulled_is_said(repo, left, name) -> None:
    folder, _ = repo
    shutil.rmtree(folder / "pets")
    if left != "nothing":
        (folder / "pets").mkdir()
        (folder / "pets" / ".gitkeep").touch()
    if (left, name) == ("an empty folder", "pets.dvc"):
        with pytest.raises(DatasetError, match=r"Name .*data/pets\."):
            open_dataset(folder / name)
        return

    with pytest.raises(DatasetError, match=f"Run `{command_for(folder)}`"):
        open_dataset(folder / name)


def test_the_command_that_is_told_helps(repo) -> None:
    """Run as it is written, with the files of the cache as the only remote."""
    folder, _ = repo
    shutil.rmtree(folder / "pets")
    words = command_for(folder).replace("pull", "checkout").split()[1:]  # no remote to pull from
    dvc(Path(), *words)

    assert levels(open_dataset(folder / "pets")) == LEVELS


def test_a_part_that_is_not_here_counts(repo) -> None:
    folder, _ = repo
    (folder / "pets" / "cat" / "1.png").unlink()
    dataset = open_dataset(folder / "pets")

    [finding] = dataset.findings
    assert (finding.kind, finding.path) == ("unreadable", "cat/1.png")
    assert command_for(folder) in finding.detail
    assert len(dataset) == 5

    shutil.rmtree(folder / "pets" / "dog")
    paths = [
        f.path
        for f in open_dataset(folder, labels_required=False).findings
        if f.kind == "unreadable"
    ]
    assert {p.rpartition("pets/")[2] for p in paths} >= {
        "cat/1.png",
        "dog/0.png",
        "dog/1.png",
        "dog/2.png",
    }


def test_a_row_of_a_table_that_is_not_here(repo) -> None:
    folder, _ = repo
    (folder / "pets" / "cat" / "1.png").unlink()
    [reason] = reasons(open_dataset(folder / "list.csv")).values()

    assert command_for(folder).rpartition("data/pets")[0] in reason


class TestLinksElsewhere:
    @pytest.fixture
    def data(self, tmp_path, monkeypatch) -> Path:
        root = tmp_path / "repo"
        fill(root / "data")
        git(root, "init", "-q", "-b", "main")
        monkeypatch.chdir(root)
        return root / "data"

    def commit(self, data: Path) -> None:
        git(data, "add", "-A")
        git(data, "commit", "-q", "-m", "one")

    @pytest.mark.parametrize("form", ["class", "image", "dataset"])
    def test_into_the_repository_they_are_followed(self, data, form) -> None:
        """The same from the working tree as from the revision."""
        store = data.parent / "store"
        if form == "class":
            shutil.move(data / "cat", store / "cat")
            (data / "cat").symlink_to("../store/cat")
        elif form == "image":
            store.mkdir()
            shutil.move(data / "cat" / "1.png", store / "q")
            (data / "cat" / "1.png").symlink_to("../../store/q")
        else:
            shutil.move(data, store)
            data.symlink_to("store")
        self.commit(data.parent)

        assert levels(open_dataset("data")) == LEVELS
        assert levels(open_dataset("git:HEAD:data")) == LEVELS

    @pytest.mark.parametrize("target", ["outside", ".git", "other repository"])
    def test_out_of_it_they_count_as_unreadable(self, data, tmp_path, target) -> None:
        places = {"outside": tmp_path / "outside", ".git": data.parent / ".git" / "x",
                  "other repository": data.parent / "nested" / "x"}  # fmt: skip
        if target == "other repository":
            git(tmp_path, "init", "-q", "repo/nested")
        place = places[target]
        paint(place / "1.png", 99)
        (data / "cat" / "1.png").unlink()
        (data / "cat" / "1.png").symlink_to(place / "1.png")

        assert "leads out" in reasons(open_dataset("data"))["cat/1.png"]

    def test_they_are_those_of_the_revision(self, data) -> None:
        """A folder that the working tree has replaced by a link leads the base nowhere."""
        self.commit(data)
        shutil.move(data, data.parent / "was")
        shutil.copytree(data.parent / "was", data.parent / "other")
        paint(data.parent / "other" / "cat" / "0.png", 99)
        data.symlink_to("other")

        assert levels(open_dataset("git:HEAD:data")) == LEVELS

    def test_a_cache_that_the_configuration_names_opens_no_folder(self, data, tmp_path) -> None:
        """Only files named as DVC names what it keeps are followed there."""
        secret = tmp_path / "home" / "photo.png"
        paint(secret, 99)
        dvc(data.parent, "init", "--quiet")
        (data.parent / ".dvc" / "config").write_text(f"[cache]\n    dir = {tmp_path / 'home'}\n")
        (data / "cat" / "1.png").unlink()
        (data / "cat" / "1.png").symlink_to(secret)

        assert "leads out" in reasons(open_dataset("data"))["cat/1.png"]

    def test_a_cache_of_the_heads_does_not_answer_for_the_base(self, data) -> None:
        """Nor do other bytes under a name of the base's own cache."""
        dvc(data.parent, "init", "--quiet")
        dvc(data.parent, "add", "--quiet", "data")
        self.commit(data.parent)
        name = hashlib.md5((data / "cat" / "0.png").read_bytes()).hexdigest()
        fake = data.parent / "fake"
        shutil.copytree(data.parent / ".dvc" / "cache", fake)
        paint(fake / "0.png", 99)
        (fake / "files" / "md5" / name[:2] / name[2:]).chmod(0o644)
        shutil.copyfile(fake / "0.png", fake / "files" / "md5" / name[:2] / name[2:])
        (data.parent / ".dvc" / "config").write_text("[cache]\n    dir = ../fake\n")
        assert levels(open_dataset("git:HEAD:data")) == LEVELS

        kept = data.parent / ".dvc" / "cache" / "files" / "md5" / name[:2] / name[2:]
        kept.chmod(0o644)
        shutil.copyfile(fake / "0.png", kept)
        with pytest.raises(DatasetError, match="another content under MD5"):
            levels(open_dataset("git:HEAD:data"))

    @pytest.mark.parametrize("relpath", ["../../secret.png", "/etc/passwd", "a/../../b", ""])
    def test_a_list_of_a_folder_that_leads_out_is_refused(self, data, relpath) -> None:
        dvc(data.parent, "init", "--quiet")
        content = f'[{{"md5": "{"a" * 32}", "relpath": "{relpath}"}}]'.encode()
        name = hashlib.md5(content).hexdigest()
        place = data.parent / ".dvc" / "cache" / "files" / "md5" / name[:2] / f"{name[2:]}.dir"
        place.parent.mkdir(parents=True)
        place.write_bytes(content)
        (data.parent / "pets.dvc").write_text(
            f"outs:\n- md5: {name}.dir\n  hash: md5\n  path: pets\n"
        )
        self.commit(data.parent)

        with pytest.raises(DatasetError, match="no path inside a folder"):
            open_dataset("git:HEAD:pets")

    def test_links_that_multiply_come_to_an_end(self, data, monkeypatch) -> None:
        """Ten links in each of many folders, each to the next one, or round in a circle."""
        for module in ("runtime.tracking.kept", "data.readers.walking"):
            monkeypatch.setattr(f"deri_gate.{module}.MOST_LINKS", 1_000)  # a tenth of the time
        for level in range(12):
            folder = data / f"f{level}"
            folder.mkdir()
            for i in range(10):
                (folder / f"l{i}").symlink_to(f"../f{level + 1}")
            (folder / "round").symlink_to("..")
        paint(data / "f12" / "1.png", 1)
        self.commit(data)

        for spec in ("data", "git:HEAD:data"):
            with pytest.raises(DatasetError, match="more than 1000 links to folders"):
                open_dataset(spec)


class TestGitAnnex:
    """Links into its store, and pointers of unlocked files; what brings them is named."""

    @pytest.mark.parametrize("name", ["1.png", "one"])
    def test_a_pointer_of_an_unlocked_file(self, tmp_path, name) -> None:
        fill(tmp_path / "data")
        (tmp_path / "data" / "cat" / name).write_text("/annex/objects/MD5E-s9--0123.png\n")

        assert "git annex get" in reasons(open_dataset(tmp_path / "data"))[f"cat/{name}"]

    @pytest.mark.parametrize("store", ["data/.git", ".git"])
    @pytest.mark.parametrize("here", [True, False])
    def test_a_link_into_its_store(self, tmp_path, store, here) -> None:
        """The command for a link inside the dataset, and for one that leads out, there or not."""
        fill(tmp_path / "data")
        image, place = tmp_path / "data/cat/1.png", tmp_path / store / "annex/objects/a/b.png"
        place.parent.mkdir(parents=True)
        if here:
            image.rename(place)
        image.unlink(missing_ok=True)
        image.symlink_to(os.path.relpath(place, image.parent))
        said = reasons(open_dataset(tmp_path / "data"))

        if store == "data/.git":
            assert ("git annex get" in said.get("cat/1.png", "")) is not here
        else:
            assert "git annex unlock" in said["cat/1.png"]


class TestGitLfs:
    @staticmethod
    def pointer(content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        return (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize {len(content)}\n"
        )

    @pytest.fixture
    def data(self, tmp_path, monkeypatch) -> Path:
        """A checkout without `git lfs pull`, of one image in six and of a table."""
        root = tmp_path / "repo"
        fill(root / "data")
        git(root, "init", "-q", "-b", "main")
        monkeypatch.chdir(root)
        self.content = (root / "data" / "cat" / "1.png").read_bytes()
        (root / "data" / "cat" / "1.png").write_text(self.pointer(self.content))
        (root / "list.csv").write_text(self.pointer(b"path,label\n"))
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", "one")
        return root / "data"

    @pytest.mark.usefixtures("data")
    def test_a_pointer_in_the_working_tree(self) -> None:
        [[name, reason]] = reasons(open_dataset("data")).items()

        assert name == "cat/1.png"
        assert "git lfs pull" in reason
        with pytest.raises(DatasetError, match="git lfs pull"):
            open_dataset("list.csv")

    def test_a_pointer_without_an_ending_is_an_image_too(self, data) -> None:
        (data / "cat" / "1.png").rename(data / "cat" / "one")

        assert "git lfs pull" in reasons(open_dataset("data"))["cat/one"]

    def test_at_a_revision_it_is_read_from_the_store(self, data) -> None:
        with pytest.raises(DatasetError, match="git lfs fetch"):
            levels(open_dataset("git:HEAD:data"))

        name = hashlib.sha256(self.content).hexdigest()
        place = data.parent / ".git" / "lfs" / "objects" / name[:2] / name[2:4] / name
        place.parent.mkdir(parents=True)
        place.write_bytes(self.content)
        assert levels(open_dataset("git:HEAD:data")) == LEVELS

        place.write_bytes(self.content + b" ")
        with pytest.raises(DatasetError, match="another content"):
            levels(open_dataset("git:HEAD:data"))


def test_records_that_were_copied_without_their_repository_say_what_is_missing(tmp_path):
    """A folder of which some files lay in DVC alone: the copy has their records, and not them."""
    folder = tmp_path / "pets"
    fill(folder)
    for path in sorted(folder.rglob("*.png")):
        raw = path.read_bytes()
        said = f"outs:\n- md5: {hashlib.md5(raw).hexdigest()}\n  size: {len(raw)}\n  hash: md5\n"
        path.with_name(f"{path.name}.dvc").write_text(f"{said}  path: {path.name}\n")
    whole = open_dataset(folder)
    gone = folder / "cat" / "1.png"
    gone.unlink()
    part = open_dataset(folder)

    assert (len(whole), whole.findings) == (6, ())
    assert (len(part), [(f.kind, f.path) for f in part.findings]) == (
        5,
        [("unreadable", "cat/1.png")],
    )
    assert (
        "run `dvc pull` in the repository that this folder was copied from"
        in part.findings[0].detail
    )


@pytest.mark.parametrize("repository", [True, False])
def test_what_a_pipeline_makes_is_missed_in_its_repository_alone(tmp_path, repository):
    """A copy of its folder need not hold its reports and models."""
    folder = tmp_path / "pets"
    fill(folder)
    outs = "outs: [{path: model.pt, md5: d41d8cd98f00b204e9800998ecf8427e, hash: md5}]"
    (folder / "dvc.lock").write_text(f"schema: '2.0'\nstages: {{train: {{cmd: train, {outs}}}}}\n")
    if repository:
        (tmp_path / ".dvc").mkdir()

    found = [f.path for f in open_dataset(folder).findings if f.kind == "unreadable"]
    assert found == ["model.pt"] * repository


@pytest.mark.parametrize(
    "hostile",
    [
        "outs: [{md5: 1}]",
        'outs: [{path: "a\\0b", md5: d41d8cd98f00b204e9800998ecf8427e.dir}]',
        f"outs: [{{path: {'a' * 300}}}]",
        "outs: [{path: ../gone.png}, {path: /gone.png}]",
        "outs: [{path: ., md5: d41d8cd98f00b204e9800998ecf8427e.dir, nfiles: 1}]",
        None,
    ],
)
def test_a_record_at_fault_hides_no_other(tmp_path, hostile):
    """Nor does it end the run, as its folder may come from a stranger; a link may lead round."""
    folder = tmp_path / "pets"
    fill(folder)
    for name in "abcdef":
        (folder / name).symlink_to(".")
    if hostile is None:
        (folder / "a.dvc").mkdir()
    else:
        (folder / "a.dvc").write_text(hostile)
    (folder / "b.dvc").write_text("outs: [{path: gone.png}]")

    assert "gone.png" in [finding.path for finding in open_dataset(folder).findings]


@pytest.mark.parametrize(
    "content",
    [
        "<<<<<<< HEAD\nouts:\n=======\nouts:\n>>>>>>> other\n",
        "outs:\n- md5: 0123\n  path: [pets\n",
        "\0" * 50,
        "outs: 3",
        "outs:\n",
        "",
        "[" * 5000,
    ],
)
def test_a_damaged_record_of_the_dataset_is_told(tmp_path, content):
    """Nobody can say whether all files are here; a record of something else is left alone."""
    folder = tmp_path / "pets"
    fill(folder)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "models.dvc").write_text(content)
    (tmp_path / "pets.dvc").mkdir()  # of another program
    assert not open_dataset(folder).findings
    begin_run()
    (tmp_path / "pets.dvc").rmdir()
    (tmp_path / "pets.dvc").write_text(content)
    (folder / "dog" / "2.png.dvc").write_text(content)
    found = {finding.path: finding for finding in open_dataset(folder).findings}

    assert set(found) == {"dog/2.png.dvc", "pets.dvc"}
    assert {finding.kind for finding in found.values()} == {"unreadable"}
    assert "DVC's record cannot be read" in found["pets.dvc"].detail


@pytest.mark.parametrize("at", [".", "pets", "pets/dog"])
def test_a_damaged_lock_of_a_pipeline_is_told(tmp_path, at):
    """Its stages may make any file of the dataset, unless another record holds all of it."""

    def unreadable():
        begin_run()
        return [one for one in open_dataset(folder).findings if one.kind == "unreadable"]

    folder = tmp_path / "pets"
    fill(folder)
    (tmp_path / at / "dvc.lock").write_text("<<<<<<< HEAD\nschema: '2.0'\n=======\n")
    assert not unreadable()  # in no repository: it was copied from elsewhere
    (tmp_path / ".dvc").mkdir()
    [finding] = unreadable()

    assert finding.path.rpartition("/")[2] == "dvc.lock"
    assert "run `dvc repro` again" in finding.detail
    (tmp_path / "pets.dvc").write_text("outs: [{path: pets, nfiles: 6}]")
    assert not unreadable()


def test_links_that_lead_round_in_a_folder_kept_by_dvc_end_no_run(tmp_path):
    for name in "abcdef":
        (tmp_path / name).symlink_to(".")
    (tmp_path / "one.png").touch()
    said = "outs: [{path: ., md5: d41d8cd98f00b204e9800998ecf8427e.dir, nfiles: 99}]"
    (tmp_path / "all.dvc").write_text(said)
    (record,) = recorded(tmp_path, below=True, copied=True)

    assert record.missing() == [("", "all.dvc lists 99 files, of which 2 here", 97)]


@pytest.mark.parametrize("known_by", ["md5: d41d8cd98f00b204e9800998ecf8427e.dir", "etag: a-1"])
@pytest.mark.parametrize("below", [True, False])
def test_files_of_a_folder_without_its_list_count_each(tmp_path, known_by, below):
    """They counted as one; by an etag, whatever lay there was all. Of others nobody knows where."""
    fill(tmp_path / "data" / "pets")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "data.dvc").write_text(f"outs: [{{path: data, nfiles: 40, {known_by}}}]")
    [finding] = open_dataset(
        tmp_path / "data" if not below else tmp_path / "data" / "pets"
    ).findings

    assert (finding.kind, finding.images) == ("unreadable", 1 if below else 34)
    assert "data.dvc lists 40 files, of which 6 here" in finding.detail
