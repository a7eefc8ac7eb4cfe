"""Reports as Croissant metadata, read by MLCommons' own library."""

from __future__ import annotations

import dataclasses
import json

import pyarrow as pa
import pytest

from deri_gate.reports.croissant import CONTEXT, as_croissant
from deri_gate.runtime.table_files import write_table
from tests.reports.conftest import HOSTILE
from tests.sweeps import sampled

mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what it reads with


@pytest.fixture
def report(report_of, check_of):
    return report_of([check_of("fail"), check_of("unknown", metric="diversity"), check_of("pass")])


def read(text: str, folder):
    """The dataset as MLCommons reads it; an error there is an exception."""
    path = folder / "croissant.json"
    path.write_text(text, "utf-8")
    dataset = mlcroissant.Dataset(path)
    assert not dataset.metadata.issues.errors
    return dataset


def test_the_context_is_the_standards() -> None:
    """Terms must mean what they mean to every reader."""
    core = pytest.importorskip("mlcroissant._src.core.rdf")

    assert core.make_context() == CONTEXT


def test_metrics_limits_and_score_are_record_sets(report, tmp_path) -> None:
    """The numbers come back, those that are missing as missing."""
    dataset = read(as_croissant(report), tmp_path)
    quality = {one["quality/metric"]: one for one in dataset.records("quality")}
    limits = list(dataset.records("limits"))
    (score,) = dataset.records("score")

    assert set(quality) == set(report.metrics.metrics)
    for name, value in report.metrics.metrics.items():
        given = quality[name]["quality/value"]
        assert given is None if value.value is None else given == pytest.approx(value.value)
    assert [one["limits/status"] for one in limits] == ["fail", "unknown", "pass"]
    assert score["score/verdict"] == str(report.verdict)
    assert score["score/fingerprint"] == report.metrics.dataset.fingerprint


def test_images_are_those_of_the_table_beside_it(report, tmp_path) -> None:
    """By content: a table that is not the one that was written is refused by the reader."""
    table = pa.table({"path": ["a.png", "b.png"], "sharpness": [1.5, 2.5], "n": [1, 2]})
    write_table(table, tmp_path / "images.parquet")
    report = dataclasses.replace(report, table=table, folder=tmp_path)
    dataset = read(as_croissant(report), tmp_path)

    rows = list(dataset.records("images"))

    assert [one["images/path"] for one in rows] == [b"a.png", b"b.png"]
    assert [one["images/sharpness"] for one in rows] == [1.5, 2.5]
    assert [one["images/n"] for one in rows] == [1, 2]


def test_without_limits_or_files_there_is_no_empty_table(report_of, tmp_path) -> None:
    text = as_croissant(report_of([]))

    assert {one["@id"] for one in json.loads(text)["recordSet"]} == {"score", "quality"}
    assert json.loads(text)["distribution"] == []
    read(text, tmp_path)


@pytest.mark.parametrize("name", sampled(HOSTILE, 0, 4, 8, 12), ids=range(len(HOSTILE)))
def test_a_hostile_name_is_a_string(report_of, check_of, name, tmp_path) -> None:
    """No key, no command, no line of its own."""
    report = report_of([check_of("fail")])
    info = report.metrics.dataset.model_copy(update={"name": name})
    report = dataclasses.replace(
        report, metrics=report.metrics.model_copy(update={"dataset": info})
    )
    text = as_croissant(report)

    read(text, tmp_path)
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::")]
    assert text == as_croissant(report)
