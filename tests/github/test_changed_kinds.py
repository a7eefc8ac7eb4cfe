"""What cannot be shown to be equal was touched: every way to change a dataset, with real commands.

Each test changes what a reader would get at the path that the settings name. Whether it does is
not asked of the code under test: the files are opened, or DVC says what it keeps.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import chdir

import pytest
from click.testing import CliRunner

from deri_gate.cli.main import main
from deri_gate.github.changed import touched
from deri_gate.github.policy import policy_of
from tests.dvc_here import dvc
from tests.sweeps import sampled

GATE = "gate:\n  datasets: {{d: {path}}}\n"


@pytest.fixture
def start(repository):
    """Write files and a gate on a path, commit them to main, go on in a branch."""

    def begin(path: str, files: dict[str, str], links: dict[str, str] | None = None):
        repository.write("params.yaml", GATE.format(path=path))
        for name, text in files.items():
            repository.write(name, text)
        for name, target in (links or {}).items():
            place = repository.folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)
        repository.commit()
        repository.branch("topic")
        return repository

    return begin


def is_touched(repository) -> bool:
    """As the command says it, from the commits alone."""
    repository.commit()
    with chdir(repository.folder):
        done = CliRunner().invoke(main, ["ci", "changed", "--base", "main"])
    assert done.exit_code == 0, done.output
    named = json.loads(done.stdout.splitlines()[0].removeprefix("datasets="))
    assert set(named) <= {"d"}
    return bool(named)


IMAGES = {"data/x/1.png": "1", "data/y/1.png": "2", "other/1.png": "3"}
TABLE = "path,label\nimages/one.png,x\nimages/two.png,y\n"


class TestWhatLiesInGit:
    @pytest.mark.parametrize(
        ("name", "expected"),
        sampled(
            [
                ("data/x/1.png", True),
                ("data/x/new.jfif", True),
                ("data/notes.txt", True),
                ("data/HEAD", True),
                ("HEAD", False),  # a file that git could take for a revision
                ("main", False),
                ("other/1.png", False),
                ("dataset/x/1.png", False),
                ("README.md", False),
            ],
            0,
            3,
            4,
            8,
        ),
    )
    def test_files(self, start, name, expected) -> None:
        repository = start("data", IMAGES)
        repository.write(name, "changed")

        assert is_touched(repository) is expected

    def test_only_the_mode(self, start) -> None:
        repository = start("data", IMAGES)
        (repository.folder / "data/x/1.png").chmod(0o755)

        assert is_touched(repository)

    def test_only_the_case_of_a_class(self, start) -> None:
        repository = start("data", IMAGES)
        repository.run("git", "mv", "data/x", "data/X")

        assert is_touched(repository)

    def test_a_folder_that_is_the_same_where_case_does_not_count(self, start) -> None:
        repository = start("data", IMAGES)
        repository.write("Data/x/2.png", "2")

        assert is_touched(repository)

    @pytest.mark.parametrize("name", [".gitattributes", "data/.gitattributes", ".dvcignore"])
    def test_rules_of_how_files_are_read(self, start, name) -> None:
        repository = start("data", IMAGES)
        repository.write(name, "*.png text eol=crlf\n")

        assert is_touched(repository)

    def test_rules_of_another_folder(self, start) -> None:
        repository = start("data", IMAGES)
        repository.write("other/.gitattributes", "*.png text\n")

        assert not is_touched(repository)

    def test_a_pointer_of_git_lfs(self, start) -> None:
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 3\n"
        repository = start("data", {"data/x/1.png": pointer.format("a" * 64)})
        repository.write("data/x/1.png", pointer.format("b" * 64))

        assert is_touched(repository)

    def test_a_folder_that_becomes_a_link(self, start) -> None:
        repository = start("data/a", {"data/a/x/1.png": "1", "other/a/x/1.png": "2"})
        repository.run("git", "rm", "-r", "--quiet", "data")
        (repository.folder / "data").symlink_to("other")

        assert is_touched(repository)

    def test_what_is_nowhere_recorded(self, start) -> None:
        """Nobody can say what a dataset holds that neither git nor DVC knows."""
        repository = start("elsewhere", IMAGES)
        repository.write("README.md", "changed")

        assert is_touched(repository)

    def test_a_dataset_that_the_settings_did_not_name(self, start) -> None:
        repository = start("data", IMAGES)
        repository.write("params.yaml", "gate:\n  datasets: {d: data, e: other}\n")
        repository.commit()

        assert touched("main", repository.folder).datasets == ("e",)


class TestLinks:
    @pytest.mark.parametrize(
        ("path", "links", "changed", "expected"),
        sampled(
            [
                ("data", {"data": "store/set"}, "store/set/x/1.png", True),
                ("data/set", {"data": "store"}, "store/set/x/1.png", True),
                ("data/set", {"data": "store"}, "store/other.png", False),
                ("data", {"data": "hop", "hop": "store/set"}, "store/set/x/1.png", True),
                ("data", {"data/x": "../store/set/x"}, "store/set/x/1.png", True),
                ("data", {"data/x/1.png": "../../store/set/x/1.png"}, "store/set/x/1.png", True),
                ("data", {"data/x": "../hop", "hop": "store/set/x"}, "store/set/x/1.png", True),
                (
                    "data",
                    {"data/x": "../hop/../set/x", "hop": "store/deep"},
                    "store/set/x/1.png",
                    True,
                ),
                ("data", {"data/x": "../store/set/x"}, "store/set/y/1.png", False),
                ("data", {"data": "data"}, "other.png", True),  # round in a circle
                ("data", {"data": "/somewhere/else"}, "other.png", True),
                ("data", {"data": "../beside"}, "other.png", True),
            ],
            0,
            2,
            5,
            8,
            11,
        ),
    )
    def test_they_are_followed(self, start, path, links, changed, expected) -> None:
        files = {"store/set/x/1.png": "1", "store/set/y/1.png": "1", "store/deep/1.png": "1"}
        repository = start(path, files, links)
        repository.write(changed, "changed")

        assert is_touched(repository) is expected

    def test_another_target(self, start) -> None:
        repository = start("data", {"a/x/1.png": "1", "b/x/1.png": "2"}, {"data": "a"})
        (repository.folder / "data").unlink()
        (repository.folder / "data").symlink_to("b")

        assert is_touched(repository)

    def test_many_links_take_no_time(self, start) -> None:
        links = {f"data/x/{i}.png": f"../../store/{i}" for i in range(1000)}
        repository = start("data", {f"store/{i}": str(i) for i in range(1000)}, links)
        repository.write("store/999", "changed")

        assert is_touched(repository)


class TestTables:
    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ("images/one.png", True),
            ("train.csv", True),
            ("elsewhere/one.tif", True),  # perhaps by --suffix or --root
            ("docs/logo.png", False),
            ("train.py", False),
            ("README.md", False),
        ],
    )
    def test_images_of_a_table_in_the_root(self, start, changed, expected) -> None:
        repository = start("train.csv", {"train.csv": TABLE, "images/one.png": "1"})
        repository.write(changed, TABLE + "images/three.png,x\n")

        assert is_touched(repository) is expected

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("t.csv", 'path,label,mask\ni/a.png,x,"m/om""e.png"\n'),
            ("t.jsonl", '{"path": "i\\/om\\u0022e.png", "label": "x"}\n'),
            ("t.tsv", 'path\tlabel\nI/OM"E\tx\n'),
            ("t.csv", '\ufeffpath;label\ni\\om"e.png;x\n'),
        ],
    )
    def test_names_however_they_are_written(self, start, name, text) -> None:
        repository = start(name, {name: text, 'i/om"e.png': "1"})
        repository.write('i/om"e.png', "2")

        assert is_touched(repository)

    def test_a_table_in_utf_16(self, start) -> None:
        repository = start("t.csv", {"i/one.png": "1", "i/sone.png": "1"})
        repository.run("git", "switch", "--quiet", "main")
        (repository.folder / "t.csv").write_text("path,label\ni/one.png,x\n", encoding="utf-16")
        repository.commit()
        repository.run("git", "branch", "--force", "topic")
        repository.run("git", "switch", "--quiet", "topic")
        repository.write("i/one.png", "2")

        assert is_touched(repository)

    def test_what_cannot_be_searched_may_name_anything(self, start) -> None:
        repository = start("t.parquet", {"t.parquet": "PAR1"})
        repository.write("any.png", "2")

        assert is_touched(repository)

    def test_a_table_in_a_folder_stands_for_all_beside_it(self, start) -> None:
        repository = start("data/t.csv", {"data/t.csv": TABLE, "data/images/one.png": "1"})
        repository.write("data/images/five.png", "2")

        assert is_touched(repository)

    def test_images_through_a_link(self, start) -> None:
        files = {"train.csv": TABLE, "store/q.png": "1"}
        repository = start("train.csv", files, {"images/one.png": "../store/q.png"})
        repository.write("store/q.png", "2")

        assert is_touched(repository)

    @pytest.mark.parametrize(("changed", "expected"), [("pool/q.png", True), ("lake/q.png", False)])
    def test_a_root_that_the_settings_name(self, start, changed, expected) -> None:
        repository = start(
            "tables/t.csv", {"tables/t.csv": "path,label\nq.png,x\n", "pool/q.png": "1"}
        )
        repository.run("git", "switch", "--quiet", "main")
        repository.write(
            "params.yaml", "gate:\n  datasets: {d: {path: tables/t.csv, root: pool}}\n"
        )
        repository.commit()
        repository.run("git", "branch", "--force", "topic")
        repository.run("git", "switch", "--quiet", "topic")
        repository.write(changed, "2")

        assert is_touched(repository) is expected


def out(path: str, md5: str = "a", **more) -> dict:
    return {"path": path, "md5": md5 * 32, "hash": "md5", "size": 3, **more}


def record(*outs: dict, **more) -> str:
    return json.dumps({"outs": list(outs), **more})


def lock(*outs: dict) -> str:
    return json.dumps({"schema": "2.0", "stages": {"make": {"cmd": "x", "outs": list(outs)}}})


class TestFilesOfDvc:
    """Their form is DVC's own, as the tests with its commands below show."""

    @pytest.mark.parametrize(
        ("name", "before", "after", "expected"),
        sampled([
            ("data.dvc", record(out("data")), record(out("data", "b")), True),
            ("data/x.dvc", record(out("x")), record(out("x", "b")), True),
            ("scans.dvc", record(out("data")), record(out("data", "b")), True),
            ("meta/d.dvc", record(out("data"), wdir=".."), record(out("data", "b"), wdir=".."), True),
            ("meta/d.dvc", record(out("../data")), record(out("../data", "b")), True),
            ("meta/d.dvc", record(out("data")), record(out("data"), wdir=".."), True),
            ("meta/d.dvc", record(out("data")), record(out("data", "b")), False),
            ("other.dvc", record(out("other")), record(out("other", "b")), False),
            ("other.dvc", record(out("other")), record(out("other"), out("data")), True),
            ("data.dvc", record(out("data")), record(out("data", hash="other")), True),
            ("data.dvc", record(out("data")), record(out("data"), deps=[{"path": "q"}]), True),
            ("dvc.lock", lock(out("data")), lock(out("data", "b")), True),
            ("dvc.lock", lock(out("data"), out("q")), lock(out("data"), out("q", "b")), False),
            ("deep/er/dvc.lock", lock(out("../../data")), lock(out("../../data", "b")), True),
            ("deep/er/dvc.lock", lock(out("data")), lock(out("data", "b")), False),
            ("data.dvc", record(out("data")), "outs: [", True),
            ("other.dvc", record(out("other")), "outs: {", True),
            ("other.dvc", record(out("other")), "[1]", True),
        ], 0, 3, 6, 9, 12, 15, 17),
    )  # fmt: skip
    def test_at_any_place_and_of_any_name(self, start, name, before, after, expected) -> None:
        repository = start(
            "data", {name: before, "data.dvc" if name != "data.dvc" else "z": record(out("data"))}
        )
        repository.write(name, after)

        assert is_touched(repository) is expected

    def test_versions_of_a_cloud(self, start) -> None:
        """Files of equal size, told apart by their version alone."""

        def versions(one: str) -> str:
            cloud = {"s3": {"etag": "e", "version_id": one}}
            return record(
                {"path": "data", "files": [{"relpath": "x/1.png", "size": 3, "cloud": cloud}]}
            )

        repository = start("data", {"data.dvc": versions("1")})
        repository.write("data.dvc", versions("2"))

        assert is_touched(repository)

    @pytest.mark.parametrize("working", ["sub", "${where}"])
    def test_a_stage_with_a_folder_of_its_own(self, start, working) -> None:
        """Where it is computed, nobody can say whose output it is."""
        stages = json.dumps({"stages": {"make": {"cmd": "x", "wdir": working, "outs": ["set"]}}})
        files = {"p/dvc.yaml": stages, "p/dvc.lock": lock(out("set"))}
        repository = start("p/sub/set", files)
        repository.write("p/dvc.lock", lock(out("set", "b")))

        assert is_touched(repository)

    def test_a_stage_that_moves(self, start) -> None:
        def stages(folder: str) -> str:
            return json.dumps({"stages": {"make": {"cmd": "x", "wdir": folder, "outs": ["set"]}}})

        repository = start(
            "b/set", {"dvc.yaml": stages("a"), "dvc.lock": lock(out("set")), "b/set/x": "1"}
        )
        repository.write("dvc.yaml", stages("b"))

        assert is_touched(repository)

    def test_an_output_behind_a_link(self, start) -> None:
        repository = start("data", {"store/set.dvc": record(out("set"))}, {"data": "store/set"})
        repository.write("store/set.dvc", record(out("set", "b")))

        assert is_touched(repository)

    def test_a_configuration_is_the_policy_and_touches_what_dvc_keeps(self, start) -> None:
        repository = start("p/data", {"p/data.dvc": record(out("data")), "p/.dvc/config": ""})
        repository.write("p/.dvc/config", "[cache]\n    dir = elsewhere\n")
        repository.commit()
        found = touched("main", repository.folder)

        assert (found.datasets, found.policy_files) == (("d",), ("p/.dvc/config",))


class TestSubmodules:
    @pytest.mark.parametrize("path", ["sub", "sub/data"])
    def test_another_commit_however_it_is_hidden(self, start, tmp_path, path) -> None:
        other = tmp_path / "other"
        other.mkdir()
        run = ["git", "-C", str(other), "-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run([*run, "init", "--quiet"], check=True)
        subprocess.run([*run, "commit", "--quiet", "--allow-empty", "-m", "1"], check=True)
        repository = start(path, {"README.md": "1"})
        repository.add_submodule(other, "sub")
        repository.commit()
        repository.run("git", "config", "-f", ".gitmodules", "submodule.sub.ignore", "all")
        repository.commit()
        repository.run("git", "branch", "--force", "main")
        subprocess.run(
            [
                *run,
                "-C",
                str(repository.folder / "sub"),
                "commit",
                "--quiet",
                "--allow-empty",
                "-m",
                "2",
            ],
            check=True,
        )
        repository.run("git", "add", "--force", "sub")

        assert is_touched(repository)

    def test_another_address(self, start) -> None:
        text = '[submodule "sub"]\n\tpath = data/sub\n\turl = {}\n'
        repository = start("data", {".gitmodules": text.format("a"), "data/x": "1"})
        repository.write(".gitmodules", text.format("b"))
        commit = repository.run("git", "rev-parse", "HEAD").strip()
        repository.run("git", "update-index", "--add", "--cacheinfo", f"160000,{commit},data/sub")
        repository.run("git", "add", ".gitmodules")
        repository.run("git", "commit", "--quiet", "-m", "x")
        found = touched("main", repository.folder)

        assert found.datasets == ("d",)
        assert ".gitmodules" in found.policy_files


class TestDvcItself:
    """The same with its commands."""

    @pytest.mark.parametrize("form", sampled(["plain", "other name", "subdir", "nothing"], 0, 3))
    def test_a_changed_image(self, start, form) -> None:
        at = "p/" if form == "subdir" else ""
        repository = start(f"{at}data", {f"{at}data/x/1.png": "1", f"{at}data/y/1.png": "2"})
        repository.run("git", "switch", "--quiet", "main")
        repository.run("git", "rm", "-r", "--quiet", "--cached", f"{at}data")
        folder = repository.folder / at

        dvc(folder, "init", "--quiet", *(["--subdir"] if at else []))
        dvc(folder, "add", "--quiet", "data")
        if form == "other name":
            (folder / "data.dvc").rename(folder / "scans.dvc")
        repository.commit()
        repository.run("git", "branch", "--force", "topic")
        repository.run("git", "switch", "--quiet", "topic")
        if form != "nothing":
            repository.write(f"{at}data/x/1.png", "changed")
        if form == "other name":
            dvc(folder, "commit", "--quiet", "--force", "scans.dvc")
        else:
            dvc(folder, "add", "--quiet", "data")
        repository.write("README.md", "changed")

        assert is_touched(repository) is (form != "nothing")


def test_what_git_and_dvc_both_keep_is_not_judged(start, run, monkeypatch) -> None:
    """DVC's file says one thing, and git's files, which would be judged, another."""
    repository = start("data", IMAGES)
    repository.write("data.dvc", record(out("data")))
    repository.commit()
    monkeypatch.chdir(repository.folder)
    status, said, _ = run_in(repository.folder, run, monkeypatch)

    assert status == 2
    assert "git and DVC both keep data" in said


def run_in(folder, run, monkeypatch):
    monkeypatch.chdir(folder)
    return run("ci", "check", "--base", "main", "--out", "deri-report")


class TestABranchFromBeforeTheGate:
    def test_it_is_judged_by_the_gate_of_today(self, repository, tmp_path) -> None:
        """And not by the one that it brings itself."""
        repository.write("data/x/1.png", "1")
        repository.write("other/x/1.png", "1")
        repository.commit()
        repository.branch("topic")
        repository.run("git", "switch", "--quiet", "main")
        repository.write("params.yaml", "gate:\n  datasets: {d: data}\n  suite: limits/gate.json\n")
        repository.write("limits/gate.json", '{"strict": true}')
        repository.commit()
        repository.run("git", "switch", "--quiet", "topic")
        repository.write(
            "params.yaml", "gate:\n  datasets: {e: other}\n  suite: limits/gate.json\n"
        )
        repository.write("limits/gate.json", "{}")
        repository.write("data/x/1.png", "2")
        repository.commit()
        found = touched("main", repository.folder)
        laid = policy_of(found, tmp_path / "policy", repository.folder)

        assert not found.new
        assert set(found.datasets) == {"d", "e"}
        assert "params.yaml" in found.policy_files
        assert os.fspath(laid.suite).startswith(str(tmp_path))
        assert laid.suite.read_text() == '{"strict": true}'

    def test_limits_that_were_raised_since(self, repository, tmp_path) -> None:
        repository.write("params.yaml", "gate:\n  datasets: {d: data}\n  suite: limits/gate.json\n")
        repository.write("limits/gate.json", "{}")
        repository.write("data/x/1.png", "1")
        repository.commit()
        repository.branch("topic")
        repository.run("git", "switch", "--quiet", "main")
        repository.write("limits/gate.json", '{"strict": true}')
        repository.commit()
        repository.run("git", "switch", "--quiet", "topic")
        found = touched("main", repository.folder)

        assert found.policy_files == ()
        laid = policy_of(found, tmp_path / "policy", repository.folder)
        assert laid.suite.read_text() == '{"strict": true}'


def test_it_takes_no_more_than_the_command_alone(start) -> None:
    """The workflow installs click, lazy-loader, pydantic and ruamel.yaml for it; nothing else is there."""
    repository = start("data", {**IMAGES, "data.dvc": record(out("data")), "t.csv": TABLE})
    repository.write("data/x/1.png", "2")
    repository.commit()
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['numpy', 'PIL', 'torch', 'dvc', 'scipy', "
        "'pandas', 'cv2', 'pyarrow', 'platformdirs', 'great_expectations', 'tqdm', 'sklearn'])); "
        "sys.argv = ['deri-gate', 'ci', 'changed', '--base', 'main']; "
        "from deri_gate.cli.main import run; run()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.splitlines()[0]) == (0, 'datasets=["d"]'), done.stderr
