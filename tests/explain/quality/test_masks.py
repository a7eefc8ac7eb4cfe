"""Explanation against mask: by hand, by enumeration, and where there is no answer."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch

from deri_gate.errors import DeriGateError
from deri_gate.explain.quality.masks import (
    mask_agreement,
    positive_attribution_ratio,
    relevance_mass_accuracy,
    relevance_rank_accuracy,
    resized_mask,
)

VALUES = np.array([[4.0, 1.0], [3.0, 2.0]])
LEFT = np.array([[True, False], [True, False]])
TOP = np.array([[True, True], [False, False]])


def test_worked_by_hand() -> None:
    """The two highest are left; of a mass of 10, 7 lies left and 5 on top."""
    assert relevance_rank_accuracy(VALUES, LEFT) == 1.0
    assert relevance_rank_accuracy(VALUES, TOP) == 0.5
    assert relevance_mass_accuracy(VALUES, LEFT) == pytest.approx(0.7)
    assert relevance_mass_accuracy(VALUES, TOP) == pytest.approx(0.5)


def test_ties_take_the_expectation_over_all_ways_to_break_them() -> None:
    """By enumeration of every order of six pixels."""
    values = np.array([[2.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    mask = np.array([[True, True, False], [False, True, True]])
    hits = []
    for order in permutations(range(6)):
        ranked = sorted(order, key=lambda i: -values.ravel()[i])  # stable
        hits.append(mask.ravel()[ranked[:4]].mean())

    assert relevance_rank_accuracy(values, mask) == pytest.approx(np.mean(hits))


def test_mass_and_positive_ratio_coincide_on_non_negative_maps_only() -> None:
    signed = VALUES - 2.5

    assert positive_attribution_ratio(VALUES, TOP) == relevance_mass_accuracy(VALUES, TOP)
    assert positive_attribution_ratio(signed, TOP) == pytest.approx(1.5 / 2)
    assert np.isnan(relevance_mass_accuracy(signed, TOP))
    assert np.isnan(positive_attribution_ratio(-VALUES, TOP))


def test_random_maps_score_the_area() -> None:
    """All three are the mask's share of the image for an explanation that knows nothing."""
    torch.manual_seed(0)
    mask = torch.zeros(20, 20)
    mask[3:13, 5:15] = 1

    found = mask_agreement(torch.rand(200, 20, 20), [mask] * 200)

    for values in (found.rank_accuracy, found.mass_accuracy, found.positive_ratio):
        error = values.std(ddof=1) / np.sqrt(200)
        assert abs(values.mean() - 0.25) < 3 * error
    np.testing.assert_allclose(found.area, 0.25)


def test_what_has_no_answer_says_why() -> None:
    maps = torch.rand(5, 4, 4)
    maps[3] = 0.0
    some = torch.eye(4)

    found = mask_agreement(maps, [None, torch.zeros(4, 4), np.full((4, 4), 255), some, some])

    assert found.reasons == (
        "no mask",
        "empty mask",
        "mask of the whole image",
        "degenerate map",
        "",
    )
    for values in (found.rank_accuracy, found.mass_accuracy, found.positive_ratio):
        assert np.isnan(values).tolist() == [True, True, True, True, False]
    np.testing.assert_allclose(found.area, [np.nan, 0, 1, 0.25, 0.25])


def test_masks_of_another_size_are_brought_to_the_maps() -> None:
    """Enlarging repeats pixels; shrinking takes the centre ones."""
    small = np.array([[0, 1], [2, 0]])
    assert (
        resized_mask(small, (4, 4)).tolist() == np.kron(small != 0, np.ones((2, 2), bool)).tolist()
    )
    assert resized_mask(np.kron(small, np.ones((3, 5))), (2, 2)).tolist() == (small != 0).tolist()

    maps = torch.rand(1, 6, 8)
    large = np.kron(np.eye(6, 8), np.ones((3, 3)))
    np.testing.assert_array_equal(
        mask_agreement(maps, [large]).rank_accuracy,
        mask_agreement(maps, [np.eye(6, 8)]).rank_accuracy,
    )


def test_masks_that_do_not_fit_are_clear_errors() -> None:
    with pytest.raises(DeriGateError, match="1 masks for 2 maps"):
        mask_agreement(torch.rand(2, 4, 4), [None])
    with pytest.raises(DeriGateError, match="a mask of shape"):
        mask_agreement(torch.rand(1, 4, 4), [np.ones((4, 4, 3))])
