"""One dataset has one name, whoever gives it."""

from __future__ import annotations

import pytest

from deri_gate.cli.ci.options import settings_given
from deri_gate.github.dataset_name import name_of_path
from deri_gate.github.settings import settings_in


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("data/scans.csv", "scans"),
        ("data/scans.PARQUET", "scans"),
        ("data/scans.npz", "scans"),
        ("data/scans", "scans"),
        ("data/v1.2", "v1-2"),  # a folder: nothing of it is an ending
        ("data/my scans", "my-scans"),
        ("data/---", "dataset"),
        ("data/aux.csv", "aux-images"),  # no folder of this name can be made on Windows
        ("data/\u00fcber", "ber"),
        (f"data/{'x' * 300}", "x" * 100),
    ],
)
def test_the_name_of_a_path(path: str, name: str) -> None:
    assert name_of_path(path) == name


@pytest.mark.parametrize("path", ["data/scans.csv", "data/v1.2", "scans.npz", "some/pictures"])
def test_init_and_ci_give_the_same_name(run, tmp_path, path: str) -> None:
    """It is the marker of the comment on a pull request: two names would be two comments."""
    status, _, error = run("init", ".", "--dataset", path)
    written = settings_in((tmp_path / "params.yaml").read_bytes(), "params.yaml")
    given = settings_given(
        dataset=path, suite=None, change_suite=None, pool="standard", metrics="all"
    )

    assert status == 0, error
    assert [*written.datasets] == [*given.datasets]
