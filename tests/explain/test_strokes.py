"""Strokes that other classes show as well, elsewhere or turned."""

import numpy as np
import pytest

from deri_gate.explain.strokes import shown_elsewhere


@pytest.fixture
def ground():
    """Pictures of faint grain."""
    return np.random.default_rng(1).integers(20, 40, (80, 32, 32)).astype(np.uint8)


@pytest.fixture
def cells():
    place = np.zeros((32, 32), dtype=bool)
    place[5:11, 5:7] = True
    return place


def with_bar(pictures, rows, columns):
    pictures = pictures.copy()
    pictures[:, rows, columns] = 200
    return pictures


def test_a_bar_that_lies_elsewhere_or_across_is_found(ground, cells):
    mine = with_bar(ground[:40], slice(5, 11), slice(5, 7))
    moved = with_bar(ground[40:], slice(20, 26), slice(24, 26))
    across = with_bar(ground[40:], slice(24, 26), slice(20, 26))

    for others in (moved, across):
        assert shown_elsewhere(mine, others, cells) > 0.5
        half = np.concatenate([others[:20], ground[60:]])
        assert shown_elsewhere(mine, half, cells) == pytest.approx(
            shown_elsewhere(mine, others, cells) / 2, abs=0.15
        )


def test_what_others_lack_is_not_found(ground, cells):
    mine = with_bar(ground[:40], slice(5, 11), slice(5, 7))

    assert shown_elsewhere(mine, ground[40:], cells) == 0
    square = with_bar(ground[40:], slice(18, 30), slice(18, 30))
    assert shown_elsewhere(mine, square, cells) == 0


def test_nothing_to_compare_is_no_match(ground, cells):
    assert shown_elsewhere(ground[:0], ground, cells) == 0
    assert shown_elsewhere(ground, ground[:0], cells) == 0
    assert shown_elsewhere(ground, ground, cells & False) == 0
    everywhere = cells | True
    assert 0 <= shown_elsewhere(ground[:40], ground[40:], everywhere) <= 1


def test_flat_pictures_match_with_nothing(ground, cells):
    mine = with_bar(ground[:40], slice(5, 11), slice(5, 7))

    assert shown_elsewhere(mine, ground[40:] * 0, cells) == 0
