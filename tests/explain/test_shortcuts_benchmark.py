"""The benchmark of shortcuts on few digits: what it prints, and that marks are told from none."""

from __future__ import annotations

import pytest

from tests.scripts import benchmark


@pytest.fixture(scope="module")
def bench():
    return benchmark("shortcuts")


@pytest.fixture(scope="module")
def rows(bench):
    data, pictures = bench.digits(400)
    return bench.tried(data, pictures, kinds=("plate", "border", "size"), strengths=("strong",))


def test_marks_are_found_and_honest_digits_are_left_alone(bench, rows):
    assert [row.mark for row in rows] == ["none", "plate", "border", "size"]
    assert rows[0].shortcut < bench.FOUND
    assert all(row.shortcut > bench.FOUND for row in rows[1:])


def test_the_table_counts_them(bench, rows):
    table = bench.as_table(rows)

    assert "| plate | 1 of 1, 1 right |  |  |" in table
    assert "| digits | 0." in table


def test_rows_are_kept_as_csv(bench, rows, tmp_path):
    bench.write(rows, tmp_path / "rows.csv")

    assert len((tmp_path / "rows.csv").read_text().splitlines()) == len(rows) + 1


@pytest.mark.sweep
def test_a_share_of_the_class_is_marked_and_nothing_else(bench):
    """Pictures that are not marked stay the very same."""
    data, pictures = bench.digits(300)
    own = bench.np.array([label == (3,) for label in data.labels])
    done = bench.marked(pictures, own, bench.MARKS["plate"], 0, share=0.5, jitter=0.0, seed=1)
    moved = bench.np.array([a is not b for a, b in zip(done, pictures, strict=True)])

    assert not moved[~own].any()
    assert 0.2 < moved[own].mean() < 0.8
