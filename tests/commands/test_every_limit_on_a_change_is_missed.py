"""For every limit of `pull_request.json` a change misses it; by the whole of `check --base`."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import deri_gate

SUITE = Path(__file__).parents[2] / "expectations" / "pull_request.json"
COUNT, SIDE = 100, 40
QUIET = deri_gate.Machine(progress=False)
MISSES = {
    "dark": {
        "exposure",
        "intensity",
        "sharpness",
        "resolution",
        "novelty",
        "label_noise",
        "separation",
        "DERI1000",
    },
    "files": {"size", "channels", "colour", "noise_artifacts"},
    "sets": {"diversity", "duplicates", "leaks", "imbalance", "composition", "groups"},
    "masks": {"masks", "mask_fit"},
    "turned": {"orientation"},
}


@dataclass(frozen=True)
class Item:
    """An image and its line in a manifest."""

    name: str
    picture: np.ndarray
    label: int
    split: str = "train"
    group: str = ""
    moved: int = 0  # pixels by which its mask is elsewhere

    @property
    def mask(self) -> np.ndarray:
        """A box in its midst."""
        mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
        mask[8:24, 8 + self.moved : 24 + self.moved] = 255
        return mask


def in_small(picture: np.ndarray, side: int = SIDE) -> np.ndarray:
    image = Image.fromarray(picture).convert("L")
    return np.array(image.resize((side, side), Image.Resampling.BICUBIC))


@pytest.fixture(scope="module")
def base(photos) -> list[Item]:
    """Handwritten digits of three classes, every fifth for validation, and a few photographs."""
    digits = load_digits(n_class=3)
    written = [
        Item(
            f"{i}.png",
            in_small((digits.images[i] * 15.9).astype(np.uint8)),
            int(digits.target[i]),
            "train" if i % 5 else "val",
            f"p{i // 4}",
        )
        for i in range(COUNT)
    ]
    odd = [
        Item(f"{name}.png", in_small(photo), n % 3, "train", f"q{n // 4}")
        for n, (name, photo) in enumerate(photos.items())
    ]
    return written + odd


def dark(base: list[Item]) -> list[Item]:
    """All that is trained on, blurred and at a seventh of its light."""
    return [
        replace(item, picture=(in_small(in_small(item.picture, 10)) * 0.15).astype(np.uint8))
        if item.split == "train"
        else item
        for item in base
    ]


def files(base: list[Item]) -> list[Item]:
    """By turns: of another size, or noisy, in colour and yellow."""
    rng = np.random.default_rng(0)
    changed = []
    for number, item in enumerate(base):
        shown = item.picture
        if number % 3 == 0:
            shown = np.array(Image.fromarray(shown).resize((90, 60)))
        else:
            grain = rng.normal(0, 50, shown.shape)
            grey = np.clip(shown + grain, 0, 255)
            shown = np.stack([grey, grey, 0.7 * grey], axis=2).astype(np.uint8)
        changed.append(replace(item, picture=shown) if item.split == "train" else item)
    return changed


def sets(base: list[Item]) -> list[Item]:
    """Without the photographs, whole groups; with images of validation, and the same ones often."""
    stay = [item for item in base if not item.group.startswith("q")]
    validation = [item for item in stay if item.split == "val"]
    often = [item for item in stay if item.label == 1 and item.split == "train"][:2] * 15
    new = [
        replace(item, name=f"new{n}.png", split="train", group=f"new{n}")
        for n, item in enumerate(validation + often)
    ]
    return stay + new


def masks(base: list[Item]) -> list[Item]:
    """Eighty masks are beside the picture: they mark nothing."""
    return [replace(item, moved=SIDE) for item in base[:80]] + base[80:]


def turned(base: list[Item]) -> list[Item]:
    """Digits that are trained on lie on their side."""
    return [
        replace(item, picture=np.rot90(item.picture).copy())
        if item.split == "train" and item.group.startswith("p")
        else item
        for item in base
    ]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Writes a manifest with its images; the path."""

    def write(name: str, items: list[Item]) -> Path:
        folder = tmp_path_factory.mktemp(name)
        rows = [["path", "label", "split", "group", "mask"]]
        for item in items:
            Image.fromarray(item.picture).save(folder / item.name)
            Image.fromarray(item.mask).save(folder / f"mask-{item.name}")
            rows.append([item.name, str(item.label), item.split, item.group, f"mask-{item.name}"])
        with (folder / "set.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        return folder / "set.csv"

    return write


def limits() -> set[tuple[str, str]]:
    """Metric and severity of each."""
    entries = json.loads(SUITE.read_text("utf-8"))["expectations"]
    return {(entry["kwargs"]["metric"], entry["severity"]) for entry in entries}


def test_every_limit_has_a_change_here() -> None:
    """A limit that is new has to be missed by something before it is shipped."""
    assert {metric for metric, _ in limits()} == set().union(*MISSES.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [dark, files, sets, masks, turned], ids=lambda change: change.__name__
)
def test_a_change_misses_every_limit_on_it(base, written, change) -> None:
    report = deri_gate.check(
        written(change.__name__, change(base)),
        base=written("base", base),
        metrics="data",
        out=None,
        machine=QUIET,
    )
    missed = {
        (check.metric, check.severity)
        for check in report.checks
        if check.status in {"warn", "fail"}
    }

    own = MISSES[change.__name__]
    assert {(metric, severity) for metric, severity in limits() if metric in own} <= missed
