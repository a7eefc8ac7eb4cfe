"""Files that the program wrote itself, or that a study is given: read strictly all the same."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from deri_gate.errors import DatasetError, SettingError
from deri_gate.networks.checkpoints import _takes
from deri_gate.networks.weights_file import KIND, read_weights
from deri_gate.runtime.resources import shipped
from deri_gate.runtime.results_file import seal
from deri_gate.runtime.tracking.dvc import listing_of
from deri_gate.study.detection.against import limits_on_tests
from deri_gate.study.pools.beside import _selection
from deri_gate.study.sensitivity.cases import CaseBench, CaseOutcome
from deri_gate.study.weights.results import read_results
from deri_gate.study.weights.robustness import by_architecture
from deri_gate.study.weights.subscores import read_subscores

OUTCOME = CaseOutcome(subscores={"sharpness": 50.0}, deri1000=900.0, verdict="pass", missed=())
DAMAGED = {
    "a number as text": OUTCOME.model_dump_json().replace("900.0", '"900"'),
    "true for a number": OUTCOME.model_dump_json().replace("900.0", "true"),
    "a key twice": OUTCOME.model_dump_json().replace("{", '{"deri1000": 1.0, ', 1),
    "no number": OUTCOME.model_dump_json().replace("900.0", "NaN"),
    "half of it": OUTCOME.model_dump_json()[:30],
    "nothing": "",
    "brackets": "[" * 5000,
    "bytes": "\ufffd\0",
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=[*DAMAGED])
def test_a_damaged_case_is_made_again(tmp_path, text) -> None:
    """And kept whole."""
    (tmp_path / "x.json").write_text(text)

    found = CaseBench._recalled(SimpleNamespace(folder=tmp_path), "x", CaseOutcome, lambda: OUTCOME)

    assert found == OUTCOME
    assert CaseOutcome.model_validate_json((tmp_path / "x.json").read_bytes()) == OUTCOME


def test_a_sound_case_is_recalled(tmp_path) -> None:
    """Nothing is made."""
    (tmp_path / "x.json").write_text(OUTCOME.model_dump_json())

    assert CaseBench._recalled(SimpleNamespace(folder=tmp_path), "x", CaseOutcome, None) == OUTCOME


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"minimum": 0.01', '"minimum": "0.01"'),
        ('"minimum": 0.01', '"minimum": true'),
        ('"minimum": 0.01', '"minimum": NaN'),
        ('"minimum": 0.01', '"minimum": 0.01, "minimum": 0.0'),
        ('"severity": "critical"', '"severity": "none"'),
        ('"expectations"', '"others"'),
        ('"kwargs"', '"words"'),
    ],
)
def test_limits_on_tests_are_strict(tmp_path, old, new) -> None:
    """No type is taken for another, and the last of two keys is not the only one."""
    text = (shipped("expectations") / "pull_request.json").read_text("utf-8")
    assert old in text
    (tmp_path / "suite.json").write_text(text.replace(old, new))

    with pytest.raises(SettingError, match="no suite of limits"):
        limits_on_tests(tmp_path / "suite.json")


@pytest.mark.parametrize("text", ["[]", "7", '{"name": "x", "expectations": [7]}'])
def test_what_is_no_suite_is_told_in_words(tmp_path, text) -> None:
    """No name of a Python error stands in it."""
    (tmp_path / "suite.json").write_text(text)

    with pytest.raises(SettingError, match="is no suite of limits") as told:
        limits_on_tests(tmp_path / "suite.json")

    assert "should be" in str(told.value)


def test_a_suite_that_is_not_there_cannot_be_read(tmp_path) -> None:
    """It is no suite that lacks something."""
    with pytest.raises(SettingError, match=r"cannot be read \(No such file or directory\)"):
        limits_on_tests(tmp_path / "suite.json")


@pytest.mark.parametrize("value", ["good", "-1", "101", "inf"])
def test_a_table_of_subscores_holds_subscores(tmp_path, value) -> None:
    """From 0 to 100, or none."""
    path = tmp_path / "subscores.csv"
    path.write_text(f"dataset,group,level,sharpness\na,none,mild,50\nb,none,mild,{value}\n")

    with pytest.raises(SettingError, match="not 0 to 100"):
        read_subscores(path)


@pytest.mark.parametrize("read", [read_subscores, lambda path: read_results([path])])
def test_a_table_that_is_not_there_is_told_in_words(tmp_path, read) -> None:
    """No number of the system's stands in it."""
    with pytest.raises(SettingError, match=r"\(No such file or directory\)"):
        read(tmp_path / "x.parquet")


@pytest.mark.parametrize("read", [read_subscores, lambda path: read_results([path])])
def test_a_table_that_is_none_is_told_in_words(tmp_path, read) -> None:
    """By what Arrow says of it."""
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and no more PAR1")

    with pytest.raises(SettingError, match=r"is not a table of .* \([^)]*\w{3}"):
        read(tmp_path / "x.parquet")


def test_a_pipe_is_no_table_of_subscores(tmp_path) -> None:
    """Nobody waits for it."""
    os.mkfifo(tmp_path / "subscores.csv")

    with pytest.raises(SettingError, match="not a table of subscores"):
        read_subscores(tmp_path / "subscores.csv")


@pytest.mark.parametrize("recalls", ['{"a": 2}', '{"a": "1"}', "[1]", '{"a": 1, "a": 0}', "{"])
def test_recalls_are_shares(recalls) -> None:
    """Of two runs of one network."""
    run = {"architecture": "x", "dataset": "d", "seed": 0, "accuracy": 0.5, "recalls": recalls}
    table = pd.DataFrame([{**run, "group": "baseline"}, {**run, "group": "scenario.a"}])

    with pytest.raises(SettingError, match="recall"):
        by_architecture(table)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 9000,
        '[{"relpath": "a", "relpath": "b", "md5": "0123456789abcdef0123456789abcdef"}]',
        '[{"relpath": "a", "md5": 1}]',
        "{}x",
    ],
)
def test_a_list_of_a_folders_files_is_strict(text) -> None:
    """A name that comes twice would be one for us and another for DVC."""
    with pytest.raises(DatasetError):
        listing_of(text.encode(), "x")


@pytest.mark.parametrize("state", [[1, 2], {"a": torch.ones(1)}, "text", None])
def test_a_network_that_somebody_else_sealed_is_none(tmp_path, state) -> None:
    """A checksum is no secret: what fits it may still be no network."""
    file = io.BytesIO()
    torch.save(state, file)
    sealed = seal(KIND, "x.pt", file.getvalue()) + file.getvalue()
    (tmp_path / "x.pt").write_bytes(sealed)
    network = torch.nn.Linear(2, 2)

    assert not _takes(network, read_weights(tmp_path / "x.pt"))


def test_a_network_that_is_a_program_is_not_run(tmp_path) -> None:
    """It is a pickle that opens a file, under a seal that fits."""

    class Program:
        def __reduce__(self):
            return (open, (str(tmp_path / "pwned"), "w"))

    for content in (pickle.dumps(Program()), b"no network at all", b"PK\3\4" + bytes(50)):
        sealed = seal(KIND, "x.pt", content) + content
        (tmp_path / "x.pt").write_bytes(sealed)

        assert read_weights(tmp_path / "x.pt") is None
    assert not (tmp_path / "pwned").exists()


def test_the_shipped_limits_are_read_as_json_reads_them() -> None:
    """The strict reader changes nothing of a sound file."""
    path = shipped("expectations") / "pull_request.json"
    entries = json.loads(path.read_text("utf-8"))["expectations"]

    assert limits_on_tests(path) == {
        one["kwargs"]["metric"]: (one["severity"], one["kwargs"]["minimum"])
        for one in entries
        if one["type"] == "expect_changed_images_to_fit"
    }


@pytest.mark.parametrize("packed", [True, False])
def test_runs_with_any_byte_changed_are_read_or_refused(tmp_path, packed) -> None:
    """In the compressed file, and in the text that was compressed: no other error comes out."""
    whole = (shipped("reference_pool") / "smoke" / "runs.csv.gz").read_bytes()
    content = whole if packed else gzip.decompress(whole)
    rng, path, refused = np.random.default_rng(0), tmp_path / "runs.csv.gz", 0
    for place in rng.integers(0, len(content), 150).tolist():
        odd = b'9999999999999999999999,"\0-x'[int(rng.integers(0, 26)) :] + b"\xff" * (place % 2)
        damaged = content[:place] + odd + content[place + int(rng.integers(0, 30)) :]
        path.write_bytes(damaged if packed else gzip.compress(damaged, 1))
        try:
            read_results([path])
        except SettingError as error:
            refused += "is not a table of results" in str(error)

    assert refused > 75


@pytest.mark.parametrize("cell", ["9" * 30, "1.5", "true"])
def test_a_whole_number_that_is_none_is_told(tmp_path, cell) -> None:
    """Beyond 64 bits, broken, or a word."""
    whole = gzip.decompress((shipped("reference_pool") / "smoke" / "runs.csv.gz").read_bytes())
    head, first, rest = whole.decode().split("\n", 2)
    cells, names = first.split(","), head.rstrip().split(",")
    cells[names.index("seed")] = cell
    path = tmp_path / "runs.csv.gz"
    path.write_bytes(gzip.compress("\n".join([head, ",".join(cells), rest]).encode(), 1))

    with pytest.raises(SettingError, match="is not a table of results"):
        read_results([path])


@pytest.mark.parametrize("text", ["dataset,distance\n", "x" * 200_000, '"' + "x" * 200_000, "a\0b"])
def test_a_ranking_that_is_none_is_told(tmp_path, text) -> None:
    """Also where its first cell is longer than a cell can be."""
    (tmp_path / "selection.csv").write_text(text)

    with pytest.raises(SettingError, match="is not a ranking of candidates"):
        _selection(tmp_path / "selection.csv")


def test_subscores_with_any_byte_changed_are_read_or_refused(tmp_path) -> None:
    """In the notes for pandas, in the names of datasets, in lengths and types."""
    content = (shipped("reference_pool") / "smoke" / "subscores.parquet").read_bytes()
    rng, path, refused = np.random.default_rng(0), tmp_path / "subscores.parquet", 0
    for turn in range(150):
        damaged, first = bytearray(content), max(0, len(content) - 3_000 - 50 * turn)
        for place in rng.integers(first, len(content), 1 + turn % 5).tolist():
            damaged[place] = int(rng.integers(0, 256))
        path.write_bytes(damaged)
        try:
            read_subscores(path)
        except SettingError:
            refused += 1

    assert refused > 75
