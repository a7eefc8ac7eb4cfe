"""`--range set`: 12 bits in 16 are shown by the range that the set uses, base and head alike."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.errors import SettingError

if TYPE_CHECKING:
    from pathlib import Path

SET = ReadOptions.of(range="set")


@pytest.fixture
def twelve(tmp_path: Path) -> Path:
    """Four images of 12 bits in 16, a mask, and one image of 8 bits."""
    generator = np.random.default_rng(5)
    for i in range(4):
        folder = tmp_path / "d" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        values = generator.integers(0, 4096, (8, 8), dtype=np.uint16)
        values[0, :2] = 0, 4095
        Image.fromarray(values).save(folder / f"{i}.{('png', 'tif')[i // 2]}")
    Image.fromarray(np.full((8, 8), 200, np.uint16)).save(tmp_path / "d" / "a" / "0_mask.png")
    Image.fromarray(np.full((8, 8), 77, np.uint8)).save(tmp_path / "d" / "b" / "plain.png")
    return tmp_path / "d"


def stored(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path)).astype(np.float64)


def test_levels_are_those_of_twelve_bits(twelve: Path) -> None:
    """Against the rule written down: value / 4095 * 255, rounded; 8 bits stay."""
    dataset = open_dataset(twelve, options=SET)

    for name, row in zip(dataset.ids, dataset.rows.tolist(), strict=True):
        shown = dataset.source.load(row).decode()
        values = stored(twelve / name)
        right = values if "plain" in name else values / 4095 * 255
        np.testing.assert_allclose(shown, right, atol=0.5)
    assert any("12 bits (largest value 4,095)" in note for note in dataset.reading.notes)


def test_masks_and_the_full_range_stay_as_they_are(twelve: Path) -> None:
    plain, full, ranged = (
        open_dataset(twelve, options=ReadOptions.of(range=choice)) for choice in ("", "full", "set")
    )
    assert plain.masks is not None
    mask = int(plain.masks.max())

    assert np.array_equal(ranged.source.load(mask).decode(), plain.source.load(mask).decode())
    first = int(plain.rows[0])
    assert plain.source.load(first).decode().max() == full.source.load(first).decode().max() == 16
    assert plain.source.load(first).key == full.source.load(first).key


def test_the_range_is_part_of_the_key(twelve: Path) -> None:
    """Or what is kept of one reading would be taken for that of the other."""
    plain, ranged = open_dataset(twelve), open_dataset(twelve, options=SET)
    keys = [{d.source.load(r).key for r in d.rows.tolist()} for d in (plain, ranged)]

    assert len(keys[0]) == len(keys[1]) == 5
    assert not keys[0] & keys[1]


def test_an_earlier_revision_is_read_alike(twelve: Path, monkeypatch) -> None:
    """Whole bits: an image more or less changes nothing of the others."""
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        author = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *author, *words], cwd=twelve, check=True)
    monkeypatch.chdir(twelve.parent)
    monkeypatch.chdir(twelve)
    (twelve / "b" / "1.png").unlink()
    head = open_dataset(twelve, options=SET)
    base = open_dataset("git:HEAD:.", options=SET)
    keys = [
        dict(zip(d.ids, (d.source.load(r).key for r in d.rows.tolist()), strict=True))
        for d in (base, head)
    ]

    assert keys[0].pop("b/1.png")
    assert keys[0] == keys[1]


def test_it_says_where_it_changes_nothing(tmp_path: Path, draw) -> None:
    draw(tmp_path / "a" / "1.png", 20)
    draw(tmp_path / "b" / "1.png", 30)

    notes = open_dataset(tmp_path, options=SET).reading.notes

    assert any("--range set changes nothing" in note for note in notes)


def test_another_word_is_an_error() -> None:
    with pytest.raises(SettingError):
        ReadOptions.of(range="auto")
