"""A change of any file in a dataset is a change, whatever kind of file it is."""

import io
import json
import shutil
from itertools import product

import numpy as np
import pytest
from PIL import Image

from deri_gate.changes.files import FileChanges
from deri_gate.changes.image_list import ImageList
from deri_gate.changes.matching import match_images
from deri_gate.data.readers import open_dataset
from tests.sweeps import sampled

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 900


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 40, 3), np.uint8))


def encoded(seed: int, form: str) -> bytes:
    into = io.BytesIO()
    picture(seed).save(into, format=form)
    return into.getvalue()


@pytest.fixture
def base(tmp_path):
    """Two classes in train, one image of each in test, a mask and a note."""
    for i in range(8):
        for c in ("cat", "dog"):
            for split in ("train", "test") if i == 0 else ("train",):
                path = tmp_path / "base" / split / c / f"{i}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                picture(i * 100 + ord(c[0]) + len(split)).save(path)
    root = tmp_path / "base"
    Image.fromarray(np.eye(40, dtype=np.uint8) * 255).save(root / "train" / "cat" / "1_mask.png")
    (root / "notes.txt").write_text("one")
    (root / "train" / "dog" / "bad.png").write_bytes(b"\x89PNG damaged")
    return root


@pytest.fixture
def compared(run, base, tmp_path):
    """The sentence, and changes.json, after a change of the head."""

    def call(change) -> tuple[str, dict]:
        head = tmp_path / "head"
        shutil.copytree(base, head)
        change(head)
        run("check", head, "--base", base, "--metrics", "sharpness", "--out", tmp_path / "r")
        document = json.loads((tmp_path / "r" / "changes.json").read_text())
        assert (
            document["summary"][:20].lower() in (tmp_path / "r" / "report.html").read_text().lower()
        )
        return document["summary"], document["other_files"]

    return call


def test_the_same_files_are_no_change(compared) -> None:
    """Nothing less would be believed when something changed."""
    summary, files = compared(lambda _: None)

    assert summary.startswith("Nothing changed against ")
    assert not any(files.values())


@pytest.mark.parametrize(
    ("path", "content"),
    sampled(
        [
            ("train/cat/new.heic", HEIC),
            ("train/cat/2_mask.png", None),
            ("test/fox/bad.png", b"no image"),
            ("train/cat/new.txt", b"x"),
            ("train/cat/new", b"x"),
            ("train/cat/new.png", b"no image"),
            ("more.json", b"{}"),
            (".hidden/x.jpg", b"x"),
            ("stray.png", None),
        ],
        *(0, 5),
    ),
)
def test_an_added_file_of_any_kind(compared, path, content) -> None:
    """Left out, unreadable, a mask, in another split, in no class folder."""

    def add(head):
        (head / path).parent.mkdir(exist_ok=True)
        (head / path).write_bytes(encoded(999, "PNG") if content is None else content)

    summary, files = compared(add)

    assert summary.startswith("No judged image changed against ")
    assert "1 other file was added." in summary
    assert files["added"] == [path]


@pytest.mark.parametrize(
    "path", sampled(["train/cat/1_mask.png", "notes.txt", "train/dog/bad.png"], 0, 2)
)
@pytest.mark.parametrize("removed", sampled([True, False]))
def test_a_removed_or_changed_file_of_any_kind(compared, path, removed) -> None:
    """Content counts, not only the name."""

    def change(head):
        if removed:
            (head / path).unlink()
        else:
            with (head / path).open("ab") as file:
                file.write(b"more")

    summary, files = compared(change)

    kind = "removed" if removed else "modified"
    assert f"1 other file was {kind}." in summary
    assert files[kind] == [path]


@pytest.mark.parametrize(
    ("deed", "more"), sampled(product(["added", "removed", "modified"], [True, False]), 3)
)
def test_images_of_another_split_count_once(compared, deed, more) -> None:
    """They are told by their split; the list of other files has them, and says that it does."""
    path = "test/dog/1.png" if deed == "added" else "test/dog/0.png"

    def change(head):
        if deed == "removed":
            (head / path).unlink()
        else:
            picture(777).save(head / path)
        if more:
            (head / "more.txt").write_text("x")

    summary, files = compared(change)

    assert summary.startswith("No image of the judged split changed against ")
    assert "In test, 1 image was " + deed in summary
    assert summary.count("1 image") == 1
    assert ("1 other file was added." in summary) is more
    assert files["images"] == [path]
    assert path in files[deed]


def test_a_class_converted_to_another_form_is_said(compared) -> None:
    """Paired by name, so that before and after are compared."""

    def convert(head):
        for path in sorted((head / "train" / "cat").glob("[0-9].png")):
            Image.open(path).save(path.with_suffix(".jfif"), format="JPEG", quality=95)
            path.unlink()

    summary, _ = compared(convert)

    assert "8 images were modified" in summary
    pair = "train/cat/0.png to train/cat/0.jfif"
    assert f"8 modified images were converted to another format, such as {pair}." in summary


@pytest.mark.sweep
def test_a_conversion_to_what_cannot_be_read_is_said(compared) -> None:
    """Not only as removed."""

    def convert(head):
        (head / "train/cat/3.png").unlink()
        (head / "train/cat/3.jxl").write_bytes(b"\xff\x0a" + b"\0" * 50)

    summary, files = compared(convert)

    assert "1 image was removed" in summary
    assert files["converted"] == [["train/cat/3.png", "train/cat/3.jxl"]]
    assert "1 image was converted to a file that is not judged" in summary
    assert "other file" not in summary  # it would be told twice


@pytest.mark.sweep
def test_an_image_that_cannot_be_read_any_more_is_not_called_converted(compared) -> None:
    """Its name is the same before and after."""

    def cut(head):
        path = head / "train/cat/3.png"
        path.write_bytes(path.read_bytes()[:60])

    summary, _ = compared(cut)

    told = "1 image was kept by name, but can no longer be judged, such as train/cat/3.png."
    assert told in summary
    assert "converted" not in summary
    assert "other file" not in summary  # nothing was added


def test_what_a_manifest_says_of_images_counts(run, tmp_path) -> None:
    """Another patient, or another column."""
    for i in range(6):
        (tmp_path / "img").mkdir(exist_ok=True)
        picture(i).save(tmp_path / "img" / f"{i}.png")
    for name, patient in (("base", "p1"), ("head", "p2")):
        rows = [
            f"img/{i}.png,{'ab'[i % 2]},{patient if i == 3 else f'q{i // 2}'}" for i in range(6)
        ]
        (tmp_path / f"{name}.csv").write_text("path,label,group\n" + "\n".join(rows) + "\n")

    run("check", tmp_path / "head.csv", "--base", tmp_path / "base.csv", "--metrics", "sharpness",
        "--out", tmp_path / "r")  # fmt: skip
    document = json.loads((tmp_path / "r" / "changes.json").read_text())

    assert "1 image is described differently (group)." in document["summary"]
    assert document["other_files"]["described"] == ["img/3.png"]
    assert document["other_files"]["described_in"] == ["group"]


def test_the_fingerprint_knows_every_file(base, run, tmp_path) -> None:
    """Two datasets of one fingerprint are one."""
    seen = set()
    for change in (None, "notes.txt", "train/cat/1_mask.png", "train/dog/bad.png"):
        if change:
            (base / change).write_bytes((base / change).read_bytes() + b"x")
        status, _, _ = run("measure", base, "--metrics", "sharpness", "--out", tmp_path / "m")
        assert status == 0
        document = json.loads((tmp_path / "m" / "metrics.json").read_text())
        seen.add(document["dataset"]["fingerprint"])

    assert len(seen) == 4


def test_only_one_name_is_paired_by_its_stem() -> None:
    """Of the same labels, and each once."""
    base = ImageList(ids=("a.png", "b.png"), keys=("1", "2"), labels=(("x",), ("x",)))
    head = ImageList(
        ids=("a.jpg", "a.tif", "b.jpg"), keys=("3", "4", "5"), labels=(("x",), ("x",), ("y",))
    )

    matched = match_images(base, head)

    assert matched.summary.converted == (("a.png", "a.jpg"),)
    assert matched.summary.added == ("a.tif", "b.jpg")
    assert matched.summary.removed == ("b.png",)


def test_other_files_lie_where_the_images_do(base) -> None:
    """Each once, none of them an image."""
    dataset = open_dataset(base)

    assert set(dataset.other_files.paths) == {"notes.txt", "train/cat/1_mask.png"}
    assert not set(dataset.other_files.paths) & set(dataset.ids)


def test_columns_that_are_not_named_are_counted() -> None:
    """Five of eight columns that differ are named, and three are told by their number."""
    changes = FileChanges(described=("a", "b"), described_in=tuple("abcdefgh"))

    assert (
        changes.sentence == "2 images are described differently (a, b, c, d, e and 3 more columns)."
    )
