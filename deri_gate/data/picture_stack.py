"""Pictures of one shape, measured together: what several measures start from is made once.

At 28 x 28 pixels the call of a function takes longer than its work. One call for a stack of them
gives each the very bits that it gets alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import cv2
import numpy as np

from deri_gate.data.picture import MANY, histogram, second_difference

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Picture

REDUCED = 128  # side in pixels of a large picture from which smaller forms are made
SMALL = 2**13  # pixels up to which pictures are measured together; more would not stay in cache


@dataclass(frozen=True)
class PictureStack:
    """Pictures of one shape, at least one.

    Attributes:
        stack: Shape (N, H, W) or (N, H, W, 3), uint8.
    """

    stack: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, *pictures: Picture) -> Self:
        """Stack pictures; a single one is not copied."""
        return cls(pictures[0][None] if len(pictures) == 1 else np.stack(pictures))

    def __len__(self) -> int:
        return len(self.stack)

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.stack.shape[1])

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.stack.shape[2])

    @property
    def tall(self) -> Picture:
        """Pictures below one another, for what works on pixels alone."""
        return self.stack.reshape(-1, *self.stack.shape[2:])

    def cut(self, down: slice, across: slice) -> Self:
        """A part of each picture; these pictures themselves where that is all of them."""
        part = self.stack[:, down, across]
        return self if part.shape == self.stack.shape else type(self)(part)

    @cached_property
    def grey(self) -> npt.NDArray[np.uint8]:
        """Luma, shape (N, H, W), as `picture.grey` has it."""
        if self.stack.ndim == 3:  # noqa: PLR2004
            return self.stack
        levels = cv2.cvtColor(self.tall, cv2.COLOR_RGB2GRAY)
        return np.asarray(levels, dtype=np.uint8).reshape(self.stack.shape[:3])

    @property
    def reduced(self) -> Self:
        """Pictures in 128 x 128, averaged over areas; as they are below 256 pixels of a side.

        Smaller forms of a large picture take a fraction of the time when they are made of these.
        """
        # Not kept where they are `self`: what holds itself stays until cycles are looked for.
        return self if min(self.height, self.width) < 2 * REDUCED else self._smaller

    @cached_property
    def _smaller(self) -> Self:
        size, method = (REDUCED, REDUCED), cv2.INTER_AREA
        small = [cv2.resize(one, size, interpolation=method) for one in self.stack]
        return self.of(*(np.asarray(one, dtype=np.uint8) for one in small))

    @cached_property
    def second_differences(self) -> npt.NDArray[np.int16]:
        """Size of the second difference at each pixel, shape (N, H, W)."""
        return in_one_line(second_difference, self.grey)

    @cached_property
    def histograms(self) -> IntArray:
        """Pixels at each level of each channel, shape (N, C, 256)."""
        stack = self.stack.reshape(*self.stack.shape[:3], -1)
        count, channels = len(stack), stack.shape[3]
        if stack[0].size >= MANY:
            each = [histogram(picture, c) for picture in self.stack for c in range(channels)]
            return np.array(each).reshape(count, channels, 256)
        first = 256 * np.arange(count * channels).reshape(-1, 1, 1, channels)  # of each histogram
        numbers = (stack + first).ravel()
        return np.bincount(numbers, minlength=first.size * 256).reshape(count, channels, 256)


def in_one_call(
    work: Callable[[npt.NDArray[Any]], npt.NDArray[Any]],
    stack: npt.NDArray[Any],
    *,
    reach: int,
) -> npt.NDArray[Any]:
    """Filter pictures below one another, each between the rows that a border stands for.

    Args:
        work: Filter whose border reflects the rows beside the first and the last one.
        stack: Shape (N, H, W).
        reach: Rows that the filter sees beyond a pixel; fewer than H, or 1.

    Returns:
        Shape (N, H, W).
    """
    count, height, width = stack.shape
    if count == 1:
        return work(stack[0])[None]
    places = np.arange(-reach, height + reach)
    if height > 1:
        places = height - 1 - abs(height - 1 - abs(places))
    framed = np.take(stack, places.clip(0, height - 1), axis=1)
    done = work(framed.reshape(-1, width)).reshape(framed.shape)
    return np.ascontiguousarray(done[:, reach : reach + height])


def in_one_line(
    work: Callable[[npt.NDArray[Any]], npt.NDArray[Any]],
    stack: npt.NDArray[Any],
    *,
    repeats: bool = False,
) -> npt.NDArray[Any]:
    """Filter pictures side by side, each between the columns that a border stands for.

    Rows as short as theirs leave no work to the instructions for many pixels. Only for filters of
    whole numbers: in floating point, long rows are added up in another way.

    Args:
        work: Filter that sees one pixel around each.
        stack: Shape (N, H, W).
        repeats: True if its border repeats the first and last column; False if it reflects the
            columns beside them.

    Returns:
        Shape (N, H, W).
    """
    count, height, width = stack.shape
    if count == 1:
        return work(stack[0])[None]
    framed = np.empty((height, count, width + 2), dtype=stack.dtype)
    framed[..., 1:-1] = stack.swapaxes(0, 1)
    beside = 1 if repeats or width == 1 else 2
    framed[..., 0], framed[..., -1] = framed[..., beside], framed[..., -1 - beside]
    done = work(framed.reshape(height, -1)).reshape(framed.shape)
    return np.ascontiguousarray(done[..., 1:-1].swapaxes(0, 1))
