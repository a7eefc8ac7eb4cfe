"""How often a bad change is caught, and an honest one is not, on real sets.

Run `python benchmarks/changes.py FOLDER --sets a,b --images 1000 --seeds 20`, where FOLDER holds
datasets as `NAME/NAME.npz` or `NAME/<class>/<image>`. Everything is kept in the usual cache, so
that a second run costs the statistics alone.

* in place: strong damage of every group in 10 % of the images or labels of the head.
* newcomers: the base lacks the damaged images; the head has them as new ones.
* honest: head = base + 2 % or 10 % of held-out images, or - 2 % or 10 % at random.
* labels: 2 % flipped, in place or in a batch of new images.

A change counts as caught when the tests of the changed images miss a critical limit of the
shipped suite; with --full everything is measured, and the whole verdict counts.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.commands.score import score
from deri_gate.comparing.compare import change_between
from deri_gate.comparing.matching import Side, match
from deri_gate.comparing.sides import Sides
from deri_gate.comparing.testing import tests_of
from deri_gate.degradation import degrade
from deri_gate.degradation.catalogue import VARIANTS
from deri_gate.degradation.resample import flip_labels
from deri_gate.degradation.source import Dose
from deri_gate.engine import Machine
from deri_gate.errors import UnmeasurableError
from deri_gate.evidence import Evidence
from deri_gate.gate import judge, rows_of
from deri_gate.measuring import Measured, measure_dataset
from deri_gate.pool import find_pool, read_pool
from deri_gate.profile import STANDARD
from deri_gate.readers import judged_split, open_dataset
from deri_gate.report.documents import metrics_document
from deri_gate.sensing.cases import capped
from deri_gate.shipped import shipped
from deri_gate.store import Store, default_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.dataset import Dataset

SUITE = shipped("expectations") / "pull_request.json"
MACHINE = Machine(progress=False)
SHARE = 0.1


class Bench:
    """Judges pairs of datasets."""

    def __init__(self, *, full: bool) -> None:
        self.full = full
        self.store = Store(default_folder())
        self.pool = read_pool(find_pool("standard"))
        entries = json.loads(SUITE.read_text("utf-8"))["expectations"]
        self.limits = {
            entry["kwargs"]["metric"]: entry["kwargs"]["minimum"]
            for entry in entries
            if entry["type"] == "expect_changed_images_to_fit" and entry["severity"] == "critical"
        }

    def measured(self, dataset: Dataset) -> Measured:
        """All metrics, or only what the tests of changed images need."""
        if self.full:
            return measure_dataset(
                dataset, split=None, profile=STANDARD, metrics=STANDARD.metrics,
                store=self.store, machine=MACHINE,
            )  # fmt: skip
        wanted = frozenset({"embeddings"})
        evidence = Evidence(dataset, STANDARD, self.store, MACHINE, wanted)
        return Measured(
            evidence=evidence, split=None, answers={}, values={}, reasons={}, resamples={},
            findings=(),
        )  # fmt: skip

    def missed(self, base: Measured, head: Measured) -> list[str]:
        """What a change fails by, the surest first; empty when it passes."""
        if self.full:
            change = change_between(base, head, pool=self.pool)
            scored = score(metrics_document(head), pool="standard").scored
            judged = judge(rows_of(head.values, scored, head.shares, change), SUITE)
            return [check.name for check in judged.checks if check.status in {"fail", "unknown"}]
        sides = [Side.of(m.evidence.dataset, m.evidence.images.keys) for m in (base, head)]
        tests = tests_of(Sides(base, head, match(*sides), STANDARD.seed))
        sure = [t for t in tests if t.corrected_p < self.limits.get(t.about, 0.0)]
        return [f"{t.name} {t.corrected_p:.0e}" for t in sorted(sure, key=lambda t: t.corrected_p)]


def damaged(whole: Dataset, seed: int) -> Iterator[tuple[str, Dataset]]:
    """Strong damage of every group in a tenth of the images."""
    for group in dict.fromkeys(v.group for v in VARIANTS):
        try:
            yield group, degrade(whole, group, "strong", seed=seed, share=SHARE)
        except UnmeasurableError:
            continue  # no groups, or too few images


def without_damaged(whole: Dataset, head: Dataset) -> Dataset | None:
    """The whole without the images that are others in the head; None when none came back."""
    after = {name: i for i, name in enumerate(head.ids)}
    same = [
        name in after and head.rows[after[name]] == whole.rows[i] and
        head.labels[after[name]] == whole.labels[i]
        for i, name in enumerate(whole.ids)
    ]  # fmt: skip
    if all(same) or len(head) < len(whole):
        return None
    return whole.select(np.array(same))


def honest(whole: Dataset, seed: int) -> Iterator[tuple[str, Dataset, Dataset]]:
    """Heads that differ from their base by chance alone."""
    order = np.random.default_rng(seed).permutation(len(whole))
    kept = round(0.9 * len(whole))
    base = whole.select(np.sort(order[:kept]))
    for share in (0.02, 0.1):
        some = round(share * kept)
        yield f"added {share:.0%}", base, whole.select(np.sort(order[: kept + some]))
        yield f"removed {share:.0%}", base, whole.select(np.sort(order[: kept - some]))


def flipped(whole: Dataset, seed: int) -> Iterator[tuple[str, Dataset, Dataset]]:
    """2 % of the labels wrong: in place, and in a batch of new images."""
    dose = Dose(group="label_noise", strength=0.02, seed=seed, version=1)
    head = flip_labels(whole, np.arange(len(whole)), dose)
    wrong = np.array([a != b for a, b in zip(head.labels, whole.labels, strict=True)])
    yield "in place", whole, head
    yield "new images", whole.select(~wrong), head


def opened(folder: Path, name: str, images: int) -> Dataset:
    file = folder / name / f"{name}.npz"
    if name == "busi_masks":
        folder, name = folder / name, "images"
    whole = judged_split(open_dataset(file if file.exists() else folder / name))
    return capped(whole, images, seed=0)


def main() -> None:
    parser = argparse.ArgumentParser(description="Rates of caught and of false alarms.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sets", required=True)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--only", default="damage,honest,labels")
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    bench = Bench(full=arguments.full)
    tally: dict[str, Counter[bool]] = defaultdict(Counter)

    def note(kind: str, name: str, base: Measured, head: Dataset) -> None:
        missed = bench.missed(base, bench.measured(head))
        tally[kind][bool(missed)] += 1
        print(f"{kind}\t{name}\t{'; '.join(missed[:3]) or '-'}", flush=True)

    for name in arguments.sets.split(","):
        whole = opened(arguments.folder, name, arguments.images)
        base = bench.measured(whole)
        if "damage" in arguments.only:
            for group, head in damaged(whole, 1):
                note(f"in place {group}", name, base, head)
                fewer = without_damaged(whole, head)
                if fewer is not None:
                    note(f"newcomers {group}", name, bench.measured(fewer), head)
        for seed in range(arguments.seeds):
            before: dict[int, Measured] = {}
            pairs = [("honest", *case) for case in honest(whole, seed)] * (
                "honest" in arguments.only
            )
            pairs += [("labels", *case) for case in flipped(whole, seed)] * (
                "labels" in arguments.only
            )
            for kind, case, earlier, head in pairs:
                known = before.setdefault(id(earlier), bench.measured(earlier))
                note(f"{kind} {case}", name, known, head)
    for kind, counts in tally.items():
        print(f"{kind:40s} {counts[True]:4d} of {sum(counts.values()):4d}")


if __name__ == "__main__":
    main()
