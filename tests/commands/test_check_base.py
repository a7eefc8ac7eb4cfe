"""`deri-gate check HEAD --base BASE` end to end: real files, real network, real suites."""

from __future__ import annotations

import json
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFilter
from sklearn.datasets import load_digits

import deri_gate

QUIET = deri_gate.Machine(progress=False)


def write_digits(folder, numbers):
    """Real handwritten digits of two classes, 40 px."""
    digits = load_digits(n_class=2)
    for i in numbers:
        path = folder / str(digits.target[i]) / f"{i:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray((digits.images[i] * 15.9).astype(np.uint8))
        picture.resize((40, 40), Image.Resampling.BICUBIC).save(path)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """What is known of one image is known to all tests here."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def folder(tmp_path, monkeypatch, cache):
    """A git repository with sixty images in `data`."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(cache))
    monkeypatch.chdir(tmp_path)
    write_digits(tmp_path / "data", range(60))
    who = ("-c", "user.name=x", "-c", "user.email=x@y")
    for command in (("init", "-q"), ("add", "-A"), (*who, "commit", "-q", "-m", "one")):
        subprocess.run(["git", *command], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def check(**settings):
    return deri_gate.check("data", out="report", metrics="data", machine=QUIET, **settings)


def read(folder, name="changes"):
    return json.loads((folder / "report" / f"{name}.json").read_bytes())


def statuses(report):
    return {c.metric: c.status for c in report.checks if "changed images fit" in c.name}


def test_nothing_changed_passes_and_says_so(folder):
    """Every limit on the change holds, at no image decoded twice."""
    report = check(base="git:HEAD:data")

    assert "Nothing changed" in read(folder)["summary"]
    assert read(folder)["DERI1000"]["interval"] == [0, 0]
    assert set(statuses(report).values()) == {"pass"}
    assert (report.change.base_name, report.change.base_images) == ("git:HEAD:data", 60)


def test_damage_fails_and_is_named(folder):
    """Twelve blurred images, in place: the change fails, by their names."""
    blurred = sorted((folder / "data").rglob("*.png"))[::5]
    for path in blurred:
        Image.open(path).filter(ImageFilter.GaussianBlur(3)).save(path)
    report = check(base="git:HEAD:data")
    document = read(folder)

    assert report.verdict == "fail"
    assert statuses(report)["sharpness"] == "fail"
    assert document["counts"]["modified"] == 12
    test = next(t for t in document["tests"] if t["name"] == "modified.sharpness")
    names = {path.relative_to(folder / "data").as_posix() for path in blurred}
    assert set(test["images"]) == names
    table = pd.read_parquet(folder / "report" / "images.parquet").set_index("path")
    reasons = table["suspect_for"].str.split("|")
    for one in document["tests"]:  # two lists never disagree
        listed = table.index[reasons.map(lambda own, name=one["name"]: name in own)]
        sure = one["adjusted_p"] < 0.05 and one["kind"] != "removed"
        assert set(listed) == (set(one["images"]) if sure else set()), one["name"]
    assert table.loc[sorted(names), "reasons"].str.contains("against the base: ").all()
    checks = read(folder, "scores")["checks"]
    assert any(c["name"].startswith("changed images fit in sharpness") for c in checks)


@pytest.mark.sweep
def test_honest_newcomers_pass(folder):
    write_digits(folder / "data", range(60, 66))
    report = check(base="git:HEAD:data")

    assert read(folder)["counts"]["added"] == 6
    assert "fail" not in statuses(report).values()
    assert report.run.decoded <= 6


@pytest.mark.sweep
def test_the_same_input_gives_the_same_bytes(folder):
    write_digits(folder / "data", range(60, 62))
    check(base="git:HEAD:data")
    first = {p.name: p.read_bytes() for p in (folder / "report").glob("*.json")}
    shutil.rmtree(folder / "report")
    check(base="git:HEAD:data")

    for name in ("changes.json", "scores.json", "validation.json", "metrics.json"):
        assert (folder / "report" / name).read_bytes() == first[name], name


def test_a_base_that_is_not_there_is_said(folder, run, monkeypatch):
    """One line, status 2."""
    monkeypatch.chdir(folder)
    status, out, err = run("check", folder / "data", "--base", "git:nowhere:data")

    assert (status, out) == (2, "")
    assert "git:nowhere:data" in err
    assert "git fetch" in err


def test_leaks_are_listed_without_a_base(folder):
    """With splits: the image of the test split that lies in the training split too."""
    (folder / "data").rename(folder / "train")
    write_digits(folder / "test", range(60, 66))
    copied = min((folder / "train" / "0").glob("*.png"))
    shutil.copy(copied, folder / "test" / "0" / "other.png")
    (folder / "data").mkdir()
    for split in ("train", "test"):
        (folder / split).rename(folder / "data" / split)
    report = check()
    document = read(folder, "leaks")

    pairs = {(p["image"], p["other"]) for p in document["pairs"] if p["exact"]}
    assert ("test/0/other.png", f"train/0/{copied.name}") in pairs
    assert document["shares"]["leaked_copies"] == pytest.approx(1 / 7)
    assert {c.status for c in report.checks if c.metric == "leaked_copies"} == {"fail", "warn"}
    assert report.change is None
