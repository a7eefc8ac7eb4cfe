"""Hashes of many images, held as bytes: as texts they would take four times the memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, overload

import numpy as np

from deri_gate.runtime.hashing import BYTES

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import IntArray

DIGITS = 2 * BYTES  # of a hash as text
AT_ONCE = 4_096  # hashes that are made texts at once


class Hashes(Sequence[str]):
    """Texts in hexadecimal, made when they are asked for."""

    def __init__(self, rows: npt.NDArray[np.uint8]) -> None:
        """Take the bytes of hashes, shape (N, 32)."""
        self._rows = rows

    def __len__(self) -> int:
        """Number of hashes."""
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> str: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...

    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        """The hash in a place, or those in some."""
        chosen = self._rows[place]
        return Hashes(chosen) if isinstance(place, slice) else chosen.tobytes().hex()

    def __iter__(self) -> Iterator[str]:
        """All of them, in order."""
        for start in range(0, len(self), AT_ONCE):
            some = self._rows[start : start + AT_ONCE].tobytes().hex()
            for place in range(0, len(some), DIGITS):
                yield some[place : place + DIGITS]

    def __eq__(self, other: object) -> bool:
        """True for the same hashes in the same order."""
        return isinstance(other, Hashes) and np.array_equal(self._rows, other._rows)

    __hash__ = None  # type: ignore[assignment]  # as it is compared by value

    def __repr__(self) -> str:
        """The texts, as a tuple shows them."""
        return repr(tuple(self))

    def firsts(self) -> IntArray:
        """Position of the first hash that is the same, for each, shape (N,)."""
        if not len(self):
            return np.empty(0, dtype=np.int64)
        whole = np.ascontiguousarray(self._rows).view(np.dtype((np.void, BYTES))).ravel()
        _, first, number = np.unique(whole, return_index=True, return_inverse=True)
        return np.asarray(first[number])


def firsts_of(texts: Sequence[str]) -> IntArray:
    """Position of the first text that is the same, for each, shape (N,).

    Args:
        texts: Texts; many hashes are best held as `Hashes`.
    """
    if isinstance(texts, Hashes):
        return texts.firsts()
    first: dict[str, int] = {}
    return np.array([first.setdefault(text, i) for i, text in enumerate(texts)], dtype=np.int64)


class GatheredHashes:
    """Hashes that come some at a time. As soon as one is no hash of ours, all are held as texts."""

    def __init__(self, room: npt.NDArray[np.uint8]) -> None:
        """Begin with none.

        Args:
            room: Array for their bytes, shape (N, 32).
        """
        self._room, self._count = room, 0
        self._texts: list[str] | None = None

    def __len__(self) -> int:
        """Number of hashes so far."""
        return self._count

    def add(self, texts: Sequence[str]) -> None:
        """Take the next ones."""
        raw = _bytes_of(texts)
        if raw is None and self._texts is None:
            self._texts = [*self.finished()]
        if self._texts is not None:
            self._texts += texts
        elif raw is not None:
            self._room[self._count : self._count + len(raw)] = raw
        self._count += len(texts)

    def finished(self) -> Sequence[str]:
        """All of them, in order."""
        if self._texts is None and self._count:
            return Hashes(self._room[: self._count])
        return tuple(self._texts or ())


def _bytes_of(texts: Sequence[str]) -> npt.NDArray[np.uint8] | None:
    """Bytes of hashes, shape (N, 32); None if one of the texts is no hash of ours."""
    joined = "".join(texts)
    try:
        raw = bytes.fromhex(joined)
    except ValueError:
        return None
    if raw.hex() != joined or any(len(text) != DIGITS for text in texts):
        return None
    return np.frombuffer(raw, dtype=np.uint8).reshape(-1, BYTES)
