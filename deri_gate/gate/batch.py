"""The rows that are judged, as a batch of Great Expectations, in a context in memory only."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

import great_expectations as gx
import pandas as pd
from great_expectations.data_context.data_context.context_factory import project_manager

from deri_gate.gate.declared import COLUMNS
from deri_gate.gate.records import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deri_gate.gate.records import Row


def batch_of(rows: Sequence[Row]) -> Any:
    """The rows as a table that expectations are asked about."""
    cells = [[row.name, *(getattr(row, name) for name in NUMBERS)] for row in rows]
    table = pd.DataFrame(cells, columns=COLUMNS)
    table = table.astype(dict.fromkeys(NUMBERS, float))
    table = table.replace([math.inf, -math.inf], math.nan)  # no measurement either
    context, whole = _prepared()
    project_manager.set_project(context)  # our caller may have asked for another since
    return whole.get_batch(batch_parameters={"dataframe": table})


@cache
def _prepared() -> tuple[Any, Any]:
    """The context and what takes a table in it; each step writes all of it as YAML, in memory."""
    context = gx.get_context(mode="ephemeral")  # the mode is named: GX_CLOUD_* would choose another
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("deri_gate").add_dataframe_asset("scores")
    return context, asset.add_batch_definition_whole_dataframe("all")
