"""Files beside a dataset that hold many images: each image counts, and what is judged does not."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import held, open_dataset
from deri_gate.measuring.shares import shares_of_findings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JUDGED, HIDDEN = 8, 40


def picture(level: int) -> bytes:
    noise = np.random.default_rng(level).integers(0, 255, (9 + level % 3, 9), dtype=np.uint8)
    return cv2.imencode(".png", noise)[1].tobytes()


@pytest.fixture
def folder(tmp_path) -> Path:
    for i in range(JUDGED):
        place = tmp_path / "set" / "ab"[i % 2] / f"{i}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(picture(i))
    return tmp_path / "set"


def members(first: int, last: int) -> dict[str, bytes]:
    return {f"cell/{'ab'[i % 2]}/{i}.png": picture(i) for i in range(first, last)}


def zipped(path: Path, files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def tarred(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))


def arrays(path: Path, files: dict[str, bytes]) -> None:
    np.savez(path, train_images=np.zeros((len(files), 28, 28), np.uint8), name=np.zeros(3))


def unjudged(folder: Path) -> int:
    dataset = open_dataset(folder)
    assert len(dataset) == JUDGED
    return sum(f.images for f in dataset.findings if f.kind == "unjudged")


ARCHIVES = {".zip": zipped, ".tar": tarred}
ALL = {**ARCHIVES, ".npz": arrays}


@pytest.mark.parametrize("ending", ALL)
def test_images_in_a_file_beside_the_classes_count_each(ending, folder) -> None:
    ALL[ending](folder / f"more{ending}", members(JUDGED, JUDGED + HIDDEN))

    own = HIDDEN if ending in ARCHIVES else HIDDEN - JUDGED  # arrays have no names
    assert unjudged(folder) == own
    dataset = open_dataset(folder)
    share = shares_of_findings(dataset.findings, len(dataset))["unjudged_share"]
    assert share.value == pytest.approx(own / (own + JUDGED))
    assert any(f"holds {own} images" in f.detail for f in dataset.findings)


@pytest.mark.parametrize("ending", ALL)
def test_what_was_downloaded_counts_once_beside_what_was_unpacked(ending, folder) -> None:
    ALL[ending](folder / f"set{ending}", members(0, JUDGED))

    assert unjudged(folder) == 1


@pytest.mark.parametrize("ending", ARCHIVES)
def test_one_of_the_same_names_and_other_sizes_is_another_set(ending, folder) -> None:
    others = {name: content + b"\0" for name, content in members(0, JUDGED).items()}
    ARCHIVES[ending](folder / f"set{ending}", others)

    assert unjudged(folder) == JUDGED


@pytest.mark.parametrize("ending", ARCHIVES)
def test_other_files_of_an_archive_are_no_images(ending, folder) -> None:
    files = {"notes.txt": b"x", "__MACOSX/a/._1.png": b"x", "table.csv": b"x", **members(50, 52)}
    ARCHIVES[ending](folder / f"set{ending}", files)

    assert unjudged(folder) == 2


@pytest.mark.parametrize("ending", ALL)
@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_a_damaged_one_counts_once_at_least(ending, cut, folder) -> None:
    place = folder / f"more{ending}"
    ALL[ending](place, members(JUDGED, JUDGED + HIDDEN))
    content = place.read_bytes()
    place.write_bytes(content[: int(len(content) * cut)])

    assert unjudged(folder) >= 1


@pytest.mark.parametrize("ending", ARCHIVES)
def test_members_beyond_those_that_are_looked_through(ending, folder, monkeypatch) -> None:
    monkeypatch.setattr(held, "MOST_MEMBERS", 10)
    ARCHIVES[ending](folder / f"more{ending}", members(JUDGED, JUDGED + HIDDEN))

    assert unjudged(folder) == (HIDDEN if ending == ".zip" else 10)


def test_a_long_list_of_a_zip_is_not_read(folder, monkeypatch) -> None:
    monkeypatch.setattr(held, "MOST_LISTED", 100)
    zipped(folder / "more.zip", members(JUDGED, JUDGED + HIDDEN))

    assert unjudged(folder) == 1


def film(kind: str) -> Callable[[Path], None]:
    def write(place: Path) -> None:
        stills = [Image.fromarray(np.full((9, 9), 5 * i, np.uint8)) for i in range(HIDDEN)]
        stills[0].save(place, kind, save_all=True, append_images=stills[1:])

    return write


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "PNG"])
def test_pages_and_films_beside_the_classes_count_each(kind, folder) -> None:
    film(kind)(folder / f"all.{kind.lower()}")

    assert unjudged(folder) == HIDDEN


def test_of_many_files_archives_are_opened_first(folder, monkeypatch) -> None:
    monkeypatch.setattr(held, "MOST_FILES", 1)
    zipped(folder / "more.zip", members(JUDGED, JUDGED + HIDDEN))
    for name in ("0.tif", "1.tif"):
        film("TIFF")(folder / name)

    assert unjudged(folder) == HIDDEN + 2


def test_what_lies_behind_a_link_is_not_looked_into(folder, tmp_path) -> None:
    zipped(tmp_path / "more.zip", members(JUDGED, JUDGED + HIDDEN))
    (folder / "more.zip").symlink_to(tmp_path / "more.zip")

    assert unjudged(folder) <= 1
