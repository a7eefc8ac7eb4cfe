"""The benchmark of large sets, in its small form: nothing missed, and what it says is so."""

from __future__ import annotations

import pytest

from tests.scripts import benchmark
from tests.sweeps import sampled


@pytest.fixture(scope="module")
def bench():
    return benchmark("duplicate_scale")


@pytest.mark.parametrize("kind", sampled(["mixed", "films"]))
def test_cells_miss_no_pair_that_brute_force_finds(bench, kind) -> None:
    data = bench.made(kind, 600)
    true = bench.by_brute_force(data)
    answer = bench.by_deri_gate(data, exact=0)

    assert len(true & data.planted) >= 5
    assert true <= answer.pairs
    assert answer.upright <= true
    assert len(data.planted & answer.pairs) >= 0.7 * len(data.planted)


def test_the_same_pictures_are_made_again(bench) -> None:
    first, second = (bench.made("mixed", 60).thumbnails for _ in range(2))

    assert (first == second).all()
    assert (first != bench.made("mixed", 60, seed=1).thumbnails).any()
