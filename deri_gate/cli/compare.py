"""`deri-gate compare`: whether a batch still comes from its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate import commands
from deri_gate.cli.completing import complete_dataset, complete_suite
from deri_gate.cli.exits import FailOn, exit_status
from deri_gate.cli.formats import format_option
from deri_gate.cli.measuring import measuring_options
from deri_gate.cli.options import (
    fail_on_option,
    name_option,
    out_option,
    pictures_option,
    plots_option,
    pool_option,
    projection_option,
    weights_option,
)
from deri_gate.cli.path_name import PathName
from deri_gate.cli.printing import as_told, detail_options, show_report, why_unknown
from deri_gate.cli.staged import params_option
from deri_gate.gate import loaded_ahead

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.commands.measure import MeasuringKeys
    from deri_gate.reports.words import Detail


@click.command("compare", context_settings={"default_map": {"metrics": "data"}})
@click.argument("batch", shell_complete=complete_dataset)
@click.option(
    "--baseline",
    metavar="DATASET",
    shell_complete=complete_dataset,
    help="Known good images to compare the batch with; --params may name them.",
)
@click.option(
    "--history",
    type=PathName(),
    metavar="FILE",
    help="Table to append the comparison to. Default: none, the batch is judged by itself.",
)
@params_option
@out_option
@pool_option
@weights_option
@click.option(
    "--suite",
    metavar="SUITE",
    shell_complete=complete_suite,
    help="Limits: name of a shipped suite, or a file. Default: drift.",
)
@name_option
@pictures_option
@plots_option
@projection_option
@measuring_options
@fail_on_option
@format_option
@detail_options
def compare_command(
    batch: str,
    *,
    baseline: str | None,
    params: Path | None,
    history: Path | None,
    out: Path,
    pool: str,
    weights: str,
    suite: str | None,
    name: str | None,
    pictures: str | None,
    plots: bool,
    projection: str,
    measuring: MeasuringKeys,
    fail_on: FailOn,
    form: str,
    detail: Detail,
) -> None:
    """Judge whether BATCH still comes from the same source as the baseline.

    The images of BATCH may lack labels. With --history, drift is reported when it starts, while
    it lasts, and when it ends.
    """
    if (baseline is None) is (params is None):
        raise click.UsageError("Give either --baseline or --params.")
    if params is not None:
        one = commands.staged.staged_pair(batch, params)
        name, batch, baseline = name or batch, one.path, one.baseline
        measuring = {**measuring, **one.reading}
    with loaded_ahead():
        report = deri_gate.compare(
            batch,
            baseline=baseline,
            history=history,
            out=out,
            pool=pool,
            weights=weights,
            suite=suite,
            name=name,
            pictures=pictures,
            plots=plots,
            projection=projection,
            **as_told(measuring, detail),
        )
    show_report(report, form, batch, suite, detail)
    if why := why_unknown(report, batch):
        click.echo(f"deri-gate: {why}", err=True)
    raise SystemExit(exit_status(report.verdict, fail_on))
