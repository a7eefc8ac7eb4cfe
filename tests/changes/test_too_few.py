"""Changed images of which no test could be sure: told, and never where one can be."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.changes.hypothesis import many_beside, worst_of
from deri_gate.changes.records import ChangeTest
from deri_gate.changes.too_few import too_few_sentences
from deri_gate.reports.changes import change_document
from deri_gate.reports.settling import change_from
from tests.sweeps import sampled

FEW = "too few to tell damage from chance"


@pytest.fixture
def whole(dataset_of, random_pictures):
    return dataset_of(random_pictures(60, seed=3), np.arange(60) % 2)


def test_one_new_image_is_told(change, whole):
    """Whatever it shows, the file and the sentence say that no test could be sure."""
    found = change(whole.select(np.arange(59)), whole)

    assert found.too_few[0].startswith(f"1 new image is {FEW}")
    assert found.too_few[0].endswith(": look at it.")
    assert found.too_few[0] in found.sentence
    assert all(test.worst_case_p >= 0.01 for test in found.tests if test.about == "sharpness")
    assert change_from(change_document(found)).too_few == found.too_few


@pytest.mark.parametrize("count", [1, 12])
def test_one_relabelled_and_one_edited_image_are_told(
    change, dataset_of, random_pictures, whole, count
):
    """Each kind has a sentence of its own; twelve images of each are enough."""
    pictures = [*random_pictures(count, seed=4), *random_pictures(60, seed=3)[count:]]
    labels = [1 - i % 2 if 30 <= i < 30 + count else i % 2 for i in range(60)]
    found = change(whole, dataset_of(pictures, labels))

    assert len(found.too_few) == (2 if count == 1 else 0)
    assert all(FEW in sentence for sentence in found.too_few)


@pytest.mark.parametrize("row", sampled([0, 3, 31]))
def test_one_relabelled_image_is_told_whatever_its_row(change, dataset_of, random_pictures, row):
    """Also where its own test is closed, as its new label is believed no less."""
    whole = dataset_of(random_pictures(80, seed=3), np.arange(80) % 2)
    labels = np.where(np.arange(80) == row, 1 - np.arange(80) % 2, np.arange(80) % 2)

    found = change(whole, dataset_of(whole.source.pictures, labels))

    assert found.too_few == (f"1 relabelled image is {FEW}: look at it.",)


@pytest.mark.parametrize(("known", "told"), sampled([(2, True), (60, False)]))
def test_many_new_images_beside_few_known_ones_are_told(
    change, dataset_of, random_pictures, known, told
):
    """Twenty-five beside two are no proof; what is not asked, such as copies, has no p."""
    whole = dataset_of(random_pictures(known + 25, seed=1), np.arange(known + 25) % 2)
    found = change(whole.select(np.arange(known)), whole)
    worst = {test.about: test.worst_case_p for test in found.tests}

    assert bool(found.too_few) == told
    assert (worst["sharpness"] or 0.0) >= 0.01 if told else worst["sharpness"] is None
    assert worst["composition"] is worst["duplicates"] is None


def test_many_are_those_with_many_known_ones_of_their_class():
    """More than twenty of each; values that are not known do not count."""
    values, classes, known = np.zeros(25), np.zeros(25, int), np.repeat([0, 1], [21, 2])

    assert many_beside(values, classes, np.zeros(23), known)
    assert not many_beside(values, np.where(np.arange(25) < 1, 1, classes), np.zeros(23), known)
    assert not many_beside(np.where(np.arange(25) < 5, np.nan, 0), classes, np.zeros(23), known)
    assert not many_beside(values, classes, np.where(np.arange(23) < 1, np.nan, 0), known)


@pytest.mark.parametrize(
    ("least", "said"),
    [
        ((0.2, 0.02), f"4 new images of 2 groups in test are {FEW}: look at them."),
        ((0.2, 0.001), f"4 new images of 2 groups in test are {FEW} in sharpness: look at them."),
        ((0.001, 0.001), ""),
    ],
)
def test_what_cannot_be_told_is_named(least, said):
    """All that is asked, or some of it; what is not asked, such as size, counts for neither."""
    tests = [
        ChangeTest(
            name=f"test/added.{about}",
            title=about,
            kind="added",
            about=about,
            direction="worse",
            count=4,
            effect=0.5,
            p=0.5,
            adjusted_p=0.5,
            images=(),
            sentence=about,
            split="test",
            groups=2,
            worst_case_p=p,
        )
        for about, p in zip(("sharpness", "exposure", "size"), (*least, None), strict=True)
    ]

    assert too_few_sentences(tests) == ((said,) if said else ())


def test_the_worst_values_are_above_all_others():
    """Each another one, so that none ties; where there was no value is none."""
    worst = worst_of(np.array([0.1, np.nan, 0.2]), np.array([-9.0, 5.0, np.nan]))

    assert np.isnan(worst[1])
    assert 5.0 < worst[0] < worst[2]
    assert np.isfinite(worst_of(np.zeros(2), np.full(3, np.nan))).all()
