"""Different pictures that are compared with each other, and what is known of their likeness."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from deri_gate.features.candidates import EXACT
from deri_gate.features.colours import colours_agree
from deri_gate.features.likeness import INSIDE, VIEWS, products_of
from deri_gate.features.partial_copies import Proposals
from deri_gate.features.waves import FULL, ORIENTATIONS, WIDTH, waves_of
from deri_gate.runtime.engine import map_in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.likeness import Likeness

    Pairs = IntArray  # shape (M, 2), positions, the first smaller
    Pictures = npt.NDArray[np.uint8]
    Vectors = npt.NDArray[np.floating]

Code = TypeVar("Code", np.float16, np.int8)
AT_ONCE = 512  # pictures whose waves a processor's cache holds


def in_halves(vectors: FloatArray) -> npt.NDArray[np.float16]:
    """Vectors in half precision."""
    return vectors.astype(np.float16)


@dataclass(frozen=True)
class MadeOnce:
    """Vectors of pictures, each made when it is first asked for.

    Attributes:
        make: Makes those of some numbers.
        rows: Vectors that were made, shape (numbers, ...); None to keep none.
        known: True for numbers whose vectors were made, shape (numbers,).
        workers: Threads that make them; 0 for as many as there are processors.
    """

    make: Callable[[IntArray], Vectors]
    rows: Vectors | None
    known: BoolArray
    workers: int = 1

    def of(self, numbers: IntArray) -> Vectors:
        """Vectors of these numbers, shape (*numbers.shape, ...)."""
        if self.rows is None:
            shown, places = np.unique(numbers, return_inverse=True)
            return self._made(shown)[places.reshape(numbers.shape)]
        new = np.unique(numbers[~self.known[numbers]])
        if new.size:
            self.rows[new] = self._made(new)
            self.known[new] = True
        return np.asarray(self.rows[numbers])

    def _made(self, numbers: IntArray) -> Vectors:
        starts = range(0, max(1, len(numbers)), AT_ONCE)
        parts = (numbers[start : start + AT_ONCE] for start in starts)
        made = map_in_order(self.make, parts, workers=self.workers)
        return np.concatenate([*made], dtype=np.float32)


@dataclass(frozen=True)
class PictureSet:
    """Different pictures of a set.

    Attributes:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        colours: Mean colours, see `mean_colours`, shape (N, 2).
        likeness: How like two of them have to be.
        workers: Threads that look at them; 0 for as many as there are processors.
    """

    thumbnails: Pictures
    colours: FloatArray
    likeness: Likeness
    workers: int = 1

    @cached_property
    def proposals(self) -> Proposals:
        """Images that each is likest to and not known to be one with."""
        return Proposals.of(len(self.thumbnails))

    @cached_property
    def views(self) -> MadeOnce:
        """Views of pictures as vectors, shape (M, 11, 99)."""
        likeness, thumbnails = self.likeness, self.thumbnails  # `self` would be held by itself

        def make(positions: IntArray) -> Vectors:
            return likeness.vectors(thumbnails[positions])

        return self._once(make, (len(self.thumbnails), len(VIEWS), WIDTH))

    @cached_property
    def turned(self) -> MadeOnce:
        """Whole pictures in each orientation as vectors, shape (M, 99).

        Their number is the position of the picture, times 8, and the orientation.
        """
        likeness, thumbnails = self.likeness, self.thumbnails

        def make(numbers: IntArray) -> Vectors:
            positions, orientations = np.divmod(numbers, ORIENTATIONS)
            return likeness.turned(thumbnails[positions], orientations, FULL)

        return self._once(make, (ORIENTATIONS * len(self.thumbnails), WIDTH))

    def _once(self, make: Callable[[IntArray], Vectors], shape: tuple[int, ...]) -> MadeOnce:
        """Vectors that are held for a set that is compared as a whole."""
        held = len(self.thumbnails) <= EXACT
        rows = np.empty(shape, dtype=np.float32) if held else None
        return MadeOnce(make, rows, np.zeros(shape[0], dtype=bool), self.workers)

    def likeness_turned(self, pairs: Pairs, turns: IntArray) -> FloatArray:
        """Likeness of pairs with the second in these orientations, shape (M,)."""
        numbers = ORIENTATIONS * pairs + np.stack([0 * turns, turns], axis=1)
        vectors = self.turned.of(numbers)
        return products_of(vectors[:, 0], vectors[:, 1])

    def insides_turned(self, pairs: Pairs, turns: IntArray) -> FloatArray:
        """Likeness of the insides of these pairs, shape (M,)."""
        sides = zip(pairs.T, (0 * turns, turns), strict=True)
        return products_of(
            *(self.likeness.turned(self.thumbnails[own], turn, INSIDE) for own, turn in sides)
        )

    def agree(self, pairs: Pairs) -> BoolArray:
        """True for pairs whose colours are those of one picture."""
        return colours_agree(self.colours[pairs[:, 0]], self.colours[pairs[:, 1]])

    def codes(
        self,
        view: int,
        directions: int,
        coded: Callable[[FloatArray], npt.NDArray[Code]],
        among: IntArray | None = None,
    ) -> npt.NDArray[Code]:
        """One view of pictures, as unit vectors in the leading directions, shape (N, d).

        Args:
            view: Its number in `VIEWS`.
            directions: How many of the directions.
            coded: Form in which they are held.
            among: Positions of the pictures; None for all.
        """
        window, as_in = VIEWS[view]
        whitening = self.likeness.whitenings[as_in]

        def codes_of(some: slice) -> npt.NDArray[Code]:
            shown = self.thumbnails[some if among is None else among[some]]
            return coded(whitening.coarse(waves_of(shown, window), directions))

        count = len(self.thumbnails if among is None else among)
        return codes_in_order(codes_of, count, AT_ONCE, self.workers)


def codes_in_order(
    codes_of: Callable[[slice], npt.NDArray[Code]], count: int, at_once: int, workers: int
) -> npt.NDArray[Code]:
    """Codes of so many pictures, made some at a time; a list of parts would double the memory."""
    places = [slice(start, start + at_once) for start in range(0, max(1, count), at_once)]
    parts: Iterator[npt.NDArray[Code]] = map_in_order(codes_of, places, workers=workers)
    first: npt.NDArray[Code] = next(parts)
    codes: npt.NDArray[Code] = np.empty((count, *first.shape[1:]), dtype=first.dtype)
    for some, made in zip(places, chain([first], parts), strict=True):
        codes[some] = made
    return codes
