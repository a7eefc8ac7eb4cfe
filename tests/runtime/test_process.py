"""What the command line does to its own process, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CYCLES = "a = [[] for _ in range(3_000_000)]; [one.append(one) for one in a]"


def of_children() -> float:
    """Processor time of all processes that were started here and have ended."""
    times = os.times()
    return times.children_user + times.children_system


def processor_seconds(code: str) -> float:
    """Processor time of a Python process, its end included; the best of two."""
    found = []
    for _ in range(2):
        before = of_children()
        subprocess.run([sys.executable, "-c", code], check=True)
        found.append(of_children() - before)
    return min(found)


@pytest.mark.skipif(sys.platform == "win32", reason="times of children are not told there")
def test_a_process_full_of_objects_ends_at_once() -> None:
    """Three million cycles are not taken apart one by one when all is over."""
    settled = f"from deri_gate.runtime.process import settle_in; settle_in(); {CYCLES}"

    assert processor_seconds(settled) < processor_seconds(CYCLES)


@pytest.mark.parametrize("given", [None, "ACTIVE"])
def test_a_setting_of_the_users_stays(given: str | None) -> None:
    """Threads wait asleep unless somebody said otherwise."""
    code = "import os; from deri_gate.runtime.process import settle_in; settle_in(); print(os.environ['OMP_WAIT_POLICY'])"
    known = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    env = known if given is None else {**known, "OMP_WAIT_POLICY": given}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == (given or "PASSIVE")
