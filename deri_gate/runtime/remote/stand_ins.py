"""Stand-ins for images that could not be fetched: each holds the reason, for whoever reads it."""

from __future__ import annotations

_START = b"deri-gate: not fetched\n"
_MOST = 300  # characters of a reason


def stand_in(why: str) -> bytes:
    """Content of a file in place of one that could not be fetched."""
    return _START + why[:_MOST].encode("utf-8", errors="backslashreplace")


def is_stand_in(content: bytes) -> bool:
    """True for such a content, or its beginning."""
    return content.startswith(_START)


def why_not_fetched(content: bytes) -> str:
    """Reason in a stand-in."""
    text = content[len(_START) :][:_MOST].decode("utf-8", errors="replace")
    return f"could not be fetched: {text}"
