"""What users import stays where the documentation says that it is."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import deri_gate
from tests.cli.test_main import write_photos

ROOT = Path(__file__).parents[1]
RELEASED = (  # a name is only ever added
    "DeriGateError", "Machine", "cache", "calibrate", "check", "compare", "detection", "impact",
    "init", "measure", "probe", "score", "sensitivity", "variants",
)  # fmt: skip
PUBLIC_MODULES = (
    "deri_gate",
    "deri_gate.errors",
    "deri_gate.expectations",
    "deri_gate.explanations",
    "deri_gate.metrics.base",
    "deri_gate.data.readers.plugin",
    "deri_gate.reports.formats",
    "deri_gate.reports.trackers",
)


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_name_is_there(name: str) -> None:
    """Importable by name, and listed."""
    scope: dict[str, object] = {}
    exec(f"from deri_gate import {name}", scope)

    assert callable(scope[name])
    assert name in deri_gate.__all__


def test_explanations_are_where_they_always_were() -> None:
    """`deri_gate.explanations` is the documented path; the code lies in the room `explain`."""
    from deri_gate import explanations
    from deri_gate.explain import quality

    assert explanations.__all__ == quality.__all__
    assert {name: getattr(explanations, name) for name in quality.__all__} == {
        name: getattr(quality, name) for name in quality.__all__
    }
    assert "explanation_quality" in explanations.__all__


def test_no_page_imports_what_is_not_public() -> None:
    """Examples of the documentation work, and go on working."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    lines = re.findall(r"^from (deri_gate[\w.]*) import ([\w, ]+)$", text, re.MULTILINE)

    assert lines
    for module, names in lines:
        assert module in PUBLIC_MODULES
        for name in names.split(", "):
            assert hasattr(import_module(module), name), f"{module} has no {name}"


def test_what_the_page_says_of_a_report_is_there() -> None:
    """Names that the page on Python takes from a report, in its words and its example."""
    from deri_gate.reports.report import Report

    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    names = set(re.findall(r"\breport\.(\w+)", page))

    assert {"passed", "verdict", "checks", "deri1000", "suspects", "images"} <= names
    assert all(hasattr(Report, name) or name in Report.__annotations__ for name in names)


def test_importing_the_package_costs_nothing() -> None:
    """A command's own imports wait until it is asked for."""
    code = "import sys, deri_gate; print(sorted({'numpy', 'torch', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_out_none_writes_nothing(tmp_path, monkeypatch) -> None:
    """Neither `check` nor `compare`; the report says that it has no folder."""
    monkeypatch.chdir(tmp_path)
    write_photos(tmp_path / "photos", 4)
    before = sorted(tmp_path.rglob("*"))
    machine = deri_gate.Machine(device="cpu", progress=False)

    checked = deri_gate.check("photos", out=None, metrics="sharpness", machine=machine)
    compared = deri_gate.compare(
        "photos", baseline="photos", out=None, metrics="sharpness", machine=machine
    )

    assert sorted(tmp_path.rglob("*")) == before
    assert (checked.folder, compared.folder) == (None, None)
    assert "<html" in checked.to_html()


def test_the_functions_are_listed_for_completion() -> None:
    """Jupyter and Python offer what `dir` has."""
    assert set(RELEASED) <= set(dir(deri_gate))


@pytest.mark.parametrize(
    ("keyword", "said"),
    [
        ("metric", "there is no keyword 'metric'. Did you mean 'metrics'?"),
        ("colums", "there is no keyword 'colums'. Did you mean 'columns'?"),
        ("zzz", "there is no keyword 'zzz'. There are columns, "),
    ],
)
def test_a_misspelt_keyword_is_named_with_the_one_that_is_meant(keyword, said, tmp_path) -> None:
    """Before anything is read: the dataset is not even there."""
    with pytest.raises(deri_gate.DeriGateError) as caught:
        deri_gate.check(tmp_path / "nothing", out=None, **{keyword: "data"})

    assert str(caught.value).startswith(said)
