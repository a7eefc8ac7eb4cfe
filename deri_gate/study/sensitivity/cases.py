"""One variant of a dataset, measured, scored and judged; each step is kept by what went in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict

from deri_gate.data.sampling import proportional_sample
from deri_gate.explain.probe import VERSION as EXPLAINED
from deri_gate.features.linear_probe import VERSION as PROBE
from deri_gate.gate import judge, rows_of
from deri_gate.gate.validate import usual_suites
from deri_gate.measuring.measure import measure_dataset
from deri_gate.measuring.shares import SHARES, Share  # at run time too: pydantic reads it
from deri_gate.runtime.files import read_regular_file, write_text
from deri_gate.runtime.hashing import json_digest
from deri_gate.runtime.strict import validated
from deri_gate.schemas.statuses import Status, Verdict  # at run time too: pydantic reads it
from deri_gate.scoring.score import score_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.gate.records import Check
    from deri_gate.metrics.base import Metric
    from deri_gate.metrics.context import Context
    from deri_gate.metrics.profile import Profile
    from deri_gate.scoring.pool import Pool

LAYOUT = 22  # of what is kept; raised when the same case would give another result
UNDAMAGED, RESAMPLE = "undamaged", "resample"  # groups of the cases that are no variants


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Record = TypeVar("Record", bound=_Kept)


class Values(_Kept):
    """Measured values of one variant."""

    images: int
    classes: int  # that have an image
    values: dict[str, float | None]  # raw, by metric of the profile
    reasons: dict[str, str]  # by metric without a value, why
    shares: dict[str, Share]  # what else a suite may limit


class CaseOutcome(_Kept):
    """Scores and verdict of a variant, by a pool and a suite."""

    subscores: dict[str, float | None]
    deri1000: float | None
    verdict: Verdict
    missed: tuple[str, ...]  # names of the critical checks that failed


@dataclass(frozen=True, kw_only=True)
class Case:
    """A dataset, what was done to it, and what came out."""

    dataset: str
    group: str  # of variants; or UNDAMAGED, or RESAMPLE
    level: str  # of the variant, or the resample's number
    measured: Values
    outcome: CaseOutcome


@dataclass(frozen=True, kw_only=True)
class CaseBench:
    """With what every case is measured, scored and judged, and where results are kept."""

    context: Context  # of the values; its profile may explain fewer images than the pool's
    pool: Pool
    folder: Path
    suites: Mapping[bool, Path] = field(default_factory=usual_suites)  # by: with explanations?

    @property
    def profile(self) -> Profile:
        """The definitions; they may explain fewer images than the pool's."""
        return self.context.profile

    def values(self, key: str, make: Callable[[], Dataset], metrics: Sequence[Metric]) -> Values:
        """Measure what `make` gives, or recall it; nothing is made when it is known.

        Args:
            key: Identity of the dataset that `make` gives.
            make: Gives the dataset.
            metrics: To measure; each variant of one key with the same ones is measured once.

        Raises:
            UnmeasurableError: If the variant cannot be made of this dataset.
        """
        asked = [m.name for m in metrics]
        made_with = [LAYOUT, PROBE, EXPLAINED, self.profile.hash, self.profile.seed, SHARES]
        name = json_digest([made_with, key, asked])
        return self._recalled(name, Values, lambda: self._measured(make(), tuple(metrics)))

    def outcome(self, values: Values, metrics: Sequence[Metric]) -> CaseOutcome:
        """Score and judge, or recall it."""
        suite = self.suites[any(m.explains for m in metrics)]
        suite_hash = hashlib.sha256(suite.read_bytes()).hexdigest()
        name = json_digest([LAYOUT, values.model_dump(), self.pool.hash, suite_hash])
        return self._recalled(name, CaseOutcome, lambda: self._judged(values, suite))

    def _measured(self, dataset: Dataset, metrics: tuple[Metric, ...]) -> Values:
        measured = measure_dataset(
            dataset,
            split=dataset.splits[0] if dataset.splits else None,
            context=self.context,
            metrics=metrics,
        )
        counts = measured.evidence.dataset.class_counts()
        return Values(
            images=len(measured.evidence.whole),
            classes=sum(count > 0 for count in counts.values()),
            values=dict(measured.values),
            reasons=dict(measured.reasons),
            shares=measured.shares,
        )

    def _judged(self, values: Values, suite: Path) -> CaseOutcome:
        scored = score_values(values.values, self.pool, metrics=self.profile.metrics)
        rows = rows_of(values.values, scored, values.shares)
        judgement = judge(rows, suite)
        return CaseOutcome(
            subscores=dict(scored.subscores),
            deri1000=scored.deri1000,
            verdict=judgement.verdict,
            missed=tuple(c.name for c in judgement.checks if _fails(c)),
        )

    def _recalled(self, name: str, kind: type[Record], make: Callable[[], Record]) -> Record:
        """Cached file of this name; made, and written whole or not at all, if there is none."""
        path = self.folder / f"{name}.json"
        try:
            return validated(read_regular_file(path), kind)
        except (OSError, ValueError):  # not there, damaged, or of another layout
            made = make()
            write_text(made.model_dump_json() + "\n", path)
            return made


def _fails(check: Check) -> bool:
    """True if it fails the gate; an expired waiver alone does not count."""
    return check.status is Status.FAIL and check.severity == "critical"


def capped(dataset: Dataset, images: int, *, seed: int) -> Dataset:
    """At most so many of the images, their classes in proportion, each class with one at least."""
    return proportional_sample(dataset, images, seed=seed, tie="class")


def part_of(dataset: Dataset, share: float, *, seed: int, number: int) -> Dataset:
    """A random share of the images, drawn without replacement, so that none occurs twice."""
    count = max(1, round(share * len(dataset)))
    drawn = np.random.default_rng([seed, number]).permutation(len(dataset))[:count]
    return dataset.select(np.sort(drawn))
