"""Limits that nothing can miss with the pool at hand, though another pool's datasets could."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deri_gate.errors import SettingError
from deri_gate.gate.document import only_metric, read_document
from deri_gate.gate.misses import check_can_be_missed
from deri_gate.runtime.resources import suite_name
from deri_gate.runtime.versions import installed_version
from deri_gate.scoring.reach import reach_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deri_gate.metrics.base import Metric
    from deri_gate.scoring.pool import Pool


def limits_out_of_reach(suite: Path, pool: Pool, metrics: Sequence[Metric]) -> SettingError | None:
    """Find a limit on a score that every dataset keeps, whatever its images are.

    Args:
        suite: A suite that can be judged.
        pool: With which the dataset will be scored.
        metrics: What will be measured.

    Returns:
        The error that names the first, to be raised or told; None where there is none.
    """
    reach = reach_of(metrics, pool)
    document = read_document(suite, installed_version("great-expectations"))
    name = suite_name(suite)  # for which files are looked up
    for entry in document["expectations"]:
        kwargs = entry.get("kwargs") or {}
        try:
            check_can_be_missed(entry["type"], kwargs, only_metric(kwargs), name, reach)
        except SettingError as error:
            return error
    return None
