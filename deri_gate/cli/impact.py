"""`deri-gate impact`: weights of the metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

import deri_gate
from deri_gate.cli.choosing import choice_options
from deri_gate.cli.options import (
    out_option,
    seed_option,
)
from deri_gate.cli.path_name import PathName
from deri_gate.reports.text import limits_text, number, printable

if TYPE_CHECKING:
    from pathlib import Path

    from deri_gate.cli.choosing import Choice
    from deri_gate.schemas.impact import RanksInfo


@click.command("impact")
@click.argument("results", nargs=-1, required=True)
@choice_options
@out_option
@click.option(
    "--subscores",
    type=PathName(),
    help="subscores.parquet of `deri-gate sensitivity`, to correlate U with accuracy.",
)
@click.option(
    "--floor",
    type=click.FloatRange(min=0, max=1, max_open=True),
    default=0.0414,
    show_default=True,
    help="Least weight of `duplicates`, which raise accuracy.",
)
@click.option(
    "--resamples",
    type=click.IntRange(min=1),
    default=400,
    show_default=True,
    help="Number of bootstrap resamples.",
)
@click.option(
    "--power",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="With --subscores: power of the mean U in the pool that gave them.",
)
@seed_option
def impact_command(
    results: tuple[str, ...],
    *,
    choice: Choice,
    out: Path,
    subscores: Path | None,
    floor: float,
    resamples: int,
    power: float,
    seed: int,
) -> None:
    """Derive weights from what damage costs the probes of RESULTS; write impact.json."""
    document = deri_gate.impact(
        choice.files(results),
        out=out,
        subscores=subscores,
        floor=floor,
        resamples=resamples,
        power=power,
        seed=seed,
    )
    for run in document.unlearnt:
        click.echo(
            f"no vote: {printable(run.dataset)} {run.architecture} learnt nothing: balanced "
            f"accuracy {run.balanced_accuracy:.2f}, at least {run.low:.2f}; a guess has "
            f"{run.chance:.2f}"
        )
    for metric, group in document.groups.items():
        click.echo(
            f"{metric:16} delta {group.delta_balanced_accuracy:+.3f}"
            f"{limits_text(group.delta_interval, '.3f')}  weight {group.weight:.3f}"
            f"{limits_text(group.interval, '.3f')}  published {number(group.published_weight, 3)}"
        )
    for name, ranks in getattr(document.agreement, "spearman", {}).items():
        click.echo(f"Spearman of U with balanced accuracy, {name} weights: {_ranks(ranks)}")


def _ranks(ranks: RanksInfo) -> str:
    said = []
    for name in ("overall", "within", "between"):
        value = getattr(ranks, name)
        if value is not None:
            limits = limits_text(getattr(ranks.intervals, name, None), "+.2f")
            said.append(f"{name} {value:+.2f}{limits}")
    return ", ".join(said) or "none"
