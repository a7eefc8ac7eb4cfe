"""Heads judged against their bases: the verdict of the tests alone, or the whole one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from deri_gate.changes.compare import change_between
from deri_gate.changes.image_list import ImageList
from deri_gate.changes.matching import match_images
from deri_gate.changes.pair import DatasetPair
from deri_gate.changes.testing import tests_of
from deri_gate.damage.catalogue import HURTS
from deri_gate.gate import judge, rows_of
from deri_gate.gate.records import Severity, Status  # at run time too: pydantic reads it
from deri_gate.gate.validate import OF_CHANGES
from deri_gate.measuring.evidence import Evidence
from deri_gate.measuring.measure import Measured, measure_dataset
from deri_gate.measuring.oddities import oddities_of
from deri_gate.measuring.whole_set import WholeSet
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import faults_told, validated
from deri_gate.schemas.suite import SuiteDocument
from deri_gate.scoring.score import score_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from deri_gate.data.dataset import Dataset
    from deri_gate.gate.records import Verdict
    from deri_gate.metrics.base import Metric
    from deri_gate.metrics.context import Context
    from deri_gate.metrics.profile import Profile
    from deri_gate.scoring.pool import Pool
    from deri_gate.study.detection.simulated import SimulatedChange, Way


@dataclass(frozen=True, kw_only=True)
class JudgedHead:
    """Outcome of one simulated change.

    Attributes:
        dataset: Name of the set that it changes.
        name: Name of the simulated change.
        way: Way of the change, as in the simulated change.
        seed: Seed of the simulated change.
        status: What the limits on changes make of it.
        missed: What it fails by, the surest first; of a head that passes, what it warns of.
        least_p: The smallest adjusted p of all tests; 1 when there was nothing to test.
    """

    dataset: str
    name: str
    way: Way
    seed: int
    status: Verdict
    missed: tuple[str, ...]
    least_p: float


@dataclass(frozen=True, kw_only=True)
class Against:
    """With what heads are judged.

    Attributes:
        context: Its profile may explain fewer images than the pool's.
        suite: Limits on a change.
        pool: With which base and head are scored, for the whole verdict; None for the tests of
            the changed images alone, which cost far less.
    """

    context: Context
    suite: Path
    pool: Pool | None = None

    @property
    def profile(self) -> Profile:
        """The definitions; they may explain fewer images than the pool's."""
        return self.context.profile

    def verdicts(self, dataset: str, heads: Iterable[SimulatedChange]) -> Iterator[JudgedHead]:
        """Judge heads in turn; a base that several share is measured once."""
        bases: dict[tuple[int, bool], tuple[Dataset, Measured]] = {}
        explaining = {m.name for m in self.profile.metrics if m.explains}
        for one in heads:
            explains = self.pool is not None and HURTS.get(one.name) in explaining
            key = id(one.base), explains
            if key not in bases:  # the base is held too, so that no other one gets its id
                bases[key] = one.base, self._measured(one.base, explains=explains)
            base = bases[key][1]
            head = self._measured(one.head, explains=explains, earlier=base)
            status, missed, least = (
                self._whole(base, head, self.pool) if self.pool else self._tested(base, head)
            )
            yield JudgedHead(
                dataset=dataset,
                name=one.name,
                way=one.way,
                seed=one.seed,
                status=status,
                missed=missed,
                least_p=least,
            )

    def _measured(
        self, dataset: Dataset, *, explains: bool, earlier: Measured | None = None
    ) -> Measured:
        """All metrics, those of explanations where the damage is theirs; or what tests need."""
        if self.pool is None:
            evidence = Evidence(dataset, self.context, frozenset({"embeddings"}))
            return Measured(
                evidence=evidence,
                split=None,
                answers={},
                values={},
                reasons={},
                findings=(),
                oddities=oddities_of(evidence),
                whole_set=WholeSet(shares={}, findings=()),
            )
        return measure_dataset(
            dataset,
            split=None,
            context=self.context,
            metrics=self._metrics(explains=explains),
            earlier=earlier,
        )

    def _metrics(self, *, explains: bool) -> tuple[Metric, ...]:
        return tuple(m for m in self.profile.metrics if explains or not m.explains)

    def _tested(self, base: Measured, head: Measured) -> tuple[Verdict, tuple[str, ...], float]:
        sides = [ImageList.judged(m.evidence) for m in (base, head)]
        tests = tests_of(DatasetPair(base, head, match_images(*sides), self.profile.seed))
        limits = limits_on_tests(self.suite)
        missed: dict[Verdict, list[str]] = {Status.FAIL: [], Status.WARN: []}
        for test in sorted(tests, key=lambda test: (test.adjusted_p, test.name)):
            severity, minimum = limits.get(test.about, ("warning", 0.0))
            if test.adjusted_p < minimum:
                missed[Status.FAIL if severity == "critical" else Status.WARN].append(test.name)
        least = min((test.adjusted_p for test in tests), default=1.0)
        status: Verdict = next((kind for kind, names in missed.items() if names), Status.PASS)
        return status, tuple(missed.get(status, ())), least

    def _whole(
        self, base: Measured, head: Measured, pool: Pool
    ) -> tuple[Verdict, tuple[str, ...], float]:
        change = change_between(base, head, pool=pool)
        scored = score_values(head.values, pool, metrics=self.profile.metrics)
        judged = judge(rows_of(head.values, scored, head.shares, change), self.suite)
        wanted = None if judged.verdict is Status.PASS else judged.verdict
        missed = tuple(c.name for c in judged.checks if c.status is wanted)
        least = min((test.adjusted_p for test in change.tests), default=1.0)
        return judged.verdict, missed, least


class _Limit(BaseModel):
    """The limit of one test of a change."""

    model_config = ConfigDict(frozen=True)

    metric: str
    minimum: float
    severity: Severity


def limits_on_tests(suite: Path) -> Mapping[str, tuple[Severity, float]]:
    """By what a test is about, the severity of its limit and the least p that passes.

    Read without Great Expectations, which takes longer to judge a change than the tests take.

    Raises:
        SettingError: If it cannot be read, or is no suite.
    """
    fix = "Name a suite, for instance expectations/pull_request.json, or correct it."
    with faults_told("is no suite of limits", suite, fix, unread="cannot be read"):
        entries = validated(read_regular_file(suite), SuiteDocument).expectations
        limits = [
            _Limit.model_validate(entry.kwargs | {"severity": entry.severity}, strict=True)
            for entry in entries
            if entry.type == OF_CHANGES
        ]
    return {limit.metric: (limit.severity, limit.minimum) for limit in limits}
