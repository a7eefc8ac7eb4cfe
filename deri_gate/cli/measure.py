"""`deri-gate measure`: raw values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate import reports
from deri_gate.cli.choosing import choice_options
from deri_gate.cli.completing import complete_dataset
from deri_gate.cli.measuring import measuring_options, quiet_option, without_bars
from deri_gate.cli.options import name_option, out_option
from deri_gate.errors import DeriGateError
from deri_gate.runtime.files import ready_folder

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.choosing import Choice
    from deri_gate.commands.measure import MeasuringKeys


@click.command("measure")
@click.argument("dataset", shell_complete=complete_dataset)
@out_option
@name_option
@choice_options
@measuring_options
@quiet_option("no values")
def measure_command(
    dataset: str,
    *,
    out: Path,
    name: str | None,
    choice: Choice,
    measuring: MeasuringKeys,
    quiet: bool,
) -> None:
    """Measure raw values only; write metrics.json and images.parquet to --out.

    With --candidates, DATASET is the name of one.
    """
    chosen = choice.one(dataset, name, out)
    if chosen is None:
        return
    reports.withdrawal.check_place(out, [chosen.dataset])
    folder = ready_folder(out)
    reports.withdrawal.withdraw_report(folder)  # a verdict beside these values is of other ones
    keys: MeasuringKeys = {**measuring, **chosen.reading.keys()}
    keys = without_bars(keys) if quiet else keys
    measured = deri_gate.measure(chosen.dataset, name=chosen.name, **keys)
    document = reports.documents.metrics_document(measured)
    reports.values.write_values(reports.images_table.images_table(measured), document, folder)
    if not quiet or not measured.answers:  # the error below points to the reasons
        click.echo(reports.explained.as_values(document), nl=False)
    if not measured.answers:
        raise DeriGateError("no metric could be measured", dataset, "See the reasons above.")
