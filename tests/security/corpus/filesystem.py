"""Folders that lead out, round in circles, to devices, or nowhere."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from case import Case, good_set, picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OUT = ("measure", "set", "--metrics", "sharpness", "--out")


def after(add: Callable[[Path], None]) -> Callable[[Path], None]:
    """A sound set to which something is added."""

    def make(folder: Path) -> None:
        add(good_set(folder / "set"))

    return make


def _socket(place: Path) -> None:
    """The address of a socket may have 107 bytes, so it is bound from within the folder."""
    bind = "import socket; socket.socket(socket.AF_UNIX).bind('x.png')"
    subprocess.run([sys.executable, "-c", bind], cwd=place, check=True)


def _deep(start: Path, count: int) -> None:
    """Folders in folders, deeper than a path may be long; the cases are made side by side."""
    here = os.open(start, os.O_RDONLY)
    for _ in range(count):
        os.mkdir("d", dir_fd=here)  # a Path has no place to start from
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    content = io.BytesIO()
    picture(3).save(content, "PNG")
    with os.fdopen(os.open("deep.png", os.O_WRONLY | os.O_CREAT, dir_fd=here), "wb") as file:
        file.write(content.getvalue())
    os.close(here)


def _secret(folder: Path) -> Path:
    (folder.parent / "secret").mkdir()
    picture(3).save(folder.parent / "secret" / "s.png")
    return folder.parent / "secret"


def files() -> Iterator[Case]:
    """Things in the place of an image file: named, never followed out, never waited for."""
    added: dict[str, Callable[[Path], None]] = {
        "link out": lambda f: (f / "cat/x.png").symlink_to(_secret(f) / "s.png"),
        "relative link out": lambda f: (_secret(f), (f / "cat/x.png").symlink_to("../../secret/s.png"))[0] and None,
        "dangling link": lambda f: (f / "cat/x.png").symlink_to("nowhere.png"),
        "link to itself": lambda f: (f / "cat/x.png").symlink_to("x.png"),
        "link to a zero device": lambda f: (f / "cat/x.png").symlink_to("/dev/zero"),
        "link to memory": lambda f: (f / "cat/x.png").symlink_to("/proc/self/mem"),
        "link to standard input": lambda f: (f / "cat/x.png").symlink_to("/dev/stdin"),
        "link to the environment": lambda f: (f / "cat/x.png").symlink_to("/proc/self/environ"),
        "pipe": lambda f: os.mkfifo(f / "cat/x.png"),
        "socket": lambda f: _socket(f / "cat"),
        "link to a folder out": lambda f: (f / "cat/x.png").symlink_to(_secret(f)),
        "pipe without an ending": lambda f: os.mkfifo(f / "cat/x"),
        "link to a pipe": lambda f: (os.mkfifo(f.parent / "pipe"), (f / "cat/x.png").symlink_to(f.parent / "pipe"))[0],
    }  # fmt: skip
    for name, add in added.items():
        yield Case(name=f"fs/{name}", make=after(add), outcome="finding", path="cat/x")


def folders() -> Iterator[Case]:
    """Folders of odd kinds beside the classes."""
    bare = ("HEAD", "config", "description")

    def repository(folder: Path) -> None:
        for name in bare:
            (folder / name).write_text("[core]\n\tbare = true\n\tfsmonitor = touch PWNED\n")
        (folder / "objects").mkdir()
        (folder / "refs").mkdir()

    added: dict[str, tuple[Callable[[Path], None], str]] = {
        "class folder that is a link out": (lambda f: (f / "pig").symlink_to(_secret(f)), "finding"),
        "link in a circle": (lambda f: (f / "cat/again").symlink_to(".."), "finding"),
        "folder named like an image": (lambda f: (f / "cat/x.png").mkdir(), "read"),
        "hidden files": (lambda f: (f / "cat/.x.png").write_bytes(b"no"), "read"),
        "files of a desktop": (lambda f: (f / "cat/Thumbs.db").write_bytes(b"no"), "read"),
        "a file named .git": (lambda f: (f / ".git").write_text("gitdir: /tmp/evil\n"), "read"),
        "a bare repository in it": (repository, "bounded"),
        "600 folders deep": (lambda f: _deep(f / "cat", 600), "bounded"),
        "1,500 folders deep": (lambda f: _deep(f / "cat", 1500), "bounded"),
        "2,000 empty folders": (lambda f: [(f / f"cat/{i}").mkdir() for i in range(2000)] and None,
                                "read"),
        "an empty class": (lambda f: (f / "pig").mkdir(), "read"),
    }  # fmt: skip
    for name, (add, outcome) in added.items():
        yield Case(name=f"fs/{name}", make=after(add), outcome=outcome)  # type: ignore[arg-type]


def datasets() -> Iterator[Case]:
    """Things in the place of the dataset itself."""
    made: dict[str, Callable[[Path], object]] = {
        "missing": lambda _: None,
        "empty": lambda f: (f / "set").mkdir(),
        "hidden files alone": lambda f: ((f / "set").mkdir(), (f / "set/.x.png").write_bytes(b"")),
        "text": lambda f: (f / "set").write_text("no"),
        "a pipe": lambda f: os.mkfifo(f / "set"),
        "a link to a device": lambda f: (f / "set").symlink_to("/dev/zero"),
        "a link to itself": lambda f: (f / "set").symlink_to("set"),
        "unreadable files alone": lambda f: (
            (f / "set/a").mkdir(parents=True), (f / "set/b").mkdir(),
            (f / "set/a/x.png").write_bytes(b"no"), (f / "set/b/x.png").write_bytes(b"no")),
    }  # fmt: skip
    for name, make in made.items():
        yield Case(name=f"fs/dataset that is {name}", make=lambda f, make=make: make(f) and None)
    for spec in ("medmnist:nope", "medmnist:../x", "medmnist:", "git:", "", "set\0", "x" * 5000):
        if "\0" not in spec:
            yield Case(name=f"fs/dataset called {spec[:30]!r}", make=lambda _: None,
                       argv=("measure", spec, "--metrics", "sharpness", "--out", "out"))  # fmt: skip


def outputs() -> Iterator[Case]:
    """A folder for the report that cannot be one."""
    made: dict[str, Callable[[Path], object]] = {
        "a file": lambda f: (f / "out").write_text(""),
        "a pipe": lambda f: os.mkfifo(f / "out"),
        "a dangling link": lambda f: (f / "out").symlink_to("nowhere/at/all"),
    }
    for name, make in made.items():
        yield Case(name=f"fs/report folder that is {name}",
                   make=after(lambda f, make=make: make(f.parent) and None))  # fmt: skip


def cases() -> list[Case]:
    """The whole family."""
    return [case for maker in (files, folders, datasets, outputs) for case in maker()]
