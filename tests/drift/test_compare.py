"""`deri-gate compare` end to end: real files, real suite, and every bad input that was foreseen."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import deri_gate
from deri_gate.errors import DatasetError, SettingError
from deri_gate.reports.markdown import as_markdown
from deri_gate.reports.page import as_page
from deri_gate.reports.terminal import as_text
from tests.sweeps import sampled

pytestmark = pytest.mark.one_cache
QUIET = deri_gate.Machine(progress=False)
PIXELS = "sharpness,noise_artifacts,exposure,resolution"  # needs no network, so it takes seconds


@pytest.fixture(scope="module")
def digits():
    """Real handwritten digits of two classes, 24 px, in an order that is drawn."""
    found = load_digits(n_class=2)
    order = np.random.default_rng(0).permutation(len(found.target))
    big = [
        np.array(Image.fromarray((i * 15.9).astype(np.uint8)).resize((24, 24)))
        for i in found.images[order]
    ]
    return big, found.target[order]


@pytest.fixture
def write(digits, tmp_path):
    """Writes some of them as a folder; gives its path."""

    def make(
        name, some, *, change=lambda picture: picture, labelled=True, suffix="png", label=str
    ) -> Path:
        for i in some:
            folder = tmp_path / name / (label(digits[1][i]) if labelled else "")
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(change(digits[0][i])).save(folder / f"{i:04d}.{suffix}")
        return tmp_path / name

    return make


def compared(batch, baseline, out="report", **settings):
    return deri_gate.compare(
        batch, baseline=baseline, out=batch.parent / out,
        **{"metrics": PIXELS, "machine": QUIET, **settings},
    )  # fmt: skip


def document(batch, out="report"):
    return json.loads((batch.parent / out / "drift.json").read_text("utf-8"))


def check_of(report, metric):
    return next(check for check in report.checks if check.metric == metric)


def darker(picture):
    return (picture * 0.5).astype(np.uint8)


def test_a_batch_from_the_same_source_passes(write):
    report = compared(write("batch", range(200, 230)), write("base", range(100)))

    assert report.verdict == "pass"
    assert (
        report.change.sentence == f"Compared with {report.change.base_name}, 30 images were added."
    )
    for name, reason in (("drift.worst_group", "has no groups"), ("drift.trend", "few days")):
        assert check_of(report, name).status == "not_looked_at"
        assert reason in check_of(report, name).detail


@pytest.mark.parametrize("labelled", sampled([True, False]))
def test_broken_files_of_a_split_that_is_not_compared_fail_the_batch(write, tmp_path, labelled):
    """Half of the test split of the batch; one of the baseline is none of its faults."""
    base = write("base/train", range(200)).parent
    write("base/test", range(340, 350), label=lambda kind: str(1 - kind))
    if labelled:
        batch = write("batch/train", range(200, 260)).parent
        write("batch/test", range(260, 300))
    else:
        folder = write("files", range(200, 300), labelled=False)
        rows = [(f"{i:04d}.png", "train" if i < 260 else "test") for i in range(200, 300)]
        batch = folder / "list.csv"
        batch.write_text("path,split\n" + "\n".join(map(",".join, rows)))
    for kind in ("base", "batch" if labelled else "files"):
        for path in (tmp_path / kind).rglob("0*.png"):
            if path.stem >= "0280":
                path.write_bytes(path.read_bytes()[:80])

    report = compared(batch, base)

    unread = check_of(report, "unreadable_share")
    assert (unread.observed, unread.status) == (0.5, "fail")
    assert {c.status for c in report.checks if c.metric.startswith("drift.s")} == {"pass"}


def test_drift_fails_when_it_starts_and_warns_while_it_lasts_and_when_it_ends(write):
    """Weeks in a row into one history: good, dark, dark, good, good."""
    base = write("base", range(90))
    history = base.parent / "history.csv"
    weeks = [(150, None), (180, darker), (210, darker), (240, None), (270, None)]
    reports = []
    for number, (start, change) in enumerate(weeks):
        more = {"change": change} if change else {}
        batch = write(f"week{number}", range(start, start + 20), **more)
        reports.append(compared(batch, base, history=history))

    assert [one.verdict for one in reports] == ["pass", "fail", "warn", "warn", "warn"]
    ongoing = check_of(reports[2], "drift.ongoing")
    assert f"Drift continues since {reports[1].history[1].date}" in ongoing.detail
    assert as_text(reports[2]).startswith("DRIFT CONTINUES SINCE")
    for one in reports[1:4]:
        assert "passed" not in as_text(one).splitlines()[0].lower()
        assert "passed" not in as_markdown(one).splitlines()[0].lower()
        assert ">Passed" not in as_page(one)
    shown = [{row for item in one.exhibits.items for row in item.about} for one in reports]
    assert "drift.started" in shown[1]
    assert "drift.ongoing" in shown[2]
    assert "drift.ongoing" not in shown[3]  # no different images of a batch that is not different
    table = pd.read_csv(history)
    assert len(table) == 5
    assert "intensity" in table["started"][1]
    assert "intensity" in table["ended"][4]


def test_the_report_says_what_drifted_and_shows_the_images(write):
    batch = write("batch", range(200, 230), change=darker)
    report = compared(batch, write("base", range(100)))

    assert report.verdict == "fail"
    assert "has other grey levels" in check_of(report, "drift.started").detail
    summary = (batch.parent / "report" / "summary.md").read_text("utf-8")
    assert "Grey levels" in summary
    tests = {test["name"]: test for test in document(batch)["tests"]}
    assert tests["intensity"]["effect"] > 20
    assert set(tests["intensity"]["images"]) <= {
        p.relative_to(batch).as_posix() for p in batch.rglob("*.png")
    }


@pytest.mark.sweep
def test_other_images_of_the_same_names_are_new_ones(write, digits):
    """Scanners count from 1 every week: nothing was modified."""
    base = write("base", range(60), label=lambda _: "all")
    batch = write("raw", range(60, 90), label=lambda _: "all")
    for number, path in enumerate(sorted(batch.rglob("*.png"))):
        path.rename(path.with_name(f"{number:04d}.png"))
    report = compared(batch, base)

    assert (
        report.change.sentence == f"Compared with {report.change.base_name}, 30 images were added."
    )
    assert report.change.matching.modified == ()


def test_all_files_of_a_check_are_there(write):
    batch = write("batch", range(60, 90))
    compared(batch, write("base", range(60)))

    assert {
        "metrics.json", "subscores.json", "scores.json", "images.parquet", "validation.json", "summary.md",
        "junit.xml", "report.html", "run.json", "changes.json", "drift.json",
    } <= {path.name for path in (batch.parent / "report").iterdir()}  # fmt: skip
    assert not (batch.parent / "report" / "history.csv").exists()


@pytest.mark.sweep
def test_the_same_input_gives_the_same_bytes(write):
    batch, base = write("batch", range(60, 90)), write("base", range(60))
    for out in ("one", "two"):
        compared(batch, base, out=out, history=batch.parent / out / "history.csv")

    for name in ("drift.json", "scores.json", "validation.json", "history.csv", "changes.json"):
        assert (batch.parent / "one" / name).read_bytes() == (
            batch.parent / "two" / name
        ).read_bytes()


@pytest.mark.sweep
def test_where_labels_are_missing_all_else_runs(write):
    batch = write("batch", range(100, 140), labelled=False, change=darker)
    report = compared(batch, write("base", range(100)))
    found = document(batch)

    assert report.verdict == "fail"
    assert {"classes", "label_noise"} <= set(found["untested"])
    assert "intensity" in found["watch"]["started"]
    assert found["labels"] is None
    assert "no_labels" in {finding.kind for finding in report.metrics.findings}


@pytest.mark.sweep
def test_a_manifest_without_labels_is_a_batch_too(write):
    folder = write("files", range(100, 140), labelled=False)
    names = sorted(path.name for path in folder.iterdir())
    (folder / "batch.csv").write_text("path\n" + "\n".join(names), "utf-8")

    report = compared(folder / "batch.csv", write("base", range(100)))

    assert report.verdict == "pass"
    for name in ("new_classes", "conflicting_copies"):
        assert check_of(report, name).status == "not_looked_at"
        assert check_of(report, name).detail == "not every image has a label to compare"


def test_a_class_of_its_own_is_named(write):
    batch = write("batch", range(100, 140), label=lambda digit: {0: "0", 1: "seven"}[digit])
    report = compared(batch, write("base", range(100)))

    assert report.verdict == "fail"
    assert check_of(report, "new_classes").detail == "New: seven."
    assert document(batch)["labels"]["missing"] == ["1"]


@pytest.mark.sweep
def test_a_shift_of_the_classes_is_found(write, digits):
    ones = [i for i in range(150, 360) if digits[1][i] == 1][:50]
    batch = write("batch", ones)
    compared(batch, write("base", range(150)))

    assert "classes" in document(batch)["watch"]["started"]


@pytest.mark.sweep
def test_one_image_is_compared_and_whether_it_drifts_is_unknown(write):
    """A black picture passed: of so few images no p is small enough for an alarm."""
    batch = write("batch", [100], change=lambda picture: picture * 0)
    report = compared(batch, write("base", range(100)))

    assert report.verdict == "unknown"
    assert "Too few images to tell" in check_of(report, "drift.started").detail
    assert "unknown drift of 1 new image" in as_text(report)
    small = next(f for f in report.metrics.findings if f.kind == "small_batch")
    assert (
        small.detail
        == "1 image: no drift can be reported from this batch alone, as no p is below 1/101"
    )
    assert all(test["interval"] is None for test in document(batch)["tests"])


def test_a_batch_that_is_sent_again_under_another_name_is_refused(write):
    """It took the place of the first in the history, and passed: nothing new had come."""
    base, batch = write("base", range(60)), write("week47", range(60, 80))
    history = base.parent / "history.csv"
    compared(batch, base, history=history)
    before = history.read_bytes()
    again = batch.rename(batch.with_name("week48"))

    with pytest.raises(
        SettingError, match=r"tells the batch 'week47' of .*'week48' holds the same"
    ):
        compared(again, base, history=history)
    assert history.read_bytes() == before
    assert compared(again, base, history=history, name="week47").verdict == "pass"
    assert history.read_bytes() == before
    assert compared(again, base).verdict == "pass"  # by itself


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_pictures_that_are_sent_again_under_other_names_are_told(write, suffix):
    """Renamed, in another order or form: the table knows them by what they measure."""
    base, batch = write("base", range(60)), write("week47", range(60, 80))
    history = base.parent / "history.csv"
    compared(batch, base, history=history)
    again = write("week48", range(60, 80), suffix=suffix)
    for path in list(again.rglob("*.*")):
        path.rename(path.with_name(f"{999 - int(path.stem)}{path.suffix}"))
    told = compared(again, base, history=history).metrics.findings
    fresh = compared(write("week49", range(80, 100)), base, history=history).metrics.findings

    detail = next(f.detail for f in told if f.kind == "sent_again")
    assert detail.startswith("its 20 images measure as those of 'week47' of ")
    assert "sent_again" not in {f.kind for f in fresh}


@pytest.mark.sweep
def test_single_images_are_judged_with_those_that_came_before(write):
    base = write("base", range(100))
    verdicts = []
    for number in (100, 101, 102):
        batch = write(f"week-{number}", [number], change=lambda picture: picture * 0)
        report = compared(batch, base, history=batch.parent / "history.csv")
        verdicts.append(report.verdict)

    assert verdicts[0] == "unknown"
    assert "fail" in verdicts[1:]


@pytest.mark.sweep
def test_two_images_can_drift(write):
    base = write("base", range(100))
    assert compared(write("batch", [100, 101]), base).verdict == "pass"


def test_masks_are_not_compared_and_the_report_says_so(write):
    """A batch whose masks were all blank passed in silence."""
    sides = {
        name: write(name, some) for name, some in (("base", range(100)), ("batch", range(100, 160)))
    }
    for root in sides.values():
        for image in sorted(root.glob("*/*.png")):
            Image.new("L", (24, 24)).save(image.with_name(f"{image.stem}_mask.png"))
    report = compared(sides["batch"], sides["base"])

    said = [f.detail for f in report.metrics.findings if f.kind == "masks"]
    assert said == [
        "the masks of the baseline are not compared", "the masks of the batch are not compared",
    ]  # fmt: skip


@pytest.mark.sweep
def test_other_sizes_channels_and_file_types_are_drift(write):
    batch = write(
        "batch", range(100, 140), suffix="jpg",
        change=lambda picture: np.array(Image.fromarray(np.dstack([picture, picture // 2, picture])).resize((48, 32))),
    )  # fmt: skip
    compared(batch, write("base", range(100)))

    assert {"size", "shape", "channels", "format"} <= set(document(batch)["watch"]["started"])


@pytest.mark.sweep
def test_baseline_and_batch_the_same_files_is_said(write):
    base = write("base", range(60))
    shutil.copytree(base, base.parent / "batch")
    report = compared(base.parent / "batch", base)

    assert report.verdict == "fail"
    assert (
        check_of(report, "baseline_copies").detail
        == "The baseline has every image of the batch already."
    )
    assert "same_images" in {finding.kind for finding in report.metrics.findings}


def test_near_copies_of_the_baseline_are_counted(write):
    batch = write(
        "batch",
        range(40, 60),
        change=lambda picture: np.minimum(picture.astype(int) + 1, 255).astype(np.uint8),
    )
    compared(batch, write("base", range(60)))
    copies = document(batch)["copies"]

    assert copies["exact"] == []
    assert len(copies["near"]) == 20


def test_a_batch_of_unreadable_images_cannot_be_judged(write, run):
    batch, base = write("batch", range(3)), write("base", range(3, 40))
    for path in batch.rglob("*.png"):
        path.write_bytes(b"not a picture")

    with pytest.raises(DatasetError, match="no image could be read"):
        compared(batch, base)
    status, _, said = run("compare", batch, "--baseline", base, "--metrics", PIXELS)
    assert status == 2
    assert "no image could be read" in said


def manifest(folder, times, groups=None):
    rows = [
        f"{path.relative_to(folder).as_posix()},{path.parent.name},{time},{groups[i] if groups else ''}"
        for i, (path, time) in enumerate(zip(sorted(folder.rglob("*.png")), times, strict=True))
    ]
    (folder / "m.csv").write_text("\n".join(["path,label,time,group", *rows]), "utf-8")
    return folder / "m.csv"


def test_times_that_do_not_parse_are_findings(write):
    batch = write("batch", range(100, 120))
    times = ["last Tuesday", *["2026-11-20"] * 18, "2026-11-21T08:00"]
    history = batch.parent / "history.csv"
    report = compared(manifest(batch, times), write("base", range(100)), history=history)

    kinds = [(finding.kind, finding.detail) for finding in report.metrics.findings]
    assert [detail for kind, detail in kinds if kind == "time"] == [
        "'last Tuesday' is not a time in ISO 8601, such as 2026-11-30 or 2026-11-30T08:15"
    ]
    assert pd.read_csv(history)["date"][0].startswith("2026-11-21")


def test_a_trend_over_time_is_found(write, digits):
    """Every day a little darker."""
    batch = write("batch", range(100, 160))
    times = [f"2026-10-{1 + i // 3:02d}" for i in range(60)]
    for i, path in enumerate(sorted(batch.rglob("*.png"))):
        picture = np.array(Image.open(path))
        Image.fromarray((picture * (1 - 0.01 * i)).astype(np.uint8)).save(path)
    path = manifest(batch, times)
    compared(path, write("base", range(100)))
    trends = {
        trend["name"]: trend
        for trend in json.loads((batch / "report" / "drift.json").read_text())["trends"]
    }

    assert trends["intensity"]["slope"] < 0
    assert trends["intensity"]["adjusted_p"] < 0.001


def test_the_worst_group_is_named(write):
    """Of two scanners one went dark; the other is as ever."""
    base, batch = write("base", range(100)), write("batch", range(160, 210))
    paths = sorted(batch.rglob("*.png"))
    for path in paths[:25]:
        Image.fromarray(darker(np.array(Image.open(path)))).save(path)
    before = manifest(base, [""] * 100, ["a", "b"] * 50)
    after = manifest(batch, [""] * 50, ["b"] * 25 + ["a"] * 25)
    report = compared(after, before)

    assert check_of(report, "drift.worst_group").detail.startswith(
        "The worst group is b, against its own past"
    )
    assert check_of(report, "drift.worst_group").status == "warn"


@pytest.mark.sweep
def test_a_history_of_another_profile_is_refused_before_anything_is_measured(write):
    batch, base = write("batch", range(60, 90)), write("base", range(60))
    path = batch.parent / "history.csv"
    compared(batch, base, history=path)
    table = pd.read_csv(path, dtype=str)
    table["profile"] = "0123456789abcdef"
    table.to_csv(path, index=False)

    with pytest.raises(SettingError, match="is a history of the profile 0123456789abcdef"):
        compared(batch, base, history=path)


@pytest.mark.sweep
@pytest.mark.parametrize(
    ("turn", "said"), sampled([(np.rot90, "turned by 90 degrees"), (np.fliplr, "mirrored")])
)
def test_a_batch_that_is_mirrored_or_turned_is_seen(write, turn, said):
    """By itself, without the encoder; and the report says how it was turned."""
    batch = write("batch", range(200, 320), change=turn)
    report = compared(batch, write("base", range(200)))
    test = next(t for t in report.drift.tests if t.name == "orientation")

    assert (report.verdict, test.drifted) == ("fail", True)
    assert said in test.sentence


@pytest.mark.sweep
def test_a_comparison_without_a_history_writes_none(write):
    """And is judged by itself: what drifted before is not known."""
    base = write("base", range(100))
    for name in ("one", "two"):
        report = compared(write(name, range(100, 140), change=darker), base)

        assert report.verdict == "fail"
        assert len(report.history) == 1
    assert not list(base.parent.rglob("*history*"))


@pytest.mark.sweep
def test_the_page_leads_with_what_drifted_and_shows_it(write):
    """Images of the batch beside typical ones of the baseline; no score of unequal sizes."""
    base = write("base", range(100))
    page = as_page(compared(write("batch", range(100, 140), change=darker), base))

    assert page.index("What drifted") < page.index("What does not pass")
    assert "(6 most different images)" not in page  # the fault is not of six alone
    assert "were added" not in page
    assert "starts now" in page
    assert page.count('<use href="#p') > 12
    assert "of the pool, the blue band" not in page
    assert '<section class="card" aria-label="DERI1000' not in page


def test_a_history_that_cannot_be_written_is_said_by_its_own_option(write, tmp_path, run):
    """And not by --out, which is another folder."""
    (tmp_path / "file").touch()
    batch, base = write("batch", range(3)), write("base", range(3))
    place = tmp_path / "file" / "h.csv"
    status, _, said = run("compare", batch, "--baseline", base, "--history", place)

    assert status == 2
    assert f"--history {tmp_path / 'file'}: {tmp_path / 'file'} is in the way" in said


def test_the_command_prints_and_exits_as_check_does(write, run):
    batch, base = write("batch", range(100, 140), change=darker), write("base", range(100))
    asked = ("compare", batch, "--baseline", base, "--metrics", PIXELS, "--history", "h.csv")

    status, said, _ = run(*asked)
    assert status == 1
    assert "FAILED" in said
    assert Path("h.csv").is_file()
    assert run(*asked, "--fail-on", "never")[0] == 0


def test_a_baseline_must_be_named(run, write):
    status, _, said = run("compare", write("batch", range(3)))

    assert status == 2
    assert "--baseline" in said


def test_embeddings_are_compared_as_well(write):
    """The whole of it, network and neighbours: a negative looks different, good digits do not."""
    base = write("base", range(40))
    good, turned = (
        write("good", range(60, 80)),
        write("turned", range(85, 105), change=lambda picture: 255 - picture),
    )
    compared(good, base, metrics="data", out="g")
    compared(turned, base, metrics="data", out="d")

    assert document(good, "g")["watch"]["started"] == []
    assert document(good, "g")["untested"] == {"colour": "all images are grey"}
    assert "embedding" in document(turned, "d")["watch"]["started"]
    assert document(turned, "d")["spread"]["density"] < document(good, "g")["spread"]["density"]


@pytest.mark.sweep
def test_images_of_another_split_of_the_baseline_are_copies(write):
    base = write("base/train", range(60)).parent
    write("base/test", range(60, 90))
    shutil.copytree(base / "test", base.parent / "batch")
    report = compared(base.parent / "batch", base)

    assert report.verdict == "fail"
    assert "same_images" in {finding.kind for finding in report.metrics.findings}


def test_what_the_baseline_lacks_is_told_of_the_baseline(write):
    """An unreadable image of it, or missing labels, were told under the name of the batch."""
    base, batch = write("known", range(60)), write("week", range(100, 140))
    for path in sorted(base.rglob("*.png"))[:2]:
        path.write_bytes(path.read_bytes()[:80])
    report = compared(batch, base)
    named = {f.path for f in report.metrics.findings if "of the baseline" in f.detail}

    assert len(named) == 1
    assert Path(*named).name == "known"


def test_an_effect_is_told_with_its_scale(write):
    """A -1 alone may be little or all; darker images are not simply called blurrier."""
    report = compared(write("batch", range(100, 140), change=darker), write("base", range(100)))
    said = [test.sentence for test in report.drift.tests]

    for sentence in said:
        assert re.search(r"effect \S+ (on a scale of (-1|0) to 1|spreads of|grey levels)", sentence)
    (edges,) = (s for s in said if "edges: it is" in s)
    assert "blurrier, or darker" in edges


def test_a_colour_cast_is_told_in_words(tmp_path):
    """As by another stain or white balance, where brightness stays and colours were many before."""
    rng = np.random.default_rng(4)
    for name, count, cast in (("base", 150, 0), ("week", 40, 0), ("tinted", 40, 12)):
        for i in range(count):
            tone = rng.uniform(60, 190) + rng.normal(0, 12, 3)
            picture = tone + rng.normal(0, 6, (24, 24, 3)) + cast * np.array([-0.114, 0, 0.886])
            (folder := tmp_path / name / f"c{i % 2}").mkdir(parents=True, exist_ok=True)
            levels = np.clip(picture, 0, 255).astype(np.uint8)
            Image.fromarray(levels).save(folder / f"{name}{i}.png")
    week, tinted = (
        compared(tmp_path / name, tmp_path / "base", out=f"{name}.out")
        for name in ("week", "tinted")
    )

    assert week.verdict == "pass"
    assert [test.name for test in tinted.drift.tests if test.drifted] == ["colour"]
    sentence = next(test.sentence for test in tinted.drift.tests if test.drifted)
    assert re.search(r"other colours .* and bluer by (9|1[0-5])(\.\d)? grey levels\.$", sentence)
    assert sentence in as_text(tinted).replace("\n", " ")
