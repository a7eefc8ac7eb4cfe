"""Names of what systems, desktops and tools leave behind: never images of a dataset."""

from __future__ import annotations

from typing import Literal

Kind = Literal["", "hidden", "system", "tool"]
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
        top: Whether it lies at the top of the dataset. A tool's folder further below is only
            hidden: programs that train walk through it.

    Returns:
        "tool" for what git and DVC keep, which is not even counted; "system" for what systems
        leave behind; "hidden" for any other name that begins with a dot.
    """
    lower = name.lower()
    if lower in _TOOLS or (not folder and lower.endswith(".dvc")):
        return "hidden" if folder and not top else "tool"
    if lower in _SYSTEM or lower.startswith(_STARTS):
        return "system"
    return "hidden" if lower.startswith(".") else ""
