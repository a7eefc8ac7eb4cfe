"""Copies that were turned, mirrored or enlarged before they were stored, and what is none."""

from __future__ import annotations

import json
import subprocess
import sys
import weakref

import numpy as np
import pytest
import scipy

import deri_gate
from deri_gate.features import augmented_copies as search
from deri_gate.features import set_look
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.found_pairs import NO_PAIRS
from deri_gate.features.likeness import likeness_of
from deri_gate.features.near_duplicates import near_duplicates
from deri_gate.features.picture_set import PictureSet
from deri_gate.measuring.shared_blanks import without_shared_blanks
from tests.sweeps import sampled

COUNT, SIDE = 300, 48
NONE_KNOWN = np.empty((0, 2), dtype=np.int64)


def textures(count: int, seed: int = 0, side: int = SIDE) -> np.ndarray:
    """Smooth noise of several scales, each picture its own; made by SciPy alone."""
    rng = np.random.default_rng(seed)
    fine, coarse = (
        scipy.ndimage.gaussian_filter(rng.normal(size=(count, side, side)), (0, sigma, sigma))
        for sigma in (side / 24, side / 10)
    )
    levels = 128 + 30 * (fine / fine.std() + coarse / coarse.std())
    return np.clip(levels, 0, 255).astype(np.uint8)


def turned(picture: np.ndarray, degrees: float, zoom: float = 1.0) -> np.ndarray:
    """A picture about its middle, by splines; black comes into sight."""
    angle, middle = np.deg2rad(degrees), (np.array(picture.shape) - 1) / 2
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    matrix = np.array([[cos, -sin], [sin, cos]])
    levels = picture.astype(float)
    moved = scipy.ndimage.affine_transform(levels, matrix, middle - matrix @ middle, order=3)
    return np.clip(moved, 0, 255).astype(np.uint8)


def shrunk(pictures: np.ndarray) -> np.ndarray:
    """Thumbnails, by Pillow."""
    from PIL import Image

    return np.array(
        [np.asarray(Image.fromarray(p).resize((32, 32), Image.Resampling.BOX)) for p in pictures]
    )


def found_among(thumbnails: np.ndarray, **options: object) -> set[tuple[int, int]]:
    near = near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan), **options)
    return set(map(tuple, near.listed.pairs.tolist()))


def test_vectors_of_a_zoom_end_before_the_next_are_made(monkeypatch) -> None:
    """Of a million pictures those of one zoom take a quarter of a gigabyte."""
    make, alive, seen = search._codes, weakref.WeakSet(), []

    def watched(*given: object) -> np.ndarray:
        seen.append(len(alive))
        made = make(*given).view(Watched)
        alive.add(made)
        return made

    monkeypatch.setattr(search, "_codes", watched)
    found_among(shrunk(textures(40)))

    assert seen == [0, 1, 1]  # what is seen as it is stays


class Watched(np.ndarray):
    """An array that a weak set can hold."""

    __hash__ = object.__hash__


@pytest.mark.parametrize(
    ("degrees", "zoom", "mirrored"),
    sampled(
        [(15, 1, False), (-30, 1.2, True), (7, 1, False), (45, 1, False), (100, 1, True),
         (-170, 1, False), (0, 1.25, False), (12, 1.12, True)],
        0, 1, 6,
    ),
)  # fmt: skip
def test_a_turned_mirrored_or_enlarged_copy_is_found_and_nothing_else(degrees, zoom, mirrored):
    pictures = textures(COUNT)
    copies = [turned(p[:, ::-1] if mirrored else p, degrees, zoom) for p in pictures[:10]]
    found = found_among(shrunk(np.concatenate([pictures, copies])))

    planted = {(i, COUNT + i) for i in range(10)}
    assert len(found & planted) >= 9
    assert not found - planted


@pytest.mark.parametrize("seed", sampled(range(2)))
def test_different_pictures_are_no_copies(seed):
    assert not found_among(shrunk(textures(600, seed)))


def test_the_metric_counts_what_pools_were_measured_with():
    pictures = textures(COUNT)
    copies = [turned(p, 25) for p in pictures[:10]]
    thumbnails = shrunk(np.concatenate([pictures, copies]))
    near = near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan))

    assert not len(near.pairs)
    assert len(near.augmented[0]) >= 9


def test_a_second_shot_that_is_hardly_turned_is_no_copy(monkeypatch):
    """Each first picture with a texture of another laid in, turned by 4 degrees."""
    first, other = (textures(COUNT, seed).astype(int) for seed in (0, 2))
    second = np.clip(first + (other - 128) // 3, 0, 255).astype(np.uint8)
    shots = [turned(p, 4) for p in second[:20]]
    pictures = of_set(shrunk(np.concatenate([first.astype(np.uint8), shots])))
    pairs, _ = search.augmented_copies(pictures, NONE_KNOWN, alike_in_cells)
    monkeypatch.setattr(
        search, "_no_second_shots", lambda found, *_: np.ones(len(found.pairs), bool)
    )
    alike, _ = search.augmented_copies(pictures, NONE_KNOWN, alike_in_cells)

    assert len(alike) >= 15  # so that laying them over each other is what tells
    assert not len(pairs)


@pytest.mark.parametrize("edit", [lambda p: turned(p, 15), lambda p: turned(p[:, ::-1], 15)])
@pytest.mark.parametrize("count", [8, 24, 50])
def test_copies_are_found_among_few_pictures(count, edit):
    """Few pictures span directions of their own, in which all of them lie equally far."""
    pictures = textures(count, seed=count)
    copies = [edit(p) for p in pictures[: count // 2]]
    thumbnails = shrunk(np.concatenate([pictures, np.array(copies, dtype=np.uint8)]))
    near = near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan))
    found = set(map(tuple, near.listed.pairs.tolist()))
    planted = {(i, count + i) for i in range(count // 2)}

    assert len(found & planted) >= 0.9 * len(planted)
    assert not found - planted


def test_more_is_asked_of_turned_pictures_where_few_are_there():
    """A pair that fits less than firmly: no copy beside six others, one among many."""
    many = textures(COUNT).astype(int)
    like = np.clip(many[0] * 0.68 + many[1] * 0.32, 0, 255)
    pair = [np.uint8(many[0]), turned(like, 15).astype(np.uint8)]
    counts = []
    for rest in (many[2:8], many[2:]):
        thumbnails = shrunk(np.array([*pair, *np.uint8(rest)]))
        fits = search._fit_of(np.array([[0, 1]]), thumbnails)[:, 0]
        assert search.FITTING < fits[0] < search.FIRMLY
        counts.append(
            len(search.augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)[0])
        )
    assert counts == [0, 1]


def test_of_very_many_upright_copies_the_likest_are_looked_at(monkeypatch):
    pictures = textures(COUNT)
    enlarged = [turned(p, 0, 1.25) for p in pictures[:10]]
    thumbnails = shrunk(np.concatenate([pictures, enlarged]))
    monkeypatch.setattr(search, "moved_copies", lambda *_: NO_PAIRS)  # which would find them, too
    every = search.augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)
    monkeypatch.setattr(search, "MOST", 3)
    few = search.augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)

    assert len(every[0]) >= 8
    assert len(few[0]) == 3
    assert few[1].min() >= np.sort(every[1])[-3]


def of_set(thumbnails: np.ndarray, workers: int = 1) -> PictureSet:
    colours = np.full((len(thumbnails), 2), np.nan)
    return PictureSet(thumbnails, colours, likeness_of(thumbnails, colours), workers)


def test_round_spots_are_no_copies_of_each_other():
    """Whatever its turn, a spot looks as every other of its size does."""
    rng = np.random.default_rng(0)
    down, across = np.mgrid[:32, :32] - 15.5
    spots = [
        200 * np.exp(-(down**2 + across**2) / (2 * rng.uniform(2, 6) ** 2)) for _ in range(200)
    ]
    noisy = np.clip(np.array(spots) + rng.normal(0, 1, (200, 32, 32)), 0, 255).astype(np.uint8)
    pairs, _ = search.augmented_copies(of_set(noisy), NONE_KNOWN, alike_in_cells)

    assert not len(pairs)


def test_cells_and_threads_find_what_comparing_all_with_all_finds(monkeypatch):
    pictures = textures(COUNT)
    copies = [turned(p, 10 * i, 1 + 0.02 * i) for i, p in enumerate(pictures[:10])]
    thumbnails = shrunk(np.concatenate([pictures, copies]))
    every = search.augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)
    threads = search.augmented_copies(of_set(thumbnails, 3), NONE_KNOWN, alike_in_cells)
    monkeypatch.setattr(search, "EXACT", 100)
    cells = search.augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)

    assert len(every[0]) >= 8
    for some in (threads, cells):
        np.testing.assert_array_equal(some[0], every[0])
        np.testing.assert_array_equal(some[1], every[1])


IN_A_NEW_PROCESS = """
import json, sys
import numpy as np
from deri_gate.features.near_duplicates import near_duplicates
thumbnails = np.load(sys.argv[1])
near = near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan))
pairs, likeness = near.augmented
print(json.dumps([pairs.tolist(), likeness.tolist(), "torch" in sys.modules]))
"""


def test_few_pictures_are_compared_without_loading_torch_and_no_pair_changes(tmp_path):
    """It takes a second and 0.5 GB to load; where it is loaded, it multiplies."""
    import torch  # noqa: F401

    pictures = textures(COUNT)
    thumbnails = shrunk(np.concatenate([pictures, [turned(p, 30) for p in pictures[:10]]]))
    np.save(tmp_path / "thumbnails.npy", thumbnails)
    done = subprocess.run(
        [sys.executable, "-c", IN_A_NEW_PROCESS, tmp_path / "thumbnails.npy"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    pairs, likeness = near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan)).augmented

    assert len(pairs) >= 8
    assert json.loads(done.stdout) == [pairs.tolist(), likeness.tolist(), False]


def test_known_pairs_are_left_out():
    pictures = textures(COUNT)
    thumbnails = shrunk(np.concatenate([pictures, [turned(pictures[3], 30)]]))
    pairs, likeness = search.augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)
    none, _ = search.augmented_copies(of_set(thumbnails), pairs, alike_in_cells)

    assert pairs.tolist() == [[3, COUNT]]
    assert 0.5 < likeness[0] <= 1
    assert not len(none)


def test_of_a_crowd_few_pairs_are_held_at_once(monkeypatch):
    """Forty shots of one object at any angle, with grain of their own: 780 may be pairs."""
    rng = np.random.default_rng(0)
    shots = [turned(textures(1)[0], degrees) for degrees in rng.uniform(0, 360, 40)]
    noisy = np.clip(np.array(shots) + rng.normal(0, 8, (40, SIDE, SIDE)), 0, 255)
    thumbnails = shrunk(np.concatenate([textures(COUNT, 1), noisy.astype(np.uint8)]))
    monkeypatch.setattr(set_look, "foretold", lambda *_: 0.0)  # what many different ones ask for
    whole, held = search.augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells), [0]
    looked_at = search._Look.confirmed

    def counted(look, pairs):
        held.append(len(pairs))
        return looked_at(look, pairs)

    monkeypatch.setattr(search._Look, "confirmed", counted)
    monkeypatch.setattr(search, "AT_ONCE_PAIRS", 50)
    parts = search.augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)

    assert sum(held) > 500
    assert max(held) <= 50
    np.testing.assert_array_equal(parts[0], whole[0])
    np.testing.assert_array_equal(parts[1], whole[1])


def test_a_turned_copy_of_a_picture_between_bars_stays_on_the_list():
    """All are letterboxed; a copy turned by a few degrees shares the bars, but not their place."""
    pictures = textures(COUNT)
    pictures[:, :, :10] = pictures[:, :, -10:] = 0
    copies = [turned(p, 12) for p in pictures[:10]]
    thumbnails = shrunk(np.concatenate([pictures, copies]))
    near = near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan))
    listed = without_shared_blanks(near, thumbnails).listed

    found = set(map(tuple, near.augmented[0].tolist()))
    assert len(found) >= 7
    assert found <= set(map(tuple, listed.pairs.tolist()))


def test_pictures_that_are_known_to_belong_together_are_not_compared_again():
    pictures = textures(COUNT)
    copies = [turned(pictures[0], degrees) for degrees in (20, 40, 60)]
    thumbnails = shrunk(np.concatenate([pictures, copies]))
    known = np.array([[0, COUNT], [COUNT, COUNT + 1]])
    pairs, _ = search.augmented_copies(of_set(thumbnails), known, alike_in_cells)

    assert len(pairs)
    assert (pairs == COUNT + 2).any(axis=1).all()


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_few_or_blank_pictures_end_in_no_error(count):
    for thumbnails in (shrunk(textures(count)), np.zeros((count, 32, 32), dtype=np.uint8)):
        assert found_among(thumbnails) <= {(i, j) for j in range(count) for i in range(j)}


def test_a_copy_augmented_before_the_split_is_a_leak():
    """A user's set: ten training images are in the test split as well, turned, or as pieces."""
    pictures = textures(120)
    pieces = [scipy.ndimage.zoom(p[6:45, 3:42], SIDE / 39, order=1) for p in pictures[5:10]]
    copies = np.array([*(turned(p, 18, 1.1) for p in pictures[:5]), *pieces])
    labels = [f"c{i % 2}" for i in range(120)]
    report = deri_gate.check(
        {"train": (pictures, labels), "test": (copies, labels[:10])},
        metrics="duplicates",
        out=None,
    )

    missed = {check.metric: check.observed for check in report.checks if check.status == "warn"}
    assert missed["leaked_images"] >= 0.9


def test_pictures_that_differ_in_hardly_anything_are_compared() -> None:
    """One picture under a little noise, eighty times: of no spread, all directions are equal."""
    rng = np.random.default_rng(1)
    one = rng.integers(0, 256, (24, 24)) + rng.integers(-20, 21, (80, 24, 24))

    assert len(found_among(shrunk(np.clip(one, 0, 255).astype(np.uint8)))) == 80 * 79 / 2
