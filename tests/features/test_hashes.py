"""Hashes held as bytes: they are the texts that they were."""

from __future__ import annotations

import hashlib
import pickle

import numpy as np
import pytest

from deri_gate.features import hashes
from deri_gate.features.hashes import GatheredHashes, Hashes, firsts_of


def texts(count: int) -> list[str]:
    return [hashlib.sha256(b"%d" % i).hexdigest() for i in range(count)]


def gathered(parts: list[list[str]], room: int):
    held = GatheredHashes(np.empty((room, hashes.BYTES), dtype=np.uint8))
    for part in parts:
        held.add(part)
    return held


def compact(plain: list[str]):
    return gathered([plain], room=len(plain)).finished()


@pytest.mark.parametrize("count", [1, 2, 3, 10])
def test_they_are_the_texts_that_they_were(monkeypatch, count) -> None:
    """Each, in order, from either end, some of them, and through a pickle."""
    monkeypatch.setattr(hashes, "AT_ONCE", 3)
    plain = texts(count)
    held = compact(plain)

    assert isinstance(held, Hashes)
    assert [*held] == plain
    assert [held[i] for i in range(count)] == plain
    assert held[-1] == plain[-1]
    assert held[np.int64(count - 1)] == plain[-1]
    assert [*held[1:3]] == plain[1:3]
    assert [*pickle.loads(pickle.dumps(held))] == plain
    assert (len(held), repr(held)) == (count, repr(tuple(plain)))
    assert (plain[0] in held, "no hash" in held) == (True, False)
    with pytest.raises(IndexError):
        held[count]


def test_they_are_equal_where_all_are() -> None:
    first, second = compact(texts(4)), compact(texts(4))

    assert first == second
    assert first != compact(texts(5))
    assert first != compact(texts(4)[::-1])


@pytest.mark.parametrize("hold", [compact, tuple])
@pytest.mark.parametrize("count", [0, 1, 50])
def test_the_first_that_is_the_same(hold, count) -> None:
    """Texts in any order, some more often than once; the list's own search is the oracle."""
    several = [texts(12)[i] for i in np.random.default_rng(0).integers(0, 12, count)]

    assert firsts_of(hold(several)).tolist() == [several.index(text) for text in several]


@pytest.mark.parametrize(
    "odd",
    [
        [],
        ["no hash"],
        [*texts(2), "ab"],
        [texts(1)[0].upper()],
        [texts(1)[0][:-2] + "  "],
        [texts(1)[0][:30], texts(2)[1] + texts(1)[0][30:]],
    ],
)
def test_other_texts_stay_as_they_are(odd) -> None:
    """A source of somebody else's may name its contents otherwise."""
    assert compact(odd) == tuple(odd)


@pytest.mark.parametrize("sizes", [[], [0], [1], [3, 0, 2], [1] * 6])
def test_those_that_come_some_at_a_time(sizes) -> None:
    """All of them, in order, as bytes; there may be room for more."""
    plain = texts(sum(sizes))
    ends = np.cumsum(sizes).tolist()
    parts = [plain[end - size : end] for end, size in zip(ends, sizes, strict=True)]
    held = gathered(parts, room=8)

    assert len(held) == len(plain)
    assert [*held.finished()] == plain
    assert isinstance(held.finished(), Hashes if plain else tuple)


@pytest.mark.parametrize("odd", [0, 2, 5])
def test_a_text_among_them_makes_all_of_them_texts(odd) -> None:
    """Wherever it comes, nothing is lost."""
    plain = texts(6)
    plain[odd] = "no hash"

    held = gathered([plain[:2], plain[2:5], plain[5:]], room=6)

    assert held.finished() == tuple(plain)
    assert len(held) == len(plain)
