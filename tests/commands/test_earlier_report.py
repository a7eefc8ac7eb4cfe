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
