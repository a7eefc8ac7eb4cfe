"""`ci fetch` writes below the dataset and nowhere else, and the branch chooses no remote."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from deri_gate.commands.ci_fetch import pull_missing
from deri_gate.data.readers.endings import MANIFESTS
from deri_gate.errors import DatasetError
from deri_gate.github.fetching.names import check_names, name_fault
from tests.dvc_here import dvc
from tests.sweeps import sampled

from ..github.conftest import Repository


def md5_of(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()


class Attack:
    """A repository with a remote, a branch of a stranger's, and the clone that judges it."""

    def __init__(self, guarded: Repository, pushed: Path, folder: Path) -> None:
        self.own, self.store, self.clone = guarded, folder / "store", folder / "clone"
        shutil.copytree(pushed / "store", self.store)
        remote = (pushed / "repository" / ".dvc" / "config").read_text("utf-8")
        guarded.write(".dvc/config", remote.replace(str(pushed), str(folder)))
        guarded.commit("a remote")
        guarded.branch("topic")

    def put(self, content: bytes, name: str | None = None, store: Path | None = None) -> str:
        """A content in the store, under its MD5 or another name."""
        name = name or md5_of(content)
        place = (store or self.store) / "files" / "md5" / name[:2] / name[2:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return name

    def listed(self, entries: list, store: Path | None = None) -> str:
        """A folder's list in the store; its name."""
        content = json.dumps(entries).encode()
        return self.put(content, f"{md5_of(content)}.dir", store)

    def tracks(self, md5: str, out: str = "data", stated: str = "data.dvc", **more) -> None:
        """The branch says that an output has this content."""
        about = {"md5": md5, "hash": "md5", "path": out, **more}
        self.own.write(stated, json.dumps({"outs": [about]}))

    def fetched(self, run, *words: str):
        """What the command says in a fresh clone of the branch."""
        self.own.commit("more images")
        self.own.run("git", "clone", "--quiet", str(self.own.folder), str(self.clone))
        os.chdir(self.clone)
        return run("ci", "fetch", *words, "--base", "origin/main")

    def outside(self) -> set[str]:
        """All that lies around the clone and the repository."""
        top = self.clone.parent
        return {
            path.relative_to(top).as_posix()
            for path in top.rglob("*")
            if not path.is_relative_to(self.own.folder) and not path.is_relative_to(self.store)
        }

    def entry(self, path: object, content: bytes = b"PWNED") -> dict:
        return {"md5": self.put(content), "relpath": path}


@pytest.fixture(scope="module")
def pushed(template, tmp_path_factory) -> Path:
    """A folder with the repository and the remote that has its files: DVC takes seconds."""
    folder = tmp_path_factory.mktemp("pushed")
    own = Repository(shutil.copytree(template, folder / "repository", symlinks=True))
    own.dvc("remote", "add", "--default", "store", str(folder / "store"))
    own.dvc("push", "--quiet")
    return folder


@pytest.fixture
def attack(run, guarded, pushed, tmp_path) -> Attack:
    return Attack(guarded, pushed, tmp_path)


def refused(said, attack: Attack, clone_has: set[str] | None = None) -> str:
    """The error, once it is sure that nothing was laid out."""
    status, out, err = said
    assert (status, err.count("\n")) == (2, 1), out + err
    assert not list(attack.clone.parent.rglob("*PWNED*"))
    found = {path.name for path in attack.clone.iterdir()}
    assert found - {".git", ".dvc", ".dvcignore"} <= {
        "data.dvc", "params.yaml", "limits", "pools", ".gitignore", *(clone_has or ())
    }  # fmt: skip
    return err


PATHS = [
    "../PWNED", "../../../../PWNED", "a/../../PWNED", "/tmp/PWNED", "//tmp/PWNED", "..\\PWNED",
    "C:\\PWNED", "C:PWNED", "\\\\host\\share\\PWNED", "a\\b", ".git/hooks/PWNED", "a/.git/PWNED",
    ".GIT/PWNED", ".Git /PWNED", ".git./PWNED", "git~1/PWNED", ".g\u200cit/PWNED",
    ".git::$INDEX_ALLOCATION/PWNED", ".dvc/config", ".DVC/config", "a//PWNED", "./PWNED", "a/./b",
    "a/", "", ".", "..", "PWNED\0x", "PWNED\n", "CON", "con.png", "a/NUL", "aux.tar.gz", "COM1",
    "lpt9.txt", "a/COM\u00b9", "x.", "x ", "a/ /b ", "\ud800", "a" * 256, "/".join("a" * 600),
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_a_name_that_leads_elsewhere_is_refused(path) -> None:
    with pytest.raises(DatasetError, match="list of a folder is refused"):
        check_names(["fine.png", path], "data.dvc")


@pytest.mark.parametrize("path", ["a b/c.png", "é/ü.png", "12:30.png", ".hidden", "..x", "x..y",
                                  "console.png", "communal/1", "a,b;c'\"$(x).png", "日本/1.png"])  # fmt: skip
def test_ordinary_names_are_fine(path) -> None:
    assert name_fault(path) == ""


@pytest.mark.parametrize(
    "paths",
    [
        ["a.png", "A.png"], ["Cat/1.png", "cat/2.png"], ["é", "e\u0301"], ["ß", "ss"], ["a", "a/b"],
        ["a/b/c", "a/b"], ["\u017f", "s"],
    ],
)  # fmt: skip
def test_names_that_collide_are_refused(paths) -> None:
    with pytest.raises(DatasetError, match=r"differ in case alone|a file and a folder"):
        check_names(paths, "data.dvc")


@pytest.mark.parametrize("path", sampled(["../PWNED", "../../../../PWNED", "/tmp/PWNED-x", "a\\..\\PWNED",
                                  ".git/hooks/post-checkout", ".dvc/config", "x/../../PWNED"], 0, 2, 4))  # fmt: skip
def test_a_listing_that_leads_out_writes_nothing(attack, run, path) -> None:
    """The whole list is looked through before its first file is laid out."""
    attack.tracks(attack.listed([attack.entry("fine.png", b"fine"), attack.entry(path)]))

    err = refused(attack.fetched(run), attack)
    assert "data.dvc" in err
    assert not Path("/tmp/PWNED-x").exists()
    assert not (attack.clone / "data").exists()


@pytest.mark.parametrize("entries", sampled([
    [{"relpath": "a", "md5": "x"}], [{"relpath": "a"}], [{"md5": "0" * 32}], ["a"], [None], {},
    [{"relpath": 1, "md5": "0" * 32}], [{"relpath": ["a"], "md5": "0" * 32}],
    [{"relpath": "a", "md5": "../" + "0" * 29}], [{"relpath": "a", "md5": "0" * 32 + ".dir"}],
    [{"relpath": "a", "md5": "0" * 32}] * 2,
], 0, 3, 8))  # fmt: skip
def test_an_odd_listing_writes_nothing(attack, run, entries) -> None:
    attack.tracks(attack.listed(entries))

    refused(attack.fetched(run), attack)
    assert not (attack.clone / "data").exists()


def test_the_branch_chooses_no_remote(attack, run, tmp_path) -> None:
    """Its `.dvc/config`, its other remotes, its field `remote`: none is asked."""
    other = attack.own.folder / "mystore"
    for name in ("store", "mine"):
        attack.own.dvc("remote", "add", "--force", name, str(other))
    attack.own.dvc("remote", "default", "mine")
    only = attack.listed([{"md5": attack.put(b"PWNED", store=other), "relpath": "a.png"}], other)
    attack.tracks(only, remote="mine")

    err = refused(attack.fetched(run), attack, {"mystore"})
    assert "dvc push" in err
    assert not (attack.clone / "data").exists()


def test_the_branchs_own_settings_are_refused(attack, run, tmp_path) -> None:
    """`.dvc/config.local` is this machine's: a committed one is not believed."""
    attack.own.write(".dvc/config.local", "['remote \"store\"']\n    url = /nowhere\n")
    attack.own.run("git", "add", "--force", ".dvc/config.local")

    assert "config.local" in refused(attack.fetched(run), attack)


@pytest.mark.parametrize(
    "planted", sampled([".dvc/cache/files/md5/aa/bb", ".dvc/tmp/lock", ".DVC/x"])
)
def test_a_planted_cache_is_refused(attack, run, planted) -> None:
    """A file there would vouch for contents that it is not, the base's as well."""
    attack.own.write(planted, "PWNED")
    attack.own.run("git", "add", "--force", planted)

    assert "DVC's own state" in refused(attack.fetched(run), attack, {".DVC"})


def test_a_folder_of_dvcs_that_is_a_link_is_refused(attack, run, tmp_path) -> None:
    own = attack.own.folder
    (own / ".dvc").rename(own / "state")
    (own / ".dvc").symlink_to("state")

    assert "DVC's own state" in refused(attack.fetched(run), attack, {"state"})


@pytest.mark.parametrize("link", sampled(["data", "data/digit 0", "data/digit 0/0000.png"], 1))
def test_nothing_is_written_through_a_link(attack, run, tmp_path, link) -> None:
    """A parent or the file itself is a link of the branch's, wherever it leads."""
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "0000.png").write_text("mine")
    place = attack.own.folder / link
    shutil.rmtree(attack.own.folder / "data")
    place.parent.mkdir(parents=True, exist_ok=True)
    target = tmp_path / "victim" / ("0000.png" if link.endswith(".png") else "")
    place.symlink_to(target)
    attack.own.write(".gitignore", "")
    attack.own.run("git", "add", "--force", link)
    attack.tracks(attack.listed([attack.entry("digit 0/0000.png")]))

    refused(attack.fetched(run, "digits"), attack, {"data"})
    assert [path.name for path in (tmp_path / "victim").iterdir()] == ["0000.png"]
    assert (tmp_path / "victim" / "0000.png").read_text() == "mine"


@pytest.mark.parametrize(
    "out", sampled(["../PWNED", "/tmp/PWNED-y", ".git/hooks", ".", "data/../../PWNED"], 0, 2)
)
def test_an_output_elsewhere_is_not_fetched(attack, run, out) -> None:
    """The dataset is what the settings name; an output that lies elsewhere is none of it."""
    attack.tracks(attack.listed([attack.entry("post-checkout")]), out=out)
    status, said, _ = attack.fetched(run, "digits")

    assert status == 2 or "in git" in said
    assert not list(attack.clone.parent.rglob("*PWNED*"))
    assert not (attack.clone / ".git/hooks/post-checkout").exists()
    assert not (attack.clone / "post-checkout").exists()


def test_a_new_dataset_does_not_cover_a_folder_of_programs(attack, run) -> None:
    """The branch calls an environment a dataset, which a step before made in the checkout."""
    attack.own.write(
        "params.yaml",
        (attack.own.folder / "params.yaml")
        .read_text()
        .replace("digits: data", "digits: data\n    x: venv"),
    )
    attack.tracks(attack.listed([attack.entry("lib/python3/site-packages/zz.pth")]),
                  out="venv", stated="venv.dvc")  # fmt: skip
    attack.own.commit("one more")
    attack.own.run("git", "clone", "--quiet", str(attack.own.folder), str(attack.clone))
    packages = attack.clone / "venv/lib/python3/site-packages"
    packages.mkdir(parents=True)
    (packages / "real.py").write_text("")
    os.chdir(attack.clone)
    status, _, err = run("ci", "fetch", "x", "--base", "origin/main")

    assert (status, "files of this machine" in err) == (2, True)
    assert [path.name for path in packages.iterdir()] == ["real.py"]


def test_another_content_under_a_hash_is_refused(attack, run) -> None:
    """What comes from a remote is what its name says, or nothing."""
    name = md5_of(b"what was meant")
    attack.put(b"PWNED", name)
    attack.tracks(attack.listed([{"md5": name, "relpath": "a.png"}]))

    err = refused(attack.fetched(run), attack)
    assert "another content" in err
    assert not (attack.clone / "data").exists()


def test_a_poisoned_cache_is_filled_again(attack, run) -> None:
    """A shared cache of the runner's holds another content under a name."""
    name = attack.put(b"right")
    attack.tracks(attack.listed([{"md5": name, "relpath": "a.png"}]))
    attack.own.commit("more")
    attack.own.run("git", "clone", "--quiet", str(attack.own.folder), str(attack.clone))
    place = attack.clone / ".dvc/cache/files/md5" / name[:2] / name[2:]
    place.parent.mkdir(parents=True)
    place.write_bytes(b"PWNED")
    os.chdir(attack.clone)
    status, out, err = run("ci", "fetch", "--base", "origin/main")

    assert status == 0, out + err
    assert (attack.clone / "data/a.png").read_bytes() == b"right"
    assert place.read_bytes() == b"right"


@pytest.mark.parametrize("stage", sampled([
    {"cmd": "touch PWNED", "deps": [{"path": "x"}]},
    {"deps": [{"path": "x", "repo": {"url": "https://example.org/x.git"}}], "frozen": True},
    {"deps": [{"path": "https://example.org/PWNED"}], "frozen": True},
    {"deps": [{"path": "x", "db": {"query": "x"}}]},
], 0, 2))  # fmt: skip
def test_stages_and_imports_run_and_ask_nothing(attack, run, stage) -> None:
    """Only hashes are read; sockets are closed in the tests, so that any request would fail."""
    md5 = attack.listed([attack.entry("digit 0/1.png", b"fine")])
    about = {"md5": md5, "hash": "md5", "path": "data"}
    attack.own.write("data.dvc", json.dumps({"outs": [about], **stage}))
    attack.own.write(
        "dvc.yaml", json.dumps({"stages": {"x": {"cmd": "touch PWNED", "outs": ["y"]}}})
    )
    status, out, err = attack.fetched(run, "digits")

    assert status == 0, out + err
    assert (attack.clone / "data/digit 0/1.png").read_bytes() == b"fine"
    assert not list(attack.clone.parent.rglob("*PWNED*"))


def test_an_honest_branch_gets_its_files_and_the_bases(attack, run) -> None:
    first = min((attack.own.folder / "data").glob("*/*.png"))
    first.unlink()
    attack.own.dvc("add", "--quiet", "data")
    attack.own.dvc("push", "--quiet")
    status, out, err = attack.fetched(run)

    assert status == 0, err
    assert "data: 119 files pulled" in out
    assert len(list((attack.clone / "data").glob("*/*.png"))) == 119
    assert not any(path.is_symlink() for path in (attack.clone / "data").rglob("*"))
    kept = [p for p in (attack.clone / ".dvc/cache/files/md5").rglob("*") if p.is_file()]
    assert len(kept) == 122
    again = run("ci", "fetch", "--base", "origin/main")
    assert again[0] == 0
    assert "up to date" in dvc(attack.clone, "status")


@pytest.mark.parametrize("ending", sampled(MANIFESTS))
def test_images_beside_a_table_of_any_form_come_with_it(attack, ending) -> None:
    """Those beside a `.tab` stayed away: each part had a list of endings of its own."""
    attack.own.write(f"scans/set{ending}", "path\tlabel\npics/1.png\ta\n")
    attack.tracks(attack.listed([attack.entry("1.png", b"fine")]), "pics", "scans/pics.dvc")
    attack.own.commit("a table")
    attack.own.run("git", "clone", "--quiet", str(attack.own.folder), str(attack.clone))
    pull_missing(f"scans/set{ending}", attack.clone)

    assert (attack.clone / "scans/pics/1.png").read_bytes() == b"fine"


def test_work_of_the_user_is_not_lost(attack, run) -> None:
    """A file that differs from what DVC recorded stays, and that is said."""
    md5 = attack.listed([attack.entry("digit 0/0000.png", b"theirs")])
    attack.tracks(md5)
    attack.own.commit("more")
    attack.own.run("git", "clone", "--quiet", str(attack.own.folder), str(attack.clone))
    mine = attack.clone / "data/digit 0/0000.png"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    os.chdir(attack.clone)
    status, _, err = run("ci", "fetch", "--base", "origin/main")

    assert (status, "would be lost" in err) == (2, True)
    assert mine.read_bytes() == b"mine"


@pytest.mark.sweep
def test_files_of_another_version_go_where_the_cache_holds_them(attack, run) -> None:
    """As after `git switch`; what nobody else holds stays."""
    status, _, _ = attack.fetched(run, "digits")
    assert status == 0
    (attack.clone / "data/notes.txt").write_text("mine")
    md5 = attack.listed([attack.entry("digit 0/1.png", b"other")])
    (attack.clone / "data.dvc").write_text(
        json.dumps({"outs": [{"md5": md5, "hash": "md5", "path": "data"}]})
    )
    Repository(attack.clone).commit("another version")
    status, out, err = run("ci", "fetch", "digits", "--base", "origin/main")

    assert status == 0, err
    assert "1 that neither git nor DVC knows" in out
    left = [p.relative_to(attack.clone).as_posix() for p in (attack.clone / "data").rglob("*.*")]
    assert sorted(left) == ["data/digit 0/1.png", "data/notes.txt"]


def test_a_base_without_a_remote_says_what_to_do(run, guarded, tmp_path) -> None:
    """The branch brings the remote along: it is for the base's owner to merge it first."""
    guarded.branch("topic")
    guarded.dvc("remote", "add", "--default", "store", str(tmp_path / "store"))
    guarded.write("data/digit 0/one.png", "x")
    guarded.dvc("add", "--quiet", "data")
    guarded.commit("a remote, and more")
    guarded.dvc("push", "--quiet")
    clone = tmp_path / "clone"
    guarded.run("git", "clone", "--quiet", str(guarded.folder), str(clone))
    os.chdir(clone)
    status, _, err = run("ci", "fetch", "--base", "origin/main")

    assert (status, "the base configures no DVC remote" in err) == (2, True)
