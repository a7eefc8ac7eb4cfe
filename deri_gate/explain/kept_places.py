"""Telling places kept by the pictures and classes that they are found in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deri_gate.data.picture import THUMBNAIL
from deri_gate.explain.places import VERSION, TellingPlace, best_places
from deri_gate.features.kept_arrays import kept_arrays

if TYPE_CHECKING:
    import numpy.typing as npt

    from deri_gate.arrays import BoolArray
    from deri_gate.features.kept_arrays import Arrays
    from deri_gate.runtime.store import Store

    Codes = npt.NDArray[np.uint8]


def kept_places(
    thumbnails: Codes, chroma: Codes, own: BoolArray, store: Store
) -> list[list[TellingPlace]]:
    """The places that `best_places` finds, found once for the same pictures and classes."""

    def check(arrays: Arrays) -> None:
        places = _places(arrays)
        if len(places) != own.shape[1] or arrays["shows"].shape[1] != len(own):
            raise ValueError(len(places))

    arrays = kept_arrays(
        store,
        f"places-{VERSION}",
        [thumbnails, chroma, own],
        lambda: _arrays(best_places(thumbnails, chroma, own), len(own)),
        check=check,
    )
    return _places(arrays)


def _arrays(by_class: list[list[TellingPlace]], images: int) -> Arrays:
    """Each field of all places as one array, and how many places each class has."""
    places = [place for some in by_class for place in some]
    square = (len(places), THUMBNAIL, THUMBNAIL)
    return {
        "counts": np.array([len(some) for some in by_class], dtype=np.int64),
        "strength": np.array([place.strength for place in places], dtype=float),
        "told": np.array([place.told for place in places], dtype=float),
        "feature": np.array([place.feature for place in places], dtype=np.str_),
        "heat": np.array([place.heat for place in places], dtype=float).reshape(square),
        "cells": np.array([place.cells for place in places], dtype=bool).reshape(square),
        "shows": np.array([place.shows for place in places], dtype=bool).reshape(-1, images),
        "whole": np.array([place.whole for place in places], dtype=bool),
        "subject": np.array([place.subject for place in places], dtype=bool),
    }


def _places(arrays: Arrays) -> list[list[TellingPlace]]:
    places = [
        TellingPlace(
            strength=float(arrays["strength"][i]),
            feature=str(arrays["feature"][i]),
            told=float(arrays["told"][i]),
            heat=arrays["heat"][i],
            cells=arrays["cells"][i],
            shows=arrays["shows"][i],
            whole=bool(arrays["whole"][i]),
            subject=bool(arrays["subject"][i]),
        )
        for i in range(int(arrays["counts"].sum()))
    ]
    ends = arrays["counts"].cumsum()
    return [places[end - count : end] for end, count in zip(ends, arrays["counts"], strict=True)]
