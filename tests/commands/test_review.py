"""Suspects as a list, decisions read back and applied: with real files, as a person would."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate.runtime.engine import Machine

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


def test_the_list_names_each_case_and_is_the_same_again(review, folder, tmp_path):
    done, rows = review()
    cases = {(row["path"], row["reason"]) for row in rows}

    assert ("b/07.png", "exposure") in cases
    assert {reason for _, reason in cases} >= {"exposure", "duplicates", "contradiction"}
    assert done.open == len(rows)
    before = (tmp_path / "review.csv").read_bytes()
    deri_gate.review(folder, cases=tmp_path / "review.csv", **QUIET)
    assert (tmp_path / "review.csv").read_bytes() == before


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
    assert note.detail.startswith("2 cases accepted by a person")


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


def test_an_accepted_label_is_accepted_as_it_was(review, folder, tmp_path):
    """Accepted for a class, not for whatever class the image is moved to later."""
    review(accept("contradiction"))
    (folder / "c").mkdir()
    for name in ("11", "20"):
        for path in folder.glob(f"*/{name}.png"):
            path.rename(folder / ("c" if name == "20" else "b") / path.name)
    found = deri_gate.measure(folder, review=tmp_path / "review.csv", **QUIET)

    assert found.shares["contradictions"].value == pytest.approx(1 / 60)


def test_what_lies_in_another_split_can_be_accepted_too(review, folder, tmp_path):
    """A contradiction between splits is told of the later one, which is not judged."""
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

    assert [r["path"] for r in rows if r["reason"] == "contradiction"] == ["test/a/20.png"]
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
        if row["reason"] == "contradiction":
            return {**said, "decision": "relabel", "label": "b" if row["path"][0] == "a" else "a"}
        return {}

    _, rows = review(decide)
    done, _ = review(apply=folder / "set.csv")
    with (folder / "set.csv").open(newline="") as file:
        written = {row["path"]: row["label"] for row in csv.DictReader(file)}
    (moved,) = (row["path"] for row in rows if row["reason"] == "contradiction")

    assert done.written == len(written) == 59
    assert set(names) - set(written) == {"b/07.png"}
    assert {path for path, label in written.items() if path[0] != label} == {moved}
    assert [(folder / name).read_bytes() for name in names] == bytes_before
    again = deri_gate.measure(folder / "set.csv", **QUIET)
    assert len(again.evidence.dataset) == 59
    assert len(again.answers["exposure"].suspects) == 0


def test_the_command_says_how_many_are_open(run, folder, tmp_path):
    status, out, _ = run(
        "review", folder, "--cases", tmp_path / "review.csv", "--metrics", "exposure,duplicates"
    )

    assert status == 0
    assert "open: " in out
