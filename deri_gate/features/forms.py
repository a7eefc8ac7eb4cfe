"""Checks of the form of cached bytes, before they are used.

The seal of a value says that it is what was put; this says that what was put can be used here. An
index that points outside an array would be read by compiled code, which does not look.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from deri_gate.metrics.records import Probe

    Fits = Callable[[bytes], bool]


def of_length(length: int) -> Fits:
    """Any bytes, of this number."""
    return lambda raw: len(raw) == length


def floats(count: int) -> Fits:
    """So many numbers in double precision, none of them infinite (NaN stands for no answer)."""

    def fits(raw: bytes) -> bool:
        return len(raw) == 8 * count and not np.isinf(np.frombuffer(raw)).any()

    return fits


def halves(raw: bytes) -> bool:
    """Finite numbers in half precision, at least one."""
    return bool(raw) and not len(raw) % 2 and bool(np.isfinite(np.frombuffer(raw, "<f2")).all())


def positions(count: int, width: int, *, least: int = 0) -> Fits:
    """Form of `width` positions for each of `count` images, as 32-bit numbers."""

    def fits(raw: bytes) -> bool:
        if len(raw) != 4 * count * width:
            return False
        numbers = np.frombuffer(raw, dtype=np.int32)
        return not len(numbers) or (least <= int(numbers.min()) and int(numbers.max()) < count)

    return fits


def read_by(parse: Callable[[bytes], object]) -> Fits:
    """Form of any bytes that this function can read."""

    def fits(raw: bytes) -> bool:
        try:
            parse(raw)
        except Exception:  # noqa: BLE001  # parsers of damaged bytes raise anything
            return False
        return True

    return fits


def kept_probe(parse: Callable[[bytes], Probe], features: tuple[int, ...], classes: int) -> Fits:
    """A probe of so many classes, fitted on features of this shape."""

    def shaped(raw: bytes) -> None:
        probe = parse(raw)
        shapes = (probe.weights.shape, probe.bias.shape, probe.out_of_fold.shape)
        images, length = features
        if shapes != ((classes, length), (classes,), (images, classes)):
            raise ValueError(shapes)

    return read_by(shaped)
