"""Folders looked through, however many are nested."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from deri_gate.data.readers import open_dataset
from deri_gate.runtime.folders import walked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def nested(start: Path, count: int) -> None:
    """Folders in folders, whose path is longer than a call of the system may be given."""
    here = os.open(start, os.O_RDONLY)
    for _ in range(count):
        os.mkdir("d", dir_fd=here)
        here, above = os.open("d", os.O_RDONLY, dir_fd=here), here
        os.close(above)
    os.close(here)


@pytest.mark.parametrize("follow", [False, True])
def test_they_are_those_of_the_standard_library(tmp_path, follow) -> None:
    """Files, links to files and to folders, one that leads nowhere, and an empty folder."""
    for name in ("a/b/1.png", "a/2.png", "c/3.png", "top.txt"):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(b"x")
    (tmp_path / "set/empty").mkdir()
    (tmp_path / "away/deeper").mkdir(parents=True)
    (tmp_path / "away/deeper/4.png").write_bytes(b"x")
    (tmp_path / "set/a/led").symlink_to(tmp_path / "away")
    (tmp_path / "set/a/5.png").symlink_to(tmp_path / "set/top.txt")
    (tmp_path / "set/a/nowhere.png").symlink_to(tmp_path / "none")

    found = list(walked(tmp_path / "set", follow=follow))

    assert found == list(os.walk(tmp_path / "set", followlinks=follow))


def test_a_name_that_is_taken_out_is_not_looked_into(tmp_path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "c/d").mkdir(parents=True)
    seen = []
    for folder, names, _ in walked(tmp_path):
        names[:] = [name for name in names if name != "a"]
        seen.append(os.path.relpath(folder, tmp_path))

    assert seen == [".", "c", "c/d"]


def test_what_is_not_there_has_no_folders(tmp_path) -> None:
    assert list(walked(tmp_path / "none")) == []


@pytest.fixture
def deep(tmp_path) -> Iterator[Path]:
    """Folder with more nested ones than calls may be; pytest cannot remove it either."""
    folder = tmp_path / "set"
    (folder / "a").mkdir(parents=True)
    nested(folder / "a", sys.getrecursionlimit() + 200)
    yield folder
    subprocess.run(["rm", "-r", folder], check=True)


@pytest.mark.skipif(sys.platform == "win32", reason="paths have fewer characters there")
def test_more_folders_than_calls_may_be_nested(deep, random_pictures) -> None:
    """A hostile archive has them, and `os.walk` of Python 3.11 ends in an error of ours."""
    for i, picture in enumerate(random_pictures(4)):
        place = deep / "ab"[i % 2] / f"{i}.png"
        place.parent.mkdir(exist_ok=True)
        Image.fromarray(picture).save(place)

    assert len(list(walked(deep))) > sys.getrecursionlimit()
    assert len(open_dataset(deep)) == 4
