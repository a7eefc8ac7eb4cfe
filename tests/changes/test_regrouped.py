"""Images that go to another split with another patient's number hide no leak."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from deri_gate.changes.compare import change_between
from deri_gate.data.dataset import Column
from deri_gate.scoring.pool import find_pool, read_pool
from tests.sweeps import sampled

COUNT = 60


@pytest.fixture
def said(measured, dataset_of):
    """Reason given for both leaks when one table replaces another; "" where nothing is hidden."""
    generator = np.random.default_rng(0)
    pictures = [generator.integers(0, 256, (24, 24, 3), np.uint8) for _ in range(COUNT)]
    whole, pool = dataset_of(pictures, [i % 2 for i in range(COUNT)]), read_pool(find_pool("smoke"))

    def side(table):
        parts = []
        for split in ("train", "test"):
            inside = [i for i, (own, _) in enumerate(table) if own == split]
            patients = tuple(table[i][1] for i in inside)
            parts.append(
                replace(
                    whole.select(np.array(inside)),
                    splits=(split,) * len(inside),
                    groups=patients,
                    patients=Column("patient_id", patients),
                )
            )
        return measured(parts[0], metrics="sharpness", others=parts[1])

    def call(base, head):
        hidden = change_between(side(base), side(head), pool=pool).hidden
        assert set(hidden) in (set(), {"leaked_groups", "leaked_patients"})
        return hidden.get("leaked_patients", "")

    return call


def rows(**changed):
    """Twenty patients of three images, the last five in `test`; some with another row.

    Args:
        changed: New split and patient by "i" and the number of the image.
    """
    usual = [("train" if i < 45 else "test", f"p{i // 3}") for i in range(COUNT)]
    return [changed.get(f"i{i}", row) for i, row in enumerate(usual)]


@pytest.mark.sweep
def test_an_image_that_goes_with_a_new_number(said) -> None:
    """By its number in the base, its patient lies in both splits."""
    assert said(rows(), rows(i0=("test", "new"))).startswith("1 patient of the base went into")


@pytest.mark.sweep
def test_an_image_that_goes_without_a_number(said) -> None:
    assert said(rows(), rows(i0=("test", ""), i3=("test", ""))).startswith("2 patients")


@pytest.mark.parametrize(
    ("base", "head"),
    sampled([
        (rows(), rows(i0=("test", "p0"))),
        (rows(), rows(i0=("train", "new"))),
        (rows(), [(split, f"of {patient}") for split, patient in rows()]),
        (rows(), [("test" if int(p[1:]) % 3 else "train", f"of {p}") for _, p in rows()]),
        (rows(), rows(i0=("test", "new"), i1=("test", "new"), i2=("test", "new"))),
        (rows(i0=("test", "p0")), rows(i0=("test", "new"))),
        (rows(i0=("train", "")), rows(i0=("test", "new"))),
    ], 0, 4),
    ids=[
        "a leak that is seen", "a number is corrected", "all bear new ones",
        "all bear new ones and splits", "a patient goes whole", "it was in both before",
        "it had none before",
    ],
)  # fmt: skip
def test_nothing_is_hidden(said, base, head) -> None:
    assert said(base, head) == ""


def test_a_limit_on_what_is_hidden_is_unknown(run, tmp_path) -> None:
    """Neither passed nor left out: the reason says what to do."""
    generator = np.random.default_rng(0)
    for i in range(COUNT):
        picture = Image.fromarray(generator.integers(0, 256, (24, 24, 3), np.uint8))
        picture.save(tmp_path / f"{i:02d}.png")
    for name, table in (("base", rows()), ("head", rows(i0=("test", "new")))):
        lines = [f"{i:02d}.png,{'ab'[i % 2]},{s},{p}" for i, (s, p) in enumerate(table)]
        text = "\n".join(["path,label,split,patient_id", *lines, ""])
        (tmp_path / f"{name}.csv").write_text(text)
    status, _, error = run("check", "head.csv", "--base", "base.csv", "--metrics", "sharpness")

    assert status == 2
    assert "change its numbers first" in error
    checks = json.loads((tmp_path / "deri-report/scores.json").read_text())["checks"]
    leaks = {c["metric"]: c["status"] for c in checks if c["metric"].startswith("leaked_")}
    assert leaks["leaked_groups"] == leaks["leaked_patients"] == "unknown"
