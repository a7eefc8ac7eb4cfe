"""A column that told of sources in the base is not taken from sight while images come."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from deri_gate.changes.compare import change_between
from deri_gate.data.dataset import Column
from deri_gate.scoring.pool import find_pool, read_pool

COUNT = 60
DRAWN = np.random.default_rng(7).integers(0, 2, 2 * COUNT)
SCANNER = tuple("XY"[i] for i in DRAWN[:COUNT])  # half of each class, by chance
MORE = (*SCANNER, *("XY"[i % 2] for i in range(COUNT)))  # new images: one for each class
AGE = tuple(str(20 + i) for i in np.random.default_rng(8).integers(0, 60, 2 * COUNT))


@pytest.fixture
def hidden(measured, dataset_of):
    """Reasons by share when images with some columns give way to images with others."""
    generator = np.random.default_rng(0)
    pictures = [generator.integers(0, 256, (24, 24, 3), np.uint8) for _ in range(4 * COUNT)]
    pool = read_pool(find_pool("smoke"))

    def side(columns):
        count = len(next(iter(columns.values())))
        whole = dataset_of(pictures[:count], [i % 2 for i in range(count)])
        known = tuple(Column(name, values) for name, values in columns.items())
        return measured(replace(whole, metadata=known), metrics="sharpness")

    return lambda base, head: change_between(side(base), side(head), pool=pool).hidden


BASE = {"scanner": SCANNER, "age": AGE[:COUNT]}


@pytest.mark.parametrize(
    "columns",
    [
        {},
        {"tumour": MORE},
        {"scanner": ("X",) * 2 * COUNT},
        {"scanner": tuple(f"class{i % 2}" for i in range(2 * COUNT))},
        {"scanner": tuple(f"{s}{i}" for i, s in enumerate(MORE))},
    ],
    ids=["gone", "named like a label", "one value", "the label", "a value for each image"],
)
def test_a_column_out_of_sight(hidden, columns) -> None:
    found = hidden(BASE, {"age": AGE} | columns)

    assert found["class_by_metadata"].startswith("scanner: asked in the base, and gone or with")


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (BASE, {"scanner": MORE, "age": AGE}),
        (BASE, {"device": MORE, "age": AGE}),
        (BASE, {"device": tuple(f"of {s}" for s in MORE), "age": AGE}),
        (BASE, {"age": AGE[:COUNT]}),
        ({"age": AGE[:COUNT]}, {"scanner": MORE, "age": AGE}),
        (BASE | {"note": ("",) * COUNT}, {"scanner": MORE, "age": AGE}),
    ],
    ids=["it is there", "another name", "other names", "no image changed", "it is new", "empty"],
)
def test_nothing_is_out_of_sight(hidden, base, head) -> None:
    assert hidden(base, head) == {}


def test_a_patient_column_that_grows_out_of_being_a_source(measured, dataset_of) -> None:
    """No reason: it is asked of few patients and not of many, and its name is still there."""
    generator = np.random.default_rng(1)
    pool = read_pool(find_pool("smoke"))

    def side(per_class):
        pictures = [generator.integers(0, 256, (24, 24, 3), np.uint8) for _ in range(COUNT)]
        patients = tuple(f"p{i % 2}{i // 2 % per_class}" for i in range(COUNT))
        names = [f"of {per_class} {i}" for i in range(COUNT)]
        whole = dataset_of(pictures, [i % 2 for i in range(COUNT)], ids=names)
        known = (Column("patient_id", patients), Column("age", AGE[:COUNT]))
        return measured(replace(whole, metadata=known), metrics="sharpness")

    few, many = side(3), side(10)
    asked = [one.shares["class_by_metadata"].columns for one in (few, many)]
    assert asked == [("patient_id", "age"), ("age",)]
    assert change_between(few, many, pool=pool).hidden.keys() <= {"leaked_groups"}


def test_a_column_that_becomes_the_label_as_images_come(hidden) -> None:
    """The old images keep their scanner, and are too few to count."""
    few = {"scanner": SCANNER[:22], "age": AGE[:22]}
    label = (*SCANNER[:22], *(f"class{i % 2}" for i in range(22, 4 * COUNT)))
    found = hidden(few, {"age": AGE * 2, "scanner": label})

    assert found["class_by_metadata"].startswith("scanner: asked in the base")


def test_a_limit_on_what_is_out_of_sight_is_unknown(run, tmp_path) -> None:
    """The new images have a scanner for each class, and nobody would see it."""
    generator = np.random.default_rng(0)
    for i in range(2 * COUNT):
        picture = Image.fromarray(generator.integers(0, 256, (24, 24, 3), np.uint8))
        picture.save(tmp_path / f"{i:03d}.png")
    for name, count, column in (("base", COUNT, "scanner"), ("head", 2 * COUNT, "tumour")):
        lines = [f"{i:03d}.png,{'ab'[i % 2]},{MORE[i]},{AGE[i]}" for i in range(count)]
        (tmp_path / f"{name}.csv").write_text("\n".join([f"path,label,{column},age", *lines, ""]))
    status, _, error = run("check", "head.csv", "--base", "base.csv", "--metrics", "sharpness")

    assert status == 2
    assert "take it out in a change of its own" in error
    checks = json.loads((tmp_path / "deri-report/scores.json").read_text())["checks"]
    assert {c["status"] for c in checks if c["metric"] == "class_by_metadata"} == {"unknown"}
