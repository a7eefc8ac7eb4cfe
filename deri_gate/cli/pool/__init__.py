"""`deri-gate pool`: reference pools, looked at and compared."""

from __future__ import annotations

import click

from deri_gate.cli.lazy import LazyGroup, ListedCommand

PARTS = (
    ListedCommand("show", "Tell who is in a pool."),
    ListedCommand("diff", "Compare two pools."),
    ListedCommand("draw", "Draw the study beside a pool."),
    ListedCommand("derive", "Write a pool of some of its datasets."),
    ListedCommand("weigh", "Add the weights of a pool's study."),
    ListedCommand("verify", "Hold datasets against a pool's fingerprints."),
)


@click.group("pool", cls=LazyGroup, package="deri_gate.cli.pool", prefix="pool_", entries=PARTS)
def pool_command() -> None:
    """Look at reference pools; see docs/recalibration.md."""
