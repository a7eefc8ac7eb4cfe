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
from deri_gate.runtime.store import LAYOUT, Store, default_folder, size_limit

WRITER = """
import sys
import time
from pathlib import Path
from deri_gate.runtime.store import Store
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
    with pytest.raises(TypeError):
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


def test_what_does_not_fit_is_unknown_and_made_again(store):
    """The caller says what it can use; a value of another form makes room for one that fits."""
    store.put("kind", {"a": b"123", "b": b"1234"})

    assert store.get("kind", ["a", "b"], fits=lambda raw: len(raw) == 4) == {"b": b"1234"}
    store.put("kind", {"a": b"new!"})
    assert store.get("kind", ["a"]) == {"a": b"new!"}


def test_a_folder_that_cannot_be_made_costs_speed_alone(tmp_path, caplog):
    """Results live in memory; what, where and what to do is said once."""
    (tmp_path / "file").write_text("in the way")
    for _ in range(2):
        store = Store(tmp_path / "file" / "cache")
        store.put("kind", {"a": b"1"})
        assert store.get("kind", ["a", "b"]) == {"a": b"1"}

    assert len(caplog.messages) == 1
    assert "results are not kept; set DERI_GATE_CACHE" in caplog.messages[0]
    assert str(tmp_path) in caplog.messages[0]
    assert "Errno" not in caplog.messages[0]


def test_a_folder_that_may_not_be_looked_into_costs_speed_alone(tmp_path, caplog):
    """Even whether there is a file cannot be asked, as with another user's folder."""
    store = Store(tmp_path / ("long" * 100))
    store.put("kind", {"a": b"1"})

    assert store.get("kind", ["a"]) == {"a": b"1"}
    assert "results are not kept; set DERI_GATE_CACHE" in caplog.text


def test_a_file_that_is_no_store_is_moved_aside(tmp_path, caplog):
    """Nothing is lost: somebody may want it; the run goes on with a new file."""
    path = tmp_path / f"results-{LAYOUT}.sqlite"
    path.write_bytes(b"this is not a database, and someone may want it" * 30)
    store = Store(tmp_path)
    store.put("kind", {"a": b"1"})

    assert Store(tmp_path).get("kind", ["a"]) == {"a": b"1"}
    assert (tmp_path / f"{path.name}.damaged").read_bytes().startswith(b"this is not")
    assert len(caplog.messages) == 1
    assert f"lies at {path.name}.damaged now" in caplog.messages[0]


def test_a_folder_in_its_place_costs_speed_alone(tmp_path, caplog):
    """SQLite's own words are passed on."""
    (tmp_path / f"results-{LAYOUT}.sqlite").mkdir()
    store = Store(tmp_path)
    store.put("kind", {"a": b"1"})

    assert store.get("kind", ["a"]) == {"a": b"1"}
    assert "unable to open" in caplog.text


def test_a_user_without_a_home_has_no_cache(monkeypatch):
    """And a run all the same."""
    monkeypatch.delenv("DERI_GATE_CACHE")

    def homeless(_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("deri_gate.runtime.store.platformdirs.user_cache_dir", homeless)
    store = Store(default_folder())
    store.put("kind", {"a": b"1"})

    assert store.get("kind", ["a"]) == {"a": b"1"}


def test_the_size_has_a_limit(tmp_path, monkeypatch):
    """What was used longest ago goes first; what was used yesterday, and today, stays."""
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", "400kB")
    monkeypatch.setattr("deri_gate.runtime.results_file.hour", lambda: 1000)
    store = Store(tmp_path)
    store.put("kind", {f"old{i}": bytes([i]) * 10_000 for i in range(10)})
    store.put("kind", {f"used{i}": bytes([i]) * 10_000 for i in range(10)})
    monkeypatch.setattr("deri_gate.runtime.results_file.hour", lambda: 1030)
    store.get("kind", [f"used{i}" for i in range(10)])
    for i in range(20):
        store.put("kind", {f"new{i}": bytes([i]) * 10_000})
    store.close()

    kept = Store(tmp_path)
    assert "old0" not in kept.get("kind", [f"old{i}" for i in range(10)])
    assert len(kept.get("kind", [f"used{i}" for i in range(10)])) == 10
    assert len(kept.get("kind", [f"new{i}" for i in range(20)])) == 20
    assert sum(file.stat().st_size for file in tmp_path.glob("*.sqlite")) < 440_000


def test_of_no_size_nothing_is_kept_on_disk(tmp_path, monkeypatch, caplog):
    """Which was asked for, so that nothing is said of it."""
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", "0")
    store = Store(tmp_path / "none")
    store.put("kind", {"a": b"1"})

    assert store.get("kind", ["a"]) == {"a": b"1"}
    assert not (tmp_path / "none").exists()
    assert not caplog.messages


@pytest.mark.parametrize(
    ("written", "size"),
    [("20GB", 20 * 10**9), ("1.5 MiB", 3 * 2**19), ("7", 7), ("3k", 3000), (" ", 20 * 10**9)],
)
def test_sizes_as_people_write_them(monkeypatch, written, size):
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", written)

    assert size_limit() == size


@pytest.mark.parametrize("written", ["much", "-1", "1e9", "nan", "5 elephants"])
def test_a_size_that_is_none_is_a_setting_error(monkeypatch, tmp_path, written):
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", written)

    with pytest.raises(SettingError, match="is no size"):
        Store(tmp_path)


def test_the_setting_says_where(monkeypatch, tmp_path):
    """DERI_GATE_CACHE when set and not empty, the user's cache folder otherwise."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path))
    assert default_folder() == tmp_path

    monkeypatch.setenv("DERI_GATE_CACHE", "")
    assert default_folder().name == "deri-gate"
    assert default_folder() != Path()


def test_a_value_larger_than_a_file_can_hold_is_not_kept(tmp_path, monkeypatch, caplog):
    """SQLite would refuse it as it refuses a damaged file, and that one is moved aside."""
    monkeypatch.setattr("deri_gate.runtime.store.MOST_BYTES", 100)
    store = Store(tmp_path)
    store.put("kind", {"small": b"1", "large": bytes(101)})

    assert Store(tmp_path).get("kind", ["small", "large"]) == {"small": b"1"}
    assert [path.name for path in tmp_path.glob("*damaged*")] == []
    assert caplog.text == ""
