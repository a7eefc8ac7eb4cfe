"""`deri-gate cache`: what is kept can be seen, and deleted without anything else."""

from __future__ import annotations

import pytest

import deri_gate
from deri_gate.errors import SettingError
from deri_gate.runtime.store import Store, default_folder


@pytest.fixture
def filled():
    """Results, a network, the rest of a killed run, and a file of somebody else's."""
    folder = default_folder()
    store = Store(folder)
    store.put("kind", {"a": b"x" * 50_000})
    store.close()
    (folder / "networks").mkdir()
    (folder / "networks" / "f00d.pt").write_bytes(b"n" * 2_000_000)
    (folder / "networks" / ".f00d.pt.77").write_bytes(b"n")
    (folder / "letter.txt").write_text("mine")
    return folder


def test_info_says_what_is_kept_where(run, filled):
    status, out, err = run("cache", "info")

    assert (status, err) == (0, "")
    assert out.startswith(f"{filled}: ")
    assert "2.0 MB of networks, of 20 GB that may be kept" in out
    assert deri_gate.cache().results > 50_000


def test_clear_deletes_what_is_ours_and_nothing_else(run, filled):
    status, out, _ = run("cache", "clear")

    assert status == 0
    assert out.startswith("deleted, ")
    assert [path.name for path in filled.rglob("*") if path.is_file()] == ["letter.txt"]
    assert Store(filled).get("kind", ["a"]) == {}


def test_nothing_is_kept_yet(run, monkeypatch, tmp_path):
    """A folder that is not there is no trouble."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "none"))

    for action in ("info", "clear"):
        status, out, _ = run("cache", action)
        assert status == 0
        assert "0 B of results" in out


def test_a_size_that_is_none_is_said(run, monkeypatch):
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", "lots")
    status, _, err = run("cache", "info")

    assert status == 2
    assert "'lots' is no size" in err
    with pytest.raises(SettingError):
        deri_gate.cache("clear")
