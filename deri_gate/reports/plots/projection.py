"""Projection of the embeddings onto the plane of the map: main components, or UMAP."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import scipy

from deri_gate.errors import SettingError, did_you_mean
from deri_gate.runtime.extras import check_extra, extra

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray

Projection = Literal["pca", "umap"]
VERSION = 1  # raised whenever the same embeddings would be laid out otherwise
WORDS = {"pca": "the two main components", "umap": "UMAP, which keeps neighbours together"}
LEAST = 10  # images that UMAP can lay out; fewer are drawn by their main components
COMPONENTS = 50  # main ones that UMAP sees: what is left is noise, and costs time
NEIGHBOURS = 15  # of an image, UMAP's own default
SEED = 42


def check_projection(given: str) -> Projection:
    """Return the projection of this name, once its packages are there.

    Raises:
        SettingError: If there is none of this name, or a package is missing.
    """
    names = get_args(Projection)
    for name in names:
        if given == name:
            if name == "umap":
                check_extra("umap", "--projection")
            projection: Projection = name
            return projection
    hint = did_you_mean(given, names) or "Give pca or umap."
    raise SettingError(f"there is no projection {given!r}", "--projection", hint)


def projected(rows: FloatArray, projection: Projection) -> FloatArray:
    """Return a place for each row, shape (n, 2); the same for the same rows.

    Args:
        rows: Embeddings, shape (n, d).
        projection: "pca" or "umap" (McInnes et al., 2018).
    """
    umap = projection == "umap" and len(rows) >= LEAST
    flat = _components(rows, COMPONENTS if umap else 2)
    return _neighbourly(flat) if umap else flat


def _components(rows: FloatArray, count: int) -> FloatArray:
    """Coordinates along the main axes, widest first, (n, count); the signs of axes are fixed."""
    centred = rows - rows.mean(axis=0)
    spread = centred.T.astype(float) @ centred.astype(float)
    last = len(spread) - 1  # only the axes that are drawn: all of them take three times as long
    wanted = (max(0, last - count + 1), last)
    axes = scipy.linalg.eigh(spread, subset_by_index=wanted)[1][:, ::-1]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), range(axes.shape[1])])
    return np.asarray(centred @ axes)


def _neighbourly(rows: FloatArray) -> FloatArray:
    with extra("umap", "--projection"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of packages that it can do without
        from umap.umap_ import UMAP  # noqa: PLC0415  # of an extra

        made = UMAP(
            n_neighbors=min(NEIGHBOURS, len(rows) - 1), random_state=SEED, n_jobs=1
        ).fit_transform(rows)
    return np.asarray(made, dtype=float)
