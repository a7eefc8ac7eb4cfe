"""The headline: numbers of images by fault, in plain words."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from deri_gate.changes.records import KINDS
from deri_gate.drift.records import Copies, Drift, DriftTest, Watch
from deri_gate.measuring.shares import DIVIDED, OF_IMAGES, UNUSABLE_MASK
from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from deri_gate.reports.headline import FAULTS, SEEN, headline_of
from deri_gate.schemas.metrics import FindingInfo


def test_suspects_are_counted_by_fault(report_of) -> None:
    """Unreadable files come last; what nobody stands out in is not said."""
    report = report_of(suspects={"sharpness": 5, "duplicates": 1491})

    assert headline_of(report).text == (
        "5 blurred, 1,491 near duplicates, 2 unreadable of 100 images"
    )


def test_smoothed_images_are_not_called_noisy(report_of) -> None:
    """The metric tells of grain, of lines, of smoothing and of compression alike."""
    report = report_of(suspects={"noise_artifacts": 3})

    assert headline_of(report).text.startswith("3 with noise or artifacts, ")


def test_one_image_is_told_in_the_singular(report_of, change_of, tested) -> None:
    """No "1 near duplicates", and no "1 unlike their class"."""
    images = pa.table({"path": ["a"], "suspect_for": ["contradiction"]})
    report = replace(report_of(suspects={"duplicates": 1, "separation": 1}), table=images)
    change = change_of([replace(tested(about="duplicates", p=1e-9), count=1)], added=("new",))

    assert headline_of(report).text == (
        "1 with a contradicting label, 1 unlike its class, 1 near duplicate, "
        "2 unreadable of 100 images"
    )
    assert headline_of(report_of(change=change)).text.startswith("1 new image near duplicate")


def test_nothing_stands_out(report_of) -> None:
    report = report_of()
    dataset = report.metrics.dataset.model_copy(update={"unreadable": 0})
    calm = replace(report, metrics=report.metrics.model_copy(update={"dataset": dataset}))

    assert headline_of(calm).text == "100 images, no suspects"


def test_images_that_no_metric_names_are_counted(report_of) -> None:
    """Once for each reason, those first; a second shot is no fault."""
    reasons = ["divided", "divided|sharpness", "border|divided", "second_shot", "", None]
    images = pa.table({"path": list("abcdef"), "suspect_for": reasons})
    report = replace(report_of(suspects={"sharpness": 1}), table=images)

    assert headline_of(report).text == (
        "3 damaged alike within a class, 1 with a border, 1 blurred, 2 unreadable of 100 images"
    )


def test_files_that_name_a_patient_come_first(report_of) -> None:
    """The gate fails by them; a file with two findings of a kind is one."""
    report = report_of(suspects={"sharpness": 1})
    found = [FindingInfo(kind="privacy", path=path, detail="tags") for path in ("a", "a", "b")]
    found.append(FindingInfo(kind="missing_label", path="c", detail="none"))
    metrics = report.metrics.model_copy(update={"findings": tuple(found)})

    assert headline_of(replace(report, metrics=metrics)).text == (
        "2 naming a person, a place or a device, 1 without a label, 1 blurred, "
        "2 unreadable of 100 images"
    )


def test_every_reason_that_is_no_metric_has_words() -> None:
    """A reason in the table of images without words would be "no suspects"."""
    by_sight = {damage.kind for damage in NAMED_DAMAGES if not damage.metric}

    assert set(SEEN) == {*OF_IMAGES.values(), *by_sight, DIVIDED, UNUSABLE_MASK}


def test_changed_images_are_told_by_kind(report_of, change_of, tested) -> None:
    """Each kind once, with all that it is worse in; blur brings the loss of resolution along."""
    tests = [
        replace(tested(about="sharpness", p=1e-9), kind="modified", count=24),
        replace(tested(about="resolution", p=1e-9), kind="modified", count=24),
        replace(tested(about="exposure", p=1e-9), kind="modified", count=24),
        replace(tested(about="label_noise", p=1e-9), kind="relabelled", count=20),
        replace(tested(about="duplicates", p=1e-9), kind="added", count=2),
        replace(tested(about="noise_artifacts", p=0.4), kind="added", count=2),
    ]
    change = change_of(tests, relabelled=tuple(f"r{i}" for i in range(20)),
                       modified=tuple(f"m{i}" for i in range(24)), removed=("cut.png",))  # fmt: skip
    report = report_of(change=change, findings=["cut.png", "broken before.png"])

    assert headline_of(report).text == (
        "2 new images near duplicates, 24 changed images blurrier and worse exposed, "
        "20 relabelled images with doubtful labels, 1 unreadable of 47 changed images"
    )


def test_each_fault_has_its_own_number_of_changed_images(report_of, change_of, tested) -> None:
    """Count each fault by itself: where 20 of 48 new images are blurred, no 48 are."""
    tests = [
        replace(tested(about="sharpness", p=1e-9), count=20),
        replace(tested(about="exposure", p=1e-9), count=48),
        replace(tested(about="novelty", p=1e-9), count=48),
        replace(tested(about="duplicates", p=1e-9), count=1),
    ]
    change = change_of(tests, added=tuple(f"a{i}" for i in range(48)))

    assert headline_of(report_of(change=change)).text == (
        "48 new images worse exposed and unlike the base, 20 blurrier, 1 near duplicate"
    )


def test_all_changed_images_are_counted_once(report_of, change_of, tested) -> None:
    """A number that stands there already is not said again."""
    tests = [replace(tested(p=1e-9), kind="modified", count=24)]
    names = tuple(f"m{i}" for i in range(24))
    alone = change_of(tests, added=(), modified=names)
    beside = change_of(tests, added=("new.png",), modified=names)

    assert headline_of(report_of(change=alone)).text == "24 changed images blurrier"
    told = "24 changed images blurrier of 25 changed images"
    assert headline_of(report_of(change=beside)).text == told


def test_no_changed_image_is_said(report_of, change_of) -> None:
    """Masks or other files alone are others: nothing could stand out."""
    change = change_of([], added=())

    assert headline_of(report_of(change=change)).text == "no image changed"


def test_suspects_among_the_changed_images_stand_out(report_of, change_of, tested) -> None:
    """Where no test is significant; those of the base are not this change's."""
    reasons = {"new.png": "sharpness|border", "edited.png": "sharpness", "old.png": "sharpness"}
    images = pa.table({"path": [*reasons], "suspect_for": [*reasons.values()]})
    change = change_of([tested(p=0.5)], added=("new.png", "fine.png"), modified=("edited.png",))
    report = replace(report_of(change=change), table=images)
    calm = replace(report, table=images.slice(2))

    assert headline_of(report).text == "1 with a border, 2 blurred of 3 changed images"
    assert headline_of(calm).text == "3 changed images, no suspects"


def test_contradicting_labels_stand_out_beside_faults_of_all(report_of, change_of, tested) -> None:
    """They are faults of single images, of which the tests of all tell nothing."""
    reasons = {"a.png": "contradiction|sharpness", "old.png": "contradiction"}
    images = pa.table({"path": [*reasons], "suspect_for": [*reasons.values()]})
    blurred = replace(tested(p=1e-9), kind="added", count=2)
    change = change_of([blurred], added=("a.png", "b.png"))
    told = headline_of(replace(report_of(change=change), table=images)).text

    assert told == "2 new images blurrier, 1 with a contradicting label of 2 new images"


@pytest.mark.parametrize(
    ("kind", "said"),
    [("added", "2 new images"), ("removed", "2 removed images"), ("modified", "2 changed images")],
)
def test_changed_images_of_one_kind_are_called_so(report_of, change_of, kind, said) -> None:
    """An image that is gone cannot be a suspect, and was counted as a changed one."""
    change = change_of([], **{"added": (), kind: ("a.png", "b.png")})

    assert headline_of(report_of(change=change)).text == f"{said}, no suspects"


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ((), "3 images moved to another split, no suspects"),
        (("new.png",), "1 new image and 3 moved to another split, no suspects"),
    ],
)
def test_images_in_another_split_are_not_gone(report_of, change_of, added, said) -> None:
    """They were counted as removed ones, and as changed ones on both sides of an exchange."""
    counts = dict.fromkeys(KINDS, 0) | {"moved": 3}
    plain = change_of([], added=added)
    change = replace(plain, elsewhere={"val (was train)": counts}, crossed=("val (was train)",))

    assert headline_of(report_of(change=change)).text == said


def test_a_class_that_is_gone_stands_out(report_of, change_of, tested) -> None:
    """No image is left that could be worse."""
    names = tuple(f"r{i}" for i in range(9))
    gone = change_of([], added=(), removed=names, classes_removed=("cat", "dog"))
    tests = [replace(tested(p=1e-9), kind="modified", count=2)]
    more = change_of(tests, added=(), removed=names, classes_removed=("cat",), modified=("a", "b"))

    assert headline_of(report_of(change=gone)).text == "classes cat and dog removed"
    assert headline_of(report_of(change=more)).text == (
        "class cat removed, 2 changed images blurrier of 11 changed images"
    )


def test_a_change_of_the_classes_stands_out(report_of, change_of, tested) -> None:
    """It failed the gate, and the headline said that it has no suspects."""
    added = tuple(f"n{i}" for i in range(40))
    unbalanced = replace(tested(about="imbalance", p=1e-9), kind="added", count=40)
    others = replace(unbalanced, about="composition")
    cut = replace(others, kind="removed", count=9)
    beside = change_of([cut], added=(), removed=tuple("abcdefghi"), modified=("m",))

    report = report_of(change=change_of([unbalanced, others], added=added))
    assert headline_of(report).text == "40 new images making the classes less balanced"
    assert headline_of(report_of(change=beside)).text == (
        "9 removed images of other classes than the base of 10 changed images"
    )


def batch_with(watch, **ps) -> Drift:
    """A batch with tests of these features."""
    return Drift(
        baseline_name="base", baseline_fingerprint="b", baseline_images=9, images=98,
        tests=tuple(
            DriftTest(name=name, title=name, unit="", effect=1.0, interval=None, smallest=0.1,
                      p=p, adjusted_p=p) for name, p in ps.items()
        ),
        copies=Copies(exact=(), near=(), images=100), watch=watch,
    )  # fmt: skip


def test_a_batch_is_told_by_what_drifted(report_of, change_of) -> None:
    """Features that start come first; one that goes on is named if the batch still shows it."""
    watch = Watch(
        comparisons=3, scores={}, drifting=("noise", "contrast", "brightness"),
        started=("brightness",), since={"contrast": "2026-11-02", "noise": "2026-11-09"},
    )  # fmt: skip
    drift = batch_with(watch, noise=0.5, contrast=0.01, brightness=1e-9)

    said = headline_of(report_of(change=change_of(), drift=drift)).text
    assert said == "98 new images drifted in brightness and contrast, in drift since 2026-11-02"


def test_titles_are_small_within_a_sentence(report_of, change_of) -> None:
    """It was "drifted in Looks (embedding) and Grey levels"."""
    watch = Watch(comparisons=1, scores={}, drifting=("Looks",), started=("Looks",), since={})
    drift = batch_with(watch, Looks=1e-9)

    assert headline_of(report_of(change=change_of(), drift=drift)).text.endswith("drifted in looks")


def test_a_batch_that_no_longer_shows_a_drift_says_so(report_of, change_of) -> None:
    """The drift goes on until a second batch agrees; the images of this one have not drifted."""
    watch = Watch(
        comparisons=4, scores={}, drifting=("noise",), started=(), since={"noise": "2026-11-09"}
    )
    said = headline_of(report_of(change=change_of(), drift=batch_with(watch, noise=0.9))).text

    assert said == (
        "98 new images do not show the drift since 2026-11-09 in noise: "
        "it ends when later ones do not either"
    )


def test_a_calm_batch_has_not_drifted(report_of, change_of) -> None:
    drift = batch_with(Watch(comparisons=1, scores={}), brightness=0.5)

    said = headline_of(report_of(change=change_of(), drift=drift)).text
    assert said == "no drift of 98 new images"


def test_every_test_of_single_images_has_words() -> None:
    """A metric has its title at least; anything else without words would never be told."""
    from deri_gate.changes.records import HEAT, LOOKS

    assert {*LOOKS, *HEAT} - set(FAULTS) == {"diversity"}  # of removed images alone


def test_a_metric_without_words_is_told_by_its_title(
    report_of, change_of, tested, monkeypatch
) -> None:
    """Suspects and tests of a plugin, or a twelfth of ours, are never "no suspects"."""
    words = {name: fault for name, fault in FAULTS.items() if name != "exposure"}
    monkeypatch.setattr("deri_gate.reports.headline.FAULTS", words)
    test = replace(tested(about="exposure", p=1e-9), kind="modified", count=7)

    suspects = headline_of(report_of(suspects={"exposure": 3, "sharpness": 2})).text
    changed = headline_of(
        report_of(change=change_of([test], modified=tuple(f"m{i}" for i in range(7))))
    ).text
    assert suspects == "2 blurred, 3 suspected for exposure, 2 unreadable of 100 images"
    assert changed.startswith("7 changed images worse in exposure of ")


def test_judged_images_that_another_split_has_too_are_counted(report_of, leaks_with) -> None:
    """Each once, of the judged split; what only looks the same is none."""
    found = leaks_with(["a", "b"])
    again = replace(found.pairs[0], image="c")  # two copies of one training image
    alike = replace(found.pairs[0], image="d", other="d", exact=False)
    leaks = replace(found, pairs=(*found.pairs, again, alike))
    report = replace(report_of(), leaks=leaks)
    dataset = report.metrics.dataset.model_copy(update={"split": "train"})
    judged = replace(report, metrics=report.metrics.model_copy(update={"dataset": dataset}))

    assert headline_of(judged).text.startswith("2 also in another split, ")
