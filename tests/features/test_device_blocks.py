"""Arrays on a device: whole where there is room, in main memory where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deri_gate.features.device_blocks import blocks, placed

gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
CPU = torch.device("cpu")


@pytest.mark.parametrize(("count", "size"), [(0, 3), (1, 3), (3, 3), (10, 3), (10, 100)])
def test_every_row_comes_once(count, size):
    rows = np.arange(2 * count).reshape(count, 2)
    parts = list(blocks(placed(rows, CPU), size, CPU))

    np.testing.assert_array_equal(
        np.concatenate([np.empty((0, 2)), *(part.numpy() for _, part in parts)]), rows
    )
    for place, part in parts:
        np.testing.assert_array_equal(rows[place], part.numpy())


@pytest.mark.parametrize(("free", "stays"), [(100, True), (10_000, False)])
def test_a_card_with_little_free_memory_gets_no_copy(free, stays, monkeypatch):
    """The array then stays where it is, and comes block by block."""
    asked = []

    def to(self, *where, **_):
        asked.append(where)
        return self

    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (free, free))
    monkeypatch.setattr(torch.Tensor, "to", to)
    placed(np.zeros(1_000, dtype=np.uint8), torch.device("cuda"))

    assert bool(asked) is not stays


@pytest.mark.gpu
@gpu
def test_blocks_come_to_the_gpu_from_either_place():
    rows, card = np.random.default_rng(0).normal(size=(1000, 16)), torch.device("cuda")
    for every in (placed(rows, card), placed(rows, CPU)):
        parts = [part for _, part in blocks(every, 64, card)]

        assert all(part.is_cuda for part in parts)
        np.testing.assert_array_equal(torch.cat(parts).cpu().numpy(), rows)
