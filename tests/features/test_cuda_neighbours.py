"""Neighbours as they are found on a GPU: those of every pair, whichever device and blocks."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deri_gate.errors import SettingError
from deri_gate.features import cuda_neighbours, neighbours
from deri_gate.features.cuda_neighbours import nearest_on_cuda
from deri_gate.features.neighbours import nearest_neighbours
from tests.sweeps import sampled

GPU = pytest.param("cuda", marks=[
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
])  # fmt: skip
DEVICES = pytest.mark.parametrize("device", ["cpu", GPU])


def units(count, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, 24))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def by_hand(vectors, k, apart):
    """All pairs in double precision, those of the same group left out."""
    alike = vectors.astype(float) @ vectors.T.astype(float)
    alike[apart[:, None] == apart] = -np.inf
    return np.argsort(-alike, axis=1, kind="stable")[:, :k]


@DEVICES
@pytest.mark.parametrize("rows", sampled([1, 7, 500], 1))
@pytest.mark.parametrize("columns", sampled([3, 64, 500], 1))
def test_blocks_change_nothing(rows, columns, device, monkeypatch):
    """Fewer columns than neighbours, too."""
    monkeypatch.setattr(cuda_neighbours, "ROWS", rows)
    monkeypatch.setattr(cuda_neighbours, "COLUMNS", columns)
    vectors, told = units(120), []

    found, likeness = nearest_on_cuda(vectors, np.arange(120), 5, device=device, tick=told.append)

    np.testing.assert_array_equal(found, by_hand(vectors, 5, np.arange(120)))
    alike = np.einsum("nd,nkd->nk", vectors, vectors[found])
    np.testing.assert_allclose(likeness, alike, atol=1e-6)
    assert sum(told) == 120


@DEVICES
def test_those_of_the_same_group_are_left_out(device, monkeypatch):
    """Where other groups hold too few, the rest is no neighbour."""
    monkeypatch.setattr(cuda_neighbours, "COLUMNS", 16)
    groups, some = np.array([0] * 57 + [1, 1, 2]), np.arange(3, 60)

    found, likeness = nearest_on_cuda(units(60), some, 10, groups=groups, device=device)

    own = np.isfinite(likeness)
    assert own.sum(axis=1).tolist() == [3] * 54 + [10] * 3
    expected = by_hand(units(60), 10, groups)[some]
    np.testing.assert_array_equal(found[own], expected[own])


def test_memory_that_runs_out_halves_the_rows(monkeypatch):
    """The rest goes on with as few; the answer is the same."""
    sizes, plain = [], cuda_neighbours._Vectors.nearest

    def small(self, rows, k):
        sizes.append(len(rows))
        if len(rows) > 10:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return plain(self, rows, k)

    monkeypatch.setattr(cuda_neighbours._Vectors, "nearest", small)
    monkeypatch.setattr(cuda_neighbours, "ROWS", 32)
    vectors = units(40)

    found, _ = nearest_on_cuda(vectors, np.arange(40), 5, device="cpu")

    assert sizes == [32, 16, 8, 8, 8, 8, 8]
    np.testing.assert_array_equal(found, by_hand(vectors, 5, np.arange(40)))


def test_a_card_for_not_even_one_row_is_told(monkeypatch):
    def never(*_):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(cuda_neighbours._Vectors, "nearest", never)

    with pytest.raises(SettingError, match="--device"):
        nearest_on_cuda(units(12), np.arange(12), 3, device="cpu")


def test_a_gpu_is_asked_where_it_pays_alone(monkeypatch):
    """Few images are compared on the processor, also where a GPU is asked for by name."""
    asked = []

    def there(*args, **settings):
        asked.append(len(args[1]))
        return nearest_on_cuda(*args, **settings, device="cpu")

    monkeypatch.setattr(neighbours, "device_kind", lambda _: "cuda")
    monkeypatch.setattr(neighbours, "WORTH_CUDA", 100)
    monkeypatch.setattr(cuda_neighbours, "nearest_on_cuda", there)
    few, many = units(99), units(100)

    for device in ("cuda", "auto"):
        np.testing.assert_array_equal(
            nearest_neighbours(few, 4, device=device), by_hand(few, 4, np.arange(99))
        )
        assert not asked
    np.testing.assert_array_equal(
        nearest_neighbours(many, 4, device="cuda"), by_hand(many, 4, np.arange(100))
    )
    assert asked == [100]
