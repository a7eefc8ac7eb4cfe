"""HEIC files of several pictures, as its own library writes them: each that nobody sees is told."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.animations import pictures_in
from deri_gate.data.newer_formats import further_in_heic
from deri_gate.data.readers import open_dataset


def picture(side: int, seed: int) -> Image.Image:
    levels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(levels)


def heic(*sides: int, **options: object) -> bytes:
    heif = pytest.importorskip("pillow_heif")
    file, pictures = io.BytesIO(), heif.HeifFile()
    for i, side in enumerate(sides):
        pictures.add_from_pillow(picture(side, i))
    pictures.save(file, save_all=True, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("sides", "options", "expected"),
    [
        ((64,), {}, 0),
        ((64, 64), {}, 1),
        ((64, 64, 64), {"primary_index": 1}, 2),
        ((64, 32), {}, 0),
        ((512, 512), {"quality": 20}, 1),
    ],
)
def test_pictures_as_large_as_the_one_shown_count(sides, options, expected) -> None:
    content = heic(*sides, **options)

    assert further_in_heic(content[:256], lambda: content) == expected


def test_thumbnails_are_no_pictures() -> None:
    heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    one = heif.from_pillow(picture(128, 0))
    one.info["thumbnails"] = [64, 32]
    one.save(file)

    assert further_in_heic(file.getvalue()[:256], file.getvalue) == 0


def test_damaged_and_other_files_have_none() -> None:
    content = heic(64, 64)
    for broken in (content[:40], content[:300], content[:-500], b"", b"\xff\xd8\xff" * 99):
        assert further_in_heic(broken[:256], lambda b=broken: b) in (0, 1)


def test_a_sequence_of_pictures_is_an_animation() -> None:
    for brand, moves in ((b"hevc", True), (b"msf1", True), (b"avis", True), (b"heic", False)):
        head = b"\0\0\0\x18ftyp" + brand + bytes(12)
        assert (pictures_in(head, lambda: b"") > 1) == moves


def test_each_hidden_picture_is_told(tmp_path) -> None:
    """Half of a set lay behind first pictures, and passed."""
    for label in "ab":
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.heic").write_bytes(heic(64))
        (tmp_path / label / "2.heic").write_bytes(heic(64, 64))

    told = {f.path: f.detail for f in open_dataset(tmp_path).findings if f.kind == "unjudged"}

    assert told == dict.fromkeys(
        ("a/2.heic", "b/2.heic"),
        "1 picture of its size behind the first is not judged: save each as a file",
    )
