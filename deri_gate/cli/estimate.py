"""`deri-gate estimate`: cost of a check, before it is begun."""

from __future__ import annotations

import click

import deri_gate
from deri_gate.runtime.sizes import as_size, as_span

GROWTH = {
    0: "is the same for any set",
    1: "grows with the images",
    1.5: "grows with their power 1.5",
    2: "grows with their square",
}
FIX = "Give the number of images, as in `deri-gate estimate 5000`"


class _ImageCount(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions alone
    """Number of images; whoever gives a dataset is told that only its size is asked for."""

    name = "integer"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        try:
            return int(str(value))
        except ValueError:
            self.fail(f"{value!r} is no whole number. {FIX}", param, ctx)

    def get_missing_message(self, *_: object, **__: object) -> str:
        return FIX


@click.command("estimate")
@click.argument("images", type=_ImageCount())
@click.option("--size", default=512, show_default=True, help="Side of the images, in pixels.")
@click.option("--classes", default=2, show_default=True, help="Number of classes.")
def estimate_command(images: int, size: int, classes: int) -> None:
    """Estimate time and memory of a check of so many IMAGES on this machine.

    Every step is timed on a few made images, and carried on by its growth. See docs/scale.md.
    """
    estimate = deri_gate.estimate(images, size=size, classes=classes)
    for step in estimate.steps:
        click.echo(f"{step.name:28}{as_span(step.seconds):>12}  {GROWTH[step.growth]}")
    clock = as_span(estimate.seconds / estimate.processors)
    click.echo(f"{'processor time in all':28}{as_span(estimate.seconds):>12}")
    click.echo(f"{'by the clock, at best':28}{clock:>12}  on {estimate.processors} processors")
    click.echo(f"{'memory':28}{as_size(estimate.memory):>12}")
    click.echo("Not counted: listing the files, intervals and the report, some seconds.")
