"""`deri-gate score`: subscores, U and DERI1000 from raw values and a pool."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deri_gate.metrics.profile import profile_named
from deri_gate.reports.documents import read_metrics
from deri_gate.reports.explained import ScoredMetrics
from deri_gate.runtime.arguments import checking_arguments
from deri_gate.schemas.metrics import MetricsDocument
from deri_gate.scoring.influence import membership
from deri_gate.scoring.pool import ProfileId, pool_for
from deri_gate.scoring.score import score_values
from deri_gate.scoring.weights import weights_used

if TYPE_CHECKING:
    from deri_gate.arrays import FloatArray


@checking_arguments()
def score(
    metrics: str | Path | MetricsDocument, *, pool: str | Path = "", weights: str = ""
) -> ScoredMetrics:
    """Score raw values against a pool.

    Args:
        metrics: A `metrics.json`, as a path or read already.
        pool: A shipped pool's name, a folder, or its file; that of the profile when empty.
        weights: Name of weights in the pool's file, or "equal"; the pool's own when empty.

    Raises:
        SettingError: If the file is no `metrics.json`.
        PoolError: If there is no such pool, or it was made with another profile.
    """
    document = metrics if isinstance(metrics, MetricsDocument) else read_metrics(Path(metrics))
    reference = pool_for(pool, ProfileId.in_document(document), weights=weights)
    values = {name: metric.value for name, metric in document.metrics.items()}
    metrics_used = profile_named(reference.profile.name).metrics
    scored = score_values(values, reference, metrics=metrics_used, resamples=_resamples(document))
    own = membership(values, document.dataset.fingerprint, reference, metrics=metrics_used)
    return ScoredMetrics(
        metrics=document,
        pool=reference,
        scored=replace(scored, member=own, weights_used=weights_used(reference)),
    )


def _resamples(document: MetricsDocument) -> dict[str, FloatArray]:
    return {
        name: np.array([np.nan if v is None else v for v in metric.resamples])
        for name, metric in document.metrics.items()
        if metric.resamples is not None
    }
