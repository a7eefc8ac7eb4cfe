"""Words on what an interrupted run leaves."""

from __future__ import annotations

ON_FROM_THERE = "the same command goes on from there."
_work_folders: list[str] = []
_isolated: list[bool] = []


def note_work_folder(shown: str) -> None:
    """Remember where this run keeps its finished shards; an interrupt has only what is known here.

    Args:
        shown: The folder for people.
    """
    _work_folders[:] = [shown]


def note_isolation() -> None:
    """Remember that this run keeps its results in a folder that it deletes at its end."""
    _isolated[:] = [True]


def forget_notes() -> None:
    """Forget what an earlier run of this process noted: a new one begins."""
    _work_folders.clear()
    _isolated.clear()


def kept_words() -> str:
    """Say what an interrupted run leaves, and how to go on."""
    from deri_gate.runtime.store import default_folder, size_limit  # noqa: PLC0415  # a comment's job lacks it

    if _isolated:
        return "Nothing is kept, as an isolated judge has a cache of its own."
    shards = f"Finished shards are kept in {_work_folders[0]}" if _work_folders else ""
    if not size_limit():
        nothing = "Nothing is kept, as DERI_GATE_CACHE_SIZE is 0."
        return f"{shards}: {ON_FROM_THERE}" if shards else nothing
    if shards:
        return f"{shards}, other results in {default_folder()}: {ON_FROM_THERE}"
    return f"Finished images are kept in {default_folder()}: {ON_FROM_THERE}"
