"""`deri-gate measure`: raw values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import deri_gate
from deri_gate import reports
from deri_gate.cli.measuring import measuring_options
from deri_gate.cli.options import out_option, with_machine
from deri_gate.errors import DeriGateError
from deri_gate.runtime.files import ready_folder, write_table, write_text
from deri_gate.schemas.base import as_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command("measure")
@click.argument("dataset")
@out_option
@measuring_options
def measure_command(dataset: str, *, out: Path, **settings: Any) -> None:
    """Measure raw values only; write metrics.json and images.parquet to --out."""
    folder = ready_folder(out)
    measured = deri_gate.measure(dataset, **with_machine(settings))
    document = reports.documents.metrics_document(measured)
    write_table(reports.images_table.images_table(measured), folder / "images.parquet")
    write_text(as_json(document), folder / "metrics.json")
    click.echo(reports.explained.as_values(document), nl=False)
    if not measured.answers:
        raise DeriGateError("no metric could be measured", dataset, "See the reasons above.")
