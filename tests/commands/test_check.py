"""`deri-gate check` end to end: real files, real network, real suite."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import deri_gate
from deri_gate.measuring.shares import SHARES
from deri_gate.metrics.catalogue import METRICS
from deri_gate.scoring.pool import find_pool, read_pool
from tests.forked import completed

BYTE_FOR_BYTE = (
    "metrics.json", "subscores.json", "scores.json", "images.parquet", "validation.json",
    "subscores.csv", "sufficiency.json", "page.json",
)  # fmt: skip
QUIET = deri_gate.Machine(progress=False)


def write_digits(folder: Path, count: int, start: int = 0) -> None:
    """Real handwritten digits of two classes, 40 px."""
    digits = load_digits(n_class=2)
    for i in range(start, start + count):
        path = folder / str(digits.target[i]) / f"{i:04d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray((digits.images[i] * 15.9).astype(np.uint8))
        picture.resize((40, 40), Image.Resampling.BICUBIC).save(path)


@pytest.fixture(scope="module")
def cold(tmp_path_factory, forks) -> Path:
    """One run of the command in a process of its own, with a cache of its own."""
    folder = tmp_path_factory.mktemp("cold")
    write_digits(folder / "digits", 40)
    environment = {**os.environ, "DERI_GATE_CACHE": str(folder / "cache")}
    done = completed(forks, "check", "digits", "--out", "report", cwd=folder, env=environment)
    (folder / "stdout").write_text(done.stdout, encoding="utf-8")
    (folder / "stderr").write_text(done.stderr, encoding="utf-8")
    (folder / "status").write_text(str(done.returncode), encoding="utf-8")
    return folder


@pytest.fixture
def warm(cold, tmp_path, monkeypatch):
    """The same data again, in this process, with what the first run kept."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(cold / "cache"))
    return deri_gate.check(cold / "digits", out=tmp_path / "report", machine=QUIET)


def test_every_file_of_the_contract_is_written(cold) -> None:
    """And nothing is left beside them."""
    expected = {*BYTE_FOR_BYTE, "summary.md", "junit.xml", "report.html", "run.json"}

    assert {path.name for path in (cold / "report").iterdir()} == expected


def test_the_exit_status_is_that_of_the_verdict(cold) -> None:
    """0 passed or warned, 1 failed, 2 not judged."""
    verdict = json.loads((cold / "report" / "scores.json").read_bytes())["verdict"]

    assert int((cold / "status").read_text()) == {"pass": 0, "warn": 0, "fail": 1}[verdict]


def test_nothing_but_the_result_goes_to_standard_output(cold) -> None:
    """The subscore of each metric; standard error stays empty when it is no terminal."""
    text = (cold / "stdout").read_text("utf-8")
    for metric in METRICS:
        if not metric.published_weight:  # the pool need not know any other
            continue
        assert re.search(rf"\b{metric.name} +[0-9.]+", text), metric.name
    assert (cold / "stderr").read_text("utf-8") == ""


def test_all_metrics_are_measured_within_their_range(cold) -> None:
    """Plain numbers with an interval around them."""
    document = json.loads((cold / "report" / "metrics.json").read_bytes())
    assert list(document["metrics"]) == [metric.name for metric in METRICS]
    for metric in METRICS:
        found = document["metrics"][metric.name]
        assert metric.low <= found["value"] <= metric.high
        assert found["interval"][0] <= found["value"] <= found["interval"][1]


def test_scores_follow_from_subscores(cold) -> None:
    """U is the weighted power mean of the shipped pool; the interval holds the score."""
    scores = json.loads((cold / "report" / "scores.json").read_bytes())
    subscores = json.loads((cold / "report" / "subscores.json").read_bytes())["subscores"]

    u = sum(weight * subscores[name] ** 0.5 for name, weight in scores["weights"].items()) ** 2
    assert scores["U"] == pytest.approx(u, abs=1e-6)
    assert sum(scores["weights"].values()) == pytest.approx(1)
    assert scores["interval"][0] < scores["DERI1000"] < scores["interval"][1]


def test_a_second_run_decodes_and_embeds_nothing(warm) -> None:
    """All of it is known by content."""
    assert (warm.run.decoded, warm.run.embedded) == (0, 0)


def test_a_second_run_writes_the_same_bytes(cold, warm, tmp_path) -> None:
    """Cold or warm, in another process: same input, same bytes."""
    for name in BYTE_FOR_BYTE:
        assert (tmp_path / "report" / name).read_bytes() == (cold / "report" / name).read_bytes()


def test_only_new_images_are_looked_at(cold, tmp_path, monkeypatch) -> None:
    """Two images more cost two images."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(cold / "cache"))
    write_digits(tmp_path / "digits", 42)

    report = deri_gate.check(
        tmp_path / "digits", out=tmp_path / "report", metrics="data", machine=QUIET
    )
    assert (report.run.decoded, report.run.embedded) == (2, 2)


def test_the_table_has_a_row_an_image_in_order(cold) -> None:
    """With the columns of the contract."""
    table = pd.read_parquet(cold / "report" / "images.parquet")

    assert len(table) == 40
    assert table["path"].is_monotonic_increasing
    assert {"path", "label", "split", "duplicate_group", "suspect_for"} <= set(table.columns)
    assert {"sharpness", "noise_artifacts", "exposure", "resolution"} <= set(table.columns)


def test_the_command_line_and_the_function_agree(cold, warm) -> None:
    """They are the same thing."""
    scores = json.loads((cold / "report" / "scores.json").read_bytes())

    assert warm.verdict == scores["verdict"]
    assert warm.scored.deri1000 == pytest.approx(scores["DERI1000"], rel=1e-8)


def test_damage_is_blamed_on_the_damaged(cold, tmp_path, monkeypatch) -> None:
    """Copies and a truncated file among good images are named."""
    monkeypatch.setenv("DERI_GATE_CACHE", str(cold / "cache"))
    folder = tmp_path / "digits"
    write_digits(folder, 40)
    first = sorted(folder.glob("0/*.png"))[:6]
    for path in first[:5]:
        path.with_stem(path.stem + "-copy").write_bytes(path.read_bytes())
    first[5].write_bytes(first[5].read_bytes()[:80])

    deri_gate.check(folder, out=tmp_path / "report", metrics="data", machine=QUIET)
    table = pd.read_parquet(tmp_path / "report" / "images.parquet").set_index("path")
    blamed = table.index[table["suspect_for"].str.contains("duplicates")]
    assert {f"0/{path.stem}-copy.png" for path in first[:5]} <= set(blamed)
    assert table.loc[f"0/{first[5].name}", "unreadable"]
    groups = table["duplicate_group"].dropna()
    for path in first[:5]:
        assert groups[f"0/{path.name}"] == groups[f"0/{path.stem}-copy.png"]


@pytest.mark.parametrize("name", ["standard"])
def test_the_shipped_pool_scores_as_a_pool_does(name) -> None:
    """Its own datasets have mean 1000 and standard deviation 100, and keep within the limits."""
    from deri_gate.gate import Row, judge
    from deri_gate.runtime.resources import shipped
    from deri_gate.scoring.score import score_values

    pool = read_pool(find_pool(name))
    scores, missed = [], set()
    for member in pool.datasets:
        scored = score_values(member.metrics, pool)
        scores.append(scored.deri1000)
        rows = [
            Row(
                metric=m.name,
                raw=member.metrics[m.name],
                subscore=scored.subscores[m.name],
                weight=0.1,
            )
            for m in METRICS
            if m.published_weight
        ]
        others = {"DERI1000": scored.deri1000, "U": scored.u, **dict.fromkeys(SHARES, 0.0)}
        rows += [Row(metric=k, raw=v, subscore=None, weight=None) for k, v in others.items()]
        for suite in ("dataset_gate", "data_only"):
            judged = judge(rows, shipped("expectations") / f"{suite}.json")
            missed |= {(member.name, c.name) for c in judged.checks if c.status != "pass"}
            assert judged.verdict in ("pass", "warn")
    assert missed == {  # the ends of the pool's own scale
        ("bccd_cells_28", "subscore of sharpness at least 0.2"),
    }
    assert len(pool.datasets) >= 10
    assert np.mean(scores) == pytest.approx(1000, abs=1e-6)
    assert np.std(scores, ddof=1) == pytest.approx(100, abs=1e-6)
