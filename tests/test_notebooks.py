"""The library in Jupyter: a real kernel runs a notebook."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")
nbformat = pytest.importorskip("nbformat")

CELLS = (
    "import deri_gate",
    "sorted(set(dir(deri_gate)) & {'check', 'measure', 'compare', 'calibrate'})",
    "report = deri_gate.check('scans', metrics='data', out=None, machine=deri_gate.Machine(device='cpu'))",
    "report",
    "report.passed in (True, False), report.deri1000 > 0, len(report.subscores)",
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
    assert facts["text/plain"] == "(True, True, 11)"
    assert "data:image/webp;base64," in suspects["text/html"]
    assert shown["text/html"].startswith("<iframe sandbox=")
    assert files["text/plain"] == "['scans']"
