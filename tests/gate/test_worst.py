"""The worst class and group: what a mean over all images hides."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from deri_gate.data.dataset import Column
from deri_gate.gate import check_suite, judge
from deri_gate.gate.slices import LEAST, slice_names, slice_rows, slices_of
from deri_gate.metrics.base import Answer, weighted_mean
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import STANDARD


@pytest.fixture
def measured_of(dataset_of):
    """A measured dataset: class sizes, by metric a value an image, and perhaps groups."""

    def make(sizes, values, groups=None):
        labels = np.repeat(np.arange(len(sizes)), sizes)
        dataset = dataset_of([None] * len(labels), labels, groups=groups)
        answers = {
            name: Answer(statistic=weighted_mean(own), per_image=own)
            for name, own in values.items()
        }
        answers["diversity"] = Answer(statistic=lambda w: np.ones(len(w)))  # has no value an image
        return SimpleNamespace(
            evidence=SimpleNamespace(dataset=dataset, profile=STANDARD), answers=answers
        )

    return make


def raised(measured) -> dict:
    return {row.name: row for row in slice_rows(measured, slices_of(measured))}


def test_the_worst_class_is_the_one_of_the_worst_mean(measured_of) -> None:
    """Low where higher is better, high where lower is; means worked by hand."""
    values = np.repeat([4.0, 1.0, 9.0], 30)
    rows = raised(measured_of([30, 30, 30], {"sharpness": values, "exposure": values}))

    assert rows["worst_class.sharpness"].raw == pytest.approx(1.0)
    assert rows["worst_class.sharpness"].about == "worst class is class1, 30 images"
    assert rows["worst_class.exposure"].raw == pytest.approx(9.0)
    assert "class2" in rows["worst_class.exposure"].about


def test_thin_classes_are_not_judged_and_that_is_said(measured_of) -> None:
    """The mean of a few images is mostly chance."""
    values = np.repeat([0.0, 5.0], [LEAST - 1, 40])
    row = raised(measured_of([LEAST - 1, 40], {"sharpness": values}))["worst_class.sharpness"]

    assert row.raw == pytest.approx(5.0)
    assert row.about.endswith(f"1 of fewer than {LEAST} images not judged")


def test_images_without_a_value_do_not_count(measured_of) -> None:
    """Explanations are made of some images only."""
    values = np.where(np.arange(60) % 2, np.nan, 3.0)
    parts = slices_of(measured_of([60], {"sharpness": values}))["class", "sharpness"]

    assert [(part.images, part.value) for part in parts.judged] == [(30, 3.0)]


def test_groups_are_judged_where_there_are_any(measured_of) -> None:
    """Across classes."""
    groups = ["site a", "site b"] * 30
    values = np.tile([7.0, 2.0], 30)
    rows = raised(measured_of([30, 30], {"sharpness": values}, groups))

    assert rows["worst_group.sharpness"].raw == pytest.approx(2.0)
    assert "worst group is site b, 30 images" in rows["worst_group.sharpness"].about


def test_every_column_of_groups_is_judged_and_named(measured_of) -> None:
    """Sites are alike, one scanner is blurred; images without a group are in none."""
    values = np.repeat([5.0, 1.0], 30)
    measured = measured_of([60], {"sharpness": values})
    columns = (
        Column("site", ("a", "b") * 30),
        Column("scanner", ("new",) * 30 + ("old",) * 20 + ("",) * 10),
    )
    measured.evidence.dataset = replace(
        measured.evidence.dataset, groups=columns[0].values, group_columns=columns
    )

    parts = slices_of(measured)["group", "sharpness"]

    assert {part.name: part.value for part in parts.judged} == {
        "site a": 3.0, "site b": 3.0, "scanner new": 5.0, "scanner old": 1.0,
    }  # fmt: skip
    assert parts.judged[0].name == "scanner old"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("worst_class.diversity", "says nothing of single classes"),
        ("worst_group.sharpness", "says nothing of single groups"),
        ("worst_class.resolution", "says nothing of single classes"),
    ],
)
def test_what_cannot_be_judged_is_unknown_and_says_why(measured_of, write, name, why) -> None:
    """A metric of the whole only, a dataset without groups, a metric not measured."""
    measured = measured_of([30], {"sharpness": np.ones(30)})
    entry = {"type": "expect_value_to_be_at_least", "kwargs": {"metric": name, "minimum": 1.5}}
    judgement = judge(slice_rows(measured, slices_of(measured)), write(entry))

    assert judgement.verdict == "unknown"
    assert why in judgement.checks[0].detail


def test_a_limit_on_the_worst_class_names_it(measured_of, write) -> None:
    measured = measured_of([30, 30], {"sharpness": np.repeat([4.0, 1.0], 30)})
    entry = {
        "type": "expect_value_to_be_at_least",
        "kwargs": {"metric": "worst_class.sharpness", "minimum": 2.0},
    }
    check = judge(slice_rows(measured, slices_of(measured)), write(entry)).checks[0]

    assert check.status == "fail"
    assert check.observed == 1.0
    assert check.detail == "worst class is class1, 30 images"


def test_a_suite_may_name_every_row(write) -> None:
    """Of every metric, for classes and groups."""
    entries = [
        {
            "type": "expect_value_to_be_at_least",
            "kwargs": {"metric": f"{kind}.{m.name}", "minimum": min(m.high, m.low + 2) - 0.5},
        }
        for kind in ("worst_class", "worst_group")
        for m in METRICS
    ]

    assert len(entries) == 2 * len(METRICS)
    check_suite(write(*entries), slice_names())


def test_order_of_images_does_not_matter(measured_of) -> None:
    """Nor that some classes are empty."""
    generator = np.random.default_rng(1)
    values = generator.normal(size=90)
    parts = slices_of(measured_of([30, 0, 60], {"sharpness": values}))["class", "sharpness"]

    by_hand = {"class0": values[:30].mean(), "class2": values[30:].mean()}
    assert {part.name: part.value for part in parts.judged} == pytest.approx(by_hand, rel=1e-6)
    assert [part.name for part in parts.judged] == sorted(by_hand, key=by_hand.get)
