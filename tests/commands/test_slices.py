"""Slices end to end: one bad scanner among good ones, real files, a suite that limits the gap."""

import json

import numpy as np
import pytest
from PIL import Image, ImageFilter
from sklearn.datasets import load_digits

import deri_gate
from tests.sweeps import sampled

QUIET = deri_gate.Machine(progress=False)


@pytest.fixture
def scans(tmp_path):
    """Digits of two classes by a manifest that names a scanner; one scanner may blur."""
    digits = load_digits(n_class=2)

    def write(*, blur: float):
        lines = ["path,label,scanner"]
        for i in range(120):
            scanner = ("north", "south", "west")[i % 3]
            picture = Image.fromarray((digits.images[i] * 15.9).astype(np.uint8))
            picture = picture.resize((40, 40), Image.Resampling.BICUBIC)
            if scanner == "west" and blur:
                picture = picture.filter(ImageFilter.GaussianBlur(blur))
            picture.save(tmp_path / f"{i:03}.png")
            lines.append(f"{i:03}.png,{digits.target[i]},{scanner}")
        (tmp_path / "scans.csv").write_text("\n".join(lines), encoding="utf-8")
        return tmp_path / "scans.csv"

    return write


@pytest.fixture
def suite(tmp_path):
    """A suite that limits the gap of a metric."""

    def write(name: str, maximum: float):
        entry = {
            "type": "expect_value_to_be_at_most",
            "kwargs": {"metric": name, "maximum": maximum},
            "severity": "critical",
            "meta": {"reason": "All scanners are to be as sharp."},
        }
        document = {"name": "own", "expectations": [entry], "meta": {}}
        (tmp_path / "own.json").write_text(json.dumps(document), encoding="utf-8")
        return tmp_path / "own.json"

    return write


@pytest.mark.parametrize(("blur", "verdict"), sampled([(0, "pass"), (3, "fail")], 1))
def test_a_bad_scanner_fails_a_limit_on_the_gap(scans, suite, tmp_path, blur, verdict) -> None:
    out = tmp_path / "report"
    deri_gate.check(
        scans(blur=blur), suite=suite("gap_group.sharpness", 400.0), out=out,
        columns="group=scanner", metrics="sharpness", machine=QUIET,
    )  # fmt: skip
    scores = json.loads((out / "scores.json").read_text("utf-8"))
    slices = json.loads((out / "metrics.json").read_text("utf-8"))["metrics"]["sharpness"]["slices"]
    groups = next(one for one in slices if one["kind"] == "group")

    assert scores["verdict"] == verdict, groups
    assert groups["judged"] == 3
    assert {one["images"] for one in groups["worst"]} == {40}
    page = (out / "report.html").read_text("utf-8")
    assert "Gap of a group:" in page
    if blur:
        gap = groups["gap"]
        assert (gap["worst"], gap["column"]) == ("west", "scanner")
        assert gap["interval"][0] > 0.5 * gap["value"]
        assert "west" in page
        assert "Sharpness, gap between groups" in (out / "summary.md").read_text("utf-8")
