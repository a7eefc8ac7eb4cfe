"""Explanations against the masks of a manifest: figures, findings, limits, report."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from deri_gate.data.masks import same_aspect
from deri_gate.explain.masks import MASK_ROWS, mask_explanations_of
from deri_gate.explain.probe import Explainer, ImageToExplain
from deri_gate.features.image_table import ImageTable
from deri_gate.gate import judge
from deri_gate.gate.masks import mask_rows
from deri_gate.runtime.store import Store

SIDE = 32
BROKEN = "broken"  # a mask file without a picture in it


def mask(rows=slice(0, 16), columns=slice(0, 16), *, size=(SIDE, SIDE), level=255):
    picture = np.zeros(size, np.uint8)
    picture[rows, columns] = level
    return picture


def looking_at(pattern, identity="one"):
    """An explainer that always gives the same map, and counts what it is asked."""
    asked = []

    def maps(pictures, targets):
        asked.extend(targets.tolist())
        return torch.as_tensor(pattern, dtype=torch.float32).expand(len(pictures), -1, -1)

    return Explainer(identity=identity, maps=maps), asked


CORNER = np.kron([[1.0, 0.0], [0.0, 0.0]], np.ones((16, 16)))  # a quarter of the image


@pytest.fixture
def against(dataset_of, random_pictures, tmp_path):
    """Explanations of pictures with these masks (None: an image without one)."""

    def make(masks, *explainers, targets=None, store=None):
        pictures = random_pictures(len(masks), side=SIDE)
        own = [0] * len(masks) if targets is None else targets
        there = [one for one in masks if one is not None]
        files = [None if one is BROKEN else one for one in there]
        data = dataset_of(pictures + files, [*own, *([0] * len(there))])
        rows = iter(range(len(masks), len(data)))
        data = replace(
            data.select(np.arange(len(masks))),
            masks=np.array([-1 if one is None else next(rows) for one in masks]),
        )
        full = np.full(len(masks), SIDE)
        sample = [
            ImageToExplain(position=i, key=f"{i:08x}", target=own[i], picture=pictures[i])
            for i in range(len(masks))
        ]
        return mask_explanations_of(
            sample,
            dataset=data,
            table=ImageTable(keys=(), shown=(), height=full, width=full, channels=full, span=full, narrow=full > 9**9, size=full, start=full, traces=full, otherwise=full,
                             thumbnails=np.empty(0, np.uint8), chroma=np.empty(0, np.uint8),
                             acquisition=np.empty(0, [("blocks", "<f4")]),
                             appearance=np.empty(0, [("flat", "<f4")]), values={}),
            explainers=explainers,
            store=store or Store(tmp_path),
        )  # fmt: skip

    return make


def test_figures_worked_by_hand(against):
    """All the heat in the mask; in half of it; in a mask twice as large; beside it."""
    found = against(
        [
            mask(),
            mask(slice(0, 8)),
            mask(columns=slice(0, 32)),
            mask(slice(16, 32)),
        ],
        looking_at(CORNER)[0],
    )

    np.testing.assert_allclose(found.mass_accuracy, [1, 0.5, 1, 0])
    np.testing.assert_allclose(found.positive_ratio, [1, 0.5, 1, 0])
    # of a mask of 512, 256 are sure and 256 drawn from 768 zeros, of which 256 are inside
    np.testing.assert_allclose(found.rank_accuracy, [1, 0.5, (256 + 256 / 3) / 512, 0])
    np.testing.assert_allclose(found.area, [0.25, 0.125, 0.5, 0.25])
    assert found.findings == ()


def test_a_mask_of_another_size_is_resized(against):
    """Five times as large, or a quarter, of the same shape: the same figures."""
    large = mask(slice(0, 80), slice(0, 80), size=(160, 160))
    small = mask(slice(0, 4), slice(0, 4), size=(8, 8), level=1)
    found = against([large, small], looking_at(CORNER)[0])

    np.testing.assert_allclose(found.rank_accuracy, [1, 1])
    np.testing.assert_allclose(found.area, [0.25, 0.25])


def test_what_cannot_be_used_is_a_finding_and_not_scored(against, tmp_path):
    """Empty, all ones, another shape; an image without a mask is no finding."""
    full = np.full((SIDE, SIDE), 255, np.uint8)
    found = against(
        [mask(), mask(level=0), full, mask(size=(SIDE, 48)), None], looking_at(CORNER)[0]
    )

    assert found.masked == 4
    np.testing.assert_array_equal(found.positions, [0])
    assert {f.kind for f in found.findings} == {"mask"}
    said = {f.path: f.detail for f in found.findings}
    assert said["00001.png"] == "the mask is empty: not scored"
    assert said["00002.png"] == "the mask covers the whole image: not scored"
    assert "48 x 32 px does not fit the image of 32 x 32" in said["00003.png"]


def test_a_class_without_anything_marked_is_one_finding(against):
    """As of healthy patients: one line, not one an image."""
    found = against(
        [mask(), mask(level=0), mask(level=0)], looking_at(CORNER)[0], targets=[0, 1, 1]
    )

    (only,) = found.findings
    assert only.path == "class1"
    assert "of all 2 explained images" in only.detail


def test_an_unreadable_mask_is_a_finding(against):
    """With the reason."""
    found = against([BROKEN], looking_at(CORNER)[0])

    assert "cannot be read: holds no picture" in found.findings[0].detail
    assert len(found.positions) == 0
    assert mask_rows(found)[0].raw is None


def test_degenerate_maps_are_not_scored_and_not_averaged(against):
    """One explainer says nothing: the mean is the other's. Both: no figure, never zero."""
    nothing = looking_at(np.zeros((4, 4)), "nothing")[0]
    some = against([mask()], nothing, looking_at(CORNER)[0])
    none = against([mask()], nothing)

    assert some.rank_accuracy[0] == 1
    assert np.isnan(none.rank_accuracy[0])
    assert not none.judged.any()
    assert mask_rows(none)[0].raw is None


def test_figures_are_averaged_over_the_explainers(against):
    """One sees it all, the other none of it."""
    found = against([mask()], looking_at(CORNER)[0], looking_at(CORNER[::-1].copy(), "other")[0])

    assert found.mass_accuracy[0] == pytest.approx(0.5)


def test_known_figures_are_not_made_again(against, tmp_path):
    """But those of another network are."""
    store = Store(tmp_path / "kept")
    (one, asked), (other, also) = looking_at(CORNER), looking_at(CORNER, "other")
    first = against([mask()], one, store=store)
    again = against([mask()], one, store=store)
    against([mask()], other, store=store)

    assert len(asked) == len(also) == 1
    np.testing.assert_array_equal(first.rank_accuracy, again.rank_accuracy)


@pytest.mark.parametrize(
    ("size", "other", "same"),
    [
        ((28, 28), (300, 300), True),
        ((28, 28), (300, 310), True),  # 28.9 wide, 29 as a whole number
        ((273, 324), (546, 648), True),
        ((273, 324), (324, 273), False),
        ((100, 100), (100, 103), False),
    ],
)
def test_the_same_shape_to_a_pixel(size, other, same):
    """Whichever is the larger one."""
    assert same_aspect(size, other) is same
    assert same_aspect(other, size) is same


def write_set(folder, *, count=24):
    """Squares or bars at the side of their class, with their masks, as a manifest."""
    rng = np.random.default_rng(0)
    lines = ["path,label,mask"]
    for i in range(count):
        picture = rng.normal(90, 6, (48, 48))
        y = int(rng.integers(4, 28))
        place = (slice(y, y + 14), slice(6, 20) if i % 2 else slice(30, 36))
        picture[place] += 120
        inside = np.zeros((48, 48), np.uint8)
        inside[place] = 255
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / f"{i}.png")
        Image.fromarray(inside).save(folder / f"m{i}.png")
        lines.append(f"{i}.png,{'left' if i % 2 else 'right'},m{i}.png")
    (folder / "set.csv").write_text("\n".join(lines))


@pytest.fixture
def suite(tmp_path):
    """A suite with one limit on a figure against masks."""

    def write(minimum):
        path = tmp_path / "suite.json"
        entry = {
            "type": "expect_value_to_be_at_least",
            "kwargs": {"metric": "mask_rank_accuracy", "minimum": minimum},
            "severity": "critical",
            "meta": {"reason": "the organ, not the marker"},
        }
        path.write_text(json.dumps({"name": "masks", "expectations": [entry], "meta": {}}))
        return path

    return write


def test_the_gate_limits_and_reports_them(run, suite, tmp_path):
    """End to end with the real network: figures per class, columns, a limit that holds."""
    import pandas as pd

    write_set(tmp_path)
    metrics = ("--metrics", "xai_overlay,imbalance", "--pool", "standard")
    status, _, problem = run(
        "check", "set.csv", "--suite", suite(0.05), "--out", "report", *metrics
    )
    assert status == 0, problem

    document = json.loads((tmp_path / "report" / "metrics.json").read_bytes())
    masks = document["masks"]
    assert masks["masked"] == masks["figures"]["images"] == 24
    assert set(masks["per_class"]) == {"left", "right"}
    means = [one["rank_accuracy"] * one["images"] for one in masks["per_class"].values()]
    assert sum(means) / 24 == pytest.approx(masks["figures"]["rank_accuracy"])
    assert document["metrics"]["xai_overlay"]["per_class"]["left"]["images"] == 12
    table = pd.read_parquet(tmp_path / "report" / "images.parquet")
    assert set(MASK_ROWS) <= set(table.columns)
    assert table["mask_rank_accuracy"].mean() == pytest.approx(masks["figures"]["rank_accuracy"])
    assert "Explanations against masks" in (tmp_path / "report" / "summary.md").read_text("utf-8")
    assert "Explanations against masks" in (tmp_path / "report" / "report.html").read_text("utf-8")


def test_a_limit_that_is_missed_fails_and_nothing_measured_is_unknown(against, suite):
    """As for any other row."""
    found = against([mask(slice(0, 8)), mask()], looking_at(CORNER)[0])

    assert judge(mask_rows(found), suite(0.7)).verdict == "pass"
    assert judge(mask_rows(found), suite(0.8)).verdict == "fail"
    assert judge(mask_rows(None), suite(0.1)).verdict == "unknown"
