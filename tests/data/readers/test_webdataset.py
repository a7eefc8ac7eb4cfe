"""Tar shards of WebDataset: every sample is read where it lies, and a cut shard is no shard."""

from __future__ import annotations

import io
import json
import tarfile
import time

import cv2
import numpy as np
import pytest

from deri_gate.data.readers import open_dataset
from deri_gate.data.readers.options import ReadOptions
from deri_gate.data.readers.sample_labels import facts_in_json, labels_in_json
from deri_gate.data.readers.shard_names import split_of_archive
from deri_gate.errors import DatasetError
from tests.sweeps import sampled


def png(seed: int) -> bytes:
    levels = np.random.default_rng(seed).integers(0, 255, (9, 9), dtype=np.uint8)
    return cv2.imencode(".png", levels)[1].tobytes()


def write(path, files: dict[str, bytes], form: str = "w") -> None:
    """A tar file as Python writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, form) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def samples(start: int, count: int) -> dict[str, bytes]:
    found = {}
    for number in range(start, start + count):
        found[f"{number:06d}.png"] = png(number)
        found[f"{number:06d}.cls"] = str(number % 2).encode()
    return found


@pytest.fixture
def shards(tmp_path):
    """Two shards of training and one of testing."""
    folder = tmp_path / "web"
    write(folder / "train-000000.tar", samples(0, 4))
    write(folder / "train-000001.tar", samples(4, 4))
    write(folder / "test-000000.tar", samples(8, 2))
    return folder


def test_samples_of_all_shards(shards) -> None:
    dataset = open_dataset(shards)

    assert dataset.name == "web"
    assert dataset.reading.layout == "WebDataset"
    assert dataset.ids[:2] == ("train-000000/000000.png", "train-000000/000001.png")
    assert dataset.reading.splits == (("train", 8), ("test", 2))
    assert [dataset.classes[own[0]] for own in dataset.labels] == ["0", "1"] * 5
    loaded = [dataset.source.load(int(row)).content for row in dataset.rows]
    assert loaded == [png(number) for number in range(10)]


def test_a_shard_of_no_split_beside_those_of_one_is_an_error(shards) -> None:
    """Its images were in a split without a name, which nobody judges."""
    write(shards / "tset-000001.tar", samples(10, 2))

    with pytest.raises(DatasetError, match=r"'tset-000001\.tar' says no split"):
        open_dataset(shards)
    read = open_dataset(shards, options=ReadOptions.of(exclude="tset-*"))
    assert read.reading.splits == (("train", 8), ("test", 2))


@pytest.mark.parametrize("twin", ["000000.PNG", "000000.Cls"])
def test_members_that_differ_by_case_alone_are_an_error(twin, tmp_path) -> None:
    """The first picture, or label, was replaced by the second without a word."""
    write(tmp_path / "web" / "0.tar", samples(0, 4) | {twin: png(7) if "PNG" in twin else b"1"})

    with pytest.raises(DatasetError, match=f"'{twin}', which differ in upper and lower case"):
        open_dataset(tmp_path / "web")


def test_shards_that_are_excluded(shards) -> None:
    """They are counted, and no gap; what they hold is not even looked at."""
    (shards / "train-000000.tar").write_bytes(b"")  # as those that are not fetched from a store
    dataset = open_dataset(shards, options=ReadOptions.of(exclude="train-000000.tar"))

    assert dataset.reading.splits == (("train", 4), ("test", 2))
    assert dataset.reading.left_out == (("excluded", 1),)
    assert not dataset.reading.notes
    with pytest.raises(DatasetError, match="leaves no tar archive"):
        open_dataset(shards, options=ReadOptions.of(exclude="*.tar"))


def test_one_shard_and_labels_in_json(tmp_path) -> None:
    write(tmp_path / "one-000007.tar", {
        "a/1.png": png(1), "a/1.json": b'{"label": ["cat", "dog"], "caption": "x"}',
        "a/2.jpg": png(2), "a/2.json": b'{"label": 3}', "a/2.txt": b"a text",
    })  # fmt: skip
    dataset = open_dataset(tmp_path / "one-000007.tar")

    assert dataset.ids == ("one-000007/a/1.png", "one-000007/a/2.jpg")
    assert [{dataset.classes[c] for c in own} for own in dataset.labels] == [{"cat", "dog"}, {"3"}]
    assert [one.path for one in dataset.findings] == ["one-000007.tar/a/2.txt"]


@pytest.mark.parametrize(
    ("says", "others"),
    [
        (lambda n: n % 2, 0),
        (lambda n: ["cat", "dog"][n % 2], 0),
        (lambda n: f"kind {n % 4}", 0),  # finer
        (lambda n: [n % 2, "more"], 0),
        (lambda n: 1 - n % 2, 8),
        (lambda n: ["cat", "dog"][n % 2 if n != 3 else 0], 1),
    ],
)
def test_two_members_of_labels_agree_or_are_refused(tmp_path, says, others) -> None:
    """A .json that no .cls agreed with went unread, and a training may read it."""
    files = samples(0, 8)
    files |= {f"{n:06d}.json": json.dumps({"label": says(n)}).encode() for n in range(8)}
    write(tmp_path / "one.tar", files)
    if others:
        with pytest.raises(DatasetError, match=f"do not agree on {others} of 8 samples"):
            open_dataset(tmp_path / "one.tar")
    else:
        assert set(open_dataset(tmp_path / "one.tar").classes) == {"0", "1"}


def _large(label: str) -> bytes:
    """A .json of 3 MiB: outlines and pixels before its label, as annotating tools write them."""
    outlines = [{"label": "other", "points": [[n, n + 0.5] for n in range(40)]}] * 500
    document = {"shapes": outlines, "imageData": 'A\\"}{' * 2**19, "label": label, "end": [{}]}
    return json.dumps(document).encode()


def test_a_large_json_is_compared_too(tmp_path) -> None:
    """Its own label alone counts, wherever it stands; the labels of its parts are others."""
    same = {f"{n:06d}.json": _large(str(n % 2)) for n in range(4)}
    assert len(same["000000.json"]) > 2 * 2**20
    write(tmp_path / "one.tar", samples(0, 4) | same)
    dataset = open_dataset(tmp_path / "one.tar")
    assert set(dataset.classes) == {"0", "1"}
    assert not dataset.findings

    write(tmp_path / "other.tar", samples(0, 4) | same | {"000003.json": _large("0")})
    with pytest.raises(DatasetError, match="do not agree on 1 of 4 samples"):
        open_dataset(tmp_path / "other.tar")

    alone = {name: content for name, content in samples(0, 4).items() if name.endswith("png")}
    write(tmp_path / "alone.tar", alone | same)
    assert [open_dataset(tmp_path / "alone.tar").labels] == [dataset.labels]


@pytest.mark.parametrize(
    "content",
    sampled(
        [b"", b"{'label': 1}", b"\xff", b"[" * 100_000, b"[" * 2**20 + b"x", _large("1")[:-9], b"{,}"],
        0, 1, 2, 3, 6,
    ),
)  # fmt: skip
def test_what_is_not_json_is_told_beside_a_cls(tmp_path, content) -> None:
    """No training reads a label of it; alone it is an error."""
    write(tmp_path / "one.tar", samples(0, 8) | {"000003.json": content})
    dataset = open_dataset(tmp_path / "one.tar")

    assert [(one.kind, one.path) for one in dataset.findings] == [
        ("ignored", "one.tar/000003.json")
    ]
    assert dataset.findings[0].detail.startswith("not JSON, and not compared with .cls: ")
    write(tmp_path / "alone.tar", {"3.png": png(3), "3.json": content})
    with pytest.raises(DatasetError, match=r"'3\.json' is no label"):
        open_dataset(tmp_path / "alone.tar")


@pytest.mark.parametrize("large", [0, 2**21])
@pytest.mark.parametrize("second", ["label", "\\u006cabel"])
def test_two_labels_in_one_json_are_an_error(tmp_path, second, large) -> None:
    """Some programs take the first of two keys, others the last."""
    text = f'{{"label": "1", "x": "{" " * large}", "{second}": "0"}}'
    write(tmp_path / "one.tar", samples(0, 8) | {"000003.json": text.encode()})
    with pytest.raises(DatasetError, match="more than once, with different values"):
        open_dataset(tmp_path / "one.tar")


@pytest.mark.parametrize(
    ("text", "labels"),
    sampled([
        ('{"x": "' + '\\"' * 2**20, None),  # each of these quotes could begin a text
        ('{"x": "' + "y" * 2**20 + '"' + ', "label": 1' * 2**17 + "}", ("1",)),
        ('{"x": "' + "y" * 2**20 + '", "label": ["' + "z" * 2**14 + '"]}', ("z" * 2**14,)),
        ('{"x": "' + "y" * 2**20 + '", "label": 1' + "0" * 2**13 + "}", None),
    ], 0, 1),
)  # fmt: skip
def test_a_large_json_takes_the_time_of_its_bytes(text, labels) -> None:
    """Not that of their square, which is hours."""
    began = time.process_time()
    try:
        found = labels_in_json(text.encode())
    except ValueError:
        found = None

    assert found == labels
    assert time.process_time() - began < 5


def test_json_and_cls_with_a_mark_of_their_encoding(tmp_path) -> None:
    """Windows writes one before UTF-8, and two characters at a line's end."""
    files = {"1.png": png(1), "1.cls": b"\xef\xbb\xbfcat\r\n"}
    files |= {"2.png": png(2), "2.json": b'\xef\xbb\xbf{\r\n"label": "dog"}\r\n'}
    write(tmp_path / "one.tar", files)
    assert open_dataset(tmp_path / "one.tar").classes == ("cat", "dog")


def test_a_json_beyond_what_is_read_is_an_error(tmp_path) -> None:
    """A label that is not looked at could say anything."""
    write(tmp_path / "one.tar", samples(0, 8) | {"000003.json": b'{"label": "0"}' + b" " * 2**26})
    with pytest.raises(DatasetError, match="has more than 64 MiB"):
        open_dataset(tmp_path / "one.tar")


def test_a_shard_that_is_missing(shards) -> None:
    (shards / "train-000000.tar").unlink()
    write(shards / "train-000003.tar", samples(20, 1))
    with pytest.raises(DatasetError, match="lacks shard 2 of 'train'"):
        open_dataset(shards)


@pytest.mark.parametrize("kept", [512, 1024, 3 * 512, 4 * 512, 6 * 512 + 7, -1024, -10_000])
def test_a_shard_that_was_cut(shards, kept) -> None:
    """Anywhere, between two members too: what it lacks is not known."""
    path = shards / "train-000001.tar"
    content = path.read_bytes()
    path.write_bytes(content[:kept])
    whole = content[:kept].rstrip(b"\0") == content.rstrip(b"\0") and len(content[:kept]) % 512 == 0
    if whole and content[:kept].endswith(b"\0" * 1024):
        assert len(open_dataset(shards)) == 10  # padding alone is gone
        return
    with pytest.raises(DatasetError, match=r"cut or damaged|is no plain tar"):
        open_dataset(shards)


@pytest.mark.parametrize("place", [512 * 2, 512 * 4])
def test_a_damaged_header_in_the_middle(shards, place) -> None:
    """Python's reader takes it for the end."""
    path = shards / "train-000001.tar"
    content = bytearray(path.read_bytes())
    content[place : place + 512] = b"\x07" * 512
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"cut or damaged|is no plain tar"):
        open_dataset(shards)


def test_what_follows_the_end_is_not_overlooked(shards) -> None:
    path = shards / "train-000001.tar"
    path.write_bytes(path.read_bytes() + (shards / "test-000000.tar").read_bytes())
    with pytest.raises(DatasetError, match="cut or damaged"):
        open_dataset(shards)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"1.png": b"x"}, "have no label"),
        ({"1.cls": b"1"}, "holds no images"),
        (
            {"1.left.png": b"x", "1.cls": b"1"},
            r"holds no sample, but 1 image .* as one.tar/1.left.png",
        ),
        ({"1.png": b"x", "1.jpg": b"x", "1.cls": b"1"}, "has 2 images"),
        ({"1.png": b"x", "1.cls": b"\xff"}, "is no label"),
        ({"1.png": b"x", "1.json": b"[" * 100_000}, "is no label"),
    ],
)
def test_what_is_no_sample(tmp_path, files, why) -> None:
    write(tmp_path / "one.tar", files)
    with pytest.raises(DatasetError, match=why):
        open_dataset(tmp_path / "one.tar")


def test_a_compressed_archive_is_refused(tmp_path) -> None:
    write(tmp_path / "one.tar", samples(0, 2), "w:gz")
    with pytest.raises(DatasetError, match="is no plain tar archive"):
        open_dataset(tmp_path / "one.tar")


def test_links_and_devices_are_no_images(tmp_path) -> None:
    """Nothing outside the archive is ever opened."""
    path = tmp_path / "one.tar"
    with tarfile.open(path, "w") as tar:
        for name, content in samples(0, 1).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, kind in (
            ("2.png", tarfile.SYMTYPE),
            ("3.png", tarfile.LNKTYPE),
            ("4.png", tarfile.FIFOTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    dataset = open_dataset(path)

    assert dataset.ids == ("one/000000.png",)
    assert [one.path for one in dataset.findings] == [f"one.tar/{n}.png" for n in (2, 3, 4)]


def test_names_that_lead_out_are_names_alone(tmp_path) -> None:
    write(tmp_path / "one.tar", {"../../x\n.png": png(1), "../../x\n.cls": b"1"})
    dataset = open_dataset(tmp_path / "one.tar")

    assert dataset.ids == ("one/../../x\\n.png",)
    assert dataset.source.load(0).content == png(1)


@pytest.mark.parametrize(
    ("shard", "split"),
    [("imagenet1k-train-0001.tar", "train"), ("validation/00001.tar", "validation"),
     ("data-00001.tar", ""), ("cats_test.tar", "test")],
)  # fmt: skip
def test_the_split_by_the_name(shard, split) -> None:
    assert split_of_archive(shard) == split


def test_masks_of_samples_are_read(tmp_path) -> None:
    """A sample has one, under the names that segmentation sets use, or none."""
    files = samples(0, 4) | {"000001.seg.png": png(91), "000002.mask.png": png(92)}
    write(tmp_path / "web" / "a.tar", files)
    write(tmp_path / "web" / "b.tar", samples(4, 2) | {"000004.mask.tif": png(94)})
    dataset = open_dataset(tmp_path / "web")

    assert dataset.reading.masks == 3
    assert dataset.masks is not None
    masks = {
        name: dataset.source.load(int(row)).content
        for name, row in zip(dataset.ids, dataset.masks, strict=True)
        if row >= 0
    }
    assert masks == {"a/000001.png": png(91), "a/000002.png": png(92), "b/000004.png": png(94)}
    images = [dataset.source.load(int(row)).content for row in dataset.rows]
    assert images == [png(number) for number in range(6)]
    assert dataset.findings == ()
    assert dataset.other_files is not None  # a mask that changes is a change
    assert len(dataset.other_files.paths) == 3


def test_a_sample_with_two_masks_or_a_mask_alone_is_told(tmp_path) -> None:
    files = samples(0, 2) | {"000000.seg.png": png(8), "000000.mask.png": png(9)}
    write(tmp_path / "a.tar", files | {"000009.seg.png": png(7)})
    dataset = open_dataset(tmp_path / "a.tar")

    assert dataset.masks is None
    assert [(f.kind, f.path) for f in dataset.findings] == [
        ("unjudged", "a.tar/000000.mask.png"),
        ("unjudged", "a.tar/000000.seg.png"),
        ("unjudged", "a.tar/000009.seg.png"),
    ]


def test_what_json_says_besides_is_looked_at(tmp_path) -> None:
    """Patients in training and test leak, whatever holds the images."""
    about = {"patient_id": "p1", "scanner": "A", "box": {"x": 1}, "caption": "x" * 300}
    for split, start in (("train", 0), ("test", 4)):
        files = samples(start, 4)
        for number in range(start, start + 4):
            own = about | {"patient_id": f"p{number % 3}", "scanner": "AB"[number % 2]}
            files[f"{number:06d}.json"] = json.dumps(own).encode()
        write(tmp_path / "web" / f"{split}-000000.tar", files)
    dataset = open_dataset(tmp_path / "web")

    assert dataset.reading.group_column == "column patient_id"
    assert dataset.groups == tuple(f"p{number % 3}" for number in range(8))
    assert dict(dataset.metadata) == {"scanner": ("A", "B") * 4}
    told = "columns without text, numbers or times are not looked at: 'box', 'caption'"
    assert dataset.reading.notes == (told,)


def test_a_long_json_has_no_other_facts() -> None:
    """It is not built, and said so; what is no object has none."""
    long = b'{"label": "a", "patient_id": "p", "x": "' + b"y" * 2**20 + b'"}'

    assert facts_in_json(long) == {"(more than 1 MiB)": ()}
    assert facts_in_json(b'["label"]') == facts_in_json(b"{") == facts_in_json(b"[" * 10**5) == {}
    assert facts_in_json(b'{"label": "a", "age": 7.0, "at": null}') == {"age": "7", "at": ""}


def test_a_name_that_stands_twice_in_a_json_has_no_text() -> None:
    """The last value hid the first: the patient that training and test share."""
    twice = b'{"patient_id": "p", "site": "a", "patient_id": "q", "site": "a"}'

    assert facts_in_json(twice) == {"patient_id": (), "site": "a"}
    assert facts_in_json(b'{"patient": 1, "patient": true, "a": 2, "a": 2}') == {
        "patient": (),
        "a": "2",
    }
