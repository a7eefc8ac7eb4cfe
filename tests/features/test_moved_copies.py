"""Copies that were moved, or cut out of a picture, and what is none."""

from __future__ import annotations

import string

import numpy as np
import pytest
import scipy
from PIL import Image, ImageDraw, ImageFont

from deri_gate.features import augmented_copies as augmented
from deri_gate.features import moved_copies as search
from deri_gate.features.augmented_copies import augmented_copies
from deri_gate.features.byte_products import in_bytes
from deri_gate.features.cell_blocks import ComparedViews
from deri_gate.features.cells import alike_in_cells
from deri_gate.features.details import repeats, shifts_between, spread_of
from deri_gate.features.found_pairs import FoundPairs
from deri_gate.features.groups import groups_of_pairs
from deri_gate.features.near_duplicates import near_duplicates
from deri_gate.features.ring_waves import strengths_of
from deri_gate.features.set_look import seldom_reached
from deri_gate.features.shiftless import ShiftlessSpread
from deri_gate.features.turnless import TurnlessSpread
from tests.features.test_augmented_copies import NONE_KNOWN, of_set, shrunk, textures, turned
from tests.sweeps import sampled

COUNT, SIDE, WIDE = 300, 96, 116


def cut_out(picture: np.ndarray, down: int, across: int, side: int) -> np.ndarray:
    """A square piece of a picture, enlarged to its size by splines."""
    piece = picture[down : down + side, across : across + side].astype(float)
    return np.clip(scipy.ndimage.zoom(piece, len(picture) / side, order=3), 0, 255)


def moved(picture: np.ndarray, down: int, across: int) -> np.ndarray:
    """A picture that lies elsewhere, with black where it was."""
    return scipy.ndimage.shift(picture, (down, across), order=0)


def found_among(pictures: np.ndarray, copies: list[np.ndarray]) -> set[tuple[int, int]]:
    thumbnails = shrunk(np.concatenate([pictures, np.array(copies, dtype=np.uint8)]))
    near = near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan))
    return set(map(tuple, near.listed.pairs.tolist()))


def one_when_moved(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    return search.one_of_those_that_fit(*search.moved_onto(left, right))


EDITS = {
    "near a corner": lambda p: cut_out(p, 4, 15, 77),
    "an edge, mirrored": lambda p: cut_out(p[:, ::-1], 10, 19, 77),
    "moved askew": lambda p: moved(p, 5, -6),
    "moved down, mirrored": lambda p: moved(p[:, ::-1], 6, 0),
    "a large piece": lambda p: cut_out(p, 8, 0, 86),
    "turned and moved": lambda p: moved(turned(p, 8), 4, -5),
    "moved and brighter": lambda p: np.clip(moved(p, -4, 5) * 1.2 + 10, 0, 255),
}


@pytest.mark.parametrize("edit", sampled(list(EDITS), 0, 3, 5))
def test_a_moved_copy_or_a_piece_is_found_and_nothing_else(edit):
    pictures = textures(COUNT, side=SIDE)
    found = found_among(pictures, [EDITS[edit](p) for p in pictures[:10]])
    planted = {(i, COUNT + i) for i in range(10)}

    assert len(found & planted) >= (3 if edit == "turned and moved" else 9)
    assert not found - planted


def test_the_size_of_the_move_that_is_looked_for():
    """Pixels of a thumbnail along and down, by a picture larger than its piece."""
    wide = textures(40, side=WIDE)
    at = [wide[:, 10 + 3 * step : 106 + 3 * step, 10 - 3 * step : 106 - 3 * step]
          for step in (0, 1, 2, 3)]  # fmt: skip
    left = shrunk(at[0])
    for step in (1, 2, 3):
        assert one_when_moved(left, shrunk(at[step])).mean() >= 0.9
        assert one_when_moved(left, shrunk(np.roll(at[step], 1, axis=0))).mean() == 0


def test_a_move_by_whole_pixels_is_found_to_the_pixel():
    wide = textures(8, side=48)
    left, right = wide[:, 8:40, 8:40], wide[:, 10:42, 5:37]
    np.testing.assert_array_equal(shifts_between(right, left), [[3, -2]] * 8)


def test_the_degree_of_a_turn_lies_between_the_steps():
    """A parabola with its top a third of a step beside the second: of 32nds of half a turn."""
    steps = np.arange(-3, 4)
    curve = 0.8 - 0.05 * (steps - 1 - 1 / 3) ** 2
    assert search._degrees_at_best(curve) == pytest.approx((1 + 1 / 3) * 5.625)
    assert search._degrees_at_best(np.arange(7) / 7) == 3 * 5.625


def test_straight_edges_and_blank_pictures_are_no_copies():
    edges = np.zeros((6, 32, 32), dtype=np.uint8)
    for i, edge in enumerate(edges):
        edge[:, 8 + 3 * i :] = 200
    every = np.array([(i, j) for j in range(6) for i in range(j)])
    assert not one_when_moved(edges[every[:, 0]], edges[every[:, 1]]).any()
    blank = np.full((2, 32, 32), 9, dtype=np.uint8)
    assert not one_when_moved(blank, blank).any()


def test_a_next_slice_that_lies_elsewhere_is_no_copy():
    """Half of the detail is another's: outlines run elsewhere, wherever it is laid."""
    wide, other = (textures(40, seed, side=WIDE).astype(float) for seed in (0, 5))
    near = np.uint8(np.clip((wide + other) / 2, 0, 255))
    left, right = shrunk(np.uint8(wide)[:, 10:106, 10:106]), shrunk(near[:, 16:112, 6:102])
    assert not one_when_moved(left, right).any()


@pytest.mark.parametrize("count", [8, 24, 50])
def test_copies_are_found_among_few_pictures(count):
    pictures = textures(count, seed=count, side=SIDE)
    pieces = [cut_out(p, 4, 15, 77) for p in pictures[: count // 2]]
    shifted = [moved(p, 5, -6) for p in pictures[: count // 2]]
    for copies in (pieces, shifted):
        found = found_among(pictures, copies)
        planted = {(i, count + i) for i in range(count // 2)}
        assert len(found & planted) >= 0.7 * len(planted)
        assert not found - planted


def words(count: int, rng: np.random.Generator) -> np.ndarray:
    """Two letters each, all different, in one corner of an empty page."""
    letters = [a + b for a in string.ascii_uppercase for b in string.ascii_uppercase]
    pages = []
    for word in rng.permutation(letters)[:count]:
        page = Image.new("L", (64, 64), 230)
        ImageDraw.Draw(page).text((3, 3), word, fill=20, font=ImageFont.load_default(14))
        pages.append(np.asarray(page))
    return np.stack(pages)


def test_words_on_an_empty_page_are_seldom_taken_for_moved_copies():
    """Few pairs of 300 words: 2,093 of the 44,850 were named, as the letters in which they differ
    were left out as the parts that fit worst.
    """
    pictures = shrunk(words(300, np.random.default_rng(1)))
    near = near_duplicates(pictures, np.full((300, 2), np.nan))
    assert len(near.augmented[0]) <= 10


def test_more_is_asked_of_patterns_that_fit_each_other_one_period_on():
    down, along = np.mgrid[:64, :64]
    places = np.random.default_rng(2).uniform(0, 8, (200, 2, 1, 1))
    far = [np.hypot((along + x) % 8 - 4, (down + y) % 8 - 4) for x, y in places]
    patterns = shrunk(np.uint8(np.where(np.array(far) < 2.3, 200, 50)))
    others = shrunk(textures(200, side=SIDE))
    asked = [
        seldom_reached(search.moved_onto(some[:100], some[100:])[2]) for some in (patterns, others)
    ]
    assert asked[0] >= 0.95
    assert asked[1] <= 0.75


def dotted(count: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of dots, with a pitch and a place of their own."""
    down, along = np.mgrid[:64, :64]
    pages = []
    for _ in range(count):
        pitch, (x, y) = rng.uniform(6, 14), rng.uniform(0, 14, 2)
        far = np.hypot((along + x) % pitch - pitch / 2, (down + y) % pitch - pitch / 2)
        pages.append(np.where(far < pitch / 3.5, 200, 50) + rng.normal(0, 6, down.shape))
    return np.uint8(np.clip(pages, 0, 255))


def shapes(count: int, rng: np.random.Generator) -> np.ndarray:
    """One to five discs each, of any size, place and grey."""
    pages = []
    for _ in range(count):
        page = Image.new("L", (64, 64), int(rng.integers(0, 80)))
        for _ in range(rng.integers(1, 6)):
            (x, y), size = rng.integers(5, 59, 2).tolist(), int(rng.integers(3, 14))
            at = (x - size, y - size, x + size, y + size)
            ImageDraw.Draw(page).ellipse(at, fill=int(rng.integers(100, 255)))
        pages.append(np.asarray(page))
    return np.stack(pages)


@pytest.mark.parametrize("count", [24, 70])
@pytest.mark.parametrize("drawn", [dotted, shapes, words])
def test_few_drawings_of_one_kind_are_no_augmented_copies(drawn, count):
    """As many as 84 pairs of 70 discs were, as few pictures do not tell that all are discs."""
    thumbnails = shrunk(drawn(count, np.random.default_rng(count)))
    near = near_duplicates(thumbnails, np.full((count, 2), np.nan))
    assert len(near.augmented[0]) <= count // 20


def test_patterns_repeat_and_pictures_do_not():
    assert repeats(shrunk(dotted(40, np.random.default_rng(0)))).mean() >= 0.6
    assert not repeats(shrunk(textures(40, side=SIDE))).any()
    assert not repeats(shrunk(shapes(40, np.random.default_rng(0)))).any()
    assert not repeats(np.full((1, 32, 32), 9, dtype=np.uint8)).any()
    assert repeats(np.empty((0, 32, 32), dtype=np.uint8)).shape == (0,)


def test_the_share_of_a_picture_over_which_its_details_are_spread():
    """Parts of 36: nine tenths of them for noise, one for a spot, two for equal spots."""
    page = np.zeros((3, 32, 32))
    page[0] = np.random.default_rng(0).normal(size=(32, 32))
    page[1, 9:11, 9:11] = page[2, 9:11, 9:11] = page[2, 17:19, 21:23] = 50
    assert spread_of(page) == pytest.approx([0.9, 1 / 36, 2 / 36], abs=0.06)
    assert spread_of(0 * page) == pytest.approx([0, 0, 0])


def test_what_few_pairs_exceed():
    assert seldom_reached(np.arange(101.0)) == 95
    assert seldom_reached(np.empty(0)) == -1


def test_of_many_likely_pairs_the_likest_of_each_picture_are_looked_at(monkeypatch):
    pairs = np.array([(0, i) for i in range(1, 9)] + [(9, 10)])
    likely = FoundPairs(pairs, np.linspace(0.9, 0.5, 9), np.zeros(9, dtype=np.int64))
    monkeypatch.setattr(search, "OF_EACH", 1)
    assert sorted(search._likest(likely).tolist()) == list(
        range(9)
    )  # each is the likest of its second
    crowd = np.array([(i, j) for j in range(6) for i in range(j)])
    likely = FoundPairs(crowd, -crowd.sum(axis=1) / 10, np.zeros(15, dtype=np.int64))
    assert crowd[search._likest(likely)].tolist() == [[0, i] for i in range(1, 6)]


def test_those_that_fit_best_are_laid_over_first_and_no_more_when_none_is_one(monkeypatch):
    pictures = shrunk(textures(6, side=SIDE))
    fit, looked_at = np.array([0.8, 0.9, 0.7, 1, 0.76, -1]), []
    monkeypatch.setattr(search, "LAID_OVER", 2)

    def laid_over(left, *_):
        looked_at.append(len(left))
        return np.zeros(len(left), dtype=bool)

    assert search.one_of_those_that_fit(pictures, pictures, fit).tolist() == [*(fit >= 0.75)]
    monkeypatch.setattr(search, "one_when_laid_over", laid_over)
    assert not search.one_of_those_that_fit(pictures, pictures, fit).any()
    assert looked_at == [2]


def test_more_are_looked_at_as_long_as_copies_are_among_them(monkeypatch):
    pictures = textures(COUNT, side=SIDE)
    pieces = np.uint8([cut_out(p, 9, 9, 78) for p in pictures[:40]])
    thumbnails = shrunk(np.concatenate([pictures, np.roll(pieces, 9, axis=1)]))
    every = augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)
    monkeypatch.setattr(search, "AT_ONCE", 5)
    monkeypatch.setattr(search, "LAID_OVER", 2)
    some = augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)
    monkeypatch.setattr(search, "MOST", 5)
    few = augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)

    assert len(every[0]) >= 30
    assert len(some[0]) >= 0.8 * len(every[0])
    assert 0 < len(few[0]) <= 5


@pytest.mark.parametrize("edit", [lambda p: moved(p, 5, -6), lambda p: turned(p, 15)])
def test_a_set_that_was_augmented_as_a_whole_hides_no_copy(edit):
    """Each picture has a copy, so that what different ones are like is learnt among copies."""
    pictures = textures(150, side=SIDE)
    found = found_among(pictures, [edit(p) for p in pictures])
    planted = {(i, 150 + i) for i in range(150)}

    assert len(found & planted) >= 140
    assert len(found - planted) <= 2


def test_mirrored_or_not_two_are_alike_in_cells_as_by_hand():
    """Eight values each, of which a mirror reverses the last three; pairs by brute force."""
    vectors = np.random.default_rng(0).integers(-40, 40, (200, 8)).astype(np.int8)
    views = ComparedViews(entries=vectors, queries=None, least=0.3, kept=5)
    every = np.arange(200, dtype=np.int32)
    found = {tuple(sorted(p)) for b in views.blocks((every, every)) for p in b.pairs.tolist()}
    levels = vectors.astype(int)
    products = levels[:, :5] @ levels[:, :5].T + abs(levels[:, 5:] @ levels[:, 5:].T)
    true = {(i, j) for i, j in np.argwhere(products >= 0.3 * 127**2).tolist() if i < j}

    assert len(true) >= 20
    assert found == true


def test_cells_and_threads_find_what_comparing_all_with_all_finds(monkeypatch):
    pictures = textures(COUNT, side=SIDE)
    copies = [cut_out(p[:, :: 1 - 2 * (i % 2)], i, 10, 80) for i, p in enumerate(pictures[:10])]
    thumbnails = shrunk(np.concatenate([pictures, np.array(copies, dtype=np.uint8)]))
    every = augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)
    threads = augmented_copies(of_set(thumbnails, 3), NONE_KNOWN, alike_in_cells)
    monkeypatch.setattr("deri_gate.features.augmented_copies.EXACT", 100)
    cells = augmented_copies(of_set(thumbnails), NONE_KNOWN, alike_in_cells)

    assert len(every[0]) >= 8
    for some in (threads, cells):
        np.testing.assert_array_equal(some[0], every[0])
        np.testing.assert_array_equal(some[1], every[1])


def test_the_vectors_of_a_look_lie_in_one_piece():
    """Rows that are taken of others are copied whole first: half of the time at 30,000."""
    pictures = of_set(shrunk(textures(COUNT)))
    sample = strengths_of(pictures.thumbnails)
    commons = TurnlessSpread.of(sample), ShiftlessSpread.of(sample)
    for kind, codes in enumerate(augmented._codes(commons, 1.0, pictures)):
        assert codes.flags.c_contiguous
        np.testing.assert_array_equal(codes, in_bytes(commons[kind].vectors(sample)))


def test_the_pieces_of_one_picture_are_one_group():
    pictures = textures(COUNT, side=SIDE)
    pieces = [cut_out(pictures[0], y, x, 78) for y in (0, 9, 18) for x in (0, 9, 18)]
    thumbnails = shrunk(np.concatenate([pictures, np.array(pieces, dtype=np.uint8)]))
    near = near_duplicates(thumbnails, np.full((len(thumbnails), 2), np.nan))
    groups = groups_of_pairs(near.listed.pairs, len(thumbnails))

    assert groups[0] >= 0
    assert (groups[COUNT:] == groups[0]).mean() >= 0.8
    assert (groups[1:COUNT] < 0).all()
