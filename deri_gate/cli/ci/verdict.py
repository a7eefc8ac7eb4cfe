"""`deri-gate ci verdict`: the required check."""

from __future__ import annotations

import click

from deri_gate.cli.exits import FAILED, PASSED
from deri_gate.github.verdict import verdict


@click.command("verdict")
@click.option("--changed", "changed_result", required=True, help="Result of the job `changed`.")
@click.option(
    "--datasets",
    required=True,
    help="Output `datasets` of the job `changed`: [] or a list of names.",
)
@click.option("--judged", "judged_result", required=True, help="Result of the job that judges.")
@click.option("--policy", default="[]", help="Output `policy` of the job `changed`: files to name.")
def ci_verdict_command(
    changed_result: str, datasets: str, judged_result: str, *, policy: str
) -> None:
    """Pass if no dataset was touched, or all touched ones passed; the required check."""
    passed, why = verdict(changed_result, datasets, judged_result, policy)
    click.echo(why)
    raise SystemExit(PASSED if passed else FAILED)
