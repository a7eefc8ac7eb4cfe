"""The image for a judge in Docker: built from the Dockerfile that comes with this program."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.request import url2pathname

from deri_gate import __version__
from deri_gate.errors import DeriGateError
from deri_gate.github.package_source import CPU_INDEX
from deri_gate.isolation.cell import IMAGE

DOCKERFILE = Path(__file__).parent.parent / "github" / "scaffold" / "Dockerfile"
LOCAL = re.compile(r"deri-gate(?P<extras>\[[\w,-]+\])?\s*@\s*file://(?P<path>/.+\.whl)")
WHEELS = "/wheels"  # where the Dockerfile sees the context


def build_image(
    requirement: str = f"deri-gate=={__version__}", *, image: str = IMAGE, cpu: bool = False
) -> str:
    """Build the image, and never from what lies in a checkout.

    Args:
        requirement: What pip installs in it, such as deri-gate==0.1.0. A wheel of this machine,
            as `deri-gate @ file:///opt/x.whl`, is copied for it.
        image: Its name.
        cpu: If torch is to come without the libraries of CUDA.

    Returns:
        The image's name, "" where there is no Docker.

    Raises:
        DeriGateError: If Docker cannot build it, or there is no such wheel.
    """
    if shutil.which("docker") is None:
        return ""
    with tempfile.TemporaryDirectory() as context:
        wanted = _in_context(requirement, Path(context))
        command = ["docker", "build", "--tag", image, "--build-arg", f"REQUIREMENT={wanted}"]
        if cpu:
            command += ["--build-arg", f"PIP_OPTIONS=--extra-index-url {CPU_INDEX}"]
        done = subprocess.run(  # noqa: S603  # no shell, and our own words
            [*command, "--file", str(DOCKERFILE), context],
            capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no word"])[-1]
        fix = "Look at `docker info`; without Docker, --isolate bwrap does the same."
        raise DeriGateError(f"docker build failed: {said}", image, fix)
    return image


def _in_context(requirement: str, context: Path) -> str:
    """The requirement as the image sees it: a wheel of this machine lies in the context.

    Raises:
        DeriGateError: If there is no such wheel.
    """
    local = LOCAL.fullmatch(requirement.strip())
    if local is None:
        return requirement
    wheel = Path(url2pathname(local["path"]))
    if not wheel.is_file():
        raise DeriGateError("there is no such wheel", wheel, "Put it there, or name another.")
    shutil.copy(wheel, context)
    return f"{WHEELS}/{wheel.name}{local['extras'] or ''}"
