"""JPEG files of several pictures, as Pillow writes them: each picture that nobody sees is told."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.behind import goes_on
from deri_gate.data.mpo import further_pictures
from deri_gate.data.readers import open_dataset


def picture(side: int = 32, seed: int = 0) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(levels)


def mpo(*sides: int, **options: object) -> bytes:
    first, *others = [picture(side, seed) for seed, side in enumerate(sides)]
    file = io.BytesIO()
    first.save(file, "MPO", save_all=True, append_images=others, **options)
    return file.getvalue()


def count(content: bytes) -> int:
    return further_pictures(lambda start, size: content[start : start + size], lambda: content)


@pytest.mark.parametrize(
    ("sides", "expected"),
    [((32, 32), 1), ((32, 32, 32), 2), ((32, 8), 0), ((32, 8, 32), 1), ((32, 64), 0)],
)
def test_pictures_as_large_as_the_first_count(sides, expected) -> None:
    """The others are thumbnails, or say how bright or far away the parts of the first are."""
    assert count(mpo(*sides)) == expected


def with_words(content: bytes, words: bytes) -> bytes:
    """The file with a segment of words at the begin of its last picture."""
    at = content.rindex(b"\xff\xd8\xff") + 2
    return content[:at] + b"\xff\xe1" + (len(words) + 2).to_bytes(2) + words + content[at:]


GAIN = b"http://ns.adobe.com/xap/1.0/\0<x xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/'/>"


@pytest.mark.parametrize(
    ("mode", "words", "expected"),
    [
        ("L", GAIN, 0),
        ("L", b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0", 0),
        ("L", b"http://ns.adobe.com/xap/1.0/\0<x/>", 1),
        ("RGB", GAIN, 1),
    ],
)
def test_a_gain_map_as_large_as_the_photo_is_no_second_picture(mode, words, expected) -> None:
    """Ultra HDR, as phones write it. A picture in colour that calls itself one is told."""
    file = io.BytesIO()
    second = picture(seed=1).convert(mode)
    picture().save(file, "MPO", save_all=True, append_images=[second])

    assert count(with_words(file.getvalue(), words)) == expected


def test_words_before_the_list_of_pictures_are_passed_over() -> None:
    """EXIF and a colour profile fill the first 64 KiB and more."""
    exif = Image.Exif()
    exif[0x010E] = "x" * 60_000

    assert count(mpo(32, 32, exif=exif, icc_profile=bytes(90_000))) == 1


def before_the_list(content: bytes, filling: bytes) -> bytes:
    """The file with bytes before its list of pictures, that decoders pass over."""
    at = content.index(b"MPF\0") - 4
    return content[:at] + filling + content[at:]


@pytest.mark.parametrize(
    "filling",
    [b"\xff", b"\xff" * 40, b"junk", b"\0" * 50_000, b"\xff\xd0", b"\xff\0"],
)
def test_bytes_before_the_list_hide_no_picture(filling) -> None:
    """One byte that fills hid the list from this walk, while the other took it for an excuse."""
    content = before_the_list(mpo(32, 32), filling)
    with Image.open(io.BytesIO(content)) as image:
        assert image.n_frames == 2

    assert count(content) == 1


@pytest.mark.parametrize("filling", [b"\0" * 70_000, b"\xff\xfe\0\2" * 300, b"ab\xff\xfe\0\2" * 9])
def test_a_list_too_far_off_to_be_looked_for_is_no_excuse(filling) -> None:
    content = before_the_list(mpo(32, 32), filling)

    assert (count(content), goes_on(content)) == (0, True)


def test_a_plain_or_damaged_jpeg_has_no_more() -> None:
    file = io.BytesIO()
    picture().save(file, "JPEG")

    assert count(file.getvalue()) == 0
    for cut in (2, 30, 200, 900):
        assert count(mpo(32, 32)[:cut]) in (0, 1)
    assert count(b"\xff\xd8\xff\xe0\0\0" * 999) == 0


def test_each_hidden_picture_is_told(tmp_path) -> None:
    """A second picture of the same size went unseen."""
    for label in "ab":
        (tmp_path / label).mkdir()
        for i in range(3):
            picture(seed=i).save(tmp_path / label / f"{i}.jpg")
    (tmp_path / "a" / "two.jpg").write_bytes(mpo(32, 32))
    (tmp_path / "a" / "thumbnail.jpg").write_bytes(mpo(32, 8))

    dataset = open_dataset(tmp_path)

    told = {f.path: f.detail for f in dataset.findings if f.kind == "unjudged"}
    assert told == {
        "a/two.jpg": "1 picture of its size behind the first is not judged: save each as a file"
    }
    assert len(dataset) == 8
