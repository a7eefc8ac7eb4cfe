"""Reports of one run after another in one `--out`: no earlier verdict outlives the next run."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import deri_gate
from deri_gate.errors import DeriGateError, SettingError
from tests.sweeps import sampled

pytestmark = pytest.mark.one_cache


@pytest.fixture
def scans(tmp_path):
    rng = np.random.default_rng(0)
    for i in range(24):
        (folder := tmp_path / "scans" / f"class_{i % 2}").mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (28, 28), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return tmp_path / "scans"


@pytest.mark.parametrize("judge", sampled([deri_gate.check, deri_gate.compare]))
def test_a_run_that_cannot_judge_leaves_no_verdict(judge, scans, tmp_path) -> None:
    out = tmp_path / "out"
    deri_gate.check(scans, out=out, metrics="data")
    assert json.loads((out / "scores.json").read_text("utf-8"))["verdict"]
    also = {} if judge is deri_gate.check else {"baseline": scans}

    with pytest.raises(DeriGateError, match="gone"):
        judge(tmp_path / "gone", out=out, **also)

    left = {path.name for path in out.iterdir()}
    assert left & {"scores.json", "junit.xml", "summary.md", "report.html"} == set()


def test_a_change_of_an_earlier_run_does_not_stand_beside_the_next(scans, tmp_path) -> None:
    out = tmp_path / "out"
    deri_gate.check(scans, base=scans, out=out, metrics="data")
    assert (out / "changes.json").exists()

    deri_gate.check(scans, out=out, metrics="data")

    assert not (out / "changes.json").exists()
    assert (out / "scores.json").exists()


def test_a_variant_is_no_place_for_a_report(scans, tmp_path) -> None:
    """Its images lie in a file that has the name of one of a report's."""
    (variant := tmp_path / "variant").mkdir()
    (variant / "variant.json").write_text("{}")
    (variant / "images.parquet").write_bytes(b"images")

    with pytest.raises(SettingError, match="is a variant"):
        deri_gate.check(scans, out=variant)

    assert (variant / "images.parquet").read_bytes() == b"images"


@pytest.mark.parametrize("given", ["gone", "scans"])
@pytest.mark.parametrize("command", ["check", "measure"])
def test_files_of_somebody_else_outlive_a_run(run, scans, tmp_path, command, given) -> None:
    """`measure ../nosuch --out .` deleted six files of a project."""
    own = ("metrics.json", "images.parquet", "run.json", "junit.xml", "summary.md", "report.html")
    (place := tmp_path / "project").mkdir()
    for name in own:
        (place / name).write_text(f"my {name}")

    status, _, error = run(command, tmp_path / given, "--out", place, "--metrics", "exposure")

    assert (status, "metrics.json: is no file of deri-gate" in error) == (2, True)
    assert {path.name: path.read_text() for path in place.iterdir()} == {
        name: f"my {name}" for name in own
    }


@pytest.mark.parametrize("name", ["subscores.csv", "images.parquet", "run.json"])
@pytest.mark.parametrize("given_by", ["link", "file", "other link"])
def test_the_name_of_a_dataset_is_not_deleted(run, scans, tmp_path, name, given_by) -> None:
    """A link to a table was deleted beside an earlier report."""
    table = tmp_path / "mine.csv"
    rows = [f"{path},{path.parent.name}" for path in sorted(scans.rglob("*.png"))]
    table.write_text("\n".join(["path,label", *rows]))
    out = tmp_path / "out"
    deri_gate.check(scans, out=out, metrics="exposure")
    (out / name).unlink()
    (out / name).symlink_to(table)
    (tmp_path / "another.csv").symlink_to(out / name)
    given = {"link": out / name, "file": table, "other link": tmp_path / "another.csv"}[given_by]

    status, _, error = run("measure", given, "--out", out)

    assert (status, f"a report would replace: {name}" in error) == (2, True)
    assert (out / name).is_symlink()
    assert (out / "scores.json").exists()


def test_a_table_alone_is_known_as_that_of_a_run_that_was_killed(scans, tmp_path) -> None:
    deri_gate.check(scans, out=tmp_path / "out", metrics="exposure")
    for path in (tmp_path / "out").iterdir():
        if path.suffix != ".parquet":
            path.unlink()

    deri_gate.check(scans, out=tmp_path / "out", metrics="exposure")

    assert (tmp_path / "out" / "scores.json").exists()
