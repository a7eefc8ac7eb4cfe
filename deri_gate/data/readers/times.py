"""Times of images as tables have them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from deri_gate.data.dataset import Finding
from deri_gate.data.readers.files import path_text

if TYPE_CHECKING:
    from collections.abc import Sequence


def iso_time(written: str) -> str:
    """A time as ISO 8601; empty when it is no such time, which is a finding and no error."""
    if not written:
        return ""
    try:
        return datetime.fromisoformat(written.strip()).isoformat()
    except ValueError:
        return ""


def unknown_times(paths: Sequence[str], times: Sequence[str]) -> list[Finding]:
    """A finding for each image whose time cannot be read."""
    return [
        Finding(
            kind="time",
            path=path_text(path),
            detail=f"{written!r} is not a time in ISO 8601, such as 2026-11-30 or 2026-11-30T08:15",
        )
        for path, written in zip(paths, times, strict=True)
        if written.strip() and not iso_time(written)
    ]
