"""`pool-report.json` of a pool and of what lies beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.metrics.profile import profile_named
from deri_gate.schemas.base import PoolInfo, ProfileInfo, rounded, rounded_finite
from deri_gate.schemas.impact import AgreementInfo
from deri_gate.schemas.pool_report import DamageInfo, FittedInfo, MemberReport, PoolReport
from deri_gate.schemas.study import HEADLINE
from deri_gate.scoring.influence import influences
from deri_gate.scoring.plain import plain_scores
from deri_gate.scoring.weights import named_weights, weights_used
from deri_gate.study.pools.centre import metric_spread
from deri_gate.study.pools.warnings import pool_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deri_gate.schemas.impact import Impact
    from deri_gate.schemas.pool import Member
    from deri_gate.schemas.study import DetectionDocument, SensitivityDocument
    from deri_gate.scoring.influence import Influence
    from deri_gate.scoring.pool import Pool
    from deri_gate.study.pools.beside import StudyFiles


def pool_report(pool: Pool, beside: StudyFiles) -> PoolReport:
    """Gather what people ask about a pool.

    Args:
        pool: The pool.
        beside: What lies beside its file.
    """
    metrics = profile_named(pool.profile.name).metrics
    influence = influences(pool, metrics=metrics)
    scores = plain_scores([member.metrics for member in pool.datasets], pool, metrics=metrics)
    weights = named_weights(pool)
    return PoolReport(
        schema_version=1,
        pool=PoolInfo(name=pool.name, hash=pool.hash),
        profile=ProfileInfo(name=pool.profile.name, hash=pool.profile.hash),
        power=pool.power,
        used=weights_used(pool),
        weights=weights,
        metrics={metric.name: metric_spread(metric, pool) for metric in metrics},
        datasets=tuple(
            _member(member, influence_of, {m.name: score.subscores.get(m.name) for m in metrics})
            for member, influence_of, score in zip(pool.datasets, influence, scores, strict=True)
        ),
        selection=beside.selection,
        left_out=pool.left_out,
        fitted=_fitted(beside.impact),
        spearman_within=_spearman(beside.impact),
        damage=_damage(beside.sensitivity, beside.detection),
        false_alarms=None if beside.sensitivity is None else beside.sensitivity.false_alarms,
        warnings=pool_warnings(pool, influence, beside),
        beside=beside.names,
    )


def _member(
    one: Member, influence: Influence, subscores: Mapping[str, float | None]
) -> MemberReport:
    return MemberReport(
        **one.model_dump(exclude={"metrics"}),
        DERI1000=rounded(influence.deri1000),
        without_itself=rounded(influence.without_itself),
        moves={name: rounded_finite(change) for name, change in influence.moves.items()},
        decides=influence.decides,
        values=one.metrics,
        subscores={name: rounded(value) for name, value in subscores.items()},
    )


def _fitted(impact: Impact | None) -> dict[str, FittedInfo]:
    groups = {} if impact is None else impact.groups
    return {
        metric: FittedInfo(
            weight=group.weight,
            interval=group.interval,
            delta_balanced_accuracy=group.delta_balanced_accuracy,
            delta_interval=group.delta_interval,
        )
        for metric, group in groups.items()
    }


def _spearman(impact: Impact | None) -> dict[str, float | None]:
    if impact is None or not isinstance(impact.agreement, AgreementInfo):
        return {}
    return {name: ranks.within for name, ranks in impact.agreement.spearman.items()}


def _damage(
    sensitivity: SensitivityDocument | None, detection: DetectionDocument | None
) -> dict[str, DamageInfo]:
    if sensitivity is None:
        return {}
    damage = {}
    seen = {} if detection is None else detection.against_base.detection
    for group, levels in sensitivity.groups.items():
        level = list(levels)[-1]
        cell = sensitivity.matrix[group][level].get(HEADLINE)
        damage[group] = DamageInfo(
            level=level,
            falls=levels[level].falls,
            DERI1000_falls=None if cell is None else cell.falls,
            DERI1000_median=None if cell is None else cell.median_change,
            detected=sensitivity.detection[group][level],
            against_base={way: tally.share for way, tally in seen.get(group, {}).items()},
        )
    return damage
