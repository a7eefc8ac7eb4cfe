"""Membership of rows in classes, as a table of 0 and 1: sizes and rows of the classes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from deri_gate.arrays import IntArray


def sizes_of_classes(membership: csr_array) -> IntArray:
    """Number of rows of each class, shape (K,), of a table of shape (N, K)."""
    return np.asarray(membership.sum(axis=0)).ravel()


def rows_by_class(membership: csr_array) -> list[IntArray]:
    """Positions of the rows of each class."""
    columns = membership.tocsc()
    rows = columns.indices.astype(np.int64)
    return [rows[start:stop] for start, stop in pairwise(columns.indptr)]
