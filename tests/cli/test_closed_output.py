"""Output that nobody reads or that cannot be written: the exit status is still the verdict."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from contextlib import nullcontext

import pytest

from deri_gate.cli.exits import NOT_JUDGED, PASSED
from deri_gate.errors import SettingError
from deri_gate.runtime.output import GuardedStream
from tests.sweeps import sampled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks for bash and /dev/full")
# Many lines, and a status by `ctx.exit`, as every command ends.
CODE = """
import sys, click
from deri_gate.cli.main import main
from deri_gate.cli.start import launch

@click.command("plugins")
@click.pass_context
def many(context):
    for number in range(20_000):
        click.echo(f"line {number}")
    sys.stdout.write("without a line end, and not flushed")
    context.exit(STATUS)

main.get_command = lambda context, name: many
sys.argv = ["deri-gate", "plugins"]
launch()
"""


def _run(redirection: str, status: int) -> tuple[int, str]:
    """Exit status, and what was said to standard error."""
    code = CODE.replace("STATUS", str(status))
    ended = subprocess.run(
        ["bash", "-c", f'"$1" -c "$2" {redirection}; exit ${{PIPESTATUS[0]}}', "-", sys.executable, code],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    return ended.returncode, ended.stderr


@pytest.mark.parametrize("status", sampled([PASSED, 1], 1))
@pytest.mark.parametrize(
    "redirection", sampled(["| head -1", "| true", ">&-", "2>&1 | true", ">&- 2>&-"], 0, 3, 4)
)
def test_without_a_reader_the_verdict_stays(redirection, status) -> None:
    """Status 1 says that the dataset failed, and 120 is Python's own."""
    assert _run(redirection, status) == (status, "")


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EINVAL, errno.ENOSPC])
def test_errors_of_a_pipe_without_a_reader_are_none(tmp_path, number) -> None:
    """Windows calls it an invalid argument."""

    class Broken(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(number, os.strerror(number))

    with (tmp_path / "out").open("w") as file:
        broken = Broken()
        broken.fileno = file.fileno
        stream = GuardedStream(broken, progress=False)
        with pytest.raises(SettingError) if number == errno.ENOSPC else nullcontext():
            print("a line", file=stream)


def test_a_full_disk_is_said() -> None:
    said = "deri-gate: standard output: cannot be written (No space left on device). "

    assert _run(">/dev/full", PASSED) == (NOT_JUDGED, f"{said}Make room, or print elsewhere.\n")
    assert _run(">/dev/full 2>&1", PASSED) == (NOT_JUDGED, "")
