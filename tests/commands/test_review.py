"""Suspects as a list, decisions read back and applied: with real files, as a person would."""

from __future__ import annotations

import csv
import json
import os
import shlex
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate.data.readers import ReadOptions, open_dataset
from deri_gate.data.readers.manifest_rows import manifest_rows
from deri_gate.errors import SettingError
from deri_gate.measuring.decisions import cases_text
from deri_gate.reports.exhibits.collect import exhibits_of
from deri_gate.runtime.engine import Machine
from tests.sweeps import sampled

pytestmark = pytest.mark.one_cache
QUIET = {
    "machine": Machine(device="cpu", workers=1, progress=False),
    "metrics": "exposure,duplicates",
}


@pytest.fixture
def folder(tmp_path, random_pictures):
    """Sixty pictures of two classes: one is dark, one is a copy in the other class."""
    pictures = random_pictures(60)
    pictures[7] = (pictures[7] * 0.2).astype(np.uint8)
    pictures[20] = pictures[11]
    for i, picture in enumerate(pictures):
        path = tmp_path / "set" / "ab"[i % 2] / f"{i:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    return tmp_path / "set"


@pytest.fixture
def review(folder, tmp_path):
    """Run the command; decide as the test says; the list's rows come back."""

    def run(decide=lambda _: {}, **more):
        cases = tmp_path / "review.csv"
        done = deri_gate.review(folder, cases=cases, **QUIET, **more)
        with cases.open(newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row.update(decide(row))
        with cases.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return done, rows

    return run


def accept(reason, **more):
    said = {"decision": "accept", "who": "Ada", "when": "2026-01-31", "why": "looked at it"}
    return lambda row: {**said, **more} if row["reason"] == reason else {}


def drop(_):
    return {"decision": "drop", "who": "Ada", "when": "2026-01-31", "why": "it is broken"}


def is_later(row):
    """True for the copy of an earlier image with another label; that one has a line too."""
    return row["reason"] == "contradiction" and row["suggestion"].startswith("the same picture")


def test_both_ends_of_a_contradiction_have_a_line(review, folder, tmp_path):
    """Either may be the wrong one; to accept the earlier one accepts no later copy of it."""
    _, rows = review()
    ends = [(r["path"], r["suggestion"]) for r in rows if r["reason"] == "contradiction"]
    (later,) = (row["path"] for row in rows if is_later(row))
    (earlier,) = {path for path, _ in ends} - {later}

    assert {earlier, later} == {"b/11.png", "a/20.png"}
    assert dict(ends)[earlier].startswith(f"{later} is the same picture as {earlier}, with another")
    review(lambda row: accept("contradiction")(row) if row["path"] == earlier else {})
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)
    assert found.shares["contradictions"].value == pytest.approx(1 / 60)
    review(lambda row: accept("contradiction")(row) if row["path"] == later else {})
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)
    assert found.shares["contradictions"].value == 0


def test_the_list_names_each_case_and_is_the_same_again(review, folder, tmp_path):
    done, rows = review()
    cases = {(row["path"], row["reason"]) for row in rows}

    assert ("b/07.png", "exposure") in cases
    assert {reason for _, reason in cases} >= {"exposure", "duplicates", "contradiction"}
    assert done.open == len(rows)
    before = (tmp_path / "review.csv").read_bytes()
    deri_gate.review(folder, cases=tmp_path / "review.csv", **QUIET)
    assert (tmp_path / "review.csv").read_bytes() == before


def test_a_second_list_is_refused(folder, tmp_path):
    """It would do nothing: `cases` is the list."""
    with pytest.raises(SettingError, match="named by `cases`"):
        deri_gate.review(folder, cases=tmp_path / "a.csv", review=tmp_path / "b.csv", **QUIET)


def test_accepted_cases_no_longer_count_and_it_is_said(review, folder, tmp_path):
    """Neither the suspect nor the finding, and so not the share that counts it."""
    review(accept("exposure"))
    review(accept("contradiction"))
    plain = deri_gate.measure(folder, **QUIET)
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)

    assert len(plain.answers["exposure"].suspects) == 1
    assert len(found.answers["exposure"].suspects) == 0
    assert plain.shares["contradictions"].value > 0
    assert found.shares["contradictions"].value == 0
    assert found.values == plain.values
    assert "accepted" not in {f.kind for f in plain.findings}
    note = found.findings[0]  # before all others: lists are cut at their end
    assert [f for f in found.findings if f.kind == "accepted"] == [note]
    assert note.detail.startswith("3 cases accepted by a person")  # a contradiction has two ends


@pytest.mark.sweep
def test_an_unreadable_file_is_dropped_like_any_other(review, folder, tmp_path):
    """It has a line that says what is wrong with it; another broken file in its place is another."""
    broken = folder / "a" / "02.png"
    broken.write_bytes(broken.read_bytes()[:60])
    _, rows = review(lambda row: drop(row) if row["reason"] == "unreadable" else {})
    (line,) = (row for row in rows if row["reason"] == "unreadable")
    manifest = folder / "clean.csv"

    done, _ = review(apply=manifest)

    assert line["path"] == "a/02.png"
    assert line["suggestion"]
    assert (done.written, done.stale) == (59, 0)
    assert deri_gate.measure(manifest, **QUIET).shares["unreadable_share"].value == 0
    manifest.unlink()
    broken.write_bytes(b"other bytes")
    assert review()[0].stale == 1


def test_an_accepted_copy_is_no_copy_too_many(review, folder, tmp_path):
    """Nor is its label a conflict; a further copy of it is another case."""
    review(accept("contradiction"))
    review(accept("duplicates"))
    plain = deri_gate.measure(folder, **QUIET)
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)
    names = ("exact_copies", "conflicting_copies", "contradictions")

    assert [plain.shares[name].value for name in names] == [1 / 60] * 3
    assert [found.shares[name].value for name in names] == [0] * 3
    shutil.copy(folder / "a" / "20.png", folder / "a" / "another copy.png")
    again = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)
    assert again.shares["exact_copies"].value == pytest.approx(1 / 61)
    assert "another copy.png" in again.evidence.ids[again.answers["duplicates"].suspects[0]]


@pytest.mark.sweep
def test_the_page_shows_no_accepted_pair_as_an_open_one(review, folder, tmp_path):
    """Contradictions, edited ones and copies alike; what came later is shown."""

    def shown():
        found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)
        rows = [row for one in exhibits_of(found).items for row in one.rows if one.noun == "pair"
                or one.name == "duplicates"]  # fmt: skip
        return [{tile.image.id for tile in row.tiles} for row in rows]

    dark = Image.fromarray(np.asarray(Image.open(folder / "a" / "02.png")) // 4 * 3)
    dark.save(folder / "b" / "99.png")  # an edited copy
    review()
    assert shown() == [{"a/20.png", "b/11.png"}, {"a/02.png", "b/99.png"}] * 2
    for reason in ("contradiction", "likely_contradiction", "duplicates"):
        review(accept(reason))
    assert shown() == []
    shutil.copy(folder / "b" / "11.png", folder / "b" / "a later copy.png")
    assert shown() == [{"a/20.png", "b/a later copy.png"}]


@pytest.mark.parametrize("name", sampled(["00.png", "99.png"]))
def test_an_accepted_contradiction_hides_no_later_one(review, folder, tmp_path, name):
    """A third label for the same picture is another case, wherever the new file is sorted."""
    review(accept("contradiction"))
    (folder / "0").mkdir()
    shutil.copy(folder / "a" / "20.png", folder / "0" / name)
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)
    told = [f for f in found.findings if f.kind == "contradiction"]

    assert {(f.path, f.other) for f in told} == {(f"0/{name}", "")}
    assert found.shares["contradictions"].value == pytest.approx(1 / 61)
    assert found.shares["conflicting_copies"].value == pytest.approx(1 / 61)


def test_a_contradiction_of_which_one_end_is_accepted_names_the_other(review, folder, tmp_path):
    """One of both labels is wrong unless a person has accepted each."""
    review(lambda row: accept("contradiction")(row) if is_later(row) else {})
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)
    told = [f for f in found.findings if f.kind == "contradiction"]

    assert [(f.path, f.other) for f in told] == [("a/20.png", "")]
    assert found.shares["contradictions"].value == pytest.approx(1 / 60)


def test_an_accepted_label_is_accepted_as_it_was(review, folder, tmp_path):
    """Accepted for a class, not for whatever class the image is moved to later."""
    review(accept("contradiction"))
    (folder / "c").mkdir()
    for name in ("11", "20"):
        for path in folder.glob(f"*/{name}.png"):
            path.rename(folder / ("c" if name == "20" else "b") / path.name)
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)

    assert found.shares["contradictions"].value == pytest.approx(1 / 60)


@pytest.mark.sweep
def test_what_lies_in_another_split_can_be_accepted_too(review, folder, tmp_path):
    """A contradiction between splits is told of both, though the later one is not judged."""
    for path in sorted(folder.rglob("*.png")):
        split = "test" if path.name in ("11.png", "20.png") else "train"
        place = folder / split / path.parent.name / path.name
        place.parent.mkdir(parents=True, exist_ok=True)
        path.rename(place)
    (folder / "test" / "b" / "11.png").rename(folder / "train" / "b" / "11.png")
    shutil.rmtree(folder / "a")
    shutil.rmtree(folder / "b")
    _, rows = review(accept("contradiction"))
    plain = deri_gate.measure(folder, **QUIET)
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)

    assert [r["path"] for r in rows if r["reason"] == "contradiction"] == [
        "test/a/20.png", "train/b/11.png",
    ]  # fmt: skip
    assert plain.shares["contradictions"].value > 0
    assert found.shares["contradictions"].value == 0


def test_every_report_says_how_many_were_accepted(review, folder, tmp_path):
    """Also where more findings lie there than a list shows."""
    review(accept("exposure"))
    for i in range(30):
        (folder / f"note {i}.txt").write_text("no image")
    out = tmp_path / "report"
    report = deri_gate.check(folder, review=tmp_path / "review.csv", out=out, **QUIET)
    said = "1 case accepted by a person"

    assert len(report.metrics.findings) > 30
    for name in ("metrics.json", "summary.md", "report.html", "junit.xml"):
        assert said in (out / name).read_text("utf-8"), name
    assert said in deri_gate.reports.terminal.as_text(report)


@pytest.mark.parametrize("how", ["date", "content"])
def test_an_acceptance_ends_with_its_date_or_its_content(review, folder, tmp_path, how):
    review(accept("exposure", **({"until": "2026-02-01"} if how == "date" else {})))
    if how == "content":
        dark = np.array(Image.open(folder / "b" / "07.png"))
        Image.fromarray(np.maximum(dark, 1)[::-1]).save(folder / "b" / "07.png")
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)

    assert len(found.answers["exposure"].suspects) == 1
    assert "accepted" not in {f.kind for f in found.findings}


def test_what_is_dropped_or_relabelled_is_so_in_the_manifest(review, folder):
    """Images stay as they are; the manifest lies beside them, and is read again."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    bytes_before = [(folder / name).read_bytes() for name in names]

    def decide(row):
        said = {"who": "Ada", "when": "2026-01-31", "why": "wrong"}
        if row["reason"] == "exposure":
            return {**said, "decision": "drop"}
        if is_later(row):
            return {**said, "decision": "relabel", "label": "b" if row["path"][0] == "a" else "a"}
        return {}

    _, rows = review(decide)
    done, _ = review(apply=folder / "set.csv")
    with (folder / "set.csv").open(newline="") as file:
        written = {row["path"]: row["label"] for row in csv.DictReader(file)}
    (moved,) = (row["path"] for row in rows if is_later(row))

    assert done.written == len(written) == 59
    assert set(names) - set(written) == {"b/07.png"}
    assert {path for path, label in written.items() if path[0] != label} == {moved}
    assert [(folder / name).read_bytes() for name in names] == bytes_before
    again = deri_gate.measure(folder / "set.csv", **QUIET)
    assert len(again.evidence.dataset) == 59
    assert len(again.answers["exposure"].suspects) == 0


@pytest.mark.parametrize("label", sampled(["a", "a|c", "nothing"], 1))
def test_images_of_several_labels_are_relabelled_by_hand(folder, label):
    """Said at once, whatever was written; not first that the label is none."""
    pictures = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.png"))
    rows = ["path,label", *(f"{p},{p[0]}|c" if i % 2 else f"{p},{p[0]}"
                            for i, p in enumerate(pictures))]  # fmt: skip
    (folder / "list.csv").write_text("\n".join(rows))
    cases = folder.parent / "review.csv"
    found = deri_gate.review(folder / "list.csv", cases=cases, **QUIET).cases
    said = {"decision": "relabel", "label": label, "who": "Ada", "when": "2026-01-31", "why": "x"}
    cases.write_text(cases_text([replace(found[0], **said)]))

    with pytest.raises(SettingError, match=r"several labels cannot be relabelled by one.*by hand"):
        deri_gate.review(folder / "list.csv", cases=cases, apply=folder / "new.csv", **QUIET)
    assert not (folder / "new.csv").exists()


def test_decisions_that_no_longer_hold_are_counted(review, folder):
    """An acceptance that has ended is open again; one on an image that is gone does nothing."""
    review(accept("exposure", until="2026-02-01"))
    before, rows = review(accept("contradiction"))
    (moved,) = (folder / row["path"] for row in rows if is_later(row))
    Image.fromarray(255 - np.array(Image.open(moved))).save(moved)
    after, _ = review()

    assert "accept" in {case.decision for case in before.cases if case.reason == "exposure"}
    assert before.open == len(before.cases)  # the contradiction was decided on after it was read
    assert before.ended == 1
    assert (before.stale, after.stale) == (0, 1)


@pytest.mark.parametrize("name", ["a/00.png", "list.csv", "../review.csv"])
def test_nothing_of_the_dataset_is_written_over(folder, name):
    """Neither an image nor the manifest that was read, nor the list."""
    rows = ["path,label,mask", *(f"{p.relative_to(folder)},x," for p in folder.rglob("*.png"))]
    (folder / "list.csv").write_text("\n".join(rows))
    (folder.parent / "review.csv").write_text(cases_text([]))
    before = (folder / name).read_bytes()

    with pytest.raises(SettingError):
        deri_gate.review(
            folder / "list.csv", cases=folder.parent / "review.csv", apply=folder / name, **QUIET
        )
    assert (folder / name).read_bytes() == before


def test_a_manifest_that_is_written_reads_as_the_one_before(folder, tmp_path):
    """Masks, times, patients and other columns stay with their images."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    rows = [
        {
            "image": name, "dx": name[0], "mask": name if i % 2 else "", "patient": f"p{i // 2}",
            "time": f"2026-01-{1 + i % 28:02}", "split": ("train", "test")[i % 5 == 0],
            "site": f"=1+{i % 3}",
        }
        for i, name in enumerate(names)
    ]  # fmt: skip
    with (folder / "list.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    group = {"group": "patient"}
    read = {"columns": group | {"path": "image", "label": "dx"}}
    deri_gate.review(
        folder / "list.csv", cases=tmp_path / "r.csv", apply=folder / "out.csv", **read, **QUIET
    )
    one = open_dataset(folder / "list.csv", options=ReadOptions.of(**read))
    two = open_dataset(folder / "out.csv", options=ReadOptions.of(**read))

    for part in ("ids", "classes", "labels", "splits", "groups", "times", "metadata", "patients"):
        assert getattr(two, part) == getattr(one, part), part
    assert (folder / "out.csv").read_bytes() == (folder / "list.csv").read_bytes()
    masks = [[None if m < 0 else d.source.paths[m] for m in d.masks.tolist()] for d in (one, two)]
    assert masks[0] == masks[1]
    assert any(masks[0])


def test_a_manifest_keeps_its_own_form(folder, tmp_path, run):
    """The command, with columns of other names: one row goes, one label changes, no more."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.png"))
    lines = ['"site";"dx";"image"', *(f'"=1+{i}";"{n[0]}";"{n}"' for i, n in enumerate(names))]
    (folder / "list.csv").write_text("\r\n".join(lines), newline="")
    command = ("review", folder / "list.csv", "--columns", "path=image,label=dx",
               "--metrics", "exposure,duplicates", "--cases", tmp_path / "r.csv")  # fmt: skip
    run(*command)
    (tmp_path / "r.csv").write_text("\n".join(map(_decided, _lines(tmp_path / "r.csv"))) + "\n")
    status, out, _ = run(*command, "--apply", folder / "out.csv")
    expected = [line for line in lines if "b/07.png" not in line]

    assert (status, "59 images" in out) == (0, True)
    found = (folder / "out.csv").read_bytes().decode().split("\r\n")
    (before,) = (line for line in expected if line not in found)
    (after,) = (line for line in found if line not in lines)
    swapped = {'"a"': '"b"', '"b"': '"a"'}
    site, label, path = before.split(";")
    assert after == f"{site};{swapped[label]};{path}"
    assert [before if line == after else line for line in found] == expected


def _lines(path):
    return path.read_text().splitlines()


def _decided(line):
    """A drop of the dark image, and another label for the copy in the other class."""
    path, reason, score, suggestion, *_, content = next(csv.reader([line]))
    if " is the same picture" in suggestion:
        return line  # the other end of the contradiction
    said = {
        "exposure": "drop,,Ada,2026-01-31,dark,",
        "contradiction": f"relabel,{'b' if path[0] == 'a' else 'a'},Ada,2026-01-31,a copy,",
    }.get(reason)
    return line if said is None else f'{path},{reason},{score},"{suggestion}",{said},{content}'


@pytest.mark.skipif(sys.platform != "linux", reason="names there are text")
def test_odd_names_are_written_as_they_are_and_those_that_are_no_text_are_an_error(tmp_path):
    """A line break and quotes are read again; a byte that is no UTF-8 cannot be written."""
    names = ["=1+1.png", 'a "b",c.png', "line\nbreak.png", " blank.png", "back\\slash.png"]
    (tmp_path / "set" / "a").mkdir(parents=True)
    for name in names:
        (tmp_path / "set" / "a" / name).touch()
    rows = list(manifest_rows(open_dataset(tmp_path / "set")))

    assert sorted(row["path"] for row in rows) == sorted(f"a/{name}" for name in names)
    open(os.fsencode(tmp_path / "set" / "a") + b"/\xff.png", "wb").close()  # noqa: PTH123
    with pytest.raises(SettingError, match=r"cannot name a/\\xff\.png"):
        list(manifest_rows(open_dataset(tmp_path / "set")))


def test_images_that_are_no_files_make_no_manifest(tmp_path, random_pictures):
    pictures, labels = np.stack(random_pictures(60)), np.arange(60).reshape(-1, 1) % 2
    np.savez(tmp_path / "set.npz", train_images=pictures, train_labels=labels)

    with pytest.raises(SettingError, match="no files of their own"):
        deri_gate.review(
            tmp_path / "set.npz", cases=tmp_path / "r.csv", apply=tmp_path / "m.csv", **QUIET
        )
    assert not (tmp_path / "m.csv").exists()


def test_what_is_no_manifest_on_disk_is_written_as_csv_alone(folder, tmp_path):
    """A folder may be called like a table; CSV under that name would be read by nobody."""
    named = folder.rename(tmp_path / "scans.parquet")

    with pytest.raises(SettingError, match=r"ends in \.csv"):
        deri_gate.review(named, cases=tmp_path / "r.csv", apply=named / "out.parquet", **QUIET)
    assert not (named / "out.parquet").exists()


def test_the_command_says_how_many_are_open(run, folder, tmp_path):
    status, out, _ = run(
        "review", folder, "--cases", tmp_path / "review.csv", "--metrics", "exposure,duplicates"
    )

    assert status == 0
    assert "open: " in out
    assert "next: fill in decision, who, when and why" in out


def test_a_list_beside_the_manifest_names_what_was_dropped(run, review, folder, tmp_path):
    """Without it, a dropped image is one that nobody gave a label."""
    review(drop)
    cases = tmp_path / "review.csv"
    command = ("review", folder, "--cases", cases, "--metrics", "exposure,duplicates")
    _, elsewhere, _ = run(*command, "--apply", folder / "set.csv")
    assert deri_gate.measure(folder / "set.csv", **QUIET).shares["missing_labels"].value > 0
    assert "Keep review.csv there" in elsewhere

    shutil.copy(cases, folder)
    assert deri_gate.measure(folder / "set.csv", **QUIET).shares["missing_labels"].value == 0
    _, beside, _ = run(*command, "--apply", tmp_path / "set.csv")
    assert "Keep" not in beside


def test_the_command_says_how_to_read_what_it_wrote(run, review, folder, tmp_path):
    """A manifest elsewhere names paths that begin in the folder of the images."""
    review(drop)
    command = ("review", folder, "--cases", tmp_path / "review.csv", "--metrics", "exposure")
    _, listed, _ = run(*command)
    _, elsewhere, _ = run(*command, "--apply", tmp_path / "set.csv")
    _, beside, _ = run(*command, "--apply", folder / "set.csv")

    assert "to drop or relabel: nothing changes before --apply" in listed
    assert "--root" not in beside
    words = shlex.split(elsewhere.splitlines()[-1].partition(": ")[2])
    assert words[:2] == ["deri-gate", "check"]
    run(*words[1:], "--metrics", "exposure", "--fail-on", "never", "--out", tmp_path / "report")
    metrics = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert 0 < metrics["dataset"]["images"] < 60
