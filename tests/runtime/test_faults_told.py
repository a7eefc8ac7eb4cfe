"""Faults of a document, told with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from deri_gate.errors import DeriGateError
from deri_gate.runtime.strict import faults_told
from deri_gate.scoring.pool import read_pool
from deri_gate.study.weights import results


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (PermissionError(13, "Permission denied"), "Let this user read it, and open its folders."),
        (FileNotFoundError(2, "No such file or directory"), "Make it again."),
        (ValueError("no number"), "Make it again."),
    ],
)
def test_a_file_that_may_not_be_read_need_not_be_made_again(error, fix) -> None:
    with pytest.raises(DeriGateError) as told, faults_told("is none", "a.json", "Make it again."):
        raise error

    assert told.value.fix == fix


@pytest.mark.parametrize("read", [read_pool, results._read])
def test_a_file_that_is_not_there_cannot_be_read(read) -> None:
    """Its content was blamed: "is not a table of results"."""
    with pytest.raises(DeriGateError, match="cannot be read") as told:
        read(Path("no such file"))

    assert "is not a" not in str(told.value)
