"""Words on what an interrupted run leaves: each place in which something lies is named."""

from __future__ import annotations

import pytest

from deri_gate.runtime import kept_words

GO_ON = "the same command goes on from there."


@pytest.mark.parametrize(
    ("size", "work", "said"),
    [
        ("1 GB", None, "Finished images are kept in {cache}: the same command goes on from there."),
        ("0", None, "Nothing is kept, as DERI_GATE_CACHE_SIZE is 0."),
        (
            "1 GB",
            "--work s3://a/b",
            "Finished shards are kept in --work s3://a/b, other results in {cache}: " + GO_ON,
        ),
        (
            "0",
            "--work /shared",
            "Finished shards are kept in --work /shared: the same command goes on from there.",
        ),
    ],
)
def test_every_place_is_named(tmp_path, monkeypatch, size, work, said):
    """The folder of the shards too, which a person gave."""
    kept_words.forget_notes()
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path))
    monkeypatch.setenv("DERI_GATE_CACHE_SIZE", size)
    if work is not None:
        kept_words.note_work_folder(work)

    assert kept_words.kept_words() == said.format(cache=tmp_path)


def test_an_isolated_run_keeps_nothing() -> None:
    """Its cache is in a folder that goes with it, and not the user's."""
    kept_words.note_isolation()

    assert kept_words.kept_words().startswith("Nothing is kept")
