"""A file is what its first bytes say, not its ending; what is no image is counted."""

import io
import os
import subprocess

import numpy as np
import pytest
from PIL import Image, features

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.data.readers.listing import list_paths
from deri_gate.data.signatures import OTHER_ENDINGS, is_image, why_not_read
from deri_gate.errors import UnreadableImageError

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 900


def encoded(form: str, level: int = 90) -> bytes:
    """A picture of 8 x 8 in one of Pillow's formats."""
    into = io.BytesIO()
    Image.fromarray(np.full((8, 8, 3), level, np.uint8)).save(into, format=form)
    return into.getvalue()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.jfif", "JPEG"),
        ("a.jpe", "JPEG"),
        ("a.dib", "BMP"),
        ("a", "PNG"),
        ("a.1.2.840.113619", "JPEG"),
        ("a.jpg_large", "JPEG"),
        ("a.bak", "TIFF"),
        ("a.txt", "JPEG"),
        ("a.webp_", "WEBP"),
        ("a.x", "PPM"),
    ],
)
def test_an_image_under_any_name_is_read(tmp_path, name, form) -> None:
    """Even one called .txt: whoever trains on the folder may open it, too."""
    (tmp_path / "d" / "cat").mkdir(parents=True)
    (tmp_path / "d" / "cat" / name).write_bytes(encoded(form))

    dataset = open_dataset(tmp_path / "d")

    assert dataset.ids == (f"cat/{name}",)
    assert dataset.findings == ()
    assert abs(int(dataset.source.load(0).decode()[4, 4, 0]) - 90) < 6


@pytest.mark.parametrize(("name", "form"), [("avif", "AVIF"), ("jpg_2000", "JPEG2000")])
@pytest.mark.parametrize("ending", [".avif", ".jp2", ".jpg", ""])
def test_avif_and_jpeg_2000_are_read_where_pillow_does(tmp_path, name, form, ending) -> None:
    """By whatever ending."""
    if name not in features.get_supported():  # an older Pillow warns of what it does not know
        pytest.skip(f"this Pillow has no {form}")
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / f"a{ending}").write_bytes(encoded(form))

    picture = open_dataset(tmp_path).source.load(0).decode()

    assert abs(picture.astype(int) - 90).max() < 8


def test_heic_is_read_with_the_extra(tmp_path) -> None:
    """A real file, as phones write them."""
    pillow_heif = pytest.importorskip("pillow_heif")
    (tmp_path / "cat").mkdir()
    picture = Image.fromarray(np.full((32, 48, 3), 120, np.uint8))
    pillow_heif.from_pillow(picture).save(tmp_path / "cat" / "a.heic")

    read = open_dataset(tmp_path).source.load(0).decode()

    assert read.shape == (32, 48, 3)
    assert abs(read.astype(int) - 120).max() < 8


def test_without_the_extra_heic_is_unreadable_and_says_which_one(tmp_path, monkeypatch) -> None:
    """Never left out."""
    monkeypatch.setitem(__import__("sys").modules, "pillow_heif", None)
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a.bin").write_bytes(HEIC)

    dataset = open_dataset(tmp_path)

    with pytest.raises(UnreadableImageError, match=r"HEIC, which needs .*deri-gate\[heif\]"):
        dataset.source.load(dataset.ids.index("cat/a.bin")).decode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\x0a" + b"\0" * 20, "JPEG XL, a format that is not read"),
        (b"\0\0\0\x18ftypcrx isom", "Canon raw, a format that is not read"),
        (b"8BPS\0\1" + b"\0" * 20, "Photoshop, a format that is not read"),
        (b"<?xml version='1.0'?>\n<svg width='1'>", "SVG, a drawing, not pixels"),
        (
            (
                b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- Generator: a program -->\n'
                b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd" [\n'
                b'<!ENTITY ns_svg "http://www.w3.org/2000/svg">\n]>\n<!-- x --><svg:svg width="1">'
            ),
            "SVG, a drawing, not pixels",
        ),
        (b"\x93NUMPY\1\0" + b"\0" * 20, "NumPy array, which is not read"),
        (b"SIMPLE  =   T", "FITS, a format that is not read"),
        (b"qoif" + b"\0" * 20, "QOI, a format that is not read"),
        (b"\0" * 344 + b"n+1\0" + b"\0" * 50, "NIfTI, which needs nibabel"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_images_of_other_formats_count_as_unreadable(tmp_path, content, said) -> None:
    """The name says nothing here; the format is named."""
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a").write_bytes(content)
    (tmp_path / "cat" / "b.png").write_bytes(encoded("PNG"))

    assert said in why_not_read(content)
    if b"git-lfs" not in content:
        dataset = open_dataset(tmp_path)
        assert dataset.ids == ("cat/a", "cat/b.png")
        with pytest.raises(UnreadableImageError):
            dataset.source.load(0).decode()


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "unit", [b"<!---->", b"<!-- -->\n", b"<!DOCTYPE svg []>", b"<?x?>", b"<!DOCTYPE svg [", b" \n"]
)
def test_text_that_nearly_is_a_drawing_is_read_at_once(unit) -> None:
    """Each end of a comment was tried as the end of each: a file of 300 bytes took for ever."""
    assert "SVG" not in why_not_read(unit * 500 + b"x")
    assert "SVG" in why_not_read(unit * 20 + b"<svg>") or unit == b"<!DOCTYPE svg ["


@pytest.mark.parametrize(
    "name",
    ["a.jxl", "a.cr3", "a.HEIC", "a.nii.gz", "a.svg", "a.npy", "a.psd", "a.isyntax",
     "a.png.part", "a.JPG.crdownload", "a.nii.gz.gpg", ".a.png.icloud"],
)  # fmt: skip
@pytest.mark.parametrize("content", [b"", b"x" * 40], ids=["empty", "text"])
def test_a_name_that_claims_an_image_counts(tmp_path, name, content) -> None:
    """Empty or damaged as it may be."""
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / name).write_bytes(content)

    assert open_dataset(tmp_path).ids == (f"cat/{name}",)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"BM is a firm, P5 a computer"),
        ("b.txt", b"P2 3 4 reads like a picture"),
        ("c.md", b"P5 10 10 255 \n"),
        ("d.csv", b"II* is no signature here"),
        ("e.data", b"plain text"),
        ("f", b""),
        ("g.docx", b"PK\3\4 an office's file is an archive, too"),
        ("h.pdf", b"%PDF-1.7"),
        ("j.weird", b"BMW"),
        ("k.gpg", b"text"),
    ],
)
def test_what_is_no_image_is_left_out_and_counted(pets, name, content) -> None:
    """By its ending."""
    (pets / "cat" / name).write_bytes(content)

    dataset = open_dataset(pets)

    assert len(dataset) == 3
    assert [(f.kind, f.path) for f in dataset.findings] == [("ignored", f"cat/{name}")]
    ending = f".{name.split('.')[1]}" if "." in name else "no ending"
    assert dataset.reading.left_out == ((ending, 1),)
    assert dataset.other_files.paths == (f"cat/{name}",)


def test_only_names_that_say_nothing_are_opened(pets, monkeypatch) -> None:
    """A million images are listed without opening one."""
    opened, real = [], os.open
    monkeypatch.setattr(os, "open", lambda path, *how: opened.append(path) or real(path, *how))

    assert len(open_dataset(pets)) == 3
    assert {*opened} <= {os.devnull}  # of git's, which is asked where the folder lies


def test_a_pipe_is_never_waited_for(pets) -> None:
    """A file of any name; one that claims to be an image is an image that cannot be read."""
    for name in ("pipe", "pipe.png", "pipe.txt"):
        os.mkfifo(pets / "cat" / name)

    dataset = open_dataset(pets)

    assert [f.detail for f in dataset.findings] == ["not a file"] * 2
    with pytest.raises(UnreadableImageError, match="not a file"):
        dataset.source.load(dataset.rows[dataset.ids.index("cat/pipe.png")])


def test_a_link_out_under_an_unknown_name_is_unreadable_not_gone(pets, tmp_path) -> None:
    """What lies outside is not looked at, so nobody can say that it is no image."""
    (tmp_path / "secret").write_bytes(b"text")
    (pets / "cat" / "linked").symlink_to(tmp_path / "secret")
    (pets / "cat" / "linked.txt").symlink_to(tmp_path / "secret")

    dataset = open_dataset(pets)

    assert "cat/linked" in dataset.ids
    assert [f.path for f in dataset.findings] == ["cat/linked.txt"]
    with pytest.raises(UnreadableImageError, match="a symbolic link that leads out"):
        dataset.source.load(dataset.ids.index("cat/linked"))


def test_hidden_images_are_told_and_hidden_texts_counted(pets) -> None:
    """Other tools would train on them."""
    (pets / "cat" / ".hidden.jpg").write_bytes(encoded("JPEG"))
    (pets / ".more" / "cat").mkdir(parents=True)
    (pets / ".more" / "cat" / "x.png").write_bytes(encoded("PNG"))
    (pets / ".note").write_text("x")

    dataset = open_dataset(pets)

    assert len(dataset) == 3
    assert [f.path for f in dataset.findings] == [".more/cat/x.png", "cat/.hidden.jpg"]
    assert dataset.reading.left_out == (("hidden", 3),)


@pytest.mark.parametrize(
    "folder",
    ["@eaDir/0001.jpg", "#recycle", "$RECYCLE.BIN", "lost+found", "System Volume Information",
     ".ipynb_checkpoints", "__MACOSX", ".Trashes", ".Trash-1000", "@Recycle", "__pycache__"],
)  # fmt: skip
def test_rubbish_is_no_class_but_told(pets, folder) -> None:
    """At the top and within a class."""
    for place in (pets, pets / "cat"):
        (place / folder).mkdir(parents=True)
        (place / folder / "x.jpg").write_bytes(encoded("JPEG"))

    dataset = open_dataset(pets)

    assert dataset.classes == ("cat", "dog")
    assert len(dataset) == 3
    assert dataset.reading.left_out == (("left by a system", 2),)
    told = {(f.kind, f.path) for f in dataset.findings}
    assert told == {("unjudged", f"cat/{folder}/x.jpg"), ("unjudged", f"{folder}/x.jpg")}


@pytest.mark.parametrize("tool", [".venv", ".dvc", ".git", ".hg", ".svn"])
def test_the_folder_of_a_tool_within_a_class_hides_nothing(pets, tool) -> None:
    """Programs that walk through a class folder train on what lies there; no tool keeps it so."""
    for place in (pets, pets / "cat"):
        (place / tool / "deep").mkdir(parents=True)
        (place / tool / "deep" / "x.png").write_bytes(encoded("PNG"))
    paths = [p.relative_to(pets).as_posix() for p in pets.rglob("*") if p.is_file()]
    listing = list_paths(paths, lambda path: (pets / path).read_bytes())

    for findings in (open_dataset(pets).findings, listing.findings):
        assert [(f.kind, f.path) for f in findings] == [("unjudged", f"cat/{tool}/deep/x.png")]


def here_and_listed(root):
    """Findings in a folder, and in a listed revision of the same files."""
    paths = [p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file()]
    listing = list_paths(paths, lambda path: (root / path).read_bytes())
    return open_dataset(root).findings, tuple(listing.findings)


@pytest.mark.parametrize("around", ["", "data", "data/raw", "data/train"])
@pytest.mark.parametrize("tool", [".venv", ".dvc", ".git"])
@pytest.mark.parametrize("name", ["aa/bb1f", "deep/x.png"])
def test_tools_keep_their_own_where_the_dataset_begins(tmp_path, around, tool, name) -> None:
    """As after `dvc init --subdir`: single folders lie around the classes. Half was "unjudged"."""
    for path in ("cat/a.png", "dog/a.png", f"{tool}/{name}"):
        (tmp_path / around / path).parent.mkdir(parents=True)
        (tmp_path / around / path).write_bytes(encoded("PNG"))

    assert here_and_listed(tmp_path) == ((), ())


@pytest.mark.parametrize("tool", [".venv", ".dvc", ".git"])
@pytest.mark.parametrize(
    ("place", "told"),
    [("", False), ("train", True), ("test", True), ("train/cat", True), ("test/dog/more", True)],
)
def test_tools_within_a_split_or_a_class_hide_images_with_an_ending(
    tmp_path, tool, place, told
) -> None:
    """Programs that train take a file by its ending; a cache of DVC has none."""
    for split in ("train", "test"):
        for label in ("cat", "dog"):
            (tmp_path / split / label).mkdir(parents=True)
            (tmp_path / split / label / "a.png").write_bytes(encoded("PNG"))
    kept = tmp_path / place / tool / "aa"
    kept.mkdir(parents=True)
    (kept / "bb1f").write_bytes(encoded("PNG"))
    (kept / "more.zip").write_bytes(b"PK\x03\x04")
    assert here_and_listed(tmp_path) == ((), ())

    (kept / "x.png").write_bytes(encoded("PNG"))
    path = f"{place}/{tool}/aa/x.png"
    for findings in here_and_listed(tmp_path):
        assert [(f.kind, f.path) for f in findings] == ([("unjudged", path)] if told else [])


def test_a_tool_in_the_only_class_hides_nothing(tmp_path) -> None:
    (tmp_path / "cat" / ".venv").mkdir(parents=True)
    for path in ("cat/a.png", "cat/.venv/x.png"):
        (tmp_path / path).write_bytes(encoded("PNG"))

    for findings in here_and_listed(tmp_path):
        assert [f.path for f in findings] == ["cat/.venv/x.png"]


@pytest.mark.parametrize("tool", [".dvc", ".git"])
def test_tools_beside_a_table_keep_their_own(pets, tool) -> None:
    (pets / tool).mkdir()
    (pets / tool / "x.png").write_bytes(encoded("PNG"))
    (pets / "list.csv").write_text("path,label\ncat/a.png,cat\ncat/b.jpg,cat\ndog/a.png,dog\n")

    assert open_dataset(pets / "list.csv").findings == ()


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("cat", ("dog/a.png",)),
        ("cat/a.png", ("cat/b.jpg", "dog/a.png")),
        ("*.jpg", ("cat/a.png", "dog/a.png")),
        ("c?t/*", ("dog/a.png",)),
        ("cat/", ("dog/a.png",)),
    ],
)
def test_what_is_excluded_is_left_out_and_counted(pets, pattern, left) -> None:
    """By name at any depth, or by path."""
    dataset = open_dataset(pets, options=ReadOptions.of(exclude=pattern))

    assert dataset.ids == left
    assert dataset.reading.left_out == (("excluded", 3 - len(left)),)


def test_an_image_that_icloud_keeps_elsewhere_is_unreadable(pets) -> None:
    """What is left of it has a hidden name: classes shrank, and no limit saw it."""
    (pets / "cat" / ".c.png.icloud").write_bytes(b"bplist00" + bytes(90))
    (pets / "cat" / ".notes.txt.icloud").write_bytes(b"bplist00" + bytes(90))
    dataset = open_dataset(pets)

    assert dataset.ids == ("cat/.c.png.icloud", "cat/a.png", "cat/b.jpg", "dog/a.png")
    assert dataset.reading.left_out == (("hidden", 1),)
    with pytest.raises(UnreadableImageError, match="iCloud leaves for a file that is not here"):
        dataset.source.load(0).decode()


def git(folder, *arguments) -> None:
    own = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, *own, *arguments], check=True, capture_output=True)


def test_a_revision_is_read_by_first_bytes_too(tmp_path, pets, monkeypatch) -> None:
    """The same answer as from the folder itself."""
    (pets / "cat" / "odd").write_bytes(encoded("JPEG"))
    (pets / "cat" / "odd.txt").write_text("text")
    (pets / "cat" / "x.jfif").write_bytes(encoded("JPEG", 40))
    (pets / "@eaDir").mkdir()
    (pets / "@eaDir" / "x.jpg").write_bytes(encoded("JPEG"))
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "one")
    monkeypatch.chdir(tmp_path)

    there, here = open_dataset("git:HEAD:pets"), open_dataset("pets")

    assert there.ids == here.ids
    assert there.findings == here.findings
    assert there.reading == here.reading
    assert there.other_files.paths == here.other_files.paths


def test_the_list_of_endings_names_no_image() -> None:
    """What a JPEG is called cannot make it another thing."""
    assert all(is_image(f"a{ending}", lambda: encoded("JPEG")) for ending in OTHER_ENDINGS)


HOLDERS = {
    "a.zip": b"PK\3\4",
    "a.tar": b"x" * 257 + b"ustar\0",
    "1.png.gz": b"\x1f\x8b\x08",
    "a.7z": b"7z\xbc\xaf\x27\x1c",
    "a.rar": b"Rar!\x1a\x07\0",
    "a.mat": b"MATLAB 5.0 MAT-file",
    "a.h5": b"\x89HDF\r\n\x1a\n",
    "a.pq": b"PAR1",
    "a.mp4": b"\0\0\0\x18ftypisom",
    "a.avi": b"RIFF\0\0\0\0AVI LIST",
    "without": b"PK\3\4",
}


@pytest.mark.parametrize("name", HOLDERS)
def test_what_may_hold_images_in_a_class_folder_is_unreadable(pets, name) -> None:
    """One archive among thousands of images is a small share of files, and may be the class."""
    (pets / "owl").mkdir()
    (pets / "owl" / name).write_bytes(HOLDERS[name] + b"\0" * 40)

    dataset = open_dataset(pets)

    assert f"owl/{name}" in dataset.ids
    assert "owl" in dataset.classes
    with pytest.raises(UnreadableImageError, match="not looked at"):
        dataset.source.load(dataset.ids.index(f"owl/{name}")).decode()


def test_an_archive_beside_the_classes_is_left_out_and_counted(pets) -> None:
    """As it was downloaded, beside what it holds."""
    (pets / "pets.zip").write_bytes(b"PK\3\4")

    dataset = open_dataset(pets)

    assert len(dataset) == 3
    assert dataset.reading.left_out == ((".zip", 1),)
    assert dataset.other_files is not None
    assert "pets.zip" in dataset.other_files.paths
