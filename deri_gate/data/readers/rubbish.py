"""Names of what systems, desktops and tools leave behind: never images of a dataset."""

from __future__ import annotations

import glob
from typing import Literal

Kind = Literal["", "hidden", "system", "tool", "nested"]
_TOOLS = frozenset(
    {".git", ".dvc", ".hg", ".svn", ".venv", ".gitignore", ".gitattributes", ".gitmodules",
     ".gitkeep", ".keep", ".dvcignore"}
)  # fmt: skip
_SYSTEM = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", "icon\r", ".directory",
     "picasa.ini", ".picasa.ini", "__macosx", ".appledouble", ".thumbnails", ".ipynb_checkpoints",
     "@eadir", "#recycle", "@recycle", "@tmp", "#snapshot", "@recently-snapshot", ".@__thumb",
     "$recycle.bin", "recycler", "recycled", "system volume information", "lost+found", ".trashes",
     ".trash", ".spotlight-v100", ".fseventsd", ".temporaryitems", "__pycache__"}
)  # fmt: skip
_STARTS = ("._", "~$", ".nfs", ".fuse_hidden", ".trash-", ".~lock.")


def rubbish(name: str, *, folder: bool, top: bool = True) -> Kind:
    """The kind of thing that a name stands for, "" for a part of the dataset.

    Args:
        name: One file's or folder's name.
        folder: Whether it is a folder's.
        top: Whether it lies at the top of the dataset. Programs that train walk through a tool's
            folder further below.

    Returns:
        "tool" for what git and DVC keep, which is not even counted, and "nested" for a folder of
        theirs further below; "system" for what systems leave behind; "hidden" for any other name
        that begins with a dot.
    """
    lower = name.lower()
    if lower in _TOOLS or (not folder and lower.endswith(".dvc")):
        return "nested" if folder and not top else "tool"
    if lower in _SYSTEM or lower.startswith(_STARTS):
        return "system"
    return "hidden" if lower.startswith(".") else ""


def rubbish_above(path: str) -> tuple[str, str]:
    """The folder that holds the first part of a path that is no part of the dataset, and this."""
    parts = path.split("/")
    for i, part in enumerate(parts):
        if rubbish(part, folder=i < len(parts) - 1):
            return "/".join(parts[:i]), part
    return "/".join(parts[:-1]), parts[-1]


def pattern_of(path: str) -> str:
    """A pattern of `--exclude` that leaves out what this is, and all of its kind."""
    above, name = rubbish_above(path)
    if path not in {name, f"{above}/{name}"}:
        return glob.escape(name)
    start = next((s for s in _STARTS if name.lower().startswith(s)), "." * name.startswith("."))
    return f"{glob.escape(name[: len(start)])}*" if start else glob.escape(name)
