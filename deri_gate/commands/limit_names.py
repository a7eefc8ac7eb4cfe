"""Names of the limits by which a dataset would be judged; nothing is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deri_gate.commands.check import judged_rows, suites_for
from deri_gate.gate.suite import read_suite

if TYPE_CHECKING:
    from pathlib import Path


def limit_names(
    *,
    suite: str | Path | None = None,
    change_suite: str | Path | None = None,
    base: Any = None,
    metrics: str = "all",
) -> tuple[str, ...]:
    """List the limits that `check` would judge by with these keywords, in their order.

    Args:
        suite: Name of a shipped suite, or a file; the usual one when None.
        change_suite: Limits on the change, used where there is a base.
        base: An earlier state, or None.
        metrics: Metrics that are asked for; `data` takes the suite `data_only`.

    Raises:
        SettingError: If a suite cannot be read.
    """
    usual = "data_only" if metrics == "data" else "dataset_gate"
    changed = None if base is None else change_suite or ""
    rows = judged_rows(changed=base is not None)
    suites = suites_for(suite, usual, changed=changed)
    return tuple(one.name for path in suites for one in read_suite(path, rows).declared)
