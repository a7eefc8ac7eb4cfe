"""Variants as datasets: every command that takes one reads them, masks included."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from deri_gate.cli.main import COMMANDS
from deri_gate.damage.catalogue import HURTS, MASKED, chosen_variants
from deri_gate.data.readers import open_dataset
from deri_gate.study.detection.simulated import Split, damaged_changes
from tests.sweeps import sampled

if TYPE_CHECKING:
    from deri_gate.data.dataset import Dataset

GROUPS = ("sharpness", "label_noise", "duplicates", "scenario.segmented")
CUT = ("scenario.random_background", "scenario.segmented")
PARAMS = """
datasets:
  {name}: {{path: {path}, version: "1", licence: ours, source: us}}
calibrate: {{fill: standard}}
"""
CHEAP = ("--metrics", "sharpness,imbalance")
DATA = ("--metrics", "data")
FLIPPED = ("--group", "label_noise")
ON_A_DATASET = {  # words of the command; {} is the variant
    "check": ("{}", *DATA, "--suite", "data_only", "--fail-on", "never", "--out", "o"),
    "measure": ("{}", *CHEAP, "--out", "o"),
    "review": ("{}", "--cases", "o.csv"),
    "candidates": ("variant", "--out", "o"),
    "variants": ("{}", *FLIPPED, "--level", "strong", "--out", "o"),
}
SLOWLY = {
    "compare": ("{}", "--baseline", "data/all.csv", *CHEAP, "--fail-on", "never", "--out", "o"),
    "probe": ("{}", "--preset", "smoke", "--architecture", "linear", *FLIPPED,
              "--level", "strong", "--out", "o"),
    "sensitivity": ("{}", *CHEAP, "--resamples", "1", *FLIPPED, "--level", "strong",
                    "--images", "20", "--out", "o"),
    "detection": ("{}", *FLIPPED, "--images", "20", "--out", "o"),
    "properties": ("{}", *CHEAP, "--images", "20", "--size", "20", "--side", "28", "--out", "o"),
}  # fmt: skip
ON_ANYTHING_ELSE = {"score", "cache", "plugins", "init", "ci", "impact", "calibrate", "pool",
                    "limits", "summary", "estimate", "report"}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A masked set by a manifest, 48 pictures of discs and squares."""
    folder = tmp_path_factory.mktemp("masked")
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:28, :28]
    rows = []
    for i in range(48):
        inside = np.hypot(x - 14, y - 14) < 7 if i % 2 else np.maximum(abs(x - 14), abs(y - 14)) < 6
        pixels = (80 + 90 * inside + rng.normal(0, 8, inside.shape)).clip(0, 255)
        row = {"path": f"img/{i}.png", "mask": f"msk/{i}.png", "label": ("square", "disc")[i % 2]}
        for path, values in (("path", pixels), ("mask", inside * 255)):
            target = folder / "data" / row[path]
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(values.astype(np.uint8)).save(target)
        rows.append(row | {"split": "val" if i % 4 == 0 else "train", "group": f"p{i // 2}"})
    with (folder / "data" / "all.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.fixture
def variants(made, run, monkeypatch) -> tuple[Path, ...]:
    """Its variants, written once, in the folder of the data."""
    monkeypatch.chdir(made)
    words = [word for group in GROUPS for word in ("--group", group)]
    status, out, error = run("variants", "data/all.csv", *words, "--level", "strong", "--out", "v")
    assert status == 0, error
    return tuple(map(Path, out.splitlines()))


def test_every_command_is_here() -> None:
    assert {*ON_A_DATASET, *SLOWLY, *ON_ANYTHING_ELSE} == {command.name for command in COMMANDS}


def test_a_variant_holds_what_the_damage_leaves(variants) -> None:
    """Images, masks, groups and splits by number; nothing but the blurred pictures is new."""
    base = open_dataset("data/all.csv")
    sharpness, duplicates, label_noise, segmented = map(open_dataset, variants)

    assert [len(one) for one in (base, sharpness, duplicates, label_noise)] == [48, 48, 66, 48]
    for one in (base, sharpness, duplicates, label_noise, segmented):
        assert (one.masks >= 0).all()
        assert set(one.groups) == set(base.groups)
        assert set(one.splits) == {"train", "val"}
    assert keys(label_noise) == keys(base)
    assert keys(duplicates) == keys(base)
    assert len(keys(sharpness) & keys(base)) == 12


def keys(dataset: Dataset) -> set[str]:
    return {dataset.source.load(int(row)).key for row in dataset.rows}


@pytest.mark.parametrize(
    "command",
    [*sampled(ON_A_DATASET), *(pytest.param(name, marks=pytest.mark.slow) for name in SLOWLY)],
)
def test_a_command_reads_a_variant(variants, run, command) -> None:
    """With a scenario that only masks make possible, and one of another sample."""
    folder = "v/duplicates/strong" if command == "check" else "v/scenario.segmented/only"
    Path("params.yaml").write_text(PARAMS.format(name="variant", path=folder), encoding="utf-8")
    words = {**ON_A_DATASET, **SLOWLY}[command]
    status, out, error = run(command, *(word.format(folder) for word in words))

    assert status == 0, error
    assert "left out" not in out + error


def test_the_masks_of_a_variant_make_its_scenarios(variants, run) -> None:
    """A variant of a variant: the object is cut out of the blurred picture."""
    words = ("--group", "scenario.segmented", "--out", "w")
    status, out, error = run("variants", "v/sharpness/strong", *words)

    assert (status, out.strip()) == (0, "w/scenario.segmented/only"), error


@pytest.mark.slow
def test_scenarios_of_masks_take_part_in_the_matrix(variants, run) -> None:
    """They are measured beside damage, hurt no metric of their own, and count in no share."""
    assert variants  # the working directory is that of the data
    words = [w for group in (*CUT, "sharpness") for w in ("--group", group)]
    status, out, error = run("sensitivity", "data/all.csv", *CHEAP, *words, "--level", "strong",
                             "--resamples", "1", "--images", "20", "--out", "s")  # fmt: skip
    assert status == 0, error
    found = json.loads(Path("s/sensitivity.json").read_text("utf-8"))
    for group in CUT:
        assert found["groups"][group]["only"]["pairs"] == 0
        assert found["matrix"][group]["only"]["sharpness"]["pairs"] == 1
        assert found["detection"][group].keys() == {"only"}
        assert f"{group}" in out
    assert found["budget"]["levels"] == ["strong", "only"]
    table = pd.read_csv("s/sensitivity.csv")
    assert {*CUT} <= {*table["group"]}
    assert set(table.loc[table["group"].isin(CUT), "own"]) == {0}
    assert {*CUT} <= {*pd.read_parquet("s/subscores.parquet")["group"]}


@pytest.mark.slow
def test_scenarios_of_masks_take_part_in_detection(variants, run) -> None:
    """Another background in a tenth of the images, in place and as new images."""
    assert variants
    words = [w for group in (*CUT, "sharpness") for w in ("--group", group)]
    status, _, error = run("detection", "data/all.csv", *words, "--images", "40", "--out", "d")
    assert status == 0, error
    found = json.loads(Path("d/detection.json").read_text("utf-8"))["against_base"]
    assert {name: {*ways} for name, ways in found["detection"].items()} == {
        name: {"in_place", "new_images"} for name in ("sharpness", *CUT)
    }
    assert found["detected"]["cases"] == 2  # those of damage alone


def test_scenarios_of_masks_are_simulated_changes(made, monkeypatch) -> None:
    """Where there are masks, and nobody names groups."""
    monkeypatch.chdir(made)
    changes = damaged_changes(Split.of(open_dataset("data/all.csv"), 0))
    ways = {(one.name, one.way) for one in changes}

    assert ways >= {(v.group, way) for v in MASKED for way in ("in_place", "new_images")}


@pytest.mark.parametrize("masks", [True, False])
def test_a_study_has_the_scenarios_of_masks_where_there_are_some(masks) -> None:
    found = {variant.group for variant in chosen_variants(None, None, masks=masks)}

    assert found == {*HURTS} | ({variant.group for variant in MASKED} if masks else set())
    assert {*CUT} <= {variant.group for variant in MASKED}
