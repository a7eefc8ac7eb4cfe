"""`deri-gate summary`: few numbers of a pool for `dvc metrics`, and tables of its study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deri_gate.metrics.profile import profile_named
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.runtime.files import read_regular_file, write_text
from deri_gate.runtime.ownership import refuse_other_files
from deri_gate.runtime.spreadsheet import csv_text
from deri_gate.runtime.strict import faults_told, validated
from deri_gate.schemas.base import as_json, rounded
from deri_gate.schemas.impact import AgreementInfo, Impact
from deri_gate.schemas.study import (
    DetectionDocument,
    PoolSummary,
    SensitivityDocument,
    SummaryRates,
    is_scenario,
)
from deri_gate.scoring.pool import read_pool
from deri_gate.scoring.score import Scored, score_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deri_gate.runtime.strict import Model

FEW = 4  # significant digits of a summary


@checking_arguments()
def summary(folder: str | Path) -> PoolSummary:
    """Summarise a pool: write `summary.json`, `scores.csv` and `groups.csv` into its folder.

    Args:
        folder: The pool's, with pool.json, sensitivity.json, detection.json and impact.json.

    Raises:
        PoolError: If there is no pool.
        SettingError: If another of these files is missing or malformed.
    """
    folder = Path(folder)
    refuse_other_files(folder, ("summary.json", "scores.csv", "groups.csv"))
    pool = read_pool(folder / "pool.json")
    metrics = profile_named(pool.profile.name).metrics
    scored = {
        member.name: score_values(member.metrics, pool, metrics=metrics) for member in pool.datasets
    }
    sensitivity = _document(folder / "sensitivity.json", SensitivityDocument)
    detection = _document(folder / "detection.json", DetectionDocument)
    impact = _document(folder / "impact.json", Impact)
    document = summarised(scored, sensitivity, detection, impact)
    write_text(scores_table(scored), folder / "scores.csv")
    write_text(groups(sensitivity, detection), folder / "groups.csv")
    write_text(as_json(document), folder / "summary.json")
    return document


def _document(path: Path, model: type[Model]) -> Model:
    fix = "Run `dvc repro`: the stages before this one make it."
    with faults_told("cannot be read", path, fix):
        return validated(read_regular_file(path), model)


def summarised(
    scored: Mapping[str, Scored],
    sensitivity: SensitivityDocument,
    detection: DetectionDocument,
    impact: Impact,
) -> PoolSummary:
    """Few numbers that say whether the pool is sound, and where its datasets stand.

    `falls` is the share of dataset-level pairs whose own subscore falls under its damage,
    `detected` that of damaged variants which fail the default gate, `against_base` the same of
    heads damaged in a tenth and of undamaged ones, each against its base, `spearman` the rank
    correlation of U and balanced accuracy within a dataset, by weights, with the ends of its
    95 % interval over resamples of the datasets.
    """
    cells = [cell for levels in sensitivity.groups.values() for cell in levels.values()]
    pairs = sum(cell.pairs for cell in cells)
    detection_by_group = [
        levels for group, levels in sensitivity.detection.items() if not is_scenario(group)
    ]
    rates = [rate for levels in detection_by_group for rate in levels.values()]
    known = impact.agreement.spearman if isinstance(impact.agreement, AgreementInfo) else {}
    ranks = {name: own for name, own in known.items() if name != "agreement"}
    ends = {
        name: rank.intervals.within if rank.intervals and rank.intervals.within else (None, None)
        for name, rank in ranks.items()
    }
    return PoolSummary(
        falls=rounded(sum(c.pairs * (c.falls or 0) for c in cells) / max(1, pairs), FEW),
        detected=_mean(rate for rate in rates if rate is not None),
        false_alarms=rounded(sensitivity.false_alarms, FEW),
        against_base=SummaryRates(
            detected=rounded(detection.against_base.detected.share, FEW),
            false_alarms=rounded(detection.against_base.false_alarm.share, FEW),
        ),
        spearman={name: rounded(rank.within, FEW) for name, rank in ranks.items()},
        spearman_low={name: rounded(low, FEW) for name, (low, _) in ends.items()},
        spearman_high={name: rounded(high, FEW) for name, (_, high) in ends.items()},
        DERI1000={name: rounded(found.deri1000, FEW) for name, found in scored.items()},
    )


def scores_table(scored: Mapping[str, Scored]) -> str:
    """`scores.csv`: a row a dataset and metric."""
    rows = [
        [dataset, metric, rounded(value, FEW)]
        for dataset, found in scored.items()
        for metric, value in found.subscores.items()
    ]
    return csv_text(["dataset", "metric", "subscore"], rows)


def groups(sensitivity: SensitivityDocument, detection: DetectionDocument) -> str:
    """`groups.csv`: a row a group of damage at its strongest level, and what is seen of it.

    DERI1000: the share of datasets in which it falls, its median change, and the change of the
    dataset in which it falls least.

    All images damaged: the shares of datasets whose own subscore falls, and that fail the
    default gate. A tenth: the share of heads that fail against their base, by how it got there.
    """
    rows = []
    ways = ("in_place", "removed", "new_images")
    score = ("falls", "median_change", "highest")
    head = ["group", "level", "falls", *(f"DERI1000_{name}" for name in score), "detected"]
    head += [f"against_base_{way}" for way in ways]
    seen = detection.against_base.detection
    for group, levels in sensitivity.groups.items():
        level = list(levels)[-1]
        rates = [seen.get(group, {}).get(way) for way in ways]
        shares = [None if rate is None else rate.share for rate in rates]
        cell = sensitivity.matrix[group][level].get("DERI1000")
        headline = [None if cell is None else getattr(cell, name) for name in score]
        numbers = [levels[level].falls, *headline, sensitivity.detection[group][level], *shares]
        rows.append([group, level, *(rounded(v, FEW) for v in numbers)])
    return csv_text(head, rows)


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return rounded(sum(known) / len(known), FEW) if known else None
