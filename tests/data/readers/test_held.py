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

from deri_gate.data.readers import held, looking, open_dataset, packed
from deri_gate.data.readers.options import ReadOptions
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

    own = HIDDEN - JUDGED  # as many as lie there may be those, renamed and saved anew
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
@pytest.mark.parametrize(
    "renamed", ["IMG_{}.JPG", "e\u0301_{}.png", "Screenshot (1) {}.bmp", "x/y/{}.jpeg"]
)
def test_originals_may_have_been_renamed_or_resized_since(ending, renamed, folder) -> None:
    """Names of other forms, encodings and endings, and other sizes: 40 of 40 were unjudged."""
    others = {renamed.format(i): picture(i) + b"\0" for i in range(JUDGED)}
    ARCHIVES[ending](folder / f"set{ending}", others)

    assert unjudged(folder) == 1


def test_names_in_an_encoding_of_their_own(folder) -> None:
    """Shift-JIS without a flag of UTF-8, which `zipfile` reads as another text."""
    zipped(folder / "set.zip", {f"__{i}.png": picture(i) for i in range(JUDGED)})
    content = (folder / "set.zip").read_bytes()
    (folder / "set.zip").write_bytes(content.replace(b"__", "\u732b".encode("shift_jis")))

    assert unjudged(folder) == 1


def all_of(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*.png"))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("ending", ARCHIVES)
@pytest.mark.parametrize("name", ["masks/{0}/{1}.png", "{0}/{1}_mask.png"])
def test_masks_that_are_used_are_known(ending, name, tmp_path) -> None:
    """The zip of a set of images and masks counted its masks as images that nobody judges."""
    images = "{0}/{1}.png" if name.endswith("_mask.png") else "images/{0}/{1}.png"
    for i in range(JUDGED):
        for kind, content in ((images, picture(i)), (name, picture(9))):
            place = tmp_path / "set" / kind.format("ab"[i % 2], i)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
    everything = all_of(tmp_path / "set")
    assert len(everything) == 2 * JUDGED
    ARCHIVES[ending](tmp_path / "set" / f"set{ending}", everything)

    assert unjudged(tmp_path / "set") == 1


@pytest.mark.parametrize("ending", ARCHIVES)
def test_what_is_left_out_by_choice_or_told_is_known(ending, folder) -> None:
    for name in ("b/8.png", "c/9.png", "c/10.png", "loose.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(picture(3))
    ARCHIVES[ending](folder / f"set{ending}", all_of(folder))

    options = ReadOptions(exclude=("b/*",))
    dataset = open_dataset(folder, options=options)
    assert len(dataset) == 6
    told = {f.path: f.images for f in dataset.findings if f.kind == "unjudged"}
    assert told == {"loose.png": 1, f"set{ending}": 1}


@pytest.mark.parametrize("ending", ARCHIVES)
def test_other_files_of_an_archive_are_no_images(ending, folder) -> None:
    more = JUDGED + 2
    files = {"notes.txt": b"x", "__MACOSX/a/._1.png": b"x", "a.png/": b"", **members(0, more)}
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
    monkeypatch.setattr(packed, "MOST_MEMBERS", 10)
    ARCHIVES[ending](folder / f"more{ending}", members(JUDGED, JUDGED + HIDDEN))

    assert unjudged(folder) == (HIDDEN if ending == ".zip" else 10) - JUDGED


@pytest.mark.parametrize("ending", ARCHIVES)
@pytest.mark.parametrize("most", [3, JUDGED])
def test_a_backup_of_more_members_than_are_looked_at(ending, most, folder, monkeypatch) -> None:
    monkeypatch.setattr(packed, "MOST_MEMBERS", most)
    ARCHIVES[ending](folder / f"own{ending}", all_of(folder))

    assert unjudged(folder) == 1


def test_folders_of_a_tar_are_members_as_well(folder, monkeypatch) -> None:
    """Each takes its time: 300,000 took 18 s, as none of them counted."""
    monkeypatch.setattr(packed, "MOST_MEMBERS", 50)
    with tarfile.open(folder / "more.tar", "w") as archive:
        for number in range(100):
            info = tarfile.TarInfo(f"folder{number}")
            info.type = tarfile.DIRTYPE if number < 50 else tarfile.REGTYPE
            info.name += "" if number < 50 else ".png"
            archive.addfile(info)

    assert unjudged(folder) == 1


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
def test_a_tar_of_a_chain_of_long_names_counts_once(kind, folder) -> None:
    """Python calls itself for each: RecursionError came out."""
    info = tarfile.TarInfo("x")
    info.type = kind
    info.size = 8
    (folder / "chain.tar").write_bytes(3_000 * (info.tobuf() + b"8 a=bcd\n".ljust(512, b"\0")))

    assert unjudged(folder) == 1


@pytest.mark.parametrize("start", [b"MZ", b"#!/bin/sh\n", b"\0x"])
@pytest.mark.parametrize(("last", "images"), [(JUDGED + HIDDEN, HIDDEN), (JUDGED, 1)])
def test_a_zip_that_begins_with_a_program_is_one(start, last, images, folder) -> None:
    """It was no finding at all."""
    zipped(folder / "more.zip", members(0, last))
    content = (folder / "more.zip").read_bytes()
    (folder / "more.zip").write_bytes(start.ljust(70_000, b"\0") + content)

    assert unjudged(folder) == images


def film(kind: str) -> Callable[[Path], None]:
    def write(place: Path) -> None:
        stills = [Image.fromarray(np.full((9, 9), 5 * i, np.uint8)) for i in range(HIDDEN)]
        stills[0].save(place, kind, save_all=True, append_images=stills[1:])

    return write


def test_pages_of_a_file_beside_the_classes_count_each(folder) -> None:
    film("TIFF")(folder / "all.tiff")

    assert unjudged(folder) == HIDDEN


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_animation_beside_the_classes_is_one_picture(kind, folder) -> None:
    """As in a README. 60 pictures of a preview failed a set of 40."""
    film(kind)(folder / f"all.{kind.lower()}")

    assert unjudged(folder) == 1


def test_pages_of_floats_are_counted_without_a_look_at_them(folder, monkeypatch) -> None:
    """Values of signed and floating-point pages were decoded: 300 files took 5 s."""
    monkeypatch.setattr(looking, "_values", pytest.fail)
    stills = [Image.fromarray(np.full((9, 9), i, np.float32)) for i in range(3)]
    stills[0].save(folder / "maps.tiff", save_all=True, append_images=stills[1:])

    assert unjudged(folder) == 3


def test_of_many_files_archives_are_opened_first(folder, monkeypatch) -> None:
    monkeypatch.setattr(held, "MOST_FILES", 1)
    zipped(folder / "more.zip", members(JUDGED, JUDGED + HIDDEN))
    for name in ("0.tif", "1.tif"):
        film("TIFF")(folder / name)

    assert unjudged(folder) == HIDDEN - JUDGED  # two lie there that are not judged


def test_what_lies_behind_a_link_is_not_looked_into(folder, tmp_path) -> None:
    zipped(tmp_path / "more.zip", members(JUDGED, JUDGED + HIDDEN))
    (folder / "more.zip").symlink_to(tmp_path / "more.zip")

    assert unjudged(folder) <= 1
