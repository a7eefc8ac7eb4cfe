"""Pictures that differ and are alike in their files: one length, or one beginning."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deri_gate.commands.measure import measure
from tests.sweeps import sampled

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COUNT = 40


@pytest.fixture
def told(tmp_path):
    """Findings of this kind on the content of these files, in two classes."""

    def call(contents: Sequence[bytes], ending: str) -> dict[str, str]:
        for i, content in enumerate(contents):
            path = tmp_path / "d" / "ab"[i % 2] / f"{i:02}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        found = measure(tmp_path / "d", metrics="sharpness")
        return {f.path: f.detail for f in found.findings if f.kind == "uniform"}

    return call


def scenes(count: int = COUNT, side: int = 64) -> list[np.ndarray]:
    """Smooth pictures with a shape in them, each another one."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:side, :side] / side
    found = []
    for _ in range(count):
        a, b, c, d = rng.uniform(1, 9, 4)
        wave = np.sin(a * x + b * y) + 0.5 * np.cos(c * x * y + d) + 0.1 * rng.normal(size=x.shape)
        found.append(np.uint8(np.clip(128 + 70 * wave, 0, 255)))
    return found


def saved(picture: np.ndarray, form: str, **how: object) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, form, **how)
    return content.getvalue()


def cut_to(content: bytes, size: int) -> bytes:
    """As a tool writes that gives every file one size: decoders do not look behind the end."""
    return content.ljust(size, b"\0")


@pytest.mark.parametrize(
    ("form", "ending"), sampled([("JPEG", ".jpg"), ("PNG", ".png"), ("WEBP", ".webp")])
)
def test_pictures_that_differ_in_files_of_one_length(told, form, ending) -> None:
    contents = [saved(picture, form) for picture in scenes()]
    size = max(map(len, contents))
    found = told([cut_to(content, size) for content in contents], ending)

    assert len(found) == COUNT
    assert f"exactly {size:,} bytes" in found[f"a/00{ending}"]


def test_a_part_of_the_set_is_told_and_no_other(told) -> None:
    """Twelve of forty, a third: the others have the lengths that their content gives them."""
    contents = [saved(picture, "JPEG") for picture in scenes()]
    contents[:12] = [cut_to(content, 9_000) for content in contents[:12]]
    found = told(contents, ".jpg")

    assert set(found) == {f"{'ab'[i % 2]}/{i:02}.jpg" for i in range(12)}
    assert "12 of 40" in found["a/00.jpg"]


def test_one_beginning_with_other_ends(told) -> None:
    """The first lines of one picture before the rest of each."""
    pictures = scenes()
    for picture in pictures:
        picture[:24] = pictures[0][:24]
    found = told([saved(picture, "PNG") for picture in pictures], ".png")

    assert len(found) == COUNT
    assert "upper third" in found["a/00.png"]


@pytest.mark.parametrize(
    ("form", "ending", "how"),
    sampled(
        [
            ("PNG", ".png", {}),
            ("JPEG", ".jpg", {"quality": 90}),
            ("JPEG", ".jpg", {"quality": 40}),
            ("WEBP", ".webp", {}),
            ("GIF", ".gif", {}),
            ("BMP", ".bmp", {}),
            ("TIFF", ".tif", {}),
            ("PPM", ".pgm", {}),
            ("PNG", ".png", {"compress_level": 0}),
        ],
        0,
        1,
        6,
    ),
)
def test_pictures_of_one_size_are_no_finding(told, form, ending, how) -> None:
    """A set that was resized for a network, compressed or stored."""
    assert told([saved(picture, form, **how) for picture in scenes()], ending) == {}


def test_stored_pictures_do_have_one_length() -> None:
    """So that the test above says something: the form decides, not the lengths alone."""
    lengths = Counter(len(saved(p, "PNG", compress_level=0)) for p in scenes())

    assert len(lengths) == 1


@pytest.mark.parametrize("bits", [1, 8])
def test_noise_cannot_be_compressed(told, bits) -> None:
    """Deflate stores it, so that the length is that of the pixels."""
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (64, 64), dtype=np.uint8) for _ in range(COUNT)]
    pictures = [p if bits == 8 else p > 127 for p in noise]

    assert told([saved(picture, "PNG") for picture in pictures], ".png") == {}


@pytest.mark.parametrize(
    ("form", "ending"), sampled([("GIF", ".gif"), ("PNG", ".png"), ("JPEG", ".jpg")])
)
def test_files_that_were_padded_beyond_their_pixels(told, form, ending) -> None:
    """To 64 KiB, sixteen times what the pixels take."""
    found = told([cut_to(saved(picture, form), 2**16) for picture in scenes()], ending)

    assert len(found) == COUNT


def test_margins_of_one_level_are_no_beginning(told) -> None:
    """Digits and slices of a body have black above them."""
    pictures = scenes()
    for picture in pictures:
        picture[:32] = 0

    assert told([saved(picture, "PNG") for picture in pictures], ".png") == {}


def test_copies_are_counted_once(told) -> None:
    """One stand-in in thirty files is a matter of copies, which have a limit of their own."""
    pictures = scenes()
    pictures[:30] = [pictures[0]] * 30

    assert told([saved(picture, "JPEG") for picture in pictures], ".jpg") == {}


def test_a_few_files_of_one_length_are_chance(told) -> None:
    contents = [saved(picture, "JPEG") for picture in scenes()]
    contents[:7] = [cut_to(content, 9_000) for content in contents[:7]]

    assert told(contents, ".jpg") == {}


def test_arrays_have_no_length_of_their_own(tmp_path: Path) -> None:
    pictures = np.stack(scenes(side=28))
    labels = np.arange(COUNT).reshape(-1, 1) % 2
    parts = {f"{split}_{what}": of for split in ("train", "val", "test")
             for what, of in (("images", pictures), ("labels", labels))}  # fmt: skip
    np.savez(tmp_path / "d.npz", **parts)
    found = measure(tmp_path / "d.npz", metrics="sharpness")

    assert [f for f in found.findings if f.kind == "uniform"] == []
