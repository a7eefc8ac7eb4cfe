"""Tables of subscores, beside what probes reach on the same variants."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd

from deri_gate.errors import SettingError
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import faults_told
from deri_gate.schemas.study import SCENARIO
from deri_gate.scoring.pool import PUBLISHED_WEIGHTS
from deri_gate.study.weights.results import LARGEST, frame_in

if TYPE_CHECKING:
    from pathlib import Path


VARIANT = ["dataset", "group", "level"]
OFTEN = 0.5  # share of the variants on which a metric must have been measured


def read_subscores(path: Path) -> pd.DataFrame:
    """A table of `deri-gate sensitivity`: dataset, group, level, and a column a metric.

    Raises:
        SettingError: If it is none, or two rows are of one variant.
    """
    fix = "Give the subscores.parquet of `deri-gate sensitivity`."
    with faults_told("is not a table of subscores", path, fix):
        content = read_regular_file(path, LARGEST)
        as_csv = path.suffix == ".csv"
        table = pd.read_csv(io.BytesIO(content)) if as_csv else frame_in(content)
        if lacking := [name for name in VARIANT if name not in table.columns]:
            raise ValueError(f"it lacks {', '.join(lacking)}")
    table = table[[*VARIANT, *(name for name in PUBLISHED_WEIGHTS if name in table.columns)]]
    for name in table.columns.difference(VARIANT):
        if (
            not pd.api.types.is_numeric_dtype(table[name])
            or not (table[name].between(0, 100) | table[name].isna()).all()
        ):
            raise SettingError(f"holds a subscore of {name} that is not 0 to 100", path, fix)
    if (twice := table[table.duplicated(VARIANT)]).size:
        row = twice.iloc[0]
        raise SettingError(
            f"{row['dataset']} with {row['group']} at level {row['level']} occurs twice", path, fix
        )
    return table


def joined_with_results(
    results: pd.DataFrame, subscores: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """A row a variant that both know: subscores, and mean balanced accuracy over its runs.

    Returns:
        The rows, and the metrics that can be compared: those measured on at least half of the
        variants. Explanations are measured only where damage should hurt them, and U with and
        without them would be two different things.
    """
    results = results[~results["group"].str.startswith(SCENARIO)]  # on which nothing was trained
    probed = results.groupby(VARIANT, as_index=False)["balanced_accuracy"].mean()
    probed = probed[probed["balanced_accuracy"].notna()]
    rows = probed.merge(subscores, on=VARIANT, how="inner")
    metrics = [name for name in subscores.columns if name not in VARIANT]
    return rows, [name for name in metrics if rows[name].notna().mean() >= OFTEN]
