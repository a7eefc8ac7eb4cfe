"""`deri-gate report DIR`: the same bytes as `check` and `compare` wrote, without the dataset."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate.errors import SettingError
from deri_gate.reports.formats import format_named, format_names, rendered

QUIET = deri_gate.Machine(progress=False)
METRICS = "sharpness,exposure,duplicates,imbalance"
KINDS = ("change", *(pytest.param(one, marks=pytest.mark.slow) for one in ("check", "batch")))
RENDERED = ("summary.md", "junit.xml", "report.html", "subscores.csv")
SUITE = {
    "name": "one",
    "expectations": [
        {
            "type": "expect_value_to_be_at_most", "severity": "critical",
            "kwargs": {"metric": "exact_copies", "maximum": 0.001}, "meta": {"reason": "Copies."},
        },
        {
            "type": "expect_value_to_be_at_most", "severity": "critical",
            "kwargs": {"metric": "worst_class.exposure", "maximum": 0.001},
            "meta": {
                "reason": "Each class alone.",
                "waiver": {"reason": "A scanner is mended.", "until": "2099-01-01"},
            },
        },
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def top(tmp_path_factory):
    """Two states of a dataset of two splits: copies in both, dark images, one that is cut."""
    folder = tmp_path_factory.mktemp("report")
    generator = np.random.default_rng(0)
    for number in range(96):
        small = Image.fromarray(generator.integers(0, 255, (6, 6, 3)).astype(np.uint8))
        picture = small.resize((48, 40), Image.Resampling.BICUBIC)
        for side in ("base", "head"):
            place = folder / side / ("train" if number < 80 else "test") / "ab"[number % 2]
            place.mkdir(parents=True, exist_ok=True)
            shown = picture.point(lambda v: v // 4) if side == "head" and number < 20 else picture
            shown.save(place / f"{number:02d}.png")
            if number == 90:
                shown.save(folder / side / "train" / "a" / "leak.png")
            if side == "head" and number in (40, 41):
                shown.save(place / f"copy{number}.png")
    cut = folder / "head" / "train" / "a" / "78.png"
    cut.write_bytes(cut.read_bytes()[:200])
    (folder / "suite.json").write_text(json.dumps(SUITE), "utf-8")
    return folder


@pytest.fixture(scope="module", params=KINDS)
def made(request, top):
    """A report of each kind with all of its files, and the folder of these."""
    known = {"metrics": METRICS, "machine": QUIET, "out": top / request.param, "plots": True}
    if request.param == "batch":
        found = deri_gate.compare(
            top / "head", baseline=top / "base", split="train", history=top / "history.csv", **known
        )
    else:
        suite = top / "suite.json"
        more = {"base": top / "base", "change_suite": suite} if request.param == "change" else {}
        found = deri_gate.check(top / "head", suite=suite, pictures="thumbnails", **more, **known)
    return found, top / request.param


def files_in(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


def test_what_was_deleted_comes_back_byte_for_byte(made, tmp_path) -> None:
    """Summary, page, JUnit, table and plots, with nothing at hand but the other files."""
    _, folder = made
    mine = tmp_path / "mine"
    shutil.copytree(folder, mine)
    for name in RENDERED:
        (mine / name).unlink()
    shutil.rmtree(mine / "plots")
    deri_gate.report(mine, plots=True)

    assert files_in(mine) == files_in(folder)
    assert b"data:image/webp" in (mine / "report.html").read_bytes()


def test_every_format_is_that_of_the_first_report(made) -> None:
    """Printed text, the first screen in a notebook and the tables of suspects are equal."""
    first, folder = made
    again = deri_gate.report(folder, out=None)

    for name in format_names():
        form = format_named(name)
        assert rendered(again, form) == rendered(first, form)
    assert repr(again) == repr(first)
    assert again._repr_html_() == first._repr_html_()
    for metric in first.metrics.metrics:
        assert again.suspects(metric)._repr_html_() == first.suspects(metric)._repr_html_()


def test_command_line(made, run, tmp_path) -> None:
    """Another folder for the files, a format, no pictures, and the verdict as exit status."""
    first, folder = made
    before = files_in(folder)
    status, told, error = run(
        "report", folder, "--out", tmp_path / "new", "--format", "json", "--pictures", "none"
    )

    assert (status, error) == (1 if first.verdict == "fail" else 0, "")
    assert told == (folder / "scores.json").read_text("utf-8")
    assert files_in(folder) == before
    assert sorted(files_in(tmp_path / "new")) == sorted(RENDERED)
    assert "data:image" not in (tmp_path / "new" / "report.html").read_text("utf-8")
    status, told, _ = run("report", folder, "--out", tmp_path / "new", "--fail-on", "never")
    assert status == 0
    assert told.splitlines()[-1].split()[0] == "Report"
    assert str(tmp_path / "new" / "report.html") in "".join(told.split())  # folded where it is long


def test_a_machine_that_must_not_show_pictures_does_not(made, tmp_path, monkeypatch) -> None:
    """The variable counts here as it does for `check`."""
    monkeypatch.setenv("DERI_GATE_PICTURES", "none")
    deri_gate.report(made[1], out=tmp_path)

    assert "data:image" not in (tmp_path / "report.html").read_text("utf-8")


def test_a_summary_of_somebody_else_is_not_replaced(made, tmp_path) -> None:
    (tmp_path / "summary.md").write_text("mine")

    with pytest.raises(SettingError, match=r"summary\.md: is no file of deri-gate"):
        deri_gate.report(made[1], out=tmp_path)

    assert files_in(tmp_path) == {"summary.md": b"mine"}
