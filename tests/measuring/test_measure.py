"""Measuring: which metrics, on which images, with a reason wherever there is no value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deri_gate.errors import SettingError
from deri_gate.measuring.evidence import Evidence
from deri_gate.measuring.measure import measure_dataset, metrics_named, resampled
from deri_gate.measuring.shares import SHARES
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import PAPER, STANDARD
from deri_gate.reports.documents import metrics_document
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store
from deri_gate.schemas.base import as_json


@pytest.fixture
def measure(tmp_path, monkeypatch, tiny_encoder):
    """Measure with a tiny stand-in for the network; in one store unless a folder is named."""
    monkeypatch.setattr(Evidence, "encoder", tiny_encoder())

    def run(dataset, wanted="data", *, folder="store", profile=STANDARD):
        return measure_dataset(
            dataset,
            split=None,
            context=Context(
                profile=profile,
                store=Store(tmp_path / folder),
                machine=Machine(device="cpu", workers=1, progress=False),
            ),
            metrics=metrics_named(wanted, profile),
        )

    return run


@pytest.fixture
def toy(dataset_of, random_pictures):
    """Forty pictures of two classes, four of them copies."""
    pictures = random_pictures(36)
    return dataset_of(pictures + pictures[:4], [i % 2 for i in range(40)])


def test_all_is_every_metric_in_report_order():
    """In the profile's own definitions."""
    assert metrics_named("all", STANDARD) == METRICS
    assert metrics_named("all", PAPER) == tuple(m.paper or m for m in METRICS)


def test_data_is_all_without_explanations():
    """In the order of the list; nine of those that are in the published score."""
    names = [m.name for m in metrics_named("data", STANDARD)]

    assert names == [m.name for m in METRICS if not m.name.startswith("xai_")]
    assert len([m for m in METRICS if m.name in names and m.published_weight]) == 9


def test_names_come_in_report_order_and_once():
    """Whatever the order, blanks and repetitions on the command line."""
    found = metrics_named(" imbalance,sharpness , imbalance,", STANDARD)

    assert [m.name for m in found] == ["sharpness", "imbalance"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("sharpnes", "Did you mean 'sharpness'?"),
        ("sharpness,label-noise", "Did you mean 'label_noise'?"),
        ("zzz", "There are sharpness, noise_artifacts"),
        ("All", "There are"),
        ("", "Give all, data, or names"),
        (" , ", "Give all, data, or names"),
    ],
)
def test_a_misspelt_name_is_a_setting_error(wanted, said):
    """With what was perhaps meant."""
    with pytest.raises(SettingError) as caught:
        metrics_named(wanted, STANDARD)

    assert said in caught.value.fix


def test_every_metric_asked_for_has_a_value_in_its_interval(measure, toy):
    """And those not asked for say so."""
    found = measure(toy)

    for name, value in found.values.items():
        if name.startswith("xai_"):
            assert value is found.interval(name) is None
            assert found.reasons[name] == "not asked for"
        else:
            low, high = found.interval(name)
            assert low <= value <= high
            assert name not in found.reasons


def test_values_worked_by_hand(measure, toy):
    """Eight of forty have a double; two classes of twenty."""
    found = measure(toy, "duplicates,imbalance")

    assert len(repr(found)) < 200  # a prompt shows it
    assert f"{len(toy):,} images, duplicates " in repr(found)

    assert found.values["duplicates"] == pytest.approx(0.2)
    assert found.values["imbalance"] == pytest.approx(1.0)
    np.testing.assert_array_equal(found.answers["duplicates"].suspects, [36, 37, 38, 39])


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution(
    measure, dataset_of, random_pictures
):
    """The bootstrap of a mean of 120 values agrees with 1.96 standard errors."""
    found = measure(dataset_of(random_pictures(120), [0] * 120), "exposure")
    own = found.answers["exposure"].per_image
    low, high = found.interval("exposure")

    assert high - low == pytest.approx(2 * 1.96 * own.std(ddof=1) / np.sqrt(120), rel=0.25)


def test_measuring_again_gives_the_same_bytes(measure, toy):
    """Warm from the store, or cold in another folder."""
    first, warm, cold = (as_json(metrics_document(measure(toy, folder=f))) for f in ("a", "a", "b"))

    assert first == warm == cold


def test_one_class_has_no_separation_and_no_label_noise(measure, dataset_of, random_pictures):
    """A reason each; everything else is measured."""
    found = measure(dataset_of(random_pictures(20), [0] * 20))

    assert found.reasons["separation"] == "it takes two classes to tell them apart"
    assert (
        "one class" in found.reasons["label_noise"] or "two classes" in found.reasons["label_noise"]
    )
    assert found.values["separation"] is found.values["label_noise"] is None
    assert found.values["imbalance"] == 0.0
    asked = {m.name for m in metrics_named("data", STANDARD)}
    assert asked - set(found.answers) == {"separation", "label_noise"}


def test_fewer_images_than_neighbours_have_no_label_noise(measure, dataset_of, random_pictures):
    """Ten images have no ten neighbours each; eleven do."""
    pictures, labels = random_pictures(11), [i % 2 for i in range(11)]
    few, enough = (measure(dataset_of(pictures[:n], labels[:n])) for n in (10, 11))

    assert few.reasons["label_noise"] == "too few images for 10 neighbours: 10"
    assert enough.values["label_noise"] is not None


def test_a_single_image_is_measured_as_far_as_it_goes(measure, dataset_of, random_pictures):
    """Pixels, duplicates and balance; the rest says why not."""
    found = measure(dataset_of(random_pictures(1), [0]))

    assert found.reasons["diversity"] == "a single image differs from nothing"
    assert found.values["duplicates"] == found.values["imbalance"] == 0.0
    assert found.interval("sharpness") == pytest.approx((found.values["sharpness"],) * 2)


@pytest.mark.parametrize("wanted", ["data", "sharpness,duplicates,imbalance"])
def test_no_readable_image_is_no_value_at_all(measure, dataset_of, wanted):
    """With that for a reason, a finding each, and nothing that crashes."""
    found = measure(dataset_of([None, None, None], [0, 1, 0]), wanted)

    assert set(found.values.values()) == {None}
    assert {found.reasons[m.name] for m in metrics_named(wanted, STANDARD)} == {
        "no image could be read"
    }
    assert found.shares["unreadable_share"].value == 1.0
    assert [f.kind for f in found.findings].count("unreadable") == 3


def test_unreadable_images_are_left_out_of_every_value(measure, dataset_of, random_pictures):
    """As if they were not there, but for the findings and their share."""
    pictures, labels = random_pictures(30), [i % 3 for i in range(30)]
    whole = dataset_of(pictures, labels, ids=[f"{i}" for i in range(30)])
    kept = np.arange(30) % 5 != 0
    spoilt = dataset_of([p if k else None for p, k in zip(pictures, kept, strict=True)], labels)
    found, expected = measure(spoilt), measure(whole.select(kept))

    assert found.values == expected.values
    assert found.shares["unreadable_share"].value == pytest.approx(0.2)
    assert [f.path for f in found.findings if f.kind == "unreadable"] == [
        f"{i:05d}.png" for i in range(0, 30, 5)
    ]


def test_a_metric_that_leaves_its_range_is_a_bug(measure, toy, monkeypatch):
    """An assertion that is traced, not an error that a user could mend."""
    narrow = replace(next(m for m in METRICS if m.name == "imbalance"), high=0.4)
    monkeypatch.setattr("deri_gate.metrics.catalogue.METRICS", (narrow,))

    with pytest.raises(AssertionError, match=r"imbalance gave 1\.0"):
        measure(toy, "imbalance")


@pytest.mark.sweep
def test_another_order_of_the_same_images_is_measured_right(measure, toy):
    """What the store knows of one order does not become the answer for another."""
    order = np.random.default_rng(0).permutation(len(toy))
    measure(toy, "label_noise")
    warm = measure(toy.select(order), "label_noise")
    cold = measure(toy.select(order), "label_noise", folder="cold")

    np.testing.assert_array_equal(
        warm.answers["label_noise"].per_image, cold.answers["label_noise"].per_image
    )


def test_a_class_without_images_does_not_upset_what_is_known(measure, dataset_of, random_pictures):
    """As when only the test split has it, and it is taken away later."""
    pictures, labels = random_pictures(30), [i % 2 for i in range(30)]
    measure(dataset_of(pictures, labels, classes=["a", "b"]), "label_noise")
    found = measure(dataset_of(pictures, labels, classes=["a", "b", "c"]), "label_noise")

    assert found.values["label_noise"] is not None


def test_groups_that_are_added_are_heeded(measure, dataset_of, random_pictures):
    """Patients keep together in the folds, even when the images were known without them."""
    pictures, labels = random_pictures(40), [i % 2 for i in range(40)]
    measure(dataset_of(pictures, labels), "label_noise")
    grouped = dataset_of(pictures, labels, groups=[f"{i // 4}" for i in range(40)])
    warm = measure(grouped, "label_noise").evidence.probe
    cold = measure(grouped, "label_noise", folder="cold").evidence.probe

    np.testing.assert_array_equal(warm.out_of_fold, cold.out_of_fold)


def test_copies_are_counted_by_hand(measure, dataset_of, random_pictures):
    """Of six images two show what an earlier one does; one of them stands in another class."""
    a, b, c, d = random_pictures(4)
    found = measure(dataset_of([a, b, c, d, a, b], [0, 1, 0, 1, 0, 0]), "sharpness")

    assert [(f.kind, f.path) for f in found.findings] == [("contradiction", "00005.png")]
    assert "00001.png" in found.findings[0].detail
    values = {name: share.value for name, share in found.shares.items()}
    assert values == {
        **dict.fromkeys(SHARES, 0.0),
        "private_share": None,  # no file has a header to look at
        "unusable_masks": None,  # nor a mask
        "traced_share": None,  # nor tags of a photo
        "exact_copies": pytest.approx(2 / 6),
        "conflicting_copies": pytest.approx(1 / 6),
        "contradictions": pytest.approx(1 / 6),
        "leaked_images": None,
        "leaked_copies": None,
        "leaked_groups": None,
        "leaked_patients": None,
        "shortcut": None,  # six images are too few to tell
        "confounding": None,
        "class_by_look": None,
        "class_by_file": None,
        "class_by_metadata": None,  # there is no column
        "split_by_metadata": None,
        "split_by_look": None,  # there are no splits
        "template_share": None,  # nothing was embedded
        "denied_share": None,
        "divided_share": None,  # no class has twenty images
        "denied_elsewhere": None,
        "hollow_share": 1.0,  # enlarged from five pixels
    }


def test_without_copies_nothing_is_counted(measure, dataset_of, random_pictures):
    """Different pictures are no copies, whatever their classes."""
    found = measure(dataset_of(random_pictures(4), [0, 1, 0, 1]), "sharpness")

    assert [found.shares[n].value for n in ("exact_copies", "conflicting_copies")] == [0.0, 0.0]
    assert found.findings == ()


def test_a_resample_that_holds_no_image_has_no_value(measure, toy):
    """As when a tiny dataset is resampled together with a large one; the others keep theirs."""
    found = measure(toy)
    (imbalance,) = (m for m in METRICS if m.name == "imbalance")
    answer, value = found.answers["imbalance"], found.values["imbalance"]
    weights = np.array([[1.0] * 40, [0.0] * 40, [2.0] * 40])

    drawn = resampled(imbalance, answer, value, weights)
    assert np.isnan(drawn).tolist() == [False, True, False]
    assert drawn[0] == drawn[2] == pytest.approx(value)
    assert np.isnan(resampled(imbalance, answer, value, weights[1:2])).all()
