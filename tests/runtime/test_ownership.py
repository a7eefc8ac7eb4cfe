"""Files of other hands in a folder for results: none is replaced, by whatever command."""

from __future__ import annotations

import shutil

import pytest

from deri_gate.cli import main
from deri_gate.errors import SettingError
from deri_gate.runtime.ownership import BESIDE, MARKS, OF_OURS, unclaimed_folder
from deri_gate.runtime.resources import shipped

SHIPPED = shipped("reference_pool") / "smoke"
STUDIES = ("pool.json", "influence.csv", "impact.json", "impact.csv", "sensitivity.json",
           "sensitivity.csv", "detection.json", "detection.csv", "properties.json",
           "properties.csv", "summary.json", "scores.csv", "groups.csv", "selection.csv")  # fmt: skip
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
    shutil.copy(SHIPPED / name, tmp_path)

    assert unclaimed_folder(tmp_path, name) == tmp_path


@pytest.mark.parametrize("name", sorted(name for name, by in BESIDE.items() if by in STUDIES))
def test_a_picture_or_table_of_a_study_is_known_by_what_lies_beside_it(name, tmp_path) -> None:
    shutil.copy(SHIPPED / BESIDE[name], tmp_path)
    (tmp_path / name).write_bytes(b"anything")

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
    ],
)
def test_a_command_says_which_file_it_would_replace(words, name, tmp_path) -> None:
    """Before anything is read or measured."""
    (tmp_path / name).write_text("mine", "utf-8")

    with pytest.raises(SettingError, match=f"{name}: is no file of deri-gate"):
        main.main([*words, "--out", str(tmp_path)], standalone_mode=False)
    assert [path.name for path in tmp_path.iterdir()] == [name]
