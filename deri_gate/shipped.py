"""Where the suites and pools lie that come with the package."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The folder `expectations` or `reference_pool`: in the wheel, or in a checkout beside us."""
    installed = HERE / "shipped" / name
    return installed if installed.is_dir() else HERE.parent / name
