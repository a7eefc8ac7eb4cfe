import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deri_gate.data.dataset import Finding
from deri_gate.data.readers import files, open_dataset
from deri_gate.data.readers.assembly import unique
from deri_gate.data.readers.files import is_inside, path_text
from deri_gate.errors import DatasetError, UnreadableImageError


def test_classes_are_folders(pets) -> None:
    """Ids are paths, in order, and the pictures are those of the files."""
    dataset = open_dataset(pets)

    assert dataset.ids == ("cat/a.png", "cat/b.jpg", "dog/a.png")
    assert dataset.classes == ("cat", "dog")
    assert dataset.labels == ((0,), (0,), (1,))
    assert dataset.splits is None
    assert dataset.findings == ()
    np.testing.assert_array_equal(dataset.source.load(2).decode(), np.full((4, 5), 30))


def test_the_key_is_a_hash_that_cannot_be_forged(pets) -> None:
    """BLAKE2b with 256 bits, of the bytes of the file."""
    content = (pets / "dog/a.png").read_bytes()

    expected = hashlib.blake2b(content, digest_size=32).hexdigest()
    assert open_dataset(pets).source.load(2).key == expected


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (["train", "val", "test"], ["train", "val", "test"]),
        (["TEST", "Validation", "Train"], ["train", "val", "test"]),
        (["valid", "test"], ["val", "test"]),
        (["train"], ["train"]),
    ],
)
def test_splits_are_folders_of_class_folders(tmp_path, draw, names, splits) -> None:
    """Told in one order by one name each; the ids keep the folder's own."""
    for name in names:
        draw(tmp_path / name / "cat" / "a.png")

    dataset = open_dataset(tmp_path)

    assert dataset.splits == tuple(splits)
    assert dataset.classes == ("cat",)
    assert sorted(dataset.ids) == sorted(f"{name}/cat/a.png" for name in names)


def test_a_lone_test_folder_is_a_class(tmp_path, draw) -> None:
    """A split needs train, or another split, beside it."""
    draw(tmp_path / "test" / "a.png")

    assert open_dataset(tmp_path).classes == ("test",)


def test_train_may_be_a_class_among_others(tmp_path, draw) -> None:
    """Beside plane and car."""
    for name in ("train", "plane"):
        draw(tmp_path / name / "a.png")

    assert open_dataset(tmp_path).classes == ("plane", "train")


def test_splits_beside_other_folders_are_not_taken_for_classes(tmp_path, draw) -> None:
    """Judging three classes train, test and masks would be a wrong answer."""
    for name in ("train", "test", "masks"):
        draw(tmp_path / name / "cat" / "a.png")

    with pytest.raises(
        DatasetError,
        match=r"test, train look like splits, but 'masks' beside it does not. Leave it out with --exclude",
    ):
        open_dataset(tmp_path)


def test_images_may_lie_deeper(tmp_path, draw) -> None:
    """The first folder is the class, the id is the whole path."""
    draw(tmp_path / "cat" / "2024" / "may" / "a.png")

    dataset = open_dataset(tmp_path)

    assert dataset.ids == ("cat/2024/may/a.png",)
    assert dataset.classes == ("cat",)


def test_what_is_not_taken_is_told(pets, draw) -> None:
    """Each with its reason."""
    (pets / "cat" / "notes.txt").write_text("x")
    (pets / "bird").mkdir()
    draw(pets / "stray.png")
    os.mkfifo(pets / "cat" / "pipe")

    dataset = open_dataset(pets)

    assert len(dataset) == 3
    assert dataset.findings == (
        Finding(kind="empty_class", path="bird", detail="a class folder without images"),
        Finding(kind="ignored", path="cat/notes.txt", detail="not an image by its first bytes"),
        Finding(kind="ignored", path="cat/pipe", detail="not a file"),
        Finding(kind="unjudged", path="stray.png", detail="an image in no class folder"),
    )


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.png",
        ".git/x.png",
        "Thumbs.db",
        "desktop.ini",
        "data.dvc",
        ".gitignore",
        "__MACOSX/x.png",
    ],
)
def test_what_systems_leave_behind_is_not_worth_a_word(pets, name) -> None:
    """Nor does it change the layout."""
    for folder in (pets, pets / "cat"):
        (folder / name).parent.mkdir(exist_ok=True)
        record = b"outs: [{path: a, cache: false}]" if name.endswith(".dvc") else b"x"
        (folder / name).write_bytes(record)

    assert open_dataset(pets).findings == ()


def test_a_link_to_a_folder_outside_counts_as_unreadable(pets, tmp_path, draw) -> None:
    """Each file that lies there, without its name; a link to nowhere counts as a usual folder."""
    for name in ("secret.png", "b.png"):
        draw(tmp_path / "elsewhere" / name)
    (pets / "fox").symlink_to(tmp_path / "elsewhere")
    (pets / "cow").symlink_to(tmp_path / "nowhere")

    dataset = open_dataset(pets)
    unread = [name for name in dataset.ids if "not looked at" in name]

    assert unread == ["cow/(not looked at) 1", "fox/(not looked at) 1", "fox/(not looked at) 2"]
    assert dataset.classes == ("cat", "cow", "dog", "fox")
    assert dataset.reading.notes == ("3 files below cow, fox could not be looked at",)
    for name in unread:
        with pytest.raises(UnreadableImageError, match="a symbolic link that leads out"):
            dataset.source.load(dataset.ids.index(name))


def test_a_link_to_a_folder_inside_is_followed(pets) -> None:
    """Once on each way, so that a circle ends."""
    (pets / "fox").symlink_to(pets / "cat")
    (pets / "cat" / "round").symlink_to(pets)

    dataset = open_dataset(pets)

    assert dataset.ids == ("cat/a.png", "cat/b.jpg", "dog/a.png", "fox/a.png", "fox/b.jpg")
    assert dataset.source.load(3).key == dataset.source.load(0).key
    assert {f.detail for f in dataset.findings} == {"a symbolic link that goes round in a circle"}


def test_a_linked_split_does_not_turn_the_others_into_classes(tmp_path, draw) -> None:
    """train is not followed, but it still says what test is, and its file counts."""
    draw(tmp_path / "elsewhere" / "cat" / "x.png")
    draw(tmp_path / "root" / "test" / "cat" / "x.png")
    (tmp_path / "root" / "train").symlink_to(tmp_path / "elsewhere")

    dataset = open_dataset(tmp_path / "root")

    assert dataset.splits == ("train", "test")
    assert dataset.ids == ("train/(not looked at) 1", "test/cat/x.png")


def test_a_file_linked_from_outside_is_not_read(pets, tmp_path, draw) -> None:
    """Within the dataset it may be."""
    secret = draw(tmp_path / "secret.png")
    (pets / "cat" / "in.png").symlink_to(pets / "dog" / "a.png")
    (pets / "cat" / "out.png").symlink_to(secret)
    (pets / "cat" / "round.png").symlink_to(pets / "cat" / "round.png")

    dataset = open_dataset(pets)
    row = {name: dataset.ids.index(f"cat/{name}.png") for name in ("in", "out", "round")}

    assert dataset.source.load(row["in"]).decode()[0, 0] == 30
    with pytest.raises(UnreadableImageError, match=r"^cat/out.png: a symbolic link that leads out"):
        dataset.source.load(row["out"])
    with pytest.raises(UnreadableImageError, match=r"^cat/round.png: cannot be read: "):
        dataset.source.load(row["round"])


def test_a_folder_with_a_similar_name_is_outside(tmp_path) -> None:
    """data2 is not within data."""
    (tmp_path / "data").mkdir()

    assert not is_inside(tmp_path / "data2" / "x", tmp_path / "data")
    assert is_inside(tmp_path / "data" / "x", tmp_path / "data")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"a\nb.png", r"cat/a\nb.png"),
        (b"caf\xe9.png", r"cat/caf\xe9.png"),
        ("\U0001f408\u200d\u2b1b.png".encode(), "cat/\U0001f408\u200d\u2b1b.png"),
        ("\u2028x.png".encode(), r"cat/\u2028x.png"),
        (b"\x1b[31m.png", r"cat/\x1b[31m.png"),
        (b"a#2 %25&<b>.png", "cat/a#2 %25&<b>.png"),
    ],
)
def test_odd_names_are_printable_ids(pets, raw: bytes, expected: str) -> None:
    """And the file behind is still found."""
    content = (pets / "cat" / "a.png").read_bytes()
    try:
        Path(os.fsdecode(os.fsencode(pets / "cat") + b"/" + raw)).write_bytes(content)
    except OSError:
        pytest.skip("this file system takes no such name")

    dataset = open_dataset(pets)

    assert expected in dataset.ids
    assert expected.encode()
    assert dataset.source.load(dataset.ids.index(expected)).decode()[0, 0] == 10


@given(st.text(st.characters(exclude_categories=[])))
def test_any_text_becomes_printable(text: str) -> None:
    """One line of UTF-8."""
    shown = path_text(text)

    assert shown.encode().decode() == shown
    assert len(shown.splitlines()) <= 1


@given(st.lists(st.sampled_from(["a", "b", "a#2", "a#2#2", "a#3"]), max_size=12))
def test_unique_names_are_unique(names: list[str]) -> None:
    """And a name that comes once keeps its spelling."""
    result = unique(names)

    assert len(set(result)) == len(names)
    assert all(new.startswith(old) for new, old in zip(result, names, strict=True))
    assert all(new == old for new, old in zip(result, names, strict=True) if names.count(old) == 1)


def test_the_same_whatever_order_the_system_lists_in(pets, monkeypatch) -> None:
    """os.scandir promises none."""
    expected = open_dataset(pets)
    scandir = os.scandir

    class Reversed:
        def __init__(self, path):
            self.entries = iter(sorted(scandir(path), key=lambda e: e.name, reverse=True))

        def __iter__(self):
            return self

        def __next__(self):
            return next(self.entries)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    monkeypatch.setattr(os, "scandir", Reversed)
    assert open_dataset(pets).ids == expected.ids
    assert open_dataset(pets).source == expected.source


def test_a_folder_that_cannot_be_listed_is_told(pets, monkeypatch) -> None:
    """The rest is still judged."""
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "dog":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    dataset = open_dataset(pets)

    unseen = "dog/(not looked at) 1", "dog/(not looked at) 2"  # as many as a class has here
    assert dataset.ids == ("cat/a.png", "cat/b.jpg", *unseen)
    expected = Finding(
        kind="unreadable", path="dog", detail="the folder cannot be listed: Permission denied"
    )
    assert expected in dataset.findings


def test_a_root_that_cannot_be_listed(pets, monkeypatch) -> None:
    """One line says so."""

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatasetError, match="pets: the folder cannot be listed: Permission denied"):
        open_dataset(pets)


def test_an_empty_folder(tmp_path) -> None:
    """What it could hold."""
    with pytest.raises(
        DatasetError, match=r"there are no images in it. Lay it out as <class>/<image>"
    ):
        open_dataset(tmp_path)


@pytest.mark.parametrize("name", ["set.npz", "a b.NPZ"])
def test_a_folder_of_one_file_that_is_a_dataset(tmp_path, name) -> None:
    """It is named, unless there are more."""
    (tmp_path / name).write_bytes(b"any")
    with pytest.raises(DatasetError, match=f"If {name} is the dataset, name that file"):
        open_dataset(tmp_path)

    (tmp_path / f"2{name}").write_bytes(b"any")
    with pytest.raises(DatasetError, match=r"label\)\.$"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("folder", [".", "train"])
def test_flat_images(tmp_path, draw, folder) -> None:
    """In the root or in a split, images without class folders have no labels."""
    draw(tmp_path / "r" / folder / "a.png")
    if folder == "train":
        (tmp_path / "r" / "test").mkdir()

    with pytest.raises(DatasetError, match=r"its images lie in no class folders. Lay it out as"):
        open_dataset(tmp_path / "r")


def test_a_batch_may_have_no_labels(tmp_path, draw) -> None:
    """Then they are empty."""
    draw(tmp_path / "a.png")
    draw(tmp_path / "cat" / "b.png")

    dataset = open_dataset(tmp_path, labels_required=False)

    assert dataset.ids == ("a.png", "cat/b.png")
    assert dataset.labels == ((), (0,))
    assert dataset.classes == ("cat",)


@pytest.mark.parametrize("content", [b"", None], ids=["empty", "gone"])
def test_files_that_give_nothing(pets, content) -> None:
    """The reason is plain."""
    dataset = open_dataset(pets)
    (pets / "cat" / "a.png").unlink()
    if content is not None:
        (pets / "cat" / "a.png").write_bytes(content)

    reason = "there is no such file" if content is None else "the file is empty"
    with pytest.raises(UnreadableImageError, match=f"^cat/a.png: {reason}"):
        dataset.source.load(0)


def test_a_file_too_large_is_not_read(pets, monkeypatch) -> None:
    """Its size is asked first."""
    monkeypatch.setattr(files, "MAX_BYTES", 50)
    monkeypatch.setattr(files, "_opened", lambda _: pytest.fail("it was read"))

    with pytest.raises(
        UnreadableImageError, match="MiB is more than the 0 MiB an image file may have"
    ):
        open_dataset(pets).source.load(0)


def test_a_file_that_may_not_be_read(pets, monkeypatch) -> None:
    """A finding too."""

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    dataset = open_dataset(pets)
    monkeypatch.setattr(files, "_opened", refuse)
    with pytest.raises(UnreadableImageError, match=r"^cat/a.png: no permission to read the file"):
        dataset.source.load(0)


def test_no_mask_is_never_the_last_file(pets) -> None:
    """-1 is not a row."""
    with pytest.raises(IndexError):
        open_dataset(pets).source.load(-1)


@pytest.mark.parametrize("inside", ["test", "test/cat"])
def test_a_split_without_images_is_told(tmp_path, draw, inside) -> None:
    """An empty folder `test` was passed over in silence; one that is no split may be empty."""
    for split in ("train", "val"):
        for label in ("cat", "dog"):
            draw(tmp_path / split / label / "a.png")
    (tmp_path / inside).mkdir(parents=True)
    (tmp_path / "notes").mkdir()

    assert open_dataset(tmp_path).reading.notes == ("without images: test",)


def test_a_dataset_of_save_to_disk_is_told_how_it_is_judged(tmp_path: Path) -> None:
    """In Python, or as tables: its files hold decoded rows of Arrow."""
    table = tmp_path / "train" / "data-00000-of-00001.arrow"
    table.parent.mkdir()
    table.write_bytes(b"\xff\xff\xff\xff")
    for place in (tmp_path, table.parent, table):
        with pytest.raises(DatasetError, match=r"load_from_disk\(folder\)"):
            open_dataset(place)
