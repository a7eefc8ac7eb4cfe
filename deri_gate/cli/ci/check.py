"""`deri-gate ci check`: the judge of a pull request, here or in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deri_gate.cli.ci.options import base_option, given_options
from deri_gate.cli.ci.printing import show_and_stop
from deri_gate.cli.machine import machine_options
from deri_gate.cli.options import out_option, together
from deri_gate.commands.ci import changed_datasets, check_all
from deri_gate.gate import loaded_ahead
from deri_gate.github.policy import note_on
from deri_gate.isolation.cell import IMAGE, chosen
from deri_gate.isolation.judging import check_isolated

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.github.settings import GateSettings
    from deri_gate.runtime.engine import Machine

isolate_options = together(
    click.option(
        "--isolate",
        type=click.Choice(["auto", "docker", "bwrap", "none"]),
        default="none",
        show_default=True,
        help="Judge without network and secrets. `auto` uses what is available.",
    ),
    click.option("--image", default="", help="With Docker: name of the image."),
)


@click.command("check")
@click.argument("names", nargs=-1)
@base_option
@out_option
@given_options
@machine_options
@isolate_options
def ci_check_command(
    names: tuple[str, ...],
    *,
    base: str,
    out: Path,
    given: GateSettings | None,
    machine: Machine,
    isolate: str,
    image: str,
) -> None:
    """Judge the datasets NAMES, or the touched ones, by the policy of the base."""
    kind, said = chosen(isolate, image or IMAGE)
    if said:
        click.echo(said, err=True)
    if kind == "none":
        with loaded_ahead():
            done = check_all(base, out=out, names=names, given=given, machine=machine)
    else:
        done = check_isolated(
            base,
            out=out,
            names=names,
            given=given,
            machine=machine,
            kind=kind,
            image=image or IMAGE,
        )
    if not done:
        note = note_on(changed_datasets(base, given=given))
        click.echo(f"no dataset was touched\n{note}".rstrip())
    show_and_stop(done, out)
