"""How often a bad change is caught, and an honest one is not, on real sets.

Run `python benchmarks/changes.py FOLDER --sets a,b --images 1000 --seeds 3 --first-seed 7`, where
FOLDER holds datasets as `NAME/NAME.npz` or `NAME/<class>/<image>`. Heads and verdicts are those of
`deri-gate detection`; here besides:

* --only damage,honest,labels: which heads. `labels` is 2 % flipped, in place and in new images.
* --groups looks: images belong together as their looks do (k-means of the embeddings, ten a
  group). --groups patients: so do those of simulated patients, 3 to 20 images of one class, each
  patient's taken in one way; --groups mixed: of any class. Then dropped groups, and honest whole
  groups that come or go, are among the cases.
* --set-right: honest corrections of images of rare classes that were called the common one.
* --whole: everything is measured, and the whole verdict counts, scores included.

Each head prints a line: way, name, set, seed, status and what it fails by. Everything is kept in
the usual cache, so that a second run costs the statistics alone.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from belonging import by_looks, by_patient, honest_groups

from deri_gate.data.readers import judged_split, open_dataset
from deri_gate.metrics.context import Context
from deri_gate.metrics.profile import STANDARD
from deri_gate.runtime.engine import Machine
from deri_gate.runtime.resources import shipped
from deri_gate.runtime.store import Store, default_folder
from deri_gate.scoring.pool import find_pool, read_pool
from deri_gate.study.detection.against import Against
from deri_gate.study.detection.rates import tally
from deri_gate.study.detection.simulated import (
    CORRECTED,
    SimulatedChange,
    Split,
    damaged_changes,
    honest_changes,
)
from deri_gate.study.sensitivity.cases import capped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.data.dataset import Dataset
    from deri_gate.study.detection.against import JudgedHead

EXPLAINED = 16  # images of each head, with --whole


def opened(folder: Path, name: str, images: int) -> Dataset:
    """A set by name, or so many of its images."""
    file = folder / name / f"{name}.npz"
    if name == "busi_masks":
        folder, name = folder / name, "images"
    whole = judged_split(open_dataset(file if file.exists() else folder / name))
    return capped(whole, images, seed=STANDARD.seed)


def belonging(whole: Dataset, kind: str, seed: int, against: Against) -> Dataset:
    """The set with groups."""
    if kind == "looks":
        return by_looks(whole, against)
    return by_patient(whole, seed, one_class=kind == "patients")


def set_right(split: Split) -> Iterator[SimulatedChange]:
    """5 % of the base, of all classes but the most common, were called that one."""
    first = np.array([own[0] for own in split.whole.labels])
    common = int(np.bincount(first).argmax())
    rare = np.random.default_rng(split.seed).permutation(np.flatnonzero(first != common))
    wrong = set(rare[: round(CORRECTED * len(first))].tolist())
    labels = tuple((common,) if i in wrong else own for i, own in enumerate(split.whole.labels))
    base = replace(split.whole, labels=labels)
    yield SimulatedChange(
        name="set right", way="honest", seed=split.seed, base=base, head=split.whole
    )


def heads(split: Split, options: argparse.Namespace) -> Iterator[SimulatedChange]:
    """Those that were asked for."""
    if "damage" in options.only:
        yield from damaged_changes(split, options.group)
    elif "labels" in options.only:
        yield from (one for one in damaged_changes(split, ["label_noise"]))
    if "honest" in options.only:
        yield from honest_changes(split)
        if split.whole.groups is not None:
            yield from honest_groups(split)
    if options.set_right:
        yield from set_right(split)


def main() -> None:
    """Judge, print, count."""
    parser = argparse.ArgumentParser(description="Rates of caught and of false alarms.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", required=True)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3, help="of damage and of honest changes")
    parser.add_argument("--first-seed", type=int, default=STANDARD.seed)
    parser.add_argument("--only", default="damage,honest,labels")
    parser.add_argument("--group", action="append", help="of damage; may be repeated")
    parser.add_argument("--groups", choices=("looks", "patients", "mixed"))
    parser.add_argument("--set-right", action="store_true")
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    against = Against(
        context=Context(
            profile=replace(STANDARD, explained=EXPLAINED) if options.whole else STANDARD,
            store=Store(default_folder()),
            machine=Machine(progress=False),
        ),
        suite=shipped("expectations") / "pull_request.json",
        pool=read_pool(find_pool("standard")) if options.whole else None,
    )
    found: dict[tuple[str, str], list[JudgedHead]] = defaultdict(list)
    for number in range(options.seeds):
        for name in options.sets.split(","):
            whole = opened(options.folder, name, options.images)
            seed = options.first_seed + number
            whole = belonging(whole, options.groups, seed, against) if options.groups else whole
            split = Split.of(whole, seed)
            for one in against.verdicts(name, heads(split, options)):
                found[one.way, one.name].append(one)
                said = f"{one.status}\t{', '.join(one.missed[:3])}\t{one.least_p:.0e}"
                print(f"{one.way}\t{one.name}\t{name}\t{one.seed}\t{said}", flush=True)
    for (way, name), verdicts in found.items():
        one = tally(verdicts)
        print(f"{way:12} {name:24} {one.failed:4d} of {one.cases:4d}   {one.warned} warn")


if __name__ == "__main__":
    main()
