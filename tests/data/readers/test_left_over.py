"""Files that lie beside what is read: in every form of a dataset each is told, none in silence."""

from __future__ import annotations

import gzip
import io
import json
import shlex
import subprocess
import tarfile
import zipfile
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.options import ReadOptions
from deri_gate.errors import DatasetError
from deri_gate.measuring.shares import shares_of_findings

if TYPE_CHECKING:
    from pathlib import Path

CLASSES = ("cat", "dog")
SIX = range(6)


def picture(level: int) -> bytes:
    return cv2.imencode(".png", np.full((9, 9), level, np.uint8))[1].tobytes()


def put(path: Path, content: bytes | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(7) if content is None else content)


def tar(path: Path, more: dict[str, bytes] | None = None) -> None:
    """A shard of WebDataset with six samples."""
    path.parent.mkdir(parents=True, exist_ok=True)
    members = {f"{i:03}.png": picture(i) for i in SIX}
    members |= {f"{i:03}.cls": CLASSES[i % 2].encode() for i in SIX}
    with tarfile.open(path, "w") as file:
        for name, content in (members | (more or {})).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))


def columns(path: Path) -> None:
    """Parquet with six images."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [{"bytes": picture(i), "path": f"{i}.png"} for i in SIX]
    table = pa.table({"image": cells, "label": [i % 2 for i in SIX]})
    about = {"info": {"features": {"image": {"_type": "Image"}}}}
    parquet.write_table(table.replace_schema_metadata({"huggingface": json.dumps(about)}), path)


def packed(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("0.png", picture(3))


def class_folders(root: Path) -> None:
    for i in SIX:
        put(root / CLASSES[i % 2] / f"{i}.png", picture(i))


def imagefolder(root: Path) -> None:
    for i in SIX:
        put(root / f"{i}.png", picture(i))
    rows = "".join(f"{i}.png,{CLASSES[i % 2]}\n" for i in SIX)
    put(root / "metadata.csv", f"file_name,label\n{rows}".encode())


FORMS = {
    "class folders": class_folders,
    "imagefolder": imagefolder,
    "tar shards": lambda root: tar(root / "train-000.tar"),
    "Parquet": lambda root: columns(root / "train.parquet"),
}


def unjudged(dataset) -> set[str]:
    return {finding.path for finding in dataset.findings if finding.kind == "unjudged"}


def committed(folder: Path) -> None:
    for words in (
        ["init", "-q"], ["add", "-A"],
        ["-c", "user.name=A", "-c", "user.email=a@b.org", "commit", "-qm", "x"],
    ):  # fmt: skip
        subprocess.run(["git", "-C", folder, *words], check=True, capture_output=True)


def opened(root: Path, **options: str):
    return open_dataset(root, options=ReadOptions.of(**options))


@pytest.fixture(params=FORMS)
def form(request, tmp_path) -> Path:
    """A dataset of six images, in each form that a folder may have."""
    FORMS[request.param](tmp_path / "set")
    return tmp_path / "set"


def test_nothing_is_left_over_of_a_plain_dataset(form) -> None:
    put(form / "README.md", b"six images")
    dataset = opened(form)

    assert len(dataset) == 6
    assert unjudged(dataset) == set()


def test_a_description_belongs_to_parquet(tmp_path) -> None:
    columns(tmp_path / "train.parquet")
    put(tmp_path / "README.md", b"six images")
    put(tmp_path / "dataset_infos.json", b"{}")
    put(tmp_path / "notes.txt", b"a text")

    assert opened(tmp_path).reading.left_out == ((".txt", 1),)


def test_every_file_beside_the_dataset_is_told(form) -> None:
    """Packed, too deep for a shard, or hidden: nobody looks into any of them."""
    packed(form / "more.zip")
    put(form / ".before" / "0.png")
    put(form / ".later.zip", b"PK\x03\x04")
    put(form / "films" / "0.mp4", b"\0\0\0\x18ftypisom")
    put(form / "@eaDir" / "0.png")  # a system's, that programs which train read all the same
    tar(form / "a" / "b" / "c" / "d.tar")
    dataset = opened(form)

    named = unjudged(dataset)
    unread = {f.path for f in dataset.findings if f.kind == "unreadable"} | {*dataset.ids}
    assert named >= {"more.zip", ".before/0.png", ".later.zip", "@eaDir/0.png"}
    assert named | unread >= {"films/0.mp4", "a/b/c/d.tar"}  # in a folder of a class: unreadable
    assert dict(dataset.reading.left_out)[".zip"] == 1
    images = len(named)  # an archive of six may hold the six that lie there
    share = shares_of_findings(dataset.findings, len(dataset))["unjudged_share"].value
    assert share == images / (len(dataset) + images)


@pytest.mark.parametrize(
    "path",
    ["@eaDir/0.png/THUMB_M.png", "$RECYCLE.BIN/0.png", "Lost+Found/0.png", "._0.png", ".0.png",
     ".Trash-1000/0.png", ".[old]/0.png", "b/.venv/0.png", ".more/later.zip", "it/.'s/0.png"],
)  # fmt: skip
def test_what_is_said_of_an_image_that_a_system_left_leads_out_of_it(form, path) -> None:
    """A folder of a NAS, with thumbnails of each image, failed, and nothing said what to type."""
    put(form / path, b"PK\x03\x04" if path.endswith(".zip") else None)
    (finding,) = (f for f in opened(form).findings if f.path == path)
    _, option, what = finding.detail.partition("--exclude")
    option, pattern, *leaves = shlex.split(option + what)
    dataset = opened(form, exclude=pattern)

    assert finding.kind == "unjudged"
    assert (option, leaves) == ("--exclude", ["leaves", "it", "out"])
    assert (len(dataset), unjudged(dataset)) == (6, set())
    assert dict(dataset.reading.left_out) == {"excluded": 1}
    assert not any("exclude" in note for note in dataset.reading.notes)


def test_images_beside_shards_are_told(tmp_path) -> None:
    columns(tmp_path / "train.parquet")
    put(tmp_path / "loose" / "0.dcm")
    dataset = opened(tmp_path)

    assert len(dataset) == 6
    assert unjudged(dataset) == {"loose/0.dcm"}


def test_shards_beside_images_are_told(tmp_path) -> None:
    tar(tmp_path / "train-000.tar")
    class_folders(tmp_path)
    dataset = opened(tmp_path)

    assert len(dataset) == 6
    assert unjudged(dataset) == {"train-000.tar"}


def test_what_is_excluded_is_counted_and_not_told(form) -> None:
    packed(form / "raw" / "more.zip")
    told, excluded = opened(form), opened(form, exclude="raw")

    assert "raw/more.zip" in unjudged(told) | {*told.ids}
    if (form / "metadata.csv").exists():  # that says itself what is in the dataset
        assert unjudged(excluded) == {"raw/more.zip"}
        assert "--exclude" in excluded.reading.notes[-1]  # not used, and told
    else:
        assert unjudged(excluded) == set()
        assert dict(excluded.reading.left_out) == {"excluded": 1}


def test_excluded_shards_of_parquet_are_not_read(tmp_path) -> None:
    columns(tmp_path / "train.parquet")
    columns(tmp_path / "test.parquet")
    dataset = opened(tmp_path, exclude="test.parquet")

    assert dataset.reading.splits == (("train", 6),)
    assert dict(dataset.reading.left_out) == {"excluded": 1}
    assert not any("exclude" in note for note in dataset.reading.notes)


def test_another_revision_tells_the_same(tmp_path, monkeypatch, form) -> None:
    packed(form / "more.zip")
    put(form / ".hidden.png")
    committed(tmp_path)
    monkeypatch.chdir(tmp_path)
    if list(form.glob("*.tar")):  # these are not read there, which is no pass either
        with pytest.raises(DatasetError, match="no images"):
            open_dataset("git:HEAD:set")
    else:
        assert unjudged(open_dataset("git:HEAD:set")) == {"more.zip", ".hidden.png"}
        assert unjudged(open_dataset("set")) == {"more.zip", ".hidden.png"}


def test_a_link_that_leads_out_is_told_beside_shards(tmp_path) -> None:
    columns(tmp_path / "set" / "train.parquet")
    class_folders(tmp_path / "elsewhere")
    (tmp_path / "set" / "more").symlink_to(tmp_path / "elsewhere")

    assert unjudged(opened(tmp_path / "set")) == {"more"}


def test_tables_and_what_is_not_fetched_are_no_images(form) -> None:
    """As `img2dataset` writes a table beside each shard, and as a clone without LFS has them."""
    parquet.write_table(pa.table({"key": ["a"], "size": [1]}), form / "metadata.parquet")
    for name in ("sizes.csv.gz", "info.json.gz"):
        put(form / name, gzip.compress(b"{}"))
    for name in ("list.csv", "notes.txt", "more.zip", "0"):
        put(form / name, b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    named = (form / "metadata.csv").exists()
    if named:
        (form / "metadata.parquet").unlink()  # two tables would describe one folder

    assert unjudged(opened(form)) == ({"more.zip"} if named else {"more.zip", "0"})


def test_parquet_that_has_a_place_for_images_is_told(tmp_path) -> None:
    class_folders(tmp_path)
    put(tmp_path / "cut.pq", b"PAR1" + bytes(40))
    for name, cells in {"raw": [b"x"], "pixels": [[1, 2]], "words": ["x"]}.items():
        parquet.write_table(pa.table({"a": cells}), tmp_path / f"{name}.pq")

    assert unjudged(opened(tmp_path)) == {"cut.pq", "raw.pq", "pixels.pq"}


def test_the_directory_of_an_archive_is_no_image(form) -> None:
    put(form / "DICOMDIR", bytes(128) + b"DICM" + bytes(40))

    assert unjudged(opened(form)) == set()


def test_images_of_a_shard_that_are_no_sample(tmp_path) -> None:
    more = {"000.after.png": picture(9), "notes.txt": b"a text"}
    tar(tmp_path / "0.tar", more | {"._000.png": b"of a Mac"})
    dataset = opened(tmp_path / "0.tar")

    assert {(f.kind, f.path) for f in dataset.findings} == {
        ("unjudged", "0.tar/000.after.png"), ("ignored", "0.tar/notes.txt"),
        ("ignored", "0.tar/._000.png"),
    }  # fmt: skip
    assert dataset.reading.left_out == ((".png", 2), (".txt", 1))


def test_arrays_of_a_sample_that_has_its_image_are_no_images(tmp_path) -> None:
    """Such as its embedding; arrays without an image may be pictures."""
    arrays = {f"{i:03}.{end}": b"PK" for i in SIX for end in ("npz", "pth.gz")}
    tar(tmp_path / "0.tar", arrays | {"alone.npz": b"PK", "000.tar.gz": b"PK"})

    assert unjudged(opened(tmp_path / "0.tar")) == {"0.tar/alone.npz", "0.tar/000.tar.gz"}


def test_other_arrays_of_a_file_are_told(tmp_path) -> None:
    """Pictures that are in no split; numbers and names are none."""
    some = np.zeros((6, 9, 9), np.uint8)
    np.savez(
        tmp_path / "a.npz", train_images=some, train_labels=np.arange(6) % 2, holdout_images=some,
        mean=np.zeros(9), names=np.array(CLASSES),
    )  # fmt: skip

    assert unjudged(opened(tmp_path / "a.npz")) == {"holdout_images"}


@pytest.fixture
def table(tmp_path) -> Path:
    """A table of six images with a second picture of each, and two that no row names."""
    lines = ["path,label,after,taken_from"]
    for i in SIX:
        put(tmp_path / f"{i}.png", picture(i))
        put(tmp_path / "after" / f"{i}.png", picture(i + 20))
        lines.append(f"{i}.png,{CLASSES[i % 2]},after/{i}.png,elsewhere/{i}.png")
    put(tmp_path / "7.png")
    put(tmp_path / "8.png")
    put(tmp_path / "list.csv", "\n".join(lines).encode())
    return tmp_path / "list.csv"


def test_images_in_another_column_are_told(table) -> None:
    """Files that are not there are names, no images."""
    dataset = opened(table)

    assert unjudged(dataset) == {f"after/{i}.png" for i in SIX}
    details = {f.detail for f in dataset.findings if f.kind == "unjudged"}
    assert details == {"named in the column after alone"}
    assert shares_of_findings(dataset.findings, 6)["unjudged_share"].value == 0.5


def test_a_column_that_was_chosen_leaves_the_others_out(table) -> None:
    dataset = opened(table, columns="path=after")

    assert unjudged(dataset) == set()
    assert len(dataset) == 6


def test_images_in_no_row_are_counted(table) -> None:
    notes = opened(table).reading.notes

    assert notes == ("2 other images in the same folders are in no row",)


def unlabelled(dataset) -> set[str]:
    return {f.path for f in dataset.findings if f.kind == "missing_label"}


@pytest.mark.parametrize("at", ["", "git:HEAD:"], ids=["path", "revision"])
def test_images_in_no_row_have_no_label(tmp_path, monkeypatch, at) -> None:
    """A table that named half of the images passed; masks of those named are no images."""
    for i in range(8):
        put(tmp_path / "set" / "img" / f"{i}.png")
    put(tmp_path / "set" / "img" / "0_mask.png")
    rows = ["path,label", *(f"img/{i}.png,{'ab'[i % 2]}" for i in range(4))]
    put(tmp_path / "set" / "list.csv", "\n".join(rows).encode())
    monkeypatch.chdir(tmp_path)
    committed(tmp_path)

    dataset = opened(f"{at}set/list.csv")

    assert unlabelled(dataset) == {f"img/{i}.png" for i in range(4, 8)}
    assert shares_of_findings(dataset.findings, 4)["missing_labels"].value == 0.5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test.csv", "path,label\n{}"),
        ("test.txt", "{}"),
        ("test.jsonl", '{{"path": "{}"}}'),
        ("submission.csv", "id;class\n{}"),
    ],
)
@pytest.mark.parametrize("end", [".png", ""])
def test_images_that_another_list_names_are_its_own(tmp_path, name, text, end) -> None:
    """Tables of several splits often share a folder."""
    for i in range(8):
        put(tmp_path / "img" / f"{i}.png")
    put(tmp_path / "train.csv", b"path,label\nimg/0.png,a\nimg/1.png,b\nimg/2.png,b")
    lines = [text.format(f"img/{i}{end}") for i in range(3, 7)]
    put(tmp_path / name, "\n".join(lines).encode())

    dataset = opened(tmp_path / "train.csv")

    assert unlabelled(dataset) == {"img/7.png"}
    assert dataset.reading.notes == ("5 other images in the same folders are in no row",)


@pytest.mark.parametrize("at", ["", "git:HEAD:"], ids=["path", "revision"])
def test_tables_of_splits_in_parquet_share_a_folder(tmp_path, monkeypatch, at) -> None:
    """Beside them a damaged one, and a list that is a link out of the repository."""
    for i in range(5):
        put(tmp_path / "set" / "img" / f"{i}.png")
    for split, own in {"train": (0, 1), "test": (2, 3)}.items():
        rows = {"path": [f"img/{i}.png" for i in own], "label": ["a", "b"]}
        parquet.write_table(pa.table(rows), tmp_path / "set" / f"{split}.parquet")
    put(tmp_path / "set" / "damaged.parquet", b"PAR1")
    (tmp_path / "set" / "linked.csv").symlink_to("/elsewhere/list.csv")
    monkeypatch.chdir(tmp_path)
    committed(tmp_path)

    assert unlabelled(opened(f"{at}set/train.parquet")) == {"img/4.png"}


def test_every_list_counts_where_there_are_many(tmp_path) -> None:
    """A table for each week of a year, and one folder of images."""
    for i in range(60):
        put(tmp_path / "img" / f"{i:02}.png")
        put(tmp_path / f"week-{i:02}.csv", f"path,label\nimg/{i:02}.png,{'ab'[i % 2]}".encode())

    assert unlabelled(opened(tmp_path / "week-00.csv")) == set()


@pytest.mark.parametrize("name", ["a, b.png", "scan [2].png", "it's.png", "é 漢.png"])
@pytest.mark.parametrize("form", ["utf-8", "utf-16", "json"])
def test_names_count_however_a_list_writes_them(tmp_path, name, form) -> None:
    for own in ("0.png", name, "other.png"):
        put(tmp_path / own)
    put(tmp_path / "train.csv", b"path,label\n0.png,a")
    if form == "json":
        put(tmp_path / "test.jsonl", json.dumps({"path": name}).encode())
    else:
        put(tmp_path / "test.csv", f'path,label\n"{name}",b'.encode(form))

    assert unlabelled(opened(tmp_path / "train.csv")) == {"other.png"}


def test_a_column_never_leads_out_of_the_folder(table) -> None:
    """No word on files of other places, not even that they are there."""
    put(table.parent.parent / "secret.png")
    lines = table.read_text().replace("after/0.png", "../secret.png").splitlines()
    table.write_text("\n".join(lines))

    assert unjudged(opened(table)) == {f"after/{i}.png" for i in range(1, 6)}


def test_a_column_never_leads_out_by_a_link(table) -> None:
    root = table.parent
    put(root.parent / "elsewhere" / "0.png")
    (root / "elsewhere").symlink_to(root.parent / "elsewhere")
    table.write_text(table.read_text().replace("after/", "elsewhere/"))

    assert unjudged(opened(table)) == set()


def test_a_column_is_read_as_that_of_the_paths(table) -> None:
    """With its backslashes, and in the folder that the user names."""
    every = {f"after/{i}.png" for i in SIX}
    lines = table.read_text()
    table.write_text(lines.replace("after/", "after\\"))
    assert unjudged(opened(table)) == every

    for i in SIX:
        put(table.parent / "after" / f"{i}b.png")
    rows = "".join(f"{i}.png,{CLASSES[i % 2]},{i}b.png\n" for i in SIX)
    table.write_text(f"path,label,other\n{rows}")
    assert unjudged(opened(table, folder="after")) == {f"after/{i}b.png" for i in SIX}
