"""The worst class and group, and the gap to the best: what a mean over all images hides."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import bootstrap

from deri_gate.data.dataset import Column
from deri_gate.gate import judge
from deri_gate.gate.slices import LEAST, slice_names, slice_rows
from deri_gate.gate.suite import check_suite
from deri_gate.measuring.slices import slices_of
from deri_gate.metrics.base import Answer, WeightedMean
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.profile import STANDARD


@pytest.fixture
def measured_of(dataset_of):
    """A measured dataset: class sizes, by metric a value an image, and perhaps groups."""

    def make(sizes, values, groups=None):
        labels = np.repeat(np.arange(len(sizes)), sizes)
        dataset = dataset_of([None] * len(labels), labels, groups=groups)
        answers = {
            name: Answer(statistic=WeightedMean(own), per_image=own) for name, own in values.items()
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
        ("worst_class.diversity", "diversity was not measured for single classes"),
        ("worst_group.sharpness", "the dataset has no groups"),
        ("worst_class.resolution", "resolution was not measured for single classes"),
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
    entries += [
        {
            "type": "expect_value_to_be_at_most",
            "kwargs": {
                "metric": f"{kind}.{m.name}",
                "maximum": (min(m.high, m.low + 2) - m.low) / 2,
            },
        }
        for kind in ("gap_class", "gap_group")
        for m in METRICS
    ]

    assert len(entries) == 4 * len(METRICS)
    check_suite(write(*entries), slice_names())


def test_order_of_images_does_not_matter(measured_of) -> None:
    """Nor that some classes are empty."""
    generator = np.random.default_rng(1)
    values = generator.normal(size=90)
    parts = slices_of(measured_of([30, 0, 60], {"sharpness": values}))["class", "sharpness"]

    by_hand = {"class0": values[:30].mean(), "class2": values[30:].mean()}
    assert {part.name: part.value for part in parts.judged} == pytest.approx(by_hand, rel=1e-6)
    assert [part.name for part in parts.judged] == sorted(by_hand, key=by_hand.get)


def test_the_gap_is_between_the_best_and_the_worst(measured_of) -> None:
    """Whichever way is better; worked by hand."""
    values = np.repeat([4.0, 1.0, 9.0], 30)
    rows = raised(measured_of([30, 30, 30], {"sharpness": values, "exposure": values}))

    assert rows["gap_class.sharpness"].raw == rows["gap_class.exposure"].raw == 8.0
    assert rows["gap_class.sharpness"].about.startswith(
        "from class2, the best class, 9 levels² over 30 images, to class1, 1 levels² over 30 images"
    )
    assert "from class1, the best class" in rows["gap_class.exposure"].about


def test_a_gap_is_within_one_column(measured_of) -> None:
    """A site is not held against a scanner: their images are the same ones."""
    measured = measured_of([60], {"sharpness": np.repeat([9.0, 1.0, 1.0], 20)})
    columns = (
        Column("site", ("a",) * 20 + ("",) * 40),
        Column("scanner", ("",) * 20 + ("new",) * 20 + ("old",) * 20),
    )
    measured.evidence.dataset = replace(
        measured.evidence.dataset, groups=columns[0].values, group_columns=columns
    )

    gap = slices_of(measured)["group", "sharpness"].gap

    assert (gap.value, gap.best.column) == (0.0, "scanner")


@pytest.mark.parametrize(("sizes", "thin"), [([40], ""), ([40, 3], "1 of fewer than 20 images")])
def test_one_slice_alone_has_no_gap(measured_of, sizes, thin) -> None:
    values = np.arange(sum(sizes), dtype=float)
    row = raised(measured_of(sizes, {"sharpness": values}))["gap_class.sharpness"]

    assert row.raw is None
    assert row.about.startswith(f"no two classes of {LEAST} images")
    assert thin in row.about


@pytest.mark.parametrize("count", [40, 3000])
def test_intervals_agree_with_scipy(measured_of, count) -> None:
    """SciPy's percentile bootstrap shares no code with ours."""
    values = np.random.default_rng(3).gamma(2.0, size=count)
    one = slices_of(measured_of([count], {"sharpness": values}))["class", "sharpness"].judged[0]
    oracle = bootstrap(
        (values,), np.mean, method="percentile", n_resamples=2000, rng=np.random.default_rng(0)
    ).confidence_interval
    width = oracle.high - oracle.low

    assert one.interval == pytest.approx((oracle.low, oracle.high), abs=0.2 * width)
    assert one.interval[0] <= one.value <= one.interval[1]


def test_equal_slices_have_a_gap_that_chance_explains(measured_of) -> None:
    """The interval of the two extreme ones of two reaches zero in most draws."""
    held = []
    for seed in range(40):
        values = np.random.default_rng(seed).normal(size=80)
        gap = slices_of(measured_of([40, 40], {"sharpness": values}))["class", "sharpness"].gap
        held.append(gap.interval[0] <= 0)

    assert np.mean(held) > 0.8


def test_the_vote_of_labels_is_resampled_not_its_margin(measured_of) -> None:
    """The value of a slice is a share, though what an image has is a margin."""
    outvoted = np.tile([1.0, 0.0, 0.0, 0.0], 10)
    measured = measured_of([40], {"label_noise": outvoted})
    measured.answers["label_noise"] = replace(
        measured.answers["label_noise"], per_image=outvoted * 50
    )
    one = slices_of(measured)["class", "label_noise"].judged[0]

    assert one.value == 0.25
    assert 0 < one.interval[0] < 0.25 < one.interval[1] < 0.5
