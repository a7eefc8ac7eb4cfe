"""Options of where and how images are read and networks run; `ci changed` needs none of them."""

from __future__ import annotations

import click

import deri_gate
from deri_gate.cli.options import gathered

device_options = (
    click.option(
        "--device",
        type=click.Choice(["auto", "cpu", "cuda"]),
        default="auto",
        show_default=True,
        help="Device of the networks.",
    ),
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Engine that reads and measures images.",
    ),
    click.option(
        "--work",
        metavar="FOLDER",
        default="",
        help="With --engine ray: folder or s3://... that all nodes share. Default: in the cache.",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=0),
        default=0,
        show_default="one per processor",
        help="Number of parallel readers.",
    ),
    click.option(
        "--progress/--no-progress",
        default=None,
        help="Progress bars on standard error. Default: if it is a terminal.",
    ),
)
machine_options = gathered("machine", deri_gate.Machine, *device_options)
