"""Next slices and second shots: told, in no group of copies, and a leak all the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deri_gate.measuring.edited_copies import edited_contradiction_findings
from deri_gate.measuring.leakage import leaks_of
from deri_gate.measuring.partners import DUPLICATE_KINDS, NEXT_SLICE, partners_of
from deri_gate.measuring.second_shots import second_shot_findings, second_shots_of
from deri_gate.measuring.shares import said_of_images
from tests.features.test_overlay import bent
from tests.measuring.test_edited_copies import GREEN, RED, images, pictures  # noqa: F401


def sized(pictures, labels, splits=None):  # noqa: F811
    sides = np.array([min(p.shape[:2]) for p in pictures])
    return replace(images(pictures, labels, splits), sides=sides)


@pytest.fixture(name="taken")
def _taken(pictures):  # noqa: F811
    """Thirty pictures, a second shot of the first, and a crop of the second."""
    return [*pictures, bent(pictures[0], 1.5), pictures[1][5:-5, 5:-5]]


def test_it_is_named_and_no_copy(taken):
    found = sized(taken, [RED] * 32)
    partners = partners_of(found, [str(i) for i in range(32)])

    assert [partners.kinds[i] for i in (0, 30, 1, 31)] == [NEXT_SLICE] * 2 + ["edited"] * 2
    assert partners.positions[[0, 30]].tolist() == [30, 0]
    assert found.listed_groups[0] == found.listed_groups[30] == -1
    assert found.listed_groups[1] == found.listed_groups[31] >= 0
    (finding,) = second_shot_findings(found)
    assert (finding.kind, finding.path) == ("second_shot", "30.png")
    told = "looks like the next slice of 00.png, or a second shot of it; keep both in one split"
    assert finding.detail == told
    assert [*said_of_images([finding])] == [("30.png", "second_shot", finding.detail)]
    assert NEXT_SLICE in DUPLICATE_KINDS


def test_without_sizes_it_is_a_copy(taken):
    found = images(taken, [RED] * 32)

    assert second_shots_of(found) == []
    assert found.listed_groups[0] == found.listed_groups[30] >= 0


def test_what_the_metric_counts_stays_as_it_is(taken):
    groups = [sized(taken, [RED] * 32).near_groups, images(taken, [RED] * 32).near_groups]
    np.testing.assert_array_equal(*groups)
    assert groups[0][0] == groups[0][30] >= 0


def test_across_splits_it_leaks(taken):
    """A patient's next slice in another split is a leak."""
    found = sized(taken, [RED] * 32, ["train"] * 30 + ["test"] * 2)
    assert {(pair.image, pair.other) for pair in leaks_of(found).pairs} == {
        ("30.png", "00.png"), ("31.png", "01.png"),
    }  # fmt: skip


def test_in_another_class_it_contradicts(taken):
    found = sized(taken, [RED] * 30 + [GREEN, RED])
    (finding,) = edited_contradiction_findings(found)
    assert finding.path == "30.png"
    assert finding.detail == (
        "what looks like the next slice or a second shot of 00.png, with another label: "
        "green here, red there"
    )


def test_of_a_row_of_slices_each_names_the_likest_before_it(pictures):  # noqa: F811
    """The third slice looks like the second, more than like the first."""
    second = bent(pictures[0], 1.2)
    found = sized([*pictures, second, bent(second, 1.2, seed=1)], [RED] * 32)
    assert second_shots_of(found) == [(30, 0), (31, 30)]


def test_a_copy_of_a_slice_is_told_as_a_copy_alone(pictures):  # noqa: F811
    """It is like the first picture, too, and lies in the group of its copy."""
    second = bent(pictures[0], 1.2)
    found = sized([*pictures, second, second], [RED] * 32)
    partners = partners_of(found, [str(i) for i in range(32)])
    assert partners.kinds[31] == "same pixels"
    assert found.listed_groups[30] == found.listed_groups[31] >= 0
