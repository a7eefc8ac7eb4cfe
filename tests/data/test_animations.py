"""Animations, as Pillow writes them: told from pictures of the same formats by their bytes."""

from __future__ import annotations

import io
import struct
import subprocess
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, features

from deri_gate.data.animations import pictures_in
from deri_gate.data.frames import MAX_FRAMES
from deri_gate.data.readers import open_dataset
from deri_gate.measuring.shares import shares_of_findings

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ["GIF", "PNG", "WEBP", *(["AVIF"] if features.check("avif") else [])]


def file_of(kind: str, count: int, **options: object) -> bytes:
    rng = np.random.default_rng(count)
    pictures = [
        Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)) for _ in range(count)
    ]
    file = io.BytesIO()
    pictures[0].save(file, kind, save_all=count > 1, append_images=pictures[1:], **options)
    return file.getvalue()


def committed(folder: Path) -> None:
    """Everything in the folder, as a revision of its own repository."""
    me = ("-c", "user.name=x", "-c", "user.email=x@y", "-c", "core.autocrlf=false")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "x"]):
        subprocess.run(["git", *me, *words], cwd=folder, check=True, capture_output=True)


def moves(content: bytes) -> bool:
    return pictures_in(content[:4096], lambda: content) > 1


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_an_animation_has_more_than_one_picture(kind, count) -> None:
    assert moves(file_of(kind, count)) is (count > 1)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_one_that_plays_once_is_one_too(kind) -> None:
    """A GIF says nothing of a second picture before it comes."""
    assert moves(file_of(kind, 3, loop=1))


def test_a_png_that_begins_with_a_long_profile() -> None:
    """Its first bytes say nothing yet."""
    profile = np.random.default_rng(0).bytes(9000)

    assert moves(file_of("PNG", 3, icc_profile=profile))
    assert not moves(file_of("PNG", 1, icc_profile=profile))


def test_an_animation_of_one_picture_hides_none() -> None:
    plain = file_of("PNG", 1)
    chunk = b"acTL" + struct.pack(">II", 1, 0)
    mark = struct.pack(">I", 8) + chunk + struct.pack(">I", zlib.crc32(chunk))

    assert not moves(plain[:33] + mark + plain[33:])


def test_words_in_the_pixels_are_no_animation() -> None:
    """The mark of an animated PNG counts before the pixels alone."""
    plain = file_of("PNG", 1)

    assert not moves(plain + b"acTL")
    assert not moves(b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\x02")
    assert not moves(b"")


@pytest.mark.parametrize("cut", [5, 13, 40, 400])
def test_a_damaged_gif_is_told_by_its_reader(cut) -> None:
    assert moves(file_of("GIF", 3)[:cut]) is False


@pytest.mark.parametrize("at", ["", "git:HEAD:"], ids=["path", "revision"])
def test_each_animation_is_told(tmp_path, monkeypatch, at) -> None:
    folder = tmp_path / "films"
    for label in "ab":
        (folder / label).mkdir(parents=True)
        for kind in FORMATS:
            (folder / label / f"still.{kind.lower()}").write_bytes(file_of(kind, 1))
    for kind in FORMATS:
        (folder / "a" / f"film.{kind.lower()}").write_bytes(file_of(kind, 4))
    monkeypatch.chdir(tmp_path)
    committed(tmp_path)
    dataset = open_dataset(f"{at}films")

    told = {f.path for f in dataset.findings if f.kind == "unjudged"}
    assert told == {f"a/film.{kind.lower()}" for kind in FORMATS}
    assert len(dataset) == 3 * len(FORMATS)  # the first picture of each is an image all the same


@pytest.mark.parametrize("kind", FORMATS)
def test_its_pictures_are_counted(kind, tmp_path) -> None:
    """Ten stills, and a film of 30 pictures of which one is judged: three in four are not."""
    content = file_of(kind, 30)
    assert pictures_in(content[:4096], lambda: content) == 30
    for i in range(10):
        place = tmp_path / "ab"[i % 2] / f"{i}.{kind.lower()}"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content if i == 9 else file_of(kind, 1))
    dataset = open_dataset(tmp_path)

    share = shares_of_findings(dataset.findings, len(dataset))["unjudged_share"]
    assert share.value == pytest.approx(29 / 39)


@pytest.mark.parametrize("kind", FORMATS)
def test_one_that_is_cut_has_two_at_least(kind) -> None:
    """Whatever its size says, and a file that claims four thousand million has no more than most."""
    content = file_of(kind, 30)
    for cut in (len(content) // 3, len(content) - 9):
        assert pictures_in(content[:4096], lambda cut=cut: content[:cut]) <= 30
    many = content.replace(b"acTL\0\0\0\x1e", b"acTL\xff\xff\xff\xff")
    assert pictures_in(many[:4096], lambda: many) <= MAX_FRAMES
