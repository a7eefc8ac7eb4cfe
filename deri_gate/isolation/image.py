"""The image for a judge in Docker: built from the Dockerfile that comes with this program."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import url2pathname

from deri_gate import __version__
from deri_gate.errors import DeriGateError
from deri_gate.isolation.cell import IMAGE
from deri_gate.runtime.system import end_session

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCKERFILE = Path(__file__).parent.parent / "github" / "scaffold" / "Dockerfile"
LOCAL = re.compile(r"deri-gate(?P<extras>\[[\w,-]+\])?\s*@\s*file://(?P<path>/.+\.whl)")
WHEELS = "/wheels"  # where the Dockerfile sees the context
SECONDS = 3600.0  # that a build may take
STEP = re.compile(r"^(?:#\d+ )?(?:\d+\.\d+ )?")  # what BuildKit puts before the lines of a step
# What BuildKit and Podman say of any step that failed; not what went wrong in it.
STEP_FAILED = r"did not complete successfully|^Error: building at STEP|^subprocess exited with"


def build_image(
    requirement: str = f"deri-gate=={__version__}", *, image: str = IMAGE, torch_index: str = ""
) -> str:
    """Build the image, and never from what lies in a checkout.

    Args:
        requirement: What pip installs in it, such as deri-gate==0.1.0. A wheel of this machine,
            as `deri-gate @ file:///opt/x.whl`, is copied for it.
        image: Its name.
        torch_index: Address of an index that torch comes from, such as one of builds for the CPU
            alone; "" for the index of all other packages.

    Returns:
        The image's name, "" where there is no Docker.

    Raises:
        DeriGateError: If Docker cannot build it within an hour, or there is no such wheel.
    """
    if shutil.which("docker") is None:
        return ""
    command = ["docker", "build", "--tag", image, "--file", str(DOCKERFILE)]
    with tempfile.TemporaryDirectory() as context:
        wanted = _in_context(requirement, Path(context))
        for name, value in (("REQUIREMENT", wanted), ("TORCH_INDEX", torch_index)):
            command += ["--build-arg", f"{name}={value}"]
        status, output = _run([*command, context])
    if status is None:
        fix = "Look at `docker info` and at what the network lets through."
        raise DeriGateError(f"docker build took more than {SECONDS:.0f} s", image, fix)
    if status:
        reason = _reason(output)
        fix = "Look at `docker info`; without Docker, --isolate bwrap does the same."
        if torch_index and "torch" in reason:
            fix = f"Look whether Docker reaches {torch_index}; --torch-index names a mirror of it."
        raise DeriGateError(f"docker build failed: {reason}", image, fix)
    return image


def _run(command: Sequence[str]) -> tuple[int | None, str]:
    """Exit status, None if it took too long, and what it printed.

    Its output goes to a file: a pipe would be waited for as long as any process that it started
    holds it open.
    """
    with tempfile.TemporaryFile() as log:
        build = subprocess.Popen(  # noqa: S603  # no shell, and our own words
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        status = None
        try:
            status = build.wait(SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if status is None:
                end_session(build)  # Docker then gives up the build
        log.seek(0)
        return status, log.read().decode("utf-8", "replace")


def _reason(output: str) -> str:
    """The last error of what a build printed: that of pip or apt, rather than of the step."""
    lines = [line for text in output.splitlines() if (line := STEP.sub("", text).strip())]
    told = [line for line in lines if not re.search(STEP_FAILED, line)]
    errors = [line for line in told if re.match(r"(?:ERROR|Error|E):", line)]
    return (errors or told or lines or ["no word"])[-1]


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
