"""Near duplicates: made copies of eighteen kinds are found, and no pictures that look alike are."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_info, threadpool_limits

from deri_gate.data.picture import chroma, thumbnail
from deri_gate.features import near_duplicates as search
from deri_gate.features.colours import mean_colours
from deri_gate.features.groups import anchored_groups
from deri_gate.features.near_duplicates import near_duplicates, saved_again
from deri_gate.features.orientations import WORDS
from deri_gate.runtime import large_arrays


def jpeg(quality):
    def saved(picture, _):
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file))

    return saved


def resized(factor):
    def changed(picture, _):
        size = [round(n * factor) for n in picture.shape[1::-1]]
        return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC))

    return changed


def cropped(share):
    def changed(picture, _):
        y, x = (round(n * share) for n in picture.shape[:2])
        return picture[y : picture.shape[0] - y, x : picture.shape[1] - x]

    return changed


def levels(factor, shift=0.0):
    return lambda picture, _: np.clip(picture * factor + shift, 0, 255).astype(np.uint8)


def written(picture, _):
    image = Image.fromarray(picture)
    ImageDraw.Draw(image).text((2, 2), "A 12", fill=255 if picture.ndim == 2 else (255,) * 3)
    return np.asarray(image)


def bordered(share):
    def changed(picture, _):
        width = round(len(picture) * share)
        return np.pad(picture, [(width, width)] * 2 + [(0, 0)] * (picture.ndim - 2))

    return changed


def grained(picture, generator):
    return np.clip(picture + generator.normal(0, 8, picture.shape), 0, 255).astype(np.uint8)


KINDS = {
    "exact": (lambda p, _: p, ""),
    "jpeg 90": (jpeg(90), ""),
    "jpeg 60": (jpeg(60), ""),
    "jpeg 30": (jpeg(30), ""),
    "half the size": (resized(0.5), ""),
    "smaller": (resized(0.8), ""),
    "larger": (resized(1.5), ""),
    "cropped by 2 %": (cropped(0.02), ""),
    "cropped by 5 %": (cropped(0.05), ""),
    "brighter": (levels(1.2), ""),
    "darker": (levels(0.7), ""),
    "fainter": (levels(0.7, 35.0), ""),
    "noise": (grained, ""),
    "blurred": (lambda p, _: cv2.GaussianBlur(p, (0, 0), 1), ""),
    "text": (written, ""),
    "border of 5 %": (bordered(0.05), ""),
    "mirrored": (lambda p, _: np.ascontiguousarray(p[:, ::-1]), "mirrored"),
    "a quarter turn": (lambda p, _: np.ascontiguousarray(np.rot90(p)), "turned"),
}  # fmt: skip


def tiles(photos, side=64):
    """Pieces of photos beside each other, none of which shows what another does."""
    for name in sorted(set(photos) - {"brick"}):  # a wall repeats itself
        photo = photos[name]
        for y in range(0, photo.shape[0] - side, side):
            for x in range(0, photo.shape[1] - side, side):
                piece = photo[y : y + side, x : x + side]
                if piece.std() > 20:
                    yield np.ascontiguousarray(piece)


def films(count, side=48):
    """Pictures of one kind in one frame: a bright disk with soft shading, and faint marks."""
    generator = np.random.default_rng(5)
    y, x = np.mgrid[-1:1:side * 1j, -1:1:side * 1j]  # fmt: skip
    disk = np.clip(150 - 60 * (x**2 + y**2), 0, 255) * (x**2 + y**2 < 0.9)
    for _ in range(count):
        marks = cv2.resize(
            generator.normal(0, 14, (9, 9)), (side, side), interpolation=cv2.INTER_CUBIC
        )
        yield np.clip(disk + marks * (disk > 0), 0, 255).astype(np.uint8)


def cut(picture, side):
    """Without a twentieth, on one side or two that meet."""
    y, x = (max(1, round(n * 0.05)) for n in picture.shape[:2])
    rows = {"t": slice(y, None), "b": slice(None, -y)}.get(side[0], slice(None))
    columns = {"l": slice(x, None), "r": slice(None, -x)}.get(side[-1], slice(None))
    return np.ascontiguousarray(picture[rows, columns])


def covered(picture, side):
    """A dark band over three tenths of one side."""
    found, end = picture.copy(), round(0.3 * len(picture))
    {"t": found[:end], "b": found[-end:], "l": found[:, :end], "r": found[:, -end:]}[side][...] = 9
    return found


def found_in(pictures):
    colours = mean_colours(np.array([chroma(p) for p in pictures]))
    return near_duplicates(np.array([thumbnail(p) for p in pictures]), colours)


@pytest.fixture(scope="module")
def kits(photos):
    """By set of originals, these, copies of ten of them for each kind, and what was found."""
    made = {}
    for name, originals in (("photos", list(tiles(photos))[::2]), ("films", list(films(250)))):
        generator = np.random.default_rng(1)
        sources = generator.permutation(len(originals))
        copies = [
            (int(sources[(10 * k + i) % len(sources)]), kind)
            for k, kind in enumerate(KINDS)
            for i in range(10)
        ]
        edited = [KINDS[kind][0](originals[source], generator) for source, kind in copies]
        made[name] = (originals, copies, found_in([*originals, *edited]))
    return made


@pytest.mark.parametrize("name", ["photos", "films"])
def test_copies_of_all_kinds_are_found(kits, name):
    """Nine of ten at least of all together, and seven of ten of each kind."""
    originals, copies, found = kits[name]
    pairs = set(map(tuple, found.pairs.tolist()))
    caught = dict.fromkeys(KINDS, 0)
    for i, (source, kind) in enumerate(copies):
        caught[kind] += (source, len(originals) + i) in pairs

    assert sum(caught.values()) >= 0.95 * len(copies), caught
    assert min(caught.values()) >= 7, caught


@pytest.mark.parametrize("name", ["photos", "films"])
def test_nothing_else_is_found(kits, name):
    """Pairs of two copies of one original are right; hardly any pair is of two originals."""
    originals, copies, found = kits[name]
    shows = np.array([*range(len(originals)), *(source for source, _ in copies)])
    wrong = shows[found.pairs[:, 0]] != shows[found.pairs[:, 1]]

    assert len(originals) >= 150
    assert wrong.mean() <= 0.02


@pytest.mark.parametrize("name", ["photos", "films"])
def test_mirrored_and_turned_copies_are_told_from_the_others(kits, name):
    originals, copies, found = kits[name]
    turn = {tuple(p): WORDS[t] for p, t in zip(found.pairs.tolist(), found.turns, strict=True)}
    said = [
        (turn[source, len(originals) + i], KINDS[kind][1])
        for i, (source, kind) in enumerate(copies)
        if (source, len(originals) + i) in turn
    ]

    assert np.mean([a == b for a, b in said]) >= 0.98


@pytest.mark.parametrize("name", ["photos", "films"])
def test_a_copy_is_in_the_group_of_its_original(kits, name):
    originals, copies, found = kits[name]
    groups = anchored_groups(found.pairs, found.likeness, len(originals) + len(copies))
    with_it = [groups[source] == groups[len(originals) + i] >= 0 for i, (source, _) in enumerate(copies)]  # fmt: skip

    assert np.mean(with_it) >= 0.93


def test_digits_that_look_alike_are_no_copies():
    """Hundreds of noughts and eights of 8 x 8 pixels, each written anew."""
    digits = [cv2.resize((d * 15).astype(np.uint8), (28, 28)) for d in load_digits().images[:600]]

    assert len(found_in(digits).pairs) <= 6


def test_pictures_that_differ_in_colour_alone_are_two(random_pictures):
    """Equal in grey levels, or nearly; one red where the other is blue."""
    (picture,) = random_pictures(1, side=64)
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(float)
    red = np.clip(np.stack([grey + 40, grey - 18, grey - 18], axis=2), 0, 255).astype(np.uint8)
    blue = np.clip(np.stack([grey - 12, grey - 10, grey + 80], axis=2), 0, 255).astype(np.uint8)

    assert found_in([red, blue]).pairs.tolist() == []
    assert found_in([red, red]).pairs.tolist() == [[0, 1]]
    assert found_in([red, grey.astype(np.uint8)]).pairs.tolist() == [[0, 1]]


def test_a_set_of_nothing_but_copies_is_one_group(random_pictures):
    """What all have in common is then the picture itself, and is not taken away."""
    (picture,) = random_pictures(1, side=64)
    generator = np.random.default_rng(0)
    found = found_in([KINDS["noise"][0](picture, generator) for _ in range(300)])

    assert set(anchored_groups(found.pairs, found.likeness, 300).tolist()) == {0}


@pytest.mark.sweep
def test_thousands_that_are_all_alike_are_one_group_of_few_pairs(random_pictures):
    """Their pairs are four and a half millions; those kept connect them."""
    (picture,) = random_pictures(1, side=32)
    generator = np.random.default_rng(1)
    grain = generator.integers(0, 3, (3000, 32, 32))
    thumbnails = np.clip(thumbnail(picture) + grain, 0, 255).astype(np.uint8)
    found = near_duplicates(thumbnails, np.full((3000, 2), np.nan))

    assert set(anchored_groups(found.pairs, found.likeness, 3000).tolist()) == {0}
    assert len(found.pairs) < 60_000


def test_a_copy_among_decoys_is_found():
    """Thousands of pictures with the perceptual hash of two copies stand before them."""
    generator = np.random.default_rng(0)
    waves = generator.normal(0, 25, (1500, 32, 32))
    signs = np.where(generator.random((8, 8)) < 0.5, 40.0, -40.0)
    waves[:, :8, :8] = signs * generator.uniform(0.05, 3, (1500, 8, 8))
    decoys = np.clip([cv2.idct(w) + 128 for w in waves], 0, 255).astype(np.uint8)
    copy = np.clip(decoys[700] + generator.integers(-2, 3, (32, 32)), 0, 255).astype(np.uint8)
    every = np.concatenate([decoys, copy[None]])
    found = near_duplicates(every, np.full((1501, 2), np.nan))

    assert [700, 1500] in found.pairs.tolist()
    assert len(found.pairs) <= 15


def test_order_of_images_only_renumbers(photos):
    """Who is with whom does not depend on who comes first."""
    pictures = [p for p in tiles(photos) for _ in (0, 1)][:160]
    pictures[1::4] = [jpeg(60)(p, None) for p in pictures[1::4]]
    order = np.random.default_rng(6).permutation(len(pictures))
    before = {tuple(p) for p in found_in(pictures).pairs.tolist()}
    after = found_in([pictures[i] for i in order]).pairs

    assert {tuple(sorted(p)) for p in order[after].tolist()} == before


def test_blank_images_of_several_levels_are_copies_of_their_level_alone():
    """Of pictures without detail nothing but their pixels tells."""
    levels_ = np.array([10, 200, 10, 90, 200, 10])
    thumbnails = np.ones((6, 32, 32), np.uint8) * levels_[:, None, None].astype(np.uint8)
    found = near_duplicates(thumbnails, np.full((6, 2), np.nan))

    groups = anchored_groups(found.pairs, found.likeness, 6)
    np.testing.assert_array_equal(groups, [0, 1, 0, -1, 1, 0])


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_images_to_compare(random_pictures, count):
    thumbnails = np.array([thumbnail(p) for p in random_pictures(2)])[:count]
    found = near_duplicates(thumbnails, np.full((count, 2), np.nan))

    assert (found.pairs.shape, found.heads.tolist()) == ((0, 2), list(range(count)))


def test_the_first_of_others_is_found_by_any_copy_of_it(random_pictures):
    """Worked by hand: 0 and 3 are equal, 1 is nearly 0, 4 is nearly 2."""
    one, other = random_pictures(2, side=64)
    pictures = [one, jpeg(80)(one, None), other, one, jpeg(80)(other, None)]
    found = found_in(pictures)
    others = np.array([False, True, True, True, False])

    np.testing.assert_array_equal(found.heads, [0, 1, 2, 0, 4])
    np.testing.assert_array_equal(found.first_among(others), [1, 1, 2, 1, 2])


def test_a_large_set_with_equal_pictures_has_the_pairs_of_a_small_one(
    random_pictures, monkeypatch, tmp_path
):
    """A copy of its different pictures lies in a file, so that it does not double the memory."""
    thumbnails = np.array([thumbnail(p) for p in random_pictures(30)])
    thumbnails = np.concatenate([thumbnails, thumbnails[:4], thumbnails[5:9, :, ::-1]])
    colours = np.full((len(thumbnails), 2), np.nan)
    small = near_duplicates(thumbnails, colours)
    monkeypatch.setattr(large_arrays, "LARGE", 1)
    monkeypatch.setenv("DERI_GATE_CACHE", str(tmp_path / "kept"))
    large = near_duplicates(thumbnails, colours)

    assert (tmp_path / "kept").exists()
    assert {(i, 30 + i) for i in range(4)} <= set(map(tuple, small.pairs.tolist()))
    np.testing.assert_array_equal(large.pairs, small.pairs)
    np.testing.assert_array_equal(large.likeness, small.likeness)


def test_saved_again_knows_orientations(random_pictures):
    """A copy that is turned and saved as JPEG is one picture; the turned one as it is is not."""
    (picture,) = random_pictures(1, side=128)
    turned = jpeg(90)(np.ascontiguousarray(np.rot90(picture)), None)
    thumbnails = np.array([thumbnail(picture), thumbnail(turned)])
    found = near_duplicates(thumbnails, np.full((2, 2), np.nan))

    assert WORDS[found.turns[0]] == "turned"
    assert saved_again(found.pairs, thumbnails, found.turns).tolist() == [True]
    assert saved_again(found.pairs, thumbnails).tolist() == [False]


@pytest.mark.parametrize(("name", "least"), [("photos", 0.9), ("films", 0.5)])
def test_copies_that_lack_a_part_are_listed_and_count_nowhere_else(photos, name, least):
    """Each is cut or covered on one side; the pairs that the metric counts stay as they are."""
    originals = list(tiles(photos))[::2] if name == "photos" else list(films(200))
    ways = [(cut, side) for side in ("t", "b", "l", "r", "tl", "tr", "bl", "br")]
    ways += [(covered, side) for side in "tblr"]
    edited = [damage(originals[i], side) for i, (damage, side) in enumerate(ways * 3)]
    found = found_in([*originals, *edited])
    listed = set(map(tuple, found.listed.pairs.tolist()))
    caught = [(i, len(originals) + i) in listed for i in range(len(edited))]
    counted = set(map(tuple, found.pairs.tolist()))
    partial = set(map(tuple, found.partial[0].tolist()))

    assert np.mean(caught) >= least
    assert [pair for pair in listed if pair[1] < len(originals)] == []
    assert partial <= listed
    assert partial - counted


def test_one_thread_multiplies_and_others_are_there_again(monkeypatch):
    """As many small products: two threads of each take many times the processor time of one."""
    seen, likeness_of = list[set[int]](), search.likeness_of

    def threads():
        return {one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"}

    def noted(*given):
        seen.append(threads())
        return likeness_of(*given)

    monkeypatch.setattr(search, "likeness_of", noted)
    shown = np.random.default_rng(0).integers(0, 256, (60, 32, 32), dtype=np.uint8)
    with threadpool_limits(limits=2, user_api="blas"):
        near_duplicates(shown, np.full((60, 2), np.nan))
        after = threads()

    assert (seen, after) == ([{1}], {2})
