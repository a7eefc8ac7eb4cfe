"""The library in Jupyter: a real kernel runs a notebook."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")
nbformat = pytest.importorskip("nbformat")

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.ipynb"))
SAME = "same"  # tag of the cells whose answer must be that of the page

CELLS = (
    "import deri_gate",
    "sorted(set(dir(deri_gate)) & {'check', 'measure', 'compare', 'calibrate'})",
    "report = deri_gate.check('scans', metrics='data', out=None, machine=deri_gate.Machine(device='cpu'))",
    "report",
    "report.passed in (True, False), report.deri1000 > 0, 'sharpness' in report.subscores",
    "report.suspects('duplicates')",
    "report.show()",
    "import os; sorted(os.listdir('.'))",
)


def write_scans(folder) -> None:
    generator = np.random.default_rng(0)
    for i in range(40):
        path = folder / "scans" / "ab"[i % 2] / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(0, 200, (48, 48, 3)) + 40 * (i % 2)
        Image.fromarray(pixels.astype(np.uint8)).save(path)
    (folder / "scans" / "a" / "copy.png").write_bytes((folder / "scans/a/0.png").read_bytes())


def results(cell) -> dict[str, str]:
    """What a cell shows, by form."""
    shown = {}
    for output in cell["outputs"]:
        shown |= output.get("data", {})
    return shown


@pytest.mark.slow
@pytest.mark.enable_socket
def test_a_report_in_jupyter(tmp_path, monkeypatch) -> None:
    """Names are offered, nothing is written, and text, first screen and pictures are shown."""
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
    write_scans(tmp_path)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    client = nbclient.NotebookClient(
        notebook, timeout=240, kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )  # fmt: skip

    client.execute()

    _, names, _, report, facts, suspects, shown, files = map(results, notebook.cells)
    assert names["text/plain"] == "['calibrate', 'check', 'compare', 'measure']"
    assert len(report["text/plain"].splitlines()) == 3
    assert "<b>scans: " in report["text/html"]
    assert facts["text/plain"] == "(True, True, True)"
    assert "data:image/webp;base64," in suspects["text/html"]
    assert shown["text/html"].startswith("<div><iframe sandbox=")
    assert files["text/plain"] == "['scans']"


def answer(cell) -> str:
    return results(cell).get("text/plain", "")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell["cell_type"] == "code"]


def test_there_are_three_examples() -> None:
    """A set, a pull request, and batches."""
    assert [path.stem for path in EXAMPLES] == ["1-medmnist", "2-pull-request", "3-weekly-batches"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_was_executed_in_order_and_names_no_machine(path: Path) -> None:
    """What a reader sees on a page is what one run gave, from the first cell to the last."""
    cells = code_cells(nbformat.read(path, as_version=4))

    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert sum(SAME in cell["metadata"].get("tags", ()) for cell in cells) >= 2
    shown = str([cell["outputs"] for cell in cells])
    assert not [word for word in ("/tmp", "/home/", "/work", str(Path.home())) if word in shown]


@pytest.mark.slow
@pytest.mark.enable_socket
@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_answers_as_its_page_does(path: Path, tmp_path, monkeypatch) -> None:
    """Every cell, offline; the cells tagged `same` must say what they said."""
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("OMP_NUM_THREADS", os.environ.get("OMP_NUM_THREADS", "1"))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    page = nbformat.read(path, as_version=4)
    said = [answer(cell) for cell in code_cells(page) if SAME in cell["metadata"].get("tags", ())]
    assert all(said)
    resources = {"metadata": {"path": str(tmp_path)}}
    client = nbclient.NotebookClient(page, timeout=600, kernel_name="python3", resources=resources)

    client.execute()

    now = [answer(cell) for cell in code_cells(page) if SAME in cell["metadata"].get("tags", ())]
    assert now == said
