"""The benchmark of labels that are wrong one way, on few digits with their pixels as features."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

from tests.scripts import benchmark


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    module = benchmark("one_way_labels")
    module.MOST = 1
    return module


@pytest.fixture(scope="module")
def one(bench):
    from suspect_labels import with_features

    data = bench.digits(150)
    data = replace(data, labels=data.labels // 4)  # three classes: 0 to 3, 4 to 7, 8 and 9
    pixels = np.array([p.ravel() for p in data.pictures], dtype=np.float32) / 255
    return with_features(data, pixels)


def test_labels_of_one_class_go_to_one_other(bench, one):
    source = bench.sources(one, 0)[0]
    labels, wrong = bench.moved_one_way(one, 0.2, bench.ONE_WAY[0], 0, source)

    assert set(one.data.labels[wrong]) == {source}
    assert set(labels[wrong]) == {one.confused[source]}
    assert wrong.sum() == round(0.2 * (one.data.labels == source).sum())


def test_the_table_has_a_row_a_tool_and_way(bench, one):
    rows = list(bench.tried(one, [0], [0.2]))
    ours = {row.planted: row for row in rows if row.tool == "deri-gate"}

    assert set(ours) == set(bench.ONE_WAY)
    assert ours[bench.ONE_WAY[0]].ranking > 2 * ours[bench.ONE_WAY[0]].wrong / 150  # than chance
    assert f"| {bench.ONE_WAY[1]} | AUM | 0." in bench.as_table(rows)


def test_bounds_are_held_against_the_truth(bench, one):
    """Each way once; the interval by hand: 2 of 10 at a stated .6 are fewer than chance, 4 not."""
    found = list(bench.bounds(one, [0], [0.1]))
    low, fair = (bench.Stated(planted="anywhere", stated=0.6, named=10, right=n) for n in (2, 4))
    none = bench.Stated(planted="anywhere", stated=0.6, named=0, right=0)

    assert [each.planted for each in found] == [*bench.WAYS, bench.ONE_WAY[0]]
    assert (
        scipy.stats.binomtest(2, 10, 0.6, alternative="less").pvalue
        < 0.05
        < (scipy.stats.binomtest(4, 10, 0.6, alternative="less").pvalue)
    )
    assert low.too_high
    assert not fair.too_high
    assert not none.too_high
    assert "| in all | 3 | 2 | 1 | -0.30 |" in bench.as_bounds([low, fair, none])
