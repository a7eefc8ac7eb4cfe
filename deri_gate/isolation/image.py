"""The image for a judge in Docker: built from the Dockerfile that comes with this program."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from deri_gate import __version__
from deri_gate.errors import DeriGateError
from deri_gate.isolation.cell import IMAGE

DOCKERFILE = Path(__file__).parent.parent / "github" / "scaffold" / "Dockerfile"


def build_image(requirement: str = f"deri-gate=={__version__}", *, image: str = IMAGE) -> str:
    """Build the image, and never from what lies in a checkout.

    Args:
        requirement: What pip installs in it, such as deri-gate==0.1.0.
        image: Its name.

    Returns:
        The image's name, "" where there is no Docker.

    Raises:
        DeriGateError: If Docker cannot build it.
    """
    if shutil.which("docker") is None:
        return ""
    with tempfile.TemporaryDirectory() as empty:
        command = ["docker", "build", "--tag", image, "--build-arg", f"REQUIREMENT={requirement}"]
        done = subprocess.run(  # noqa: S603  # no shell, and our own words
            [*command, "--file", str(DOCKERFILE), empty],
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
        fix = "Look at `docker info`; without Docker, --isolate bwrap does the same."
        raise DeriGateError(f"docker build failed: {said}", image, fix)
    return image
