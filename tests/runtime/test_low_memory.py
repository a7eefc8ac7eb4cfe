"""A cache where memory runs out: what is sound stays where it is, what is damaged is moved."""

from __future__ import annotations

from deri_gate.runtime import results_file
from deri_gate.runtime.store import LAYOUT, Store


def test_a_moment_of_low_memory_moves_no_sound_file_aside(tmp_path, monkeypatch, caplog):
    """Only what is damaged is made again: 20 GB may have taken days."""
    Store(tmp_path).put("kind", {"a": b"1"})
    store = Store(tmp_path)

    def none_left(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as moment:
        moment.setattr("deri_gate.runtime.results_file.read", none_left)
        assert store.get("kind", ["a"]) == {}

    assert [path.name for path in tmp_path.glob("*damaged*")] == []
    assert Store(tmp_path).get("kind", ["a"]) == {"a": b"1"}
    assert "is only read (MemoryError)" in caplog.text


def test_a_damaged_file_that_asks_for_memory_is_moved_aside(tmp_path, monkeypatch):
    """As lengths in it may, that make no sense."""
    store = Store(tmp_path)
    store.put("kind", {str(i): bytes(5000) for i in range(50)})
    store.close()
    path = tmp_path / f"results-{LAYOUT}.sqlite"
    path.write_bytes(path.read_bytes()[:20_000] + b"\xff" * 100_000)
    asked = iter([True])
    read = results_file.read

    def once(*arguments: object) -> object:
        if next(asked, False):
            raise MemoryError
        return read(*arguments)

    monkeypatch.setattr("deri_gate.runtime.results_file.read", once)
    store.get("kind", ["1"])

    assert [path.name for path in tmp_path.glob("*.damaged")] != []
