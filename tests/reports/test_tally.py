"""Images that look odd are named wherever the report counts them."""

from __future__ import annotations

import cv2
import numpy as np
import pyarrow as pa
import pytest

import deri_gate
from deri_gate.reports.markdown import as_markdown
from deri_gate.reports.tally import suspects_by_look
from deri_gate.reports.terminal import as_text


def test_names_by_reason_in_order() -> None:
    """Reasons of metrics are not theirs, and an image may have several."""
    reasons = ["border|sharpness", "duplicates", None, "two_levels|border", "blank_part"]
    images = pa.table({"path": list("abcde"), "suspect_for": reasons})

    assert suspects_by_look(images) == {
        "border": ["a", "d"],
        "blank_part": ["e"],
        "two_levels": ["d"],
    }
    assert suspects_by_look(images.select(["path"])) == suspects_by_look(images[:0]) == {}


@pytest.fixture(scope="module")
def framed(tmp_path_factory):
    """Smooth pictures, of which four have a black border."""
    rng, folder = np.random.default_rng(5), tmp_path_factory.mktemp("framed")
    for i in range(80):
        coarse = rng.integers(60, 200, (6, 6), dtype=np.uint8)
        picture = cv2.resize(coarse, (40, 40), interpolation=cv2.INTER_CUBIC)
        if i < 4:
            picture[:6], picture[-6:], picture[:, :6], picture[:, -6:] = 0, 0, 0, 0
        place = folder / f"class {i % 2}" / f"{i:02d}.png"
        place.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(place), picture)
    return deri_gate.check(folder, out=None, metrics="data")


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_each_is_named(framed, form) -> None:
    """The headline alone says how many."""
    text = as_markdown(framed) if form == "markdown" else as_text(framed)
    named = text.split("Border: 4 suspects" if form == "markdown" else "\nborder ")[1]

    assert framed.images["suspect_for"].fillna("").str.contains("border").sum() == 4
    assert "class 0/00.png" in named
    assert "Check whether they belong to the dataset" in " ".join(named.split())
