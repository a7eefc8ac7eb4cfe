"""Figures of explained images: a row an image, kept as it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from deri_gate.features import forms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deri_gate.arrays import FloatArray
    from deri_gate.runtime.store import Store

Explained = TypeVar("Explained")


def kept_figures(
    images: Sequence[Explained],
    name: Callable[[Explained], str],
    make: Callable[[Sequence[Explained]], FloatArray],
    *,
    kind: str,
    width: int,
    store: Store,
    at_once: int,
    tick: Callable[[int], object] = lambda done: done,
) -> FloatArray:
    """A row an image: what the store knows, and what is made and kept now.

    Args:
        images: The images, each with what is asked of it.
        name: Name of an image's row within the kind.
        make: Rows of some images, shape (M, width), when they are not known.
        kind: Cache namespace: all that decides a row besides the image.
        width: Length of a row.
        store: Where rows are kept, a few at a time: a killed run goes on there.
        at_once: Images whose rows are made and kept together.
        tick: Told how many rows are known or made, step by step.
    """
    names = [name(image) for image in images]
    kept = store.get(kind, names, fits=forms.floats(width))
    new = [image for image, key in zip(images, names, strict=True) if key not in kept]
    tick(len(images) - len(new))
    for start in range(0, len(new), at_once):
        some = new[start : start + at_once]
        fresh = {name(one): row.tobytes() for one, row in zip(some, make(some), strict=True)}
        store.put(kind, fresh)
        kept |= fresh
        tick(len(some))
    return np.array([np.frombuffer(kept[key]) for key in names]).reshape(-1, width)


def mean_over_networks(figures: FloatArray) -> FloatArray:
    """Means over the first axis, the networks; NaN are left out, and stand where all are."""
    known = np.isfinite(figures)
    total = np.where(known, figures, 0.0).sum(axis=0)
    return np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
