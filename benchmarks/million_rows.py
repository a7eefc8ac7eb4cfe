"""All steps of a `check` after the search for neighbours, on made rows: no image is read.

    python benchmarks/million_rows.py 1000000 --out REPORT --log memory.csv
    python benchmarks/million.py tell memory.csv

Rows are as workers write them, of 16 classes with 1,280 values an embedding. Neighbours, near
duplicates and probe are made up, as what these take is known of real images: most neighbours are
of the own class, a twentieth of the images has a copy, and labels of 3 % are wrong. A thread looks
every second where the command is and what memory it has. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import sys
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import driver_memory
import numpy as np
from million import watch

from deri_gate.commands import check as checking
from deri_gate.commands.measure import Measuring
from deri_gate.data.dataset import Dataset
from deri_gate.features.image_table import Gathering, Scan
from deri_gate.features.near_duplicates import NearDuplicates
from deri_gate.features.neighbour_search import NeighbourSearch
from deri_gate.measuring import measure
from deri_gate.measuring.evidence import Evidence
from deri_gate.metrics.profile import STANDARD
from deri_gate.metrics.records import Probe
from deri_gate.runtime.hashing import content_hash
from deri_gate.runtime.large_arrays import blocks_of, large_array

if TYPE_CHECKING:
    from deri_gate.measuring.copies import Images

CLASSES, NEAREST, WRONG, COPIES, SIDE = 16, 10, 0.03, 0.05, 28


@dataclass(frozen=True)
class MadeImage:
    """A picture of noise; the same for the same row."""

    row: int

    @property
    def key(self) -> str:
        """Hash of its content."""
        return content_hash(b"%d" % self.row)

    def decode(self) -> np.ndarray:
        """The picture."""
        return np.random.default_rng(self.row).integers(0, 256, (SIDE, SIDE), dtype=np.uint8)


class MadeImages:
    """Source of such pictures."""

    def load(self, row: int) -> MadeImage:
        """Picture of a row."""
        return MadeImage(row)


class MadeEvidence(Evidence):
    """Evidence whose long computations are made up."""

    @cached_property
    def scan(self) -> Scan:
        """Rows as the pass over images gathers them."""
        gathering = Gathering(self.whole, STANDARD, embedded=True)
        for some in driver_memory.images(len(self.whole), np.random.default_rng(0)):
            gathering.add(some)
        scan = gathering.finished()
        side = STANDARD.input_size
        shown = np.random.default_rng(1).integers(0, 256, (side, side, 3), dtype=np.uint8)
        scan.inputs.update(dict.fromkeys(self._to_explain, shown))
        return scan

    @cached_property
    def pictures(self) -> Images:
        """Images with made pairs of copies."""
        pictures = super().pictures
        rng, count = np.random.default_rng(2), len(self.whole)
        chosen = rng.permutation(count)[: 2 * int(COPIES * count / 2)].reshape(-1, 2)
        pairs = np.sort(chosen, axis=1)
        pairs = pairs[np.lexsort(pairs.T[::-1])]
        number, nothing = len(pairs), (np.empty((0, 2), dtype=np.int64), np.empty(0))
        vars(pictures)["near_duplicates"] = NearDuplicates(
            pairs=pairs,
            likeness=rng.uniform(0.97, 1, number),
            turns=np.zeros(number, dtype=np.int64),
            distinct=np.ones(number, dtype=bool),
            heads=np.arange(count),
            partial=nothing,
            augmented=nothing,
        )
        return pictures

    @cached_property
    def neighbour_search(self) -> NeighbourSearch:
        """Images at random, most of the own class."""
        rng, count = np.random.default_rng(3), len(self.whole)
        own = np.arange(count)[:, None] % CLASSES
        others = rng.random((count, NEAREST)) < 2 * WRONG
        classes = np.where(others, rng.integers(0, CLASSES, others.shape), own)
        among = rng.integers(0, count // CLASSES, others.shape) * CLASSES
        return NeighbourSearch(positions=among + classes, recall=0.999)

    @cached_property
    def probe(self) -> Probe:
        """A probe that is right of most images."""
        rng, count = np.random.default_rng(4), len(self.whole)
        said = large_array((count, CLASSES), np.float32)
        for rows in blocks_of(said):
            scores = rng.standard_normal(said[rows].shape)
            scores[np.arange(len(scores)), np.arange(count)[rows] % CLASSES] += 6
            said[rows] = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        weights = rng.standard_normal((CLASSES, driver_memory.WIDTH)).astype(np.float32)
        bias = np.zeros(CLASSES, dtype=np.float32)
        return Probe(weights=weights, bias=bias, out_of_fold=said, multilabel=False)


def made_dataset(count: int) -> Dataset:
    """Images of 16 classes in turn; the labels of some are wrong."""
    rng = np.random.default_rng(5)
    labels = np.arange(count) % CLASSES
    labels = np.where(rng.random(count) < WRONG, rng.integers(0, CLASSES, count), labels)
    return Dataset(
        name="made",
        ids=tuple(f"class{k}/image{i:09d}.png" for i, k in enumerate(labels.tolist())),
        classes=tuple(f"class{i}" for i in range(CLASSES)),
        labels=tuple((k,) for k in labels.tolist()),
        source=MadeImages(),
        rows=np.arange(count),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=int)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--log", type=Path, required=True)
    asked = parser.parse_args()
    driver_memory.CLASSES = CLASSES
    Measuring.opened = lambda *_: made_dataset(asked.images)
    measure.Evidence = MadeEvidence
    done, here = threading.Event(), threading.get_ident()
    watcher = threading.Thread(target=watch, args=(asked.log, here, done), daemon=True)
    watcher.start()
    try:
        checking.check("made", out=asked.out)
    finally:
        done.set()
        watcher.join()


if __name__ == "__main__":
    sys.exit(main())
