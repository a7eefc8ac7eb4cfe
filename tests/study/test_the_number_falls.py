"""DERI1000 of real pictures: it falls under damage of every kind that pixels and labels allow."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

import deri_gate
from deri_gate.study.sensitivity.document import sensitivity_document
from tests.sweeps import sampled

SCRIPT = Path(__file__).parents[2] / "reference_pool" / "make_dataset.py"
GROUPS = ("sharpness", "noise_artifacts", "noise_artifacts.jpeg", "duplicates", "imbalance",
          "label_noise", "separation")  # fmt: skip


@pytest.fixture(scope="module")
def patches(tmp_path_factory):
    """Squares of four photographs that scikit-image ships; of none was a definition chosen."""
    folder = tmp_path_factory.mktemp("sets") / "photographs"
    script = runpy.run_path(str(SCRIPT))
    names = ["astronaut", "cat", "coffee", "rocket"]
    script["write"](script["pictures"]("patches", names, 40), folder, each=30)
    return folder


@pytest.mark.parametrize("groups", sampled([(GROUPS[::3],), (GROUPS,)]), ids=["a few", "all"])
def test_the_number_falls_under_strong_damage(patches, tmp_path, groups) -> None:
    found = sensitivity_document(
        deri_gate.sensitivity(
            [str(patches)], out=tmp_path, metrics="data", groups=groups, levels=["strong"],
            images=40, resamples=1,
        )
    )  # fmt: skip
    changes = {g: found.matrix[g]["strong"]["DERI1000"].median_change for g in groups}

    assert {name for name, change in changes.items() if not change < 0} == set()
