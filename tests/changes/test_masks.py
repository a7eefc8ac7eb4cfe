"""Masks of images that did not change: moved, lost and redrawn ones of a pull request."""

from __future__ import annotations

import csv
import shutil
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import deri_gate
from deri_gate.reports.headline import headline_of
from tests.sweeps import sampled

pytestmark = pytest.mark.one_cache
COUNT, SIDE, OBJECT = 40, 32, slice(8, 20)
QUIET = deri_gate.Machine(progress=False)


def marked(down: int = 0, *, size: int = 12) -> np.ndarray:
    """A mask of a square object, so far below its place."""
    mask = np.zeros((SIDE, SIDE), dtype=np.uint8)
    mask[8 + down : 8 + down + size, OBJECT] = 255
    return mask


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """Digits of two classes, each with its mask; every second one is for testing."""
    folder = tmp_path_factory.mktemp("base")
    digits = load_digits(n_class=2)
    rows = [["path", "label", "split", "mask"]]
    for i in range(COUNT):
        picture = Image.fromarray((digits.images[i] * 15.9).astype(np.uint8))
        picture.resize((SIDE, SIDE)).save(folder / f"{i:02}.png")
        Image.fromarray(marked()).save(folder / f"{i:02}-mask.png")
        rows.append(
            [f"{i:02}.png", str(digits.target[i]), ("train", "test")[i % 2], f"{i:02}-mask.png"]
        )
    write_rows(folder, rows)
    return folder / "set.csv"


def write_rows(folder: Path, rows: list[list[str]]) -> None:
    with (folder / "set.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def found_in(base: Path, head: Path):
    report = deri_gate.check(
        head / "set.csv", base=base, metrics="sharpness", out=None, machine=QUIET
    )
    (row,) = [check for check in report.checks if check.metric == "masks"]
    return row, report


@pytest.fixture
def head(base, tmp_path) -> Path:
    """A copy of the base to change."""
    return Path(shutil.copytree(base.parent, tmp_path / "head"))


def put(head: Path, masks: dict[int, np.ndarray]) -> None:
    for i, mask in masks.items():
        Image.fromarray(mask).save(head / f"{i:02}-mask.png")


CHANGED = {"moved": marked(8), "inverted": 255 - marked(), "empty": marked(size=0)}


@pytest.mark.parametrize(
    ("changed", "first"), sampled(product(CHANGED.values(), (0, 1)), 0),
    ids=[f"{name} {split}" for name in CHANGED for split in ("judged split", "test split")],
)  # fmt: skip
def test_masks_that_mark_something_else_are_told(base, head, changed, first):
    """They were "10 files" and passed, of a test split, too."""
    put(head, dict.fromkeys(range(first, 20, 2), changed))
    row, report = found_in(base, head)

    assert row.status == "warn"
    (told,) = [test for test in report.change.tests if test.about == "masks"]
    assert told.sentence.startswith("10 unchanged images")
    assert len(told.images) == 10
    where, told = " of test" if first else "", headline_of(report).text
    assert told.startswith(f"10 unchanged images{where} with ")
    assert told.endswith(
        ("changed or missing masks of 20 images", "masks that fit less well of 20 images")
    )


@pytest.mark.sweep
@pytest.mark.parametrize("at", sampled([14, 22], 1), ids=["close by", "elsewhere"])
def test_marks_smaller_than_a_reduced_pixel_are_compared(base, head, tmp_path, monkeypatch, at):
    """A spot of a large picture fell between the pixels that were kept: both marked nothing."""
    monkeypatch.setattr("deri_gate.changes.masks.SIDE", 8)
    earlier = Path(shutil.copytree(base.parent, tmp_path / "earlier"))
    for folder, place in ((earlier, 13), (head, at)):
        spot = np.zeros((SIDE, SIDE), dtype=np.uint8)
        spot[place : place + 2, place : place + 2] = 255
        put(folder, dict.fromkeys(range(0, 20, 2), spot))
    row, _ = found_in(earlier / "set.csv", head)

    assert row.status == ("pass" if at < 16 else "warn")


def saved_again(head: Path) -> None:
    """Write the training images anew, three levels brighter."""
    for i in range(0, COUNT, 2):
        picture = np.asarray(Image.open(head / f"{i:02}.png"))
        Image.fromarray(np.clip(picture + 3.0, 0, 255).astype(np.uint8)).save(head / f"{i:02}.png")


def test_masks_of_images_that_were_saved_again_are_told(base, head):
    """Nobody compared them: one changed pixel hid a mask of something else."""
    saved_again(head)
    put(head, dict.fromkeys(range(0, 20, 2), marked(8)))
    row, report = found_in(base, head)

    assert row.status == "warn"
    (told,) = [test for test in report.change.tests if test.about == "masks"]
    assert told.sentence.startswith("10 changed images have other masks than before, or none")
    assert len(told.images) == 10


@pytest.mark.sweep
def test_masks_of_images_that_were_turned_go_with_them(base, head):
    for i in range(0, COUNT, 2):
        picture = Image.open(head / f"{i:02}.png")
        picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(head / f"{i:02}.png")
    put(head, dict.fromkeys(range(0, 40, 2), marked()[::-1]))
    row, _ = found_in(base, head)

    assert row.status in {"pass", "unknown"}


def test_lost_masks_are_told(base, head):
    with (head / "set.csv").open(encoding="utf-8") as file:
        rows = [*csv.reader(file)]
    write_rows(head, [rows[0], *([*r[:3], ""] if n < 20 else r for n, r in enumerate(rows[1:]))])
    row, _ = found_in(base, head)

    assert row.status == "warn"


@pytest.mark.parametrize(
    "masks",
    sampled(
        [
            dict.fromkeys(range(0, 40, 2), marked(2)),
            {},
            {0: marked(8), 2: marked(8)},
            dict.fromkeys(range(0, 40, 2), np.kron(marked(), np.ones((2, 2), dtype=np.uint8))),
        ]
    ),
    ids=["corrected by two pixels", "none changed", "two corrected", "twice the size"],
)
def test_what_is_corrected_passes(base, head, masks):
    put(head, masks)
    row, _ = found_in(base, head)

    assert row.status in {"pass", "unknown"}


def outlined(path: Path, place: int) -> None:
    """Write a picture with a bright disc, and its mask."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    disc = np.hypot(rows - 16, columns - place) < 6
    grain = np.random.default_rng(place).normal(0, 8, disc.shape)
    shown = np.clip(90 + 50 * disc + grain, 0, 255).astype(np.uint8)
    Image.fromarray(shown).save(path)
    Image.fromarray(disc.astype(np.uint8) * 255).save(path.with_stem(f"{path.stem}-mask"))


@pytest.fixture
def discs(base, head) -> Path:
    """Discs at different places in place of the digits."""
    for i in range(COUNT):
        outlined(head / f"{i:02}.png", 7 + i % 20)
    return head


def changed_masks(folder: Path, change) -> dict[int, np.ndarray]:
    """Masks of 24 images, changed."""
    masks = [np.array(Image.open(folder / f"{i:02}-mask.png")) for i in range(COUNT)]
    return {i: change(i, masks) for i in range(24)}


DAMAGE = {
    "exchanged": lambda i, masks: masks[(i + 10) % 20],
    "shifted": lambda i, masks: np.roll(masks[i], 9, axis=0),
    "inverted": lambda i, masks: 255 - masks[i],
    "emptied": lambda i, masks: np.zeros_like(masks[i]),
    "filled": lambda i, masks: np.full_like(masks[i], 255),
    "boxed": lambda i, masks: looser(masks[i], 11),
}


def looser(mask: np.ndarray, by: int) -> np.ndarray:
    """A box about what is marked, so many pixels larger at each side."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    box = np.zeros_like(mask)
    box[max(0, rows[0] - by) : rows[-1] + by, max(0, columns[0] - by) : columns[-1] + by] = 255
    return box


@pytest.mark.parametrize("change", sampled(DAMAGE.values()), ids=DAMAGE)
@pytest.mark.parametrize("corrected", [False, True], ids=["damaged", "corrected"])
def test_masks_that_fit_less_well_fail_and_their_correction_passes(
    discs, tmp_path, change, *, corrected
):
    """Both mark something else than before; only one is a loss."""
    other = Path(shutil.copytree(discs, tmp_path / "other"))
    put(other, changed_masks(discs, change))
    earlier, later = (other, discs) if corrected else (discs, other)
    _, report = found_in(earlier / "set.csv", later)

    (fit,) = [check for check in report.checks if check.metric == "mask_fit"]
    assert (fit.status, fit.severity) == ("pass" if corrected else "fail", "critical")


@pytest.mark.parametrize("change", sampled(["emptied", "filled"]))
def test_void_masks_of_images_that_were_saved_again_count_with_the_others(discs, tmp_path, change):
    """Each half of them was held against all masks, and was too few."""
    other = Path(shutil.copytree(discs, tmp_path / "other"))
    put(other, changed_masks(discs, DAMAGE[change]))
    for i in range(0, COUNT, 4):
        picture = np.asarray(Image.open(other / f"{i:02}.png"))
        Image.fromarray(np.clip(picture + 3.0, 0, 255).astype(np.uint8)).save(other / f"{i:02}.png")
    _, report = found_in(discs / "set.csv", other)

    (fit,) = [check for check in report.checks if check.metric == "mask_fit"]
    assert fit.status == "fail"


@pytest.mark.parametrize("radius", sampled([5, 8]), ids=["closer", "looser"])
def test_outlines_drawn_in_another_way_pass(discs, tmp_path, radius):
    """All of them, by somebody who draws smaller or larger outlines."""
    other = Path(shutil.copytree(discs, tmp_path / "other"))
    for i in range(COUNT):
        rows, columns = np.mgrid[:SIDE, :SIDE]
        disc = np.hypot(rows - 16, columns - (7 + i % 20)) < radius
        Image.fromarray(disc.astype(np.uint8) * 255).save(other / f"{i:02}-mask.png")
    _, report = found_in(discs / "set.csv", other)

    (fit,) = [check for check in report.checks if check.metric == "mask_fit"]
    assert fit.status != "fail"


@pytest.mark.sweep
def test_wrong_masks_may_be_taken_off_images_that_show_nothing(discs, tmp_path):
    """Eight of forty marked no disc. Any spot stands out a little, and all of them fell to none."""
    earlier, later = discs, Path(shutil.copytree(discs, tmp_path / "later"))
    for i in range(0, 16, 2):
        grain = np.random.default_rng(i).normal(90, 8, (SIDE, SIDE))
        for folder in (earlier, later):
            Image.fromarray(grain.astype(np.uint8)).save(folder / f"{i:02}.png")
    put(later, dict.fromkeys(range(0, 16, 2), marked(size=0)))
    _, report = found_in(earlier / "set.csv", later)
    (fit,) = [check for check in report.checks if check.metric == "mask_fit"]

    assert fit.status != "fail"


def test_grey_stands_out_as_much_in_three_channels(discs, tmp_path):
    """Moved masks, and half of the images in colours that are grey: they seemed to fit better."""
    later = Path(shutil.copytree(discs, tmp_path / "later"))
    put(later, changed_masks(discs, DAMAGE["shifted"]))
    for i in range(COUNT):
        Image.open(later / f"{i:02}.png").convert("RGB").save(later / f"{i:02}.png")
    _, report = found_in(discs / "set.csv", later)
    grey = Path(shutil.copytree(discs, tmp_path / "grey"))
    put(grey, changed_masks(discs, DAMAGE["shifted"]))
    _, plain = found_in(discs / "set.csv", grey)

    def effects(report):
        return [test.effect for test in report.change.tests if test.about == "mask_fit"]

    assert effects(report) == effects(plain)
