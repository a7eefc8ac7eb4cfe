"""`deri-gate ci image`: the image of the isolated judge."""

from __future__ import annotations

import click

from deri_gate.github.package_source import CPU_INDEX
from deri_gate.isolation.image import build_image


@click.command("image")
@click.option(
    "--requirement", default="", help="Package for pip to install in it. Default: this version."
)
@click.option("--image", default="", help="Name of the image.")
@click.option("--cpu", is_flag=True, help="Install torch without CUDA: 4 GB less.")
@click.option(
    "--torch-index", default="", help="Index that torch comes from: a mirror, with --cpu."
)
def ci_image_command(requirement: str, image: str, cpu: bool, torch_index: str) -> None:
    """Build the image for `ci check --isolate docker`, if Docker is available."""
    index = torch_index or (CPU_INDEX if cpu else "")
    words = {"requirement": requirement, "image": image, "torch_index": index}
    built = build_image(**{name: value for name, value in words.items() if value})
    click.echo(f"built {built}" if built else "there is no Docker here: nothing was built")
