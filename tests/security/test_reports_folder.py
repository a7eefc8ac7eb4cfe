"""A folder of reports in the tree is not believed, and nothing is written through a link."""

import os
import re
from pathlib import Path

import pyarrow as pa
import pytest

from deri_gate.errors import SettingError
from deri_gate.github.comment import MOST, comments_in, datasets_of, target_of
from deri_gate.github.reports import FILES, foreign_files, fresh_reports, kept_reports
from deri_gate.runtime.files import write_bytes, write_text
from deri_gate.runtime.table_files import write_table
from tests.sweeps import sampled

from ..github.conftest import Repository, write_digits


@pytest.fixture
def topic(run, guarded, monkeypatch) -> Repository:
    """A branch with new images in git, so that there is something to judge."""
    guarded.run("git", "rm", "--quiet", "--cached", "data.dvc")
    (guarded.folder / "data.dvc").unlink()
    guarded.write(".gitignore", "")
    guarded.commit("images in git")
    guarded.branch("topic")
    write_digits(guarded.folder / "data", range(120, 126))
    guarded.commit("more images")
    monkeypatch.chdir(guarded.folder)
    return guarded


def judge(run, out: object = "deri-report"):
    return run("ci", "check", "--base", "main", "--out", out)


def test_reports_that_the_branch_brings_stop_the_run(topic, run) -> None:
    """Nothing of them is left for the step that uploads, and none is commented on."""
    topic.write("deri-report/fake/summary.md", "## passed: everything <img src=x>")
    topic.commit("all is well")
    status, _, err = judge(run)

    assert status == 2
    assert "git tracks 'deri-report/fake/summary.md'" in err
    assert comments_in(Path("deri-report"), ["digits"], trusted=True) == {}


@pytest.mark.parametrize(
    "link", sampled(["deri-report", "deri-report/digits", "deri-report/policy"])
)
@pytest.mark.parametrize("committed", [True, False])
def test_no_report_is_written_through_a_link(topic, run, tmp_path, link, committed) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").write_text("mine")
    place = topic.folder / link
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(elsewhere)
    if committed:
        topic.run("git", "add", "--force", link)
        topic.commit("a link")
    status, _, err = judge(run)

    assert (status, err.startswith("deri-gate: ")) == (2, True)
    assert [path.name for path in elsewhere.iterdir()] == ["mine"]


def test_a_folder_behind_a_link_is_no_folder_of_ours(topic, run, tmp_path) -> None:
    """The parent of --out is a link of the branch's."""
    (tmp_path / "elsewhere").mkdir()
    (topic.folder / "out").symlink_to(tmp_path / "elsewhere")
    topic.commit("a link")
    status, _, err = judge(run, "out/deri-report")

    assert (status, "is a link" in err) == (2, True)
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize(
    "name", sampled(["mine.txt", "a b/notes.md", "digits/x.py", "digits/deep/a.json"], 0, 3)
)
def test_what_is_no_report_is_never_removed(topic, run, name) -> None:
    """A name given by mistake costs nothing."""
    topic.write(f"deri-report/{name}", "x")
    status, _, err = judge(run)

    assert (status, "no report that `deri-gate ci` wrote" in err) == (2, True)
    assert (topic.folder / "deri-report" / name).read_text() == "x"


@pytest.mark.sweep
def test_a_report_of_check_is_kept_and_another_folder_named(topic, run) -> None:
    """Both commands write to `deri-report` by default: the folder that is named works."""
    topic.write("deri-report/report.html", "mine")
    status, _, err = judge(run)
    (named,) = re.findall(r"--out (\S+),", err)
    again, out, _ = judge(run, named)

    assert (status, named, again) == (2, "deri-report/ci", 0)
    assert "deri-report/ci/digits/report.html" in out
    assert (topic.folder / "deri-report" / "report.html").read_text() == "mine"


def test_a_fifo_does_not_hang(topic, run) -> None:
    (topic.folder / "deri-report" / "digits").mkdir(parents=True)
    os.mkfifo(topic.folder / "deri-report" / "digits" / "summary.md")
    status, _, err = judge(run)

    assert (status, "no report that `deri-gate ci` wrote" in err) == (2, True)
    assert comments_in(Path("deri-report"), ["digits"], trusted=True) == {}


@pytest.mark.parametrize(
    "out", sampled([".", "data", "data/digit 0", "../repository", "data/../data"], 1, 3)
)
def test_reports_do_not_lie_in_or_around_a_dataset(topic, run, out) -> None:
    status, _, err = judge(run, out)

    assert (status, err.startswith("deri-gate: ")) == (2, True)
    assert len(list(Path("data").rglob("*.png"))) == 126


def test_reports_of_an_earlier_run_go(topic, run) -> None:
    """Also those of a dataset that was touched then, and is not now."""
    assert judge(run)[0] in {0, 1}
    topic.write("deri-report/gone/summary.md", "## passed")
    status, out, err = judge(run)

    assert status in {0, 1}, out + err
    assert sorted(path.name for path in Path("deri-report").iterdir()) == ["digits", "policy"]
    assert list(foreign_files(topic.folder / "deri-report")) == []
    names = {path.name for path in Path("deri-report/digits").iterdir()}
    assert all(FILES.fullmatch(name) for name in names)


def test_a_dataset_that_there_is_not_makes_no_folder(topic, run) -> None:
    for name in ("../outside", "other"):
        status, _, err = run("ci", "check", name, "--base", "main", "--out", "deri-report")
        assert (status, "there is no dataset" in err) == (2, True)
    assert not (topic.folder / "deri-report").exists()
    assert not (topic.folder / "outside").exists()


def test_the_policy_goes_through_no_link_either(topic, run, tmp_path) -> None:
    (tmp_path / "elsewhere").mkdir()
    Path("deri-report").mkdir()
    Path("deri-report/policy").symlink_to(tmp_path / "elsewhere")
    status, _, err = run("ci", "policy", "--base", "main", "--out", "deri-report")

    assert (status, "is a link" in err) == (2, True)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_drift_keeps_its_history_and_takes_no_link(topic, tmp_path) -> None:
    root = topic.folder
    topic.write("deri-report/digits/history.csv", "x")
    assert kept_reports(root / "deri-report", root) == root / "deri-report"
    assert (root / "deri-report/digits/history.csv").read_text() == "x"
    (root / "deri-report/more").symlink_to(tmp_path)
    with pytest.raises(SettingError, match="no report that `deri-gate ci` wrote"):
        kept_reports(root / "deri-report", root)


def test_a_folder_outside_the_repository_may_be_reached_by_a_link(topic, tmp_path) -> None:
    """That one is the machine's own, such as /tmp on a Mac."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    folder = fresh_reports(tmp_path / "link" / "reports", topic.folder, ["data"])

    assert folder.is_dir()
    assert (tmp_path / "real" / "reports").is_dir()


@pytest.mark.parametrize("name", ["summary.md", f".summary.md.{os.getpid()}"], ids=["file", "half"])
def test_a_planted_link_is_replaced_not_followed(tmp_path, name) -> None:
    """Also where the half-written file would lie."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for number, write in enumerate(
        (
            lambda path: write_text("ours", path),
            lambda path: write_bytes(b"ours", path),
            lambda path: write_table(pa.table({"a": [1]}), path),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).symlink_to(victim)
        write(folder / "summary.md")
        assert not (folder / "summary.md").is_symlink()
        assert [path.name for path in folder.iterdir()] == ["summary.md"]
    assert victim.read_text() == "mine"


class TestComments:
    """What an artifact holds is a stranger's."""

    @pytest.fixture
    def artifact(self, tmp_path):
        def put(name: str, text: str = "x") -> Path:
            folder = tmp_path / "artifact" / name
            folder.mkdir(parents=True, exist_ok=True)
            for file in ("summary.md", "report.txt"):
                (folder / file).write_text(text, "utf-8")
            return tmp_path / "artifact"

        return put

    def test_only_datasets_that_the_settings_name(self, artifact) -> None:
        artifact("fake")
        folder = artifact("digits")

        for trusted in (True, False):
            assert list(comments_in(folder, ["digits"], trusted=trusted)) == ["digits"]

    def test_a_name_leads_nowhere(self, artifact) -> None:
        folder = artifact("digits")

        assert comments_in(folder, ["../artifact/digits", "", "/etc"], trusted=True) == {}

    def test_links_are_not_read(self, artifact, tmp_path) -> None:
        folder = artifact("digits")
        (folder / "films").symlink_to(folder / "digits")
        (folder / "scans").mkdir()
        (folder / "scans" / "summary.md").symlink_to("/etc/hostname")
        (tmp_path / "way").symlink_to(folder)

        assert list(comments_in(folder, ["digits", "films", "scans"], trusted=True)) == ["digits"]
        with pytest.raises(SettingError, match="no such folder"):
            comments_in(tmp_path / "way", ["digits"], trusted=True)

    def test_devices_and_pipes_do_not_hang(self, artifact) -> None:
        folder = artifact("digits")
        for file in ("summary.md", "report.txt"):
            (folder / "digits" / file).unlink()
            os.mkfifo(folder / "digits" / file)
        for trusted in (True, False):
            assert comments_in(folder, ["digits"], trusted=trusted) == {}

    def test_sizes_are_bounded(self, artifact) -> None:
        """A sparse file of many gigabytes is no more than its start."""
        folder = artifact("digits")
        for file in ("summary.md", "report.txt"):
            os.truncate(folder / "digits" / file, 2**40)
        for trusted in (True, False):
            (text,) = comments_in(folder, ["digits"], trusted=trusted).values()
            assert len(text) <= MOST

    def test_a_list_that_was_lost_is_an_error(self) -> None:
        event = {"repository": {"full_name": "o/r"}, "pull_request": {
            "number": 1, "base": {"sha": "b"}, "head": {"repo": {"full_name": "o/r"}}}}  # fmt: skip
        target = target_of(event, None)
        assert datasets_of(target, '["a"]', None) == ("a",)
        for lost in ("", "null", "{}", '["../a"]'):
            with pytest.raises(SettingError, match="no list of datasets"):
                datasets_of(target, lost, None)

    def test_a_forks_own_list_is_not_believed(self) -> None:
        class Base:
            def file(self, path, ref):
                assert (path, ref) == ("params.yaml", "b")
                return b"gate: {datasets: {guarded: data}}"

        event = {"repository": {"full_name": "o/r"}, "pull_request": {
            "number": 1, "base": {"sha": "b"}, "head": {"repo": {"full_name": "m/r"}}}}  # fmt: skip
        assert datasets_of(target_of(event, None), '["fake"]', Base()) == ("guarded",)
