"""`deri-gate compare`: whether a batch still comes from its source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate import commands
from deri_gate.cli.completing import complete_dataset, complete_suite
from deri_gate.cli.measuring import measuring_options
from deri_gate.cli.path_name import PathName
from deri_gate.cli.printing import printing_options, why_unknown
from deri_gate.cli.reporting import params_option, reporting_options
from deri_gate.gate import loaded_ahead

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.printing import Printing
    from deri_gate.cli.reporting import ReportKeys
    from deri_gate.commands.measure import MeasuringKeys


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
@click.option(
    "--suite",
    metavar="SUITE",
    shell_complete=complete_suite,
    help="Limits: name of a shipped suite, or a file. Default: drift.",
)
@reporting_options
@measuring_options
@printing_options
def compare_command(
    batch: str,
    *,
    baseline: str | None,
    params: Path | None,
    history: Path | None,
    suite: str | None,
    reporting: ReportKeys,
    measuring: MeasuringKeys,
    printing: Printing,
) -> None:
    """Judge whether BATCH still comes from the same source as the baseline.

    The images of BATCH may lack labels. With --history, drift is reported when it starts, while
    it lasts, and when it ends.
    """
    if (baseline is None) is (params is None):
        raise click.UsageError("Give either --baseline or --params.")
    if params is not None:
        one = commands.staged.staged_pair(batch, params)
        reporting = {**reporting, "name": reporting["name"] or batch}
        batch, baseline = one.path, one.baseline
        measuring = {**measuring, **one.reading}
    with loaded_ahead():
        report = deri_gate.compare(
            batch,
            baseline=baseline,
            history=history,
            suite=suite,
            **reporting,
            **printing.with_bars(measuring),
        )
    printing.show(report, batch, suite)
    if why := why_unknown(report, batch):
        click.echo(f"deri-gate: {why}", err=True)
    raise SystemExit(printing.exit_status(report))
