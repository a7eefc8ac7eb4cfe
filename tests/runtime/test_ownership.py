"""Files of other hands in a folder for results: none is replaced, by whatever command."""

from __future__ import annotations

import gzip
import json
import shutil

import pandas as pd
import pyarrow as pa
import pytest

from deri_gate.cli import main
from deri_gate.commands.candidates import candidates
from deri_gate.errors import SettingError
from deri_gate.reports.withdrawal import TABLES, WITHDRAWN
from deri_gate.reports.write import RENDERED
from deri_gate.runtime.ownership import (
    BESIDE,
    MARKS,
    OF_A_REPORT,
    OF_OURS,
    VALUES,
    unclaimed_folder,
)
from deri_gate.runtime.resources import shipped
from deri_gate.runtime.table_files import write_table

SHIPPED = shipped("reference_pool") / "smoke"
STUDIES = sorted({*OF_OURS, *MARKS} & {path.name for path in SHIPPED.rglob("*")})
STUDY_ALONE = ("sensitivity.png",)  # says nothing of us
PARAMS = str(SHIPPED.parent / "standard" / "params.yaml")
OWN = {"csv": "path,label\n1.png,cat\n", "json": '{"schema_version": 1, "mine": true}'}


@pytest.mark.parametrize("name", sorted({*OF_OURS, *MARKS, *BESIDE} - {"metrics.json"}))
def test_a_file_of_another_hand_stays(name, tmp_path) -> None:
    own = OWN.get(name.rpartition(".")[2], "mine")
    (tmp_path / name).write_text(own, "utf-8")

    with pytest.raises(SettingError, match="is no file of deri-gate"):
        unclaimed_folder(tmp_path, name)
    assert (tmp_path / name).read_text("utf-8") == own


@pytest.mark.parametrize("name", STUDIES)
def test_a_result_of_an_earlier_run_is_replaced(name, tmp_path) -> None:
    """Even if it is all that a run wrote before somebody ended it."""
    shutil.copy(next(SHIPPED.rglob(name)), tmp_path)

    assert unclaimed_folder(tmp_path, name) == tmp_path


def test_all_files_of_a_study_are_looked_at() -> None:
    assert {"runs.csv.gz", "subscores.parquet", "properties.svg", "number.md"} < {*STUDIES}
    assert {path.name for path in SHIPPED.iterdir() if path.is_file()} - {*STUDIES} == {
        *STUDY_ALONE
    }


@pytest.mark.parametrize("name", STUDY_ALONE)
def test_a_picture_of_a_study_is_known_by_what_lies_beside_it(name, tmp_path) -> None:
    shutil.copy(SHIPPED / BESIDE[name], tmp_path)
    (tmp_path / name).write_bytes(b"anything")

    unclaimed_folder(tmp_path, name)


@pytest.mark.parametrize("words", [["show", "smoke"], ["diff", "smoke", "standard"]])
def test_a_page_of_a_pool_is_known_without_its_json(words, tmp_path) -> None:
    for _ in range(2):
        main.main(["pool", *words, "--out", str(tmp_path)], standalone_mode=False)
        next(tmp_path.glob("*.json")).unlink()


def test_runs_of_another_hand_stay(tmp_path) -> None:
    """Packed as ours are; one is cut short."""
    packed = gzip.compress(b"path,label\n" * 99)
    for content in (packed, packed[:-9], packed[:12]):
        (tmp_path / "runs.csv.gz").write_bytes(content)
        with pytest.raises(SettingError, match=r"runs\.csv\.gz: is no file of deri-gate"):
            unclaimed_folder(tmp_path, "runs.csv.gz")


def test_subscores_of_one_metric_are_ours(tmp_path) -> None:
    columns = ["dataset", "group", "level", "exposure"]
    table = pa.Table.from_pandas(pd.DataFrame(columns=columns), preserve_index=False)
    write_table(table, tmp_path / "subscores.parquet")

    unclaimed_folder(tmp_path, "subscores.parquet")


def test_files_of_a_report_are_those_that_one_writes() -> None:
    assert {VALUES, *WITHDRAWN, *TABLES, *RENDERED} == OF_A_REPORT


@pytest.mark.parametrize("name", sorted({*OF_OURS, *MARKS, *BESIDE} - OF_A_REPORT))
def test_beside_a_report_other_files_stay(name, tmp_path) -> None:
    """It was written by `check`, which has no file of this name."""
    values = dict.fromkeys(OF_OURS[VALUES], 1)
    (tmp_path / VALUES).write_text(json.dumps(values), "utf-8")
    for own in (name, "scores.json"):
        (tmp_path / own).write_text("mine", "utf-8")

    unclaimed_folder(tmp_path, "scores.json")  # of the report, by its name
    with pytest.raises(SettingError, match=f"{name}: is no file of deri-gate"):
        unclaimed_folder(tmp_path, name)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["pool", "show", "smoke"], "pool-report.json"),
        (["pool", "show", "smoke"], "pool-report.html"),
        (["pool", "diff", "smoke", "smoke"], "pool-diff.json"),
        (["impact", "nothing.csv"], "impact.json"),
        (["sensitivity", "nothing"], "subscores.parquet"),
        (["detection", "nothing"], "detection.csv"),
        (["properties", "nothing"], "properties.svg"),
        (["calibrate", "nothing", "--sources", "nothing"], "pool.json"),
        (["pool", "derive", "smoke", "--where", "images>1"], "influence.csv"),
        (["pool", "weigh", "smoke"], "selection.csv"),
        (["pool", "draw", "smoke"], "weights.svg"),
        (["pool", "draw", "smoke"], "number.md"),
        (["probe", "nothing"], "results.parquet"),
        (["limits", "nothing", "--pool", "smoke"], "data_only.json"),
        (["limits", "nothing", "--pool", "smoke"], "limits.csv"),
        (["candidates", "--candidates", PARAMS], "left_out.json"),
        (["candidates", "--candidates", PARAMS], "taking_part.txt"),
    ],
)
def test_a_command_says_which_file_it_would_replace(words, name, tmp_path) -> None:
    """Before anything is read or measured."""
    (tmp_path / name).write_text("mine", "utf-8")

    with pytest.raises(SettingError, match=f"{name}: is no file of deri-gate"):
        main.main([*words, "--out", str(tmp_path)], standalone_mode=False)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_look_at_a_candidate_replaces_no_other_file(tmp_path) -> None:
    (own := tmp_path / "looks" / "digits.json").parent.mkdir()
    own.write_text('{"name": "digits"}', "utf-8")
    params = tmp_path / "params.yaml"
    params.write_text("datasets:\n  digits:\n    path: nothing\n", "utf-8")

    with pytest.raises(SettingError, match=r"digits\.json: is no file of deri-gate"):
        candidates(params, out=tmp_path, names=["digits"])
