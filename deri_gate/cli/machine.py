"""Options of where and how images are read and networks run; `ci changed` needs none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from deri_gate.cli.options import gathered
from deri_gate.runtime.engine import Machine, refuse_little_memory

if TYPE_CHECKING:
    from deri_gate.runtime.device import Device
    from deri_gate.runtime.engine import EngineName

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


def machine_of(
    *, device: Device, engine: EngineName, work: str, workers: int, progress: bool | None
) -> Machine:
    """Make the record of how to compute; too little memory is refused before libraries load."""
    refuse_little_memory()
    return Machine(device=device, engine=engine, work=work, workers=workers, progress=progress)


machine_options = gathered("machine", machine_of, *device_options)
