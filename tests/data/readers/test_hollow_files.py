"""Files that hold nothing, where images have no ending: a lost image is told, a marker is not one."""

from __future__ import annotations

from pathlib import Path

import pydicom.data
import pytest

from deri_gate.commands.measure import measure
from deri_gate.data.readers.listing import list_paths
from deri_gate.data.readers.walking import list_folder
from deri_gate.runtime.engine import Machine

DICOM = Path(pydicom.data.get_testdata_file("MR_small.dcm")).read_bytes()
PNG = b"\x89PNG\r\n\x1a\n"
QUIET = Machine(device="cpu", workers=1, progress=False)


def listed(folder: Path, files: dict[str, bytes]):
    """The listing of a folder, and that of its paths as another revision has them; one answer."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    here, there = list_folder(folder), list_paths(files, files.__getitem__)
    assert sorted(here.images) == sorted(there.images)
    assert sorted(here.others) == sorted(there.others)
    assert set(here.findings) == set(there.findings)
    return here


@pytest.mark.parametrize("lost", [b"", bytes(8), bytes(5000)], ids=["empty", "short", "zeros"])
@pytest.mark.parametrize("name", ["IM0002", "1.2.840.10008.7", "0002"])
def test_beside_images_without_an_ending_it_is_a_lost_image(lost, name, tmp_path) -> None:
    found = listed(tmp_path, {"a/p1/IM0001": DICOM, f"a/p2/{name}": lost})

    assert sorted(found.images) == sorted(["a/p1/IM0001", f"a/p2/{name}"])


@pytest.mark.parametrize(
    "files",
    [
        {"a/1.png": PNG, "a/DONE": b""},  # its images have an ending
        {"a/p1/IM0001": DICOM, "DONE": b""},  # not where images are
        {"a/p1/IM0001": DICOM, "a/p1/notes.txt": b"", "a/p1/run.log": bytes(64)},
        {"a/p1/IM0001": DICOM, "a/p1/README": b"scans of March"},
        {"a/p1/IM0001": DICOM, "a/p1/.gitkeep": b"", "a/p1/Thumbs.db": b""},
    ],
    ids=["endings", "root", "texts", "words", "tools"],
)
def test_other_files_are_no_images(files, tmp_path) -> None:
    images = [path for path, content in files.items() if content in {PNG, DICOM}]

    assert listed(tmp_path, files).images == images


def test_an_archive_with_lost_files_does_not_pass(tmp_path) -> None:
    """Half of an export that holds nothing is unreadable, and counted."""
    for i in range(8):
        path = tmp_path / "set" / "ab"[i % 2] / f"p{i}" / f"IM{i}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(DICOM if i < 4 else b"")

    measured = measure(tmp_path / "set", metrics="sharpness", machine=QUIET)

    lost = [finding for finding in measured.findings if finding.kind == "unreadable"]
    assert len(lost) == 4
    assert all("empty" in finding.detail for finding in lost)
