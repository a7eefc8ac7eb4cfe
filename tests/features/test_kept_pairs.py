"""Near duplicates are looked for once, and what was kept of them is checked."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from deri_gate.features import kept_pairs
from deri_gate.features.kept_pairs import from_bytes, kept_near_duplicates, to_bytes
from deri_gate.features.near_duplicates import VERSION, NearDuplicates, near_duplicates
from deri_gate.runtime.hashing import content_hash
from deri_gate.runtime.store import Store

COUNT = 40


@pytest.fixture
def thumbnails() -> np.ndarray:
    """Coarse random pictures, of which some are others in other light, equal, or mirrored."""
    coarse = np.random.default_rng(5).integers(40, 200, (COUNT, 8, 8), dtype=np.uint8)
    pictures = coarse.repeat(4, axis=1).repeat(4, axis=2)
    pictures[10:14] = pictures[:4] + 3
    pictures[14] = pictures[0]
    pictures[15] = pictures[1][:, ::-1]
    return pictures


@pytest.fixture
def colours() -> np.ndarray:
    return np.full((COUNT, 2), np.nan)


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "kept")


@pytest.fixture
def searches(monkeypatch) -> list[int]:
    """Number of pictures of each search, in order."""
    done: list[int] = []

    def search(thumbnails, *how) -> NearDuplicates:
        done.append(len(thumbnails))
        return near_duplicates(thumbnails, *how)

    monkeypatch.setattr(kept_pairs, "near_duplicates", search)
    return done


def equal(one: NearDuplicates, other: NearDuplicates) -> bool:
    """True when both say the same, to the bit and in the same types."""
    pairs = [(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)]
    flat = [pair for pair in pairs if not isinstance(pair[0], tuple)]
    flat += zip(one.partial + one.augmented, other.partial + other.augmented, strict=True)
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in flat)


def test_known_pairs_are_read_once(thumbnails, colours, store, monkeypatch):
    """They were read to be looked through, and a second time to be given."""
    given = []
    monkeypatch.setattr(
        kept_pairs, "from_bytes", lambda raw, count: given.append(raw) or from_bytes(raw, count)
    )
    for _ in range(3):
        kept_near_duplicates(thumbnails, colours, store)

    assert len(given) == 2


def test_a_second_look_finds_what_is_kept(thumbnails, colours, store, searches):
    first = kept_near_duplicates(thumbnails, colours, store)
    again = kept_near_duplicates(thumbnails, colours, Store(store.path.parent))

    assert searches == [COUNT]
    assert len(first.pairs) >= 6
    assert equal(first, near_duplicates(thumbnails, colours))
    assert equal(again, first)


@pytest.mark.parametrize("what", ["picture", "colour", "fewer"])
def test_other_pictures_are_looked_at_anew(what, thumbnails, colours, store, searches):
    kept_near_duplicates(thumbnails, colours, store)
    shown, tinted = thumbnails.copy(), colours.copy()
    if what == "picture":
        shown[20, 0, 0] ^= 1
    elif what == "colour":
        tinted[20] = (3.0, 4.0)
    else:
        shown, tinted = shown[:-1], tinted[:-1]
    found = kept_near_duplicates(shown, tinted, store)

    assert searches == [COUNT, len(shown)]
    assert equal(found, near_duplicates(shown, tinted))


def test_pairs_of_large_sets_are_kept_apart():
    """They are looked for in another way, which has a version of its own."""
    assert kept_pairs.kept_kind(20_000) == kept_pairs.kept_kind(1)
    assert kept_pairs.kept_kind(20_001) != kept_pairs.kept_kind(20_000)


def test_without_a_store_nothing_is_kept(thumbnails, colours, searches):
    for _ in range(2):
        kept_near_duplicates(thumbnails, colours, None)

    assert searches == [COUNT, COUNT]


def test_no_pictures(store):
    found = kept_near_duplicates(np.empty((0, 32, 32), np.uint8), np.empty((0, 2)), store)

    assert not len(found.pairs)
    assert not len(found.heads)


def damaged(near: NearDuplicates) -> dict[str, bytes]:
    """Kept values that are no pairs of these pictures, by what is wrong with them."""
    outside, below = near.pairs.copy(), near.pairs.copy()
    outside[0, 1], below[0, 0] = COUNT, -1
    return {
        "no array": b"pairs",
        "a position that no image has": to_bytes(replace(near, pairs=outside)),
        "a position below 0": to_bytes(replace(near, pairs=below)),
        "a head that no image is": to_bytes(replace(near, heads=near.heads + 1)),
        "too few heads": to_bytes(replace(near, heads=near.heads[:-1])),
        "one likeness too few": to_bytes(replace(near, likeness=near.likeness[1:])),
        "no orientation": to_bytes(replace(near, turns=near.turns + 8)),
        "positions that are no whole numbers": to_bytes(replace(near, pairs=near.pairs * 1.0)),
        "numbers for yes and no": to_bytes(replace(near, distinct=near.distinct.astype(int))),
        "three ends": to_bytes(replace(near, partial=(np.zeros((1, 3), np.int64), np.ones(1)))),
        "no image": to_bytes(replace(near, augmented=(np.full((1, 2), 99), np.ones(1)))),
    }


def test_what_is_kept_is_checked(thumbnails, colours, tmp_path, searches):
    sound = near_duplicates(thumbnails, colours)
    contents = (thumbnails.tobytes(), colours.tobytes())
    for i, (wrong, raw) in enumerate(damaged(sound).items()):
        store = Store(tmp_path / str(i))
        store.put(f"near-duplicates-{VERSION}", {content_hash(*contents): raw})

        assert equal(kept_near_duplicates(thumbnails, colours, store), sound), wrong
        assert len(searches) == i + 1, wrong


def test_bytes_say_the_same(thumbnails, colours):
    found = near_duplicates(thumbnails, colours)

    assert to_bytes(found) == to_bytes(near_duplicates(thumbnails, colours))
    assert equal(from_bytes(to_bytes(found), COUNT), found)
