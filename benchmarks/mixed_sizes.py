"""Are damaged images named in sets of mixed sizes, and honest ones left alone?

Each set is judged with the sizes of its images known, and as if all were of one size. Seven kinds
of damage on 2 and 5 % of each. Then on all images of the smaller or the larger third, or half: is
it told that they look damaged beside the others?

Run `python benchmarks/mixed_sizes.py --dataset PATH`, again and again. Pictures that are too small
are enlarged, which blurs them by itself.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from planted import Set, given, resized
from suspects import damaged_whole

from deri_gate.measuring.damaged import damaged_images
from deri_gate.measuring.divided import divisions_of
from deri_gate.measuring.labelled_looks import LabelledLooks
from deri_gate.measuring.sizes import size_strata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from suspects import Measured

SHARES = (0.02, 0.05)
DRAWS = 3  # of which images are damaged
LONGEST = 2_000  # px, to which originals are shrunk first
TRIED = (
    "blurred", "blurred, 3 px", "noisy", "compressed", "dark", "border", "low_resolution, half",
)  # fmt: skip
SIZES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {  # px of the shorter side
    "64, 192": lambda rng, count: rng.choice([64, 192], count),
    "48, 96, 256": lambda rng, count: rng.choice([48, 96, 256], count),
    "48 to 512": lambda rng, count: np.exp(rng.uniform(np.log(48), np.log(512), count)),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One trial: how many images were damaged and named, and how many of those were damaged."""

    data: str
    sizes: str
    known: bool  # that images are of several sizes
    damage: str
    share: float
    images: int
    damaged: int
    named: int
    right: int


def mixed(one: Set, sizes: str, seed: int) -> Set:
    """The set, each image at a size that is drawn at random."""
    sides = SIZES[sizes](np.random.default_rng(seed), len(one.pictures))
    scales = [side / min(p.shape[:2]) for side, p in zip(sides, one.pictures, strict=True)]
    shown = tuple(resized(p, scale) for p, scale in zip(one.pictures, scales, strict=True))
    return replace(one, pictures=shown)


def tried(one: Measured, sizes: str, seed: int) -> Iterator[Row]:
    """Judge the set as it is, and with each damage on each share of its images."""
    rng = np.random.default_rng(seed)
    yield from _judged(one, sizes, "none", 0.0, np.zeros(len(one.clean), dtype=bool))
    for kind in filter(one.shows, one.hurt):
        for share in SHARES:
            for _ in range(DRAWS):
                planted = np.zeros(len(one.clean), dtype=bool)
                planted[rng.permutation(len(planted))[: max(3, round(share * len(planted)))]] = True
                yield from _judged(one, sizes, kind, share, planted)


def _judged(
    one: Measured, sizes: str, kind: str, share: float, planted: np.ndarray
) -> Iterator[Row]:
    values = np.where(planted[:, None], one.hurt.get(kind, one.clean), one.clean)
    straight = np.where(planted, one.straight[kind], one.straight["none"])
    octaves = np.log2([min(p.shape[:2]) for p in one.data.pictures])
    for known in (False, True):
        more = size_strata(octaves, one.data.labels) if known else []
        looks = LabelledLooks(values=values, strata=[one.data.labels, *more])
        named = damaged_images(looks, straight).kind >= 0
        yield Row(
            data=one.data.name, sizes=sizes, known=known, damage=kind, share=share,
            images=len(values), damaged=int(planted.sum()), named=int(named.sum()),
            right=int((named & planted).sum()),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Whole:
    """One trial with all images of one size damaged: how many, and how many were named."""

    damage: str
    end: str
    damaged: int
    named: int
    right: int


def tried_whole(one: Measured) -> Iterator[Whole]:
    """Judge the set with each damage on all of the smaller images, and on all of the larger."""
    sides = np.array([min(p.shape[:2]) for p in one.data.pictures])
    low, high = np.quantile(sides, (1 / 3, 2 / 3), method="nearest")
    ends = {"none": sides < 0, "smaller": sides <= low, "larger": sides >= high}
    for end, planted in ends.items():
        for kind in filter(one.shows, one.hurt) if planted.any() else ["none"]:
            values = np.where(planted[:, None], one.hurt.get(kind, one.clean), one.clean)
            straight = np.where(planted, one.straight[kind], one.straight["none"])
            octaves = np.log2(sides).astype(np.int64)
            named = np.zeros(len(sides), dtype=bool)
            for division in divisions_of(values, one.data.labels, straight, octaves):
                named[division.rows] = True
            yield Whole(
                damage=kind, end=end, damaged=int(planted.sum()), named=int(named.sum()),
                right=int((named & planted).sum()),
            )  # fmt: skip


def as_table_of_whole(rows: Sequence[Whole]) -> str:
    """Trials in which it was told; shares of the damaged that were named, of the named damaged."""
    lines = ["| damage | all smaller ones | all larger ones |", "|---" * 3 + "|"]
    for damage in TRIED:
        cells = []
        for end in ("smaller", "larger"):
            own = [row for row in rows if (row.damage, row.end) == (damage, end)]
            told, found = sum(r.named > 0 for r in own), np.mean([r.right / r.damaged for r in own])
            right = sum(row.right for row in own) / max(1, sum(row.named for row in own))
            cells.append(f"{told} of {len(own)}, {found:.2f}, {right:.2f}")
        lines.append(f"| {damage} | {' | '.join(cells)} |")
    clean = [row for row in rows if row.damage == "none"]
    lines.append(f"\nAs they are, told in {sum(r.named > 0 for r in clean)} of {len(clean)} trials")
    return "\n".join(lines)


def as_table(rows: Sequence[Row]) -> str:
    """Recall and precision at each share: sizes not known, then known."""
    lines = ["| set | sizes, px | damage | 2 % | known | 5 % | known |", "|---" * 7 + "|"]
    for data, sizes, damage in dict.fromkeys((row.data, row.sizes, row.damage) for row in rows):
        own = [r for r in rows if (r.data, r.sizes, r.damage) == (data, sizes, damage)]
        if damage != "none":
            lines.append(f"| {data} | {sizes} | {damage} | {_cells(own)} |")
    for damage in TRIED:
        cells = _cells([row for row in rows if row.damage == damage])
        lines.append(f"| all | all | {damage} | {cells} |")
    lines.append(f"| all | all | all | {_cells([r for r in rows if r.share])} |\n")
    for known in (False, True):
        own = [row for row in rows if row.damage == "none" and row.known == known]
        named, images = sum(row.named for row in own), sum(row.images for row in own)
        lines.append(
            f"As they are, sizes {'' if known else 'not '}known: {named} of {images} named"
        )
    return "\n".join(lines)


def _cells(rows: Sequence[Row]) -> str:
    cells = []
    for share in SHARES:
        for known in (False, True):
            own = [row for row in rows if row.share == share and row.known == known]
            if own:
                recall = np.mean([row.right / row.damaged for row in own])
                precision = np.mean([row.right / max(1, row.named) for row in own])
                cells.append(f"{recall:.2f}, {precision:.2f}")
    return " | ".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", action="append", required=True)
    parser.add_argument("--images", type=int, default=360)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    said = parser.parse_args()
    rows, whole = [], []
    for seed in said.seeds:
        for path in said.dataset:
            drawn = given(path, said.images, seed=seed, longest=LONGEST)
            for sizes in SIZES:
                one = damaged_whole(mixed(drawn, sizes, seed), TRIED)
                rows += tried(one, sizes, seed)
                whole += tried_whole(one)
    print(f"{as_table(rows)}\n\n{as_table_of_whole(whole)}")


if __name__ == "__main__":
    main()
