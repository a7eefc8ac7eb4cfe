"""The table of images: what it says of suspected labels."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from deri_gate.explain.masks import MASK_ROWS
from deri_gate.measuring.evidence import Evidence
from deri_gate.measuring.measure import measure_dataset, metrics_named
from deri_gate.measuring.second_shots import SECOND_SHOT
from deri_gate.measuring.shares import DIVIDED, OF_IMAGES
from deri_gate.measuring.typical_damage import NAMED_DAMAGES
from deri_gate.metrics.catalogue import METRICS
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import PAPER, STANDARD
from deri_gate.metrics.reserved import RESERVED
from deri_gate.reports.images_table import images_table
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.store import Store
from deri_gate.runtime.table_files import write_table


def page(name):
    return (Path(__file__).parents[2] / "docs" / f"{name}.md").read_text("utf-8")


@pytest.fixture
def table_of(tmp_path, monkeypatch, tiny_encoder):
    """Measure with a tiny stand-in for the network; the table as it is read back from its file."""
    monkeypatch.setattr(Evidence, "encoder", tiny_encoder())

    def make(dataset, wanted, *, profile=STANDARD):
        context = Context(
            profile=profile,
            store=Store(tmp_path / "store"),
            machine=Machine(device="cpu", workers=1, progress=False),
        )
        measured = measure_dataset(
            dataset, split=None, context=context, metrics=metrics_named(wanted, profile)
        )
        write_table(images_table(measured), tmp_path / "images.parquet")
        return pd.read_parquet(tmp_path / "images.parquet").set_index("path")

    return make


@pytest.fixture
def two_classes(dataset_of):
    """Bright and dark halves; image 3 has the label of the others; names hold bars."""
    generator = np.random.default_rng(0)

    def picture(kind):
        shape = np.full((24, 24, 3), 60)
        shape[:, slice(0, 12) if kind else slice(12, 24)] = 180
        return np.clip(shape + generator.integers(-30, 31, shape.shape), 0, 255).astype(np.uint8)

    shown = [i % 2 for i in range(40)]
    labels = [1 - kind if i == 3 else kind for i, kind in enumerate(shown)]
    ids = [f"a|b{i:02d}.png" for i in range(40)]
    return dataset_of([picture(kind) for kind in shown], labels, classes=("left", "right"), ids=ids)


def test_the_page_names_every_column(table_of, two_classes):
    """docs/files.md, those of explanations and masks included."""
    (section,) = re.findall(
        r"^## images.parquet$(.*?)^## ", page("files"), re.MULTILINE | re.DOTALL
    )
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    columns = {"path", *table_of(two_classes, "data").columns}

    assert set(re.findall(r"`(\w+)`", " ".join(cells))) == (
        columns | {metric.name for metric in METRICS if metric.explains} | set(MASK_ROWS)
    )


def test_the_page_names_every_reason():
    """docs/suspects.md: damage that no metric is about, and findings about an image."""
    damage, findings = re.findall(
        r"^\* (?:damage|findings) .*: (.*)[;.]$", page("suspects"), re.MULTILINE
    )

    assert set(re.findall(r"`(\w+)`", damage)) == {"off_topic"} | {
        one.kind for one in NAMED_DAMAGES if not one.metric
    }
    assert set(re.findall(r"`(\w+)`", findings)) == {*OF_IMAGES.values(), DIVIDED, SECOND_SHOT}


def test_a_suspected_label_has_a_suggestion_and_its_nearest_images(table_of, two_classes):
    """The class it shows, how likely that is, and images of that class; the others have none."""
    table = table_of(two_classes, "label_noise")
    suspect = table.loc["a|b03.png"]

    assert suspect["label"] == "left"
    assert suspect["suggested_label"] == "right"
    assert 0.8 < suspect["suggested_probability"] <= 1
    nearest = json.loads(suspect["nearest_images"])
    assert len(set(nearest)) == 5
    assert all(table.loc[name, "label"] == "right" for name in nearest)
    assert suspect["label_noise"] == table["label_noise"].max() > 0.8
    assert table["suggested_label"].notna().sum() == 1
    assert table["nearest_images"].notna().sum() == 1


@pytest.mark.parametrize(("wanted", "profile"), [("sharpness", STANDARD), ("label_noise", PAPER)])
def test_without_a_probe_nothing_is_suggested(table_of, two_classes, wanted, profile):
    """The columns are there, and empty: not asked for, or by the vote of the paper alone."""
    table = table_of(two_classes, wanted, profile=profile)

    for name in ("suggested_label", "suggested_probability", "nearest_images"):
        assert table[name].isna().all()


@pytest.fixture
def one_dark(dataset_of, random_pictures):
    """Sixty pictures, one of them with a fifth of the light."""
    pictures = random_pictures(60)
    pictures[7] = (pictures[7] * 0.2).astype(np.uint8)
    return dataset_of(pictures, [i % 2 for i in range(60)])


def test_a_dark_image_is_named_with_the_reason_in_words(table_of, one_dark):
    """Under the metric that is about it, and with the number that shows it."""
    table = table_of(one_dark, "exposure,sharpness")
    named = table[table["suspect_for"] != ""]

    assert list(named.index) == ["00007.png"]
    assert named["suspect_for"].iloc[0] == "exposure"
    assert named["reasons"].iloc[0].startswith("too dark: brightness 0.0955, in its class 0.497")
    assert table["brightness"].idxmin() == "00007.png"
    assert {"contrast", "colourfulness", "blur", "noise", "compression"} <= {*table.columns}
    assert {"effective_resolution", "border_share", "flat_share"} <= {*table.columns}
    assert {"lines", "red_tint", "blue_tint"} <= {*table.columns}
    assert "outlier_score" not in table  # nothing was embedded


def test_a_share_of_the_area_is_told_in_per_cent(table_of, dataset_of, random_pictures):
    """As every share is; the column holds the number."""
    pictures = random_pictures(60, side=48)
    pictures[7] = cv2.copyMakeBorder(pictures[7][8:40, 8:40], *[8] * 4, cv2.BORDER_CONSTANT)
    table = table_of(dataset_of(pictures, [i % 2 for i in range(60)]), "sharpness")
    named = table[table["suspect_for"] == "border"]

    assert list(named.index) == ["00007.png"]
    assert re.match(r"a border: border share [5-6]\d(\.\d)? %, in its class 0 %", *named["reasons"])
    assert 0.5 < table["border_share"]["00007.png"] < 0.7


def test_a_copy_with_another_label_is_named_as_the_findings_name_it(
    table_of, dataset_of, random_pictures
):
    """Who reads the table alone sees both ends of it, once however many copies there are."""
    pictures = random_pictures(40)
    pictures[30] = pictures[20] = pictures[11]
    labels = [i % 2 for i in range(40)]
    table = table_of(dataset_of(pictures, labels), "exposure")
    named = table[table["suspect_for"] == "contradiction"]

    assert set(named.index) == {"00011.png", "00020.png", "00030.png"}
    assert named["reasons"].str.contains("with another label").all()


def test_a_metric_that_was_not_asked_for_names_nobody(table_of, one_dark):
    """Its column is not there, so that it has no suspects; the looks still are."""
    table = table_of(one_dark, "sharpness")

    assert (table["suspect_for"] == "").all()
    assert (table["reasons"] == "").all()


def test_an_image_of_something_else_is_off_topic(table_of, dataset_of, random_pictures):
    """Far from all others by its embedding, though it is neither dark nor blurred."""
    base = random_pictures(1)[0].astype(int)
    noise = np.random.default_rng(1).integers(-20, 21, (80, 24, 24, 3))
    pictures = list(np.clip(base + noise, 0, 255).astype(np.uint8))
    pictures[11] = np.ascontiguousarray(pictures[11][::-1, ::-1])
    table = table_of(dataset_of(pictures, [i % 2 for i in range(80)]), "label_noise")

    assert list(table.index[table["suspect_for"].str.contains("off_topic")]) == ["00011.png"]
    assert table["outlier_score"].idxmax() == "00011.png"
    assert "times as far from its nearest images" in table.loc["00011.png", "reasons"]


def test_no_metric_can_take_a_column(table_of, two_classes):
    """A metric with values per image has a column of its name, so all other names are reserved."""
    table = table_of(two_classes, "data").reset_index()
    known = RESERVED | {metric.name for metric in METRICS}

    assert {"contrast", "label", "nearest_images", "sharpness"} <= set(table.columns)
    assert [name for name in table.columns if name not in known] == []
