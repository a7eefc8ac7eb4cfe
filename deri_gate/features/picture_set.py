"""Different pictures that are compared with each other, and what is known of their likeness."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.features.colours import colours_agree
from deri_gate.features.likeness import VIEWS
from deri_gate.features.partial_copies import Proposals
from deri_gate.features.waves import WIDTH, waves_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray, FloatArray, IntArray
    from deri_gate.features.likeness import Likeness

    Pairs = IntArray  # shape (M, 2), positions, the first smaller
    Pictures = npt.NDArray[np.uint8]
    Views = npt.NDArray[np.float32]

AT_ONCE = 512  # pictures whose waves a processor's cache holds


@dataclass(frozen=True)
class PictureSet:
    """Different pictures of a set.

    Attributes:
        thumbnails: 32 x 32 grey levels each, shape (N, 32, 32).
        colours: Mean colours, see `mean_colours`, shape (N, 2).
        likeness: How like two of them have to be.
    """

    thumbnails: Pictures
    colours: FloatArray
    likeness: Likeness

    @cached_property
    def proposals(self) -> Proposals:
        """Images that each is likest to and not known to be one with."""
        return Proposals.of(len(self.thumbnails))

    def views(self, pairs: Pairs) -> tuple[Views, Views]:
        """Views of both pictures of each pair as vectors, shape (M, 11, 99)."""
        shown, ends = np.unique(pairs, return_inverse=True)
        vectors = np.empty((len(shown), len(VIEWS), WIDTH), dtype=np.float32)
        for start in range(0, len(shown), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            vectors[some] = self.likeness.vectors(self.thumbnails[shown[some]])
        left, right = (vectors[side] for side in ends.reshape(-1, 2).T)
        return left, right

    def agree(self, pairs: Pairs) -> BoolArray:
        """True for pairs whose colours are those of one picture."""
        return colours_agree(self.colours[pairs[:, 0]], self.colours[pairs[:, 1]])

    def codes(self, view: int, directions: int) -> npt.NDArray[np.float16]:
        """One view of all pictures, as unit vectors in the leading directions, shape (N, d)."""
        window, as_in = VIEWS[view]
        codes = np.empty((len(self.thumbnails), directions), dtype=np.float16)
        for start in range(0, len(codes), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            waves = waves_of(self.thumbnails[some], window)
            codes[some] = self.likeness.whitenings[as_in].coarse(waves, directions)
        return codes
