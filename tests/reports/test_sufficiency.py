"""Paragraphs and plot on coverage and on the learning curve."""

from __future__ import annotations

import numpy as np
import pytest

from deri_gate.measuring.coverage import ClassCoverage, EmbeddingCoverage, ThinRegion
from deri_gate.measuring.sufficiency import CurvePoint, LearningCurve, Sufficiency
from deri_gate.reports.markdown import as_markdown
from deri_gate.reports.page import as_page
from deri_gate.reports.plots.learning_curve import learning_curve_scene
from deri_gate.reports.sufficiency import coverage_text, curve_text, sufficiency_document
from deri_gate.reports.text import code
from deri_gate.schemas.sufficiency import SufficiencyDocument
from deri_gate.stats.power_law import fit_power_law

COUNTS = np.array([100.0, 200.0, 400.0, 800.0])


def document(errors, deviation, *, coverage="not asked for", images=1000, dataset=None):
    """A document whose curve goes through these errors."""
    errors = np.array(errors)
    law = fit_power_law(COUNTS, errors, np.full(4, deviation), seed=1)
    points = tuple(
        CurvePoint(images=n, error=e, deviation=deviation)
        for n, e in zip(COUNTS.tolist(), errors.tolist(), strict=True)
    )
    found = Sufficiency(coverage=coverage, curve=LearningCurve(points=points, law=law))
    return sufficiency_document(found, dataset or _Images(images))


class _Images:
    """As much of a dataset as the document asks for."""

    def __init__(self, count, name="a/{}.png", label="a"):
        self.ids = tuple(name.format(i) for i in range(count))
        self.labels = ((0,),) * count
        self.classes = (label,)

    def __len__(self):
        return len(self.ids)


FALLING = [0.4, 0.3, 0.23, 0.18]


@pytest.mark.parametrize(
    ("errors", "deviation", "said"),
    [
        (FALLING, 0.001, "would lower it by"),
        (FALLING, 0.03, "may lower it by"),
        ([0.2, 0.2, 0.2, 0.2], 0.01, "would hardly change that"),
    ],
)
def test_the_sentence_is_no_surer_than_the_interval(errors, deviation, said) -> None:
    """`would` only where the whole interval lies below the error of today."""
    found = document(errors, deviation)

    assert said in curve_text(found)
    assert (found.curve.twice.interval[1] < found.curve.now.error) == ("would lower" in said)


def test_a_curve_of_a_part_of_the_images_says_so() -> None:
    """Probes of 400 of a thousand images are the curve; of ten thousand, a small part."""
    few = " The curve was measured with up to 400 images, then with all."

    assert not curve_text(document(FALLING, 0.01)).endswith(few)
    assert curve_text(document(FALLING, 0.01, images=10_000)).endswith(few)


def test_names_of_a_dataset_stay_text(report_of, hostile) -> None:
    """Class and image names are escaped in Markdown and in the page."""
    for name in hostile:
        coverage = EmbeddingCoverage(
            neighbours=10,
            fence=2.0,
            classes=(ClassCoverage(name=name, images=3, distance=1, company=0, recall=None),),
            regions=(ThinRegion(images=(0, 1), distance=2.5),),
        )
        images = _Images(1000, name=name.replace("{", "") + "{}", label=name)
        found = document(FALLING, 0.01, coverage=coverage, dataset=images)
        report = report_of(sufficiency=found)
        page = as_page(report)

        assert "<script>document" not in page
        assert "<img src=x" not in page
        assert code(name) in as_markdown(report)
        assert "Thin region of 2 images" in page


def test_the_document_reads_back_and_says_what_is_missing() -> None:
    """A reason stands beside each null; the model accepts its own bytes."""
    found = sufficiency_document(
        Sufficiency(coverage="no neighbours", curve="one class"), _Images(3)
    )

    assert (found.coverage, found.coverage_reason) == (None, "no neighbours")
    assert (found.curve, found.curve_reason) == (None, "one class")
    assert SufficiencyDocument.model_validate_json(found.model_dump_json()) == found
    assert coverage_text(found, {}, str) == curve_text(found) == ""
    assert learning_curve_scene(found) is None


def test_the_plot_ends_at_twice_the_images() -> None:
    """The last mark is the forecast, right of all that was measured, inside the picture."""
    scene = learning_curve_scene(document(FALLING, 0.01))
    marks = [shape for shape in scene.shapes if hasattr(shape, "radius")]

    assert len(marks) == 5
    assert marks[-1].hollow
    assert marks[-1].x == max(mark.x for mark in marks)
    assert all(0 <= mark.x <= 400 and 0 <= mark.y <= scene.height for mark in marks)
    assert [mark.y for mark in marks] == sorted(mark.y for mark in marks)
