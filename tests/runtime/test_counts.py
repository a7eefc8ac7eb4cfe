"""Numbers with their nouns."""

import pytest

from deri_gate.runtime.counts import counted, happened, listed


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (0, "image", "0 images"),
        (1, "image", "1 image"),
        (2, "other check", "2 other checks"),
        (1, "class", "1 class"),
        (2, "class", "2 classes"),
        (3, "copy", "3 copies"),
        (2, "day", "2 days"),
        (1234567, "file", "1,234,567 files"),
    ],
)
def test_only_one_is_singular(count: int, noun: str, text: str) -> None:
    """The plural of every noun that reports use."""
    assert counted(count, noun) == text


@pytest.mark.parametrize(
    ("items", "text"),
    [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c"), "a, b and c")],
)
def test_items_in_a_phrase(items: tuple[str, ...], text: str) -> None:
    """Commas between all but the last two."""
    assert listed(items) == text


def test_the_verb_agrees() -> None:
    """One was, several were."""
    assert happened(1, "file", "added") == "1 file was added"
    assert happened(2, "copy", "removed") == "2 copies were removed"
