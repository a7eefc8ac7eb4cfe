"""Sets whose images belong together, and honest changes by whole groups of them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from deri_gate.damage.resample import flip_labels
from deri_gate.damage.source import DamageSpec
from deri_gate.errors import UnmeasurableError
from deri_gate.measuring.evidence import Evidence
from deri_gate.study.detection.simulated import SimulatedChange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deri_gate.arrays import IntArray
    from deri_gate.data.dataset import Dataset, Loaded, Picture, Source
    from deri_gate.study.detection.against import Against
    from deri_gate.study.detection.simulated import Split

A_GROUP = 10  # images, where looks decide
FEWEST, MOST = 3, 20  # images of a patient
SHARES = (0.02, 0.03, 0.05, 0.1)  # of the groups that come or go
DRAWS = 3  # of each share


def by_looks(whole: Dataset, against: Against) -> Dataset:
    """Groups of images that look alike: k-means of the embeddings, ten a group, the worst case."""
    from sklearn.cluster import KMeans

    wanted = frozenset({"embeddings"})
    evidence = Evidence(whole, against.context, wanted)
    means = KMeans(max(2, len(whole) // A_GROUP), n_init=1, random_state=0)
    return replace(whole, groups=tuple(map(str, means.fit_predict(evidence.embeddings))))


def by_patient(whole: Dataset, seed: int, *, one_class: bool = True) -> Dataset:
    """Patients of 3 to 20 images, of one class or of any, all of a patient taken in one way."""
    rng = np.random.default_rng([seed, 3])
    order = rng.permutation(len(whole))
    if one_class:
        order = order[np.argsort([whole.labels[i][0] for i in order], kind="stable")]
    sizes = rng.integers(FEWEST, MOST + 1, len(whole))
    turns = np.repeat(np.arange(len(whole)), sizes)[: len(whole)]
    patients = np.empty(len(whole), dtype=np.int64)
    patients[order] = turns
    if one_class:  # of two classes are two patients
        first = [own[0] for own in whole.labels]
        pairs = np.stack([patients, first], axis=1)
        patients = np.unique(pairs, axis=0, return_inverse=True)[1].ravel()
    of_row = dict(zip(whole.rows.tolist(), patients.tolist(), strict=True))
    source = Taken(whole.source, of_row, seed)
    return replace(whole, source=source, groups=tuple(f"patient {p}" for p in patients))


@dataclass(frozen=True)
class Taken:
    """A source of which each patient's images were taken with settings of their own."""

    base: Source
    patients: dict[int, int]
    seed: int

    def load(self, row: int) -> Taking:
        """The content of the image in this row."""
        return Taking(self.base.load(row), self.patients[row], self.seed)


@dataclass(frozen=True)
class Taking:
    """One picture as its patient's settings show it: gain, gamma, colour, focus and noise."""

    loaded: Loaded
    patient: int
    seed: int

    @property
    def key(self) -> str:
        """Of content and settings."""
        return hashlib.md5(f"{self.loaded.key}|{self.patient}|{self.seed}".encode()).hexdigest()

    def decode(self) -> Picture:
        """The same each time."""
        rng = np.random.default_rng([self.seed, self.patient])
        gain, gamma = np.exp(rng.normal(0, 0.1, 2))
        colour, blur, noise = rng.normal(0, 4, 3), abs(rng.normal(0, 0.4)), abs(rng.normal(0, 2))
        picture = self.loaded.decode() / 255.0
        picture = 255 * np.clip(gain * picture, 0, 1) ** gamma
        picture = picture + (colour if picture.ndim > 2 else 0)
        if blur > 0.1:
            picture = cv2.GaussianBlur(picture, (0, 0), blur)
        own = np.random.default_rng(int(self.key[:15], 16))
        picture = picture + noise * own.normal(size=picture.shape)
        found: Picture = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
        return found


def honest_groups(split: Split) -> Iterator[SimulatedChange]:
    """Whole groups that come or go, and images that come to groups which the base knows."""
    groups = np.asarray(split.whole.groups)
    held, kept = np.unique(groups[split.part]), np.unique(split.base.groups)
    rng = np.random.default_rng([split.seed, 4])
    for share in SHARES:
        some = max(1, round(share * (len(held) + len(kept))))
        came, gone = rng.permutation(held), rng.permutation(kept)
        for turn in range(min(DRAWS, len(held) // some)):
            mine = slice(turn * some, (turn + 1) * some)
            more = split.whole.select(np.isin(groups, [*kept, *came[mine]]))
            yield _honest(f"came {share:.0%}", split, split.base, more)
            fewer = split.base.select(~np.isin(split.base.groups, gone[mine]))
            yield _honest(f"went {share:.0%}", split, split.base, fewer)
    wrong = np.isin(groups, rng.permutation(kept)[: max(1, round(SHARES[2] * len(kept)))])
    yield from _set_right(split, np.flatnonzero(wrong))
    few = rng.permutation(len(split.base))[: round(SHARES[2] * len(split.base))]
    rest = split.base.select(np.setdiff1d(np.arange(len(split.base)), few))
    yield _honest("came to known groups", split, rest, split.base)


def _set_right(split: Split, part: IntArray) -> Iterator[SimulatedChange]:
    """Whole groups that had a wrong label have the right one."""
    spec = DamageSpec(group="set right", strength=1.0, seed=split.seed, version=1)
    with suppress(UnmeasurableError):
        yield _honest("groups set right", split, flip_labels(split.whole, part, spec), split.whole)


def _honest(name: str, split: Split, base: Dataset, head: Dataset) -> SimulatedChange:
    return SimulatedChange(name=name, way="honest", seed=split.seed, base=base, head=head)
