"""Large sets: cells lose no pair that comparing all pictures finds, and hold a bounded number."""

from __future__ import annotations

import cv2
import numpy as np

from deri_gate.features import near_duplicates


def made(count, seed=0):
    """Smooth pictures of three kinds, and copies: saved, cropped, written on, mirrored, cut."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[-1:1:32j, -1:1:32j]
    pictures = []
    for number in range(count):
        side = (5, 8, 12)[number % 3]
        coarse = generator.normal(0, 40, (side, side))
        waves = cv2.resize(coarse, (32, 32), interpolation=cv2.INTER_CUBIC)
        frame = 150 * (x**2 + y**2 < 0.9) if number % 3 == 1 else 100
        pictures.append(np.clip(frame + waves, 0, 255).astype(np.uint8))
    edits = (
        lambda p: np.clip(p * 0.9 + generator.normal(0, 3, (32, 32)), 0, 255).astype(np.uint8),
        lambda p: cv2.resize(p[2:-2, 2:-2], (32, 32), interpolation=cv2.INTER_CUBIC),
        lambda p: cv2.rectangle(p.copy(), (2, 2), (18, 6), 250, -1),
        lambda p: p[:, ::-1],
        np.rot90,
    )
    pictures += [edits[i % len(edits)](pictures[3 * i]) for i in range(count // 5)]
    return np.stack(pictures), np.full((len(pictures), 2), np.nan)


def pairs_of(near):
    return {(*pair, turn) for *pair, turn in np.c_[near.pairs, near.turns].tolist()}


def test_cells_find_what_comparing_all_finds(monkeypatch):
    """The other way compares all with all; nothing is lost, and what is gained is confirmed."""
    whole = near_duplicates.near_duplicates(*made(450))
    monkeypatch.setattr(near_duplicates, "EXACT", 100)
    cells = near_duplicates.near_duplicates(*made(450))

    assert len(whole.pairs) >= 60
    assert set(whole.turns) - {0}
    assert pairs_of(whole) <= pairs_of(cells)
    assert len(cells.pairs) <= 1.02 * len(whole.pairs)


def test_copies_that_lack_a_part_are_found_too(monkeypatch):
    thumbnails, colours = made(300)
    cut = [cv2.resize(p[2:], (32, 32), interpolation=cv2.INTER_CUBIC) for p in thumbnails[:40]]
    every = np.concatenate([thumbnails[:300], cut]), colours[:340]
    whole = near_duplicates.near_duplicates(*every)
    monkeypatch.setattr(near_duplicates, "EXACT", 100)
    cells = near_duplicates.near_duplicates(*every)
    listed = [set(map(tuple, near.listed.pairs.tolist())) for near in (whole, cells)]
    planted = {(i, 300 + i) for i in range(40)}

    assert len(listed[0] & planted) >= 25
    assert len(listed[1] & planted) >= 0.95 * len(listed[0] & planted)


def test_pictures_of_other_colours_are_no_pair(monkeypatch):
    thumbnails, colours = made(200)
    monkeypatch.setattr(near_duplicates, "EXACT", 100)
    colours[:] = np.where(np.arange(len(colours))[:, None] < 200, 40.0, -40.0)
    near = near_duplicates.near_duplicates(thumbnails, colours)
    listed = near.listed.pairs

    assert not ((near.pairs < 200).sum(axis=1) == 1).any()
    assert not ((listed < 200).sum(axis=1) == 1).any()


def test_a_set_of_no_picture_with_detail_has_no_pair(monkeypatch):
    """Blank ones of different levels: each is another picture, and like none."""
    monkeypatch.setattr(near_duplicates, "EXACT", 10)
    blank = np.repeat(np.arange(200, dtype=np.uint8), 32 * 32).reshape(200, 32, 32)

    assert not len(near_duplicates.near_duplicates(blank, np.full((200, 2), np.nan)).pairs)
