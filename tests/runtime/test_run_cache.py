"""Two runs in one process: the second sees files as they are then."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.errors import UnreadableImageError
from deri_gate.runtime.git import repository_of
from deri_gate.runtime.memory import budget
from deri_gate.runtime.run_cache import begin_run, once_a_run

RECORD = "outs:\n- md5: 1dca52ef7bcf5e7e50e6b5d2a8dbb0c4.dir\n  size: 3\n  path: gone\n"


@pytest.fixture
def scans(tmp_path, monkeypatch):
    """A dataset in a folder that is under DVC, the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dvc").mkdir()
    for name in ("a", "b"):
        (tmp_path / "scans" / name).mkdir(parents=True)
        Image.new("L", (8, 8), ord(name)).save(tmp_path / "scans" / name / "0.png")
    return tmp_path / "scans"


def test_a_result_is_kept_until_the_next_run() -> None:
    asked = []
    look = once_a_run(4)(lambda name: asked.append(name) or name)

    assert [look("a"), look("a")] == ["a", "a"]
    begin_run()
    assert look("a") == "a"
    assert asked == ["a", "a"]


def test_what_dvc_lists_since_then_is_missed(scans) -> None:
    assert open_dataset("scans").findings == ()
    (scans / "gone.dvc").write_text(RECORD)

    (found,) = open_dataset("scans").findings
    assert (found.kind, found.path) == ("unreadable", "gone")


def test_a_folder_that_leads_out_since_then_is_not_followed(scans, tmp_path_factory) -> None:
    """Whichever run opened the dataset."""
    source = open_dataset("scans").source
    assert source.load(1).decode().max() == ord("b")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "b"
    shutil.move(scans / "b", elsewhere)
    (scans / "b").symlink_to(elsewhere)
    begin_run()

    with pytest.raises(UnreadableImageError, match="leads out"):
        source.load(1)


def test_a_repository_since_then_is_found(tmp_path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for folder in (tmp_path, inner):
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
        begin_run()
        assert repository_of(inner).root == folder


def test_the_memory_that_may_be_used_is_as_the_setting_says_now(monkeypatch) -> None:
    for written, most in (("5GB", 5 * 10**9), ("3GB", 3 * 10**9)):
        monkeypatch.setenv("DERI_GATE_MEMORY", written)
        assert budget().most == most
