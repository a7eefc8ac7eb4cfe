"""The look by bytes finds what a sort finds, and leaves out the images of a row's group."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.features import rough_look
from deri_gate.features.candidate_index import evenly_spread, leading_directions
from deri_gate.features.neighbours import unit_vectors
from deri_gate.features.rough_look import NOWHERE, PAGE, RoughLook, highest_columns


@pytest.mark.parametrize("count", [10, 64, 801, 20_003])
def test_the_highest_columns_are_those_of_a_sort(count):
    products = np.random.default_rng(0).integers(-(10**9), 10**9, (30, count), dtype=np.int32)
    found = np.sort(highest_columns(products, 10), axis=1)

    np.testing.assert_array_equal(found, np.sort(np.argsort(products, axis=1)[:, -10:], axis=1))


@pytest.mark.parametrize("grouped", [False, True])
def test_candidates_are_the_nearest_of_a_sort(monkeypatch, grouped):
    """In places of another order than the positions, in two parts with a gap between them."""
    monkeypatch.setattr(rough_look, "CANDIDATES", 20)
    monkeypatch.setattr(rough_look, "CLOSELY", 50)
    rng = np.random.default_rng(1)
    low = unit_vectors(rng.standard_normal((900, 24)).astype(np.float32))
    order, groups = rng.permutation(900), np.arange(900) % 9
    look = RoughLook.of(low, order, groups if grouped else None)
    rows = np.arange(0, 900, 7)
    parts = [look.products(rows, part) for part in (slice(0, 320), slice(512, 900))]
    pages = np.tile([*range(0, 320, PAGE), *range(512, 900, PAGE)], (len(rows), 1))
    found = look.nearest(rows, np.concatenate(parts, axis=1), pages)
    alike = low[rows].astype(np.float64) @ low.T
    alike[:, order[320:512]] = -9
    if grouped:
        alike[groups[rows, None] == groups] = -9

    nearest = np.argsort(-alike, axis=1)[:, :20]
    np.testing.assert_array_equal(np.sort(found, axis=1), np.sort(nearest, axis=1))


def test_where_too_few_were_looked_at_the_row_itself_is_named():
    """It is left out later; another image named twice would be its own rival."""
    low = unit_vectors(np.random.default_rng(3).standard_normal((200, 8)).astype(np.float32))
    look, rows = RoughLook.of(low, np.arange(200), None), np.array([5, 150])
    products = np.full((2, 2 * PAGE), NOWHERE, dtype=np.int32)
    products[:, PAGE : PAGE + 3] = look.products(rows, slice(64, 67))
    found = look.nearest(rows, products, np.tile([0, 64], (2, 1)))

    assert [sorted({*row}) for row in found.tolist()] == [[5, 64, 65, 66], [64, 65, 66, 150]]


def test_axes_that_are_evenly_spread_keep_products_and_fill_bytes_better():
    """One direction that all vectors share would take most of a byte's range."""
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((2_000, 96)) * np.arange(1, 97) ** -1.0 + 0.2
    vectors = unit_vectors(vectors.astype(np.float32))
    axes = leading_directions(vectors, 48)
    plain, even = vectors @ axes, vectors @ evenly_spread(axes)

    np.testing.assert_allclose(even @ even.T, plain @ plain.T, atol=1e-5)
    assert np.abs(even).max() < 0.7 * np.abs(plain).max()
