"""Tables of probe results, read and held to what they must be."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from pydantic import Field, TypeAdapter

from deri_gate.damage.catalogue import HURTS
from deri_gate.errors import SettingError
from deri_gate.networks.budget import BASELINE, CODE
from deri_gate.runtime.files import read_regular_file
from deri_gate.runtime.strict import faults_told, strict_json, validated_list
from deri_gate.schemas.study import SCENARIO
from deri_gate.study.weights.runs_table import ENDING, read_runs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


NEEDED = ("dataset", "fingerprint", "preset", "group", "level", "architecture", "seed",
          "balanced_accuracy", "accuracy", "recalls", "asked", "code")  # fmt: skip
CELL = ["dataset", "architecture", "seed"]  # what a variant and its baseline share
RUN = [*CELL, "group", "level"]
_RECALLS = TypeAdapter(dict[str, Annotated[float, Field(ge=0, le=1)] | None])
FIGURES = ("balanced_accuracy", "accuracy", "auc")  # of the probes
LARGEST = 2**28  # bytes of a table of results: the published protocol makes some megabytes


def read_results(paths: Sequence[Path]) -> pd.DataFrame:
    """The rows of several tables, sorted, so that the order of the files does not matter.

    Raises:
        SettingError: If one is not such a table, or they do not fit together.
    """
    rows = pd.concat([_read(path) for path in paths], ignore_index=True)
    _check_names(rows, " ".join(map(str, paths)))
    return rows.sort_values(RUN, kind="stable", ignore_index=True)


def metric_of(group: str) -> str:
    """Id of the metric that a group of damage counts to."""
    return HURTS.get(group, group)


def deltas(results: pd.DataFrame) -> pd.DataFrame:
    """Every damaged run with its loss: variant minus baseline of the same cell.

    Returns:
        The rows of damaged runs that have both figures, with columns `metric` and `delta`, the
        change of balanced accuracy, below 0 where the damage costs; `delta_accuracy` and
        `delta_auc` are those of the other figures, NaN where one is missing.

    Raises:
        SettingError: If a row has no baseline.
    """
    damaged = results[~results["group"].str.startswith(SCENARIO) & (results["group"] != BASELINE)]
    figures = [name for name in FIGURES if name in results.columns]
    baseline = results[results["group"] == BASELINE][[*CELL, *figures]]
    both = damaged.merge(baseline, on=CELL, how="left", suffixes=("", "_baseline"), indicator=True)
    if (alone := both[both["_merge"] == "left_only"]).size:
        row = alone.iloc[0]
        raise SettingError(
            f"{row['group']} at level {row['level']} has no baseline with {row['architecture']}, "
            f"seed {row['seed']}",
            row["dataset"],
            "Run `deri-gate probe` again: it trains what is missing.",
        )
    changes = {name: both[name] - both[f"{name}_baseline"] for name in figures}
    both = both.assign(
        metric=both["group"].map(metric_of),
        delta=changes.pop("balanced_accuracy"),
        **{f"delta_{name}": change for name, change in changes.items()},
    )
    return both[both["delta"].notna()].astype({"delta": float}).reset_index(drop=True)


def recalls_of(text: str) -> dict[str, float]:
    """Recall of each class that has validation images, from a cell of the table.

    Raises:
        SettingError: If the cell holds none.
    """
    with faults_told("a recall is none", "recalls", "Make it again with `deri-gate probe`."):
        recalls = validated_list(strict_json(text.encode()), _RECALLS)
    return {name: value for name, value in recalls.items() if value is not None}


def frame_in(content: bytes) -> pd.DataFrame:
    """The table in a Parquet file.

    Raises:
        ValueError: If it holds none.
    """
    try:
        parquet.read_table(io.BytesIO(content)).validate(full=True)  # pandas reads text later
        return pd.read_parquet(io.BytesIO(content))
    except (pa.ArrowException, LookupError, TypeError) as error:  # notes for pandas may be damaged
        raise ValueError(f"it is no Parquet of pandas: {error}") from error


def _read(path: Path) -> pd.DataFrame:
    fix = "Make it again with `deri-gate probe`."
    what, unread = "is not a table of results", "cannot be read"
    with faults_told(what, path, fix, unread=unread):  # Arrow's errors are ValueErrors
        content = read_regular_file(path, LARGEST)
        packed = path.name.endswith(ENDING)
        rows = read_runs(content, LARGEST) if packed else frame_in(content)
    if lacking := [name for name in NEEDED if name not in rows.columns]:
        raise SettingError(f"lacks {', '.join(lacking)}", path, fix)
    for name in ("balanced_accuracy", "accuracy"):
        numbers = pd.to_numeric(rows[name], errors="coerce")
        if (rows[name].notna() & ~numbers.between(0, 1)).any():
            raise SettingError(f"holds a {name} that is not 0 to 1", path, fix)
    if other := sorted(set(rows["code"]) - {CODE}):
        raise SettingError(
            f"was made by other code ({', '.join(other)}; this is {CODE})",
            path,
            "Make it again with `deri-gate probe`.",
        )
    return rows


def _check_names(rows: pd.DataFrame, where: str) -> None:
    versions = rows.groupby("dataset")["fingerprint"].nunique()
    if (several := versions[versions > 1]).size:
        raise SettingError(
            f"two datasets are called {several.index[0]!r}", where, "Give one another --name."
        )
    if len(presets := sorted(set(rows["preset"]))) > 1:
        raise SettingError(
            f"the results are of several presets ({', '.join(presets)})",
            where,
            "Give those of one.",
        )
    if (twice := rows[rows.duplicated(RUN)]).size:
        row = twice.iloc[0]
        raise SettingError(
            f"{row['dataset']} with {row['architecture']} on {row['group']} at level "
            f"{row['level']} occurs twice",
            where,
            "Give each table once.",
        )
