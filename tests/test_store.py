"""The store: what is put comes back, whoever else writes, and trouble is said plainly."""

from __future__ import annotations

import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deri_gate.errors import SettingError
from deri_gate.store import LAYOUT, Store, default_folder

WRITER = """
import sys
import time
from pathlib import Path
from deri_gate.store import Store
while time.time() < float(sys.argv[3]):  # both make the new file in the same instant
    pass
store = Store(Path(sys.argv[1]))
who = sys.argv[2]
for turn in range(60):
    store.put("kind", {f"{who}-{turn}-{i}": f"{who}{turn}".encode() for i in range(10)})
    store.put("kind", {f"common-{turn}": b"same"})
"""


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "results")
    yield opened
    opened.close()


def test_what_is_put_comes_back(store):
    """By kind and key; unknown keys are left out."""
    store.put("one", {"a": b"1", "b": b""})
    store.put("other", {"a": b"2"})

    assert store.get("one", ["b", "a", "c"]) == {"a": b"1", "b": b""}
    assert store.get("other", ["a", "b"]) == {"a": b"2"}
    assert store.get("third", ["a"]) == {}


def test_a_known_key_keeps_its_value(store):
    """What was measured once is what was measured."""
    store.put("kind", {"a": b"first"})
    store.put("kind", {"a": b"second", "b": b"new"})

    assert store.get("kind", ["a", "b"]) == {"a": b"first", "b": b"new"}


def test_many_keys_at_once(store):
    """More than one query may hold, some of them twice, and none at all."""
    values = {f"key{i}": str(i).encode() for i in range(2500)}
    store.put("kind", values)

    assert store.get("kind", [*values, *values]) == values
    assert store.get("kind", []) == {}


def test_another_store_of_the_folder_finds_it(tmp_path):
    """Which is what the next run opens."""
    first = Store(tmp_path)
    first.put("kind", {"a": bytes(range(256))})
    first.close()

    assert Store(tmp_path).get("kind", ["a"]) == {"a": bytes(range(256))}


def test_a_closed_store_opens_again(store):
    """Closing gives the file back, no more."""
    store.put("kind", {"a": b"1"})
    store.close()
    store.close()

    assert store.get("kind", ["a"]) == {"a": b"1"}


def test_all_or_none_of_a_batch_is_kept(store):
    """A batch that fails half-way leaves nothing behind."""
    with pytest.raises(SettingError, match="DERI_GATE_CACHE"):
        store.put("kind", {"a": b"1", "b": {"not": "bytes"}})

    assert store.get("kind", ["a"]) == {}


def test_a_pickled_store_opens_the_same_file(store):
    """As a worker in another process does."""
    store.put("kind", {"a": b"1"})
    copy = pickle.loads(pickle.dumps(store))
    copy.put("kind", {"b": b"2"})

    assert copy.path == store.path
    assert store.get("kind", ["a", "b"]) == {"a": b"1", "b": b"2"}


def test_threads_may_share_a_store(store):
    """Eight of them write and read at once."""

    def work(who):
        for turn in range(20):
            store.put("kind", {f"{who}-{turn}": str(who).encode()})
            assert store.get("kind", [f"{who}-{turn}"]) == {f"{who}-{turn}": str(who).encode()}

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))

    assert len(store.get("kind", [f"{w}-{t}" for w in range(8) for t in range(20)])) == 160


def test_two_processes_writing_at_once_lose_nothing(tmp_path):
    """Each waits while the other writes; what both put is there once."""
    start = str(time.time() + 0.7)
    both = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), who, start], stderr=subprocess.PIPE
        )
        for who in ("left", "right")
    ]
    said = [process.communicate()[1] for process in both]
    keys = [f"{w}-{t}-{i}" for w in ("left", "right") for t in range(60) for i in range(10)]
    store = Store(tmp_path)

    assert said == [b"", b""]
    assert store.get("kind", keys).keys() == set(keys)
    assert set(store.get("kind", [f"common-{t}" for t in range(60)]).values()) == {b"same"}


def test_a_folder_that_cannot_be_made_is_a_setting_error(tmp_path):
    """What, where, and what to do: another folder."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(SettingError, match="cannot keep results here") as caught:
        Store(tmp_path / "file" / "cache")

    assert "DERI_GATE_CACHE" in caught.value.fix
    assert str(tmp_path) in caught.value.where


def test_a_file_that_is_no_store_is_a_setting_error(tmp_path):
    """It is not overwritten; the text says to delete it."""
    path = tmp_path / f"results-{LAYOUT}.sqlite"
    path.write_bytes(b"this is not a database, and someone may want it" * 30)

    with pytest.raises(SettingError, match="not a database") as caught:
        Store(tmp_path)

    assert "delete the file" in caught.value.fix
    assert path.read_bytes().startswith(b"this is not")


def test_a_folder_in_its_place_is_a_setting_error(tmp_path):
    """SQLite's own words are passed on."""
    (tmp_path / f"results-{LAYOUT}.sqlite").mkdir()

    with pytest.raises(SettingError, match="unable to open"):
        Store(tmp_path)


def test_the_setting_says_where(monkeypatch, tmp_path):
    """DERI_GATE_CACHE when set and not empty, the user's cache folder otherwise."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path))
    assert default_folder() == tmp_path

    monkeypatch.setenv("DERI_GATE_CACHE", "")
    assert default_folder().name == "deri-gate"
    assert default_folder() != Path()
