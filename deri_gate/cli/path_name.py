"""Paths on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from os import PathLike


class PathName(click.Path):
    """A path that names something: an empty variable of a shell is none, not the folder it is in.

    Without this, click would make "" the path "." and a command would write where it was started.
    """

    def __init__(
        self, *, exists: bool = False, file_okay: bool = True, dir_okay: bool = True
    ) -> None:
        """Make the type.

        Args:
            exists: Whether it must be there.
            file_okay: Whether it may be a file.
            dir_okay: Whether it may be a folder.
        """
        super().__init__(exists=exists, file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(
        self,
        value: str | PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str | bytes | PathLike[str]:
        """Turn a word into a path; refuse one without a name."""
        if not str(value).strip():
            self.fail("it is empty; name a file or folder", param, ctx)
        return super().convert(value, param, ctx)
