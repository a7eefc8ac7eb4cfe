"""Files are read with few questions to the file system, and links are followed as before."""

from __future__ import annotations

from pathlib import Path

import pytest

from deri_gate.data.readers.files import FileSource
from deri_gate.errors import UnreadableImageError

CONTENT = b"some bytes"


def source(root: Path, *paths: str) -> FileSource:
    return FileSource(root=root, paths=paths, names=paths)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder with a file, a link to it, one to a file outside, and one to nothing."""
    root = tmp_path / "scans"
    root.mkdir()
    (root / "a.png").write_bytes(CONTENT)
    (tmp_path / "outside.png").write_bytes(b"secret")
    (root / "inside.png").symlink_to("a.png")
    (root / "out.png").symlink_to("../outside.png")
    (root / "lost.png").symlink_to("gone.png")
    return root


def test_a_plain_file_is_asked_for_its_status_once(scans, monkeypatch) -> None:
    """By `lstat`, which tells of a link as well: each other question counts on a remote disk."""
    files, asked = source(scans, "a.png"), []
    files.load(0)  # the folder is looked at once a run
    monkeypatch.setattr(Path, "stat", lambda path, **_: asked.append(path))

    assert files.load(0).content == CONTENT
    assert files.part(0, 5, 3) == CONTENT[5:8]
    assert asked == []


def test_links_lead_to_files_inside_alone(scans) -> None:
    files = source(scans, "inside.png", "out.png", "lost.png", "gone.png", "../outside.png", ".")

    assert files.load(0).content == CONTENT
    for row, reason in enumerate(("leads out", "no such file", "no such file"), start=1):
        with pytest.raises(UnreadableImageError, match=reason):
            files.load(row)
    for row in (4, 5):
        with pytest.raises(UnreadableImageError):
            files.load(row)
    assert [files.part(row, 0, 9) for row in range(1, 6)] == [b""] * 5


def test_the_place_of_a_file_may_be_the_working_folder(scans, monkeypatch) -> None:
    """A root without a name, as `deri-gate check .` gives it."""
    monkeypatch.chdir(scans)

    assert source(Path(), "a.png").load(0).content == CONTENT
