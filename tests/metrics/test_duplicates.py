"""Duplicates: the share that has a double, and the copies that could go."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.metrics.duplicates import METRIC, duplicates, paper_duplicates


def answer_of(groups, ids=None):
    """What is said of these groups; names of one length unless given."""
    names = tuple(f"{i:03d}" for i in range(len(groups))) if ids is None else ids
    return duplicates(np.array(groups), np.array(groups), names)


def share(groups):
    return float(answer_of(groups).statistic(np.ones((1, len(groups))))[0])


@pytest.mark.parametrize(
    ("groups", "expected"),
    [([-1, -1, -1], 0.0), ([0, 0, -1, -1], 0.5), ([0, 0, 0], 1.0), ([0, 1, 0, 1, -1], 0.8)],
)
def test_counts_the_images_with_a_double(groups, expected):
    """All of a group count, not only those to take out."""
    assert share(groups) == expected


def test_blames_all_but_the_first_of_each_group():
    """One of each group may stay; an image alone is never blamed."""
    answer = answer_of([0, -1, 1, 0, 1, -1, 0])

    np.testing.assert_array_equal(answer.suspects, [3, 4, 6])
    np.testing.assert_array_equal(answer.per_image, [1, 0, 1, 1, 1, 0, 1])


def test_keeps_the_image_of_the_shortest_name():
    """A copy is called after its original, and may sort before it."""
    ids = ("a/1-copy.png", "a/1.png", "a/2 (1).png", "a/2.png", "b.png")

    np.testing.assert_array_equal(answer_of([0, 0, 1, 1, -1], ids).suspects, [0, 2])


def test_only_those_that_people_are_told_of_are_blamed():
    """The share counts the others as well."""
    answer = duplicates(np.array([0, 0, 1, 1, 1]), np.array([-1, -1, 0, 0, -1]), tuple("abcde"))

    assert answer.statistic(np.ones((1, 5)))[0] == 1.0
    np.testing.assert_array_equal(answer.suspects, [3])
    assert answer.note == "3 images similar to another, but no copy: counted, not listed"


def test_copies_that_lack_a_part_are_listed_and_the_note_says_that_they_do_not_count():
    answer = duplicates(np.array([-1, -1, 0, 0]), np.array([0, 0, 1, 1]), tuple("abcd"))

    assert answer.statistic(np.ones((1, 4)))[0] == 0.5
    np.testing.assert_array_equal(answer.suspects, [1, 3])
    assert answer.note == "2 images less similar, or lacking a part: listed, not counted"
    assert answer_of([0, 0, -1]).note == ""


def test_nothing_is_blamed_when_all_are_alone():
    """An empty list, not one with the last image in it."""
    assert answer_of([-1, -1]).suspects.size == 0


def test_weights_count_images():
    """Drawing an image three times is the same as having it three times."""
    weights = np.array([[3.0, 0.0, 1.0, 0.0]])

    assert answer_of([0, 0, -1, -1]).statistic(weights)[0] == 0.75


def test_order_and_numbers_of_groups_do_not_matter():
    """Only who is with whom."""
    assert share([0, 0, -1, 1, 1, -1]) == share([-1, 7, 3, 3, -1, 7])


def test_rises_as_images_are_copied(evidence_of, dataset_of, random_pictures):
    """Known damage: copies planted in real pixels are found, each and only these."""
    pictures = random_pictures(20)
    values = []
    for copies in (0, 3, 8):
        evidence = evidence_of(dataset_of(pictures + pictures[:copies], [0] * (20 + copies)))
        values.append(share(evidence.duplicate_groups))

    assert values == [0.0, 6 / 23, 16 / 28]


def test_the_paper_takes_hashes_at_their_word(evidence_of, dataset_of, random_pictures):
    """A faint copy with unlike detail: the hash says double, the thumbnail does not."""
    picture = random_pictures(1)[0]
    evidence = evidence_of(dataset_of([picture, picture.copy()], [0, 0]))

    assert METRIC.paper.compute is paper_duplicates
    assert METRIC.paper.needs == ("equal_hash_groups", "ids")
    np.testing.assert_array_equal(evidence.equal_hash_groups, [0, 0])
