"""Changed images of which no test could be sure: told, and never where one can be."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.changes.hypothesis import worst_of
from deri_gate.changes.records import ChangeTest
from deri_gate.changes.too_few import too_few_sentences
from deri_gate.reports.changes import change_document
from deri_gate.reports.settling import change_from

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
    assert all(test.least_p >= 0.01 for test in found.tests if test.about == "sharpness")
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
            least_p=p,
        )
        for about, p in zip(("sharpness", "exposure", "size"), (*least, 0.0), strict=True)
    ]

    assert too_few_sentences(tests) == ((said,) if said else ())


def test_the_worst_values_are_above_all_others():
    """Each another one, so that none ties; where there was no value is none."""
    worst = worst_of(np.array([0.1, np.nan, 0.2]), np.array([-9.0, 5.0, np.nan]))

    assert np.isnan(worst[1])
    assert 5.0 < worst[0] < worst[2]
    assert np.isfinite(worst_of(np.zeros(2), np.full(3, np.nan))).all()
