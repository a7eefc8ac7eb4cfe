"""`deri-gate impact`: weights of the metrics."""

from __future__ import annotations

from pathlib import Path

import click

import deri_gate
from deri_gate.cli.options import (
    out_option,
    seed_option,
)


@click.command("impact")
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@out_option
@click.option(
    "--subscores",
    type=click.Path(path_type=Path),
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
    help="With --subscores: power of the mean that U is in the pool that gave them.",
)
@seed_option
def impact_command(
    results: tuple[Path, ...],
    *,
    out: Path,
    subscores: Path | None,
    floor: float,
    resamples: int,
    power: float,
    seed: int,
) -> None:
    """Derive weights from what damage costs the probes of RESULTS; write impact.json."""
    found = deri_gate.impact(
        results,
        out=out,
        subscores=subscores,
        floor=floor,
        resamples=resamples,
        power=power,
        seed=seed,
    )
    for metric, group in found.groups.items():
        between = "" if group.interval is None else "  {:.4f} to {:.4f}".format(*group.interval)
        click.echo(
            f"{metric:16} delta {group.delta_balanced_accuracy:+.4f}  weight {group.weight:.4f}"
            f"{between}  published {group.published_weight}"
        )
    for name, ranks in getattr(found.agreement, "spearman", {}).items():
        said = ", ".join(f"{k} {v:+.3f}" for k, v in ranks if v is not None)
        click.echo(f"Spearman of U with balanced accuracy, {name} weights: {said or 'none'}")
