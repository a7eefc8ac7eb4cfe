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


@pytest.mark.sweep
@pytest.mark.skipif(sys.platform == "win32", reason="times of children are not told there")
def test_a_process_full_of_objects_ends_at_once() -> None:
    """Three million cycles are not taken apart one by one when all is over."""
    settled = f"from deri_gate.runtime.process import settle_in; settle_in(); {CYCLES}"

    assert processor_seconds(settled) < processor_seconds(CYCLES)


@pytest.mark.parametrize(
    ("name", "usual", "other"),
    [
        ("OMP_WAIT_POLICY", "PASSIVE", "ACTIVE"),
        ("OPENBLAS_THREAD_TIMEOUT", "4", "20"),
        ("PYDANTIC_DISABLE_PLUGINS", "__all__", "one-plugin"),
    ],
)
@pytest.mark.parametrize("is_given", [False, True])
def test_a_setting_of_the_users_stays(name: str, usual: str, other: str, *, is_given: bool) -> None:
    """Threads wait asleep, and no plugin of pydantic is loaded, unless somebody said otherwise."""
    code = f"import os; from deri_gate.runtime.process import settle_in; settle_in(); print(os.environ[{name!r}])"
    known = {k: v for k, v in os.environ.items() if k != name}
    env = {**known, name: other} if is_given else known
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == (other if is_given else usual)


def test_the_command_line_sleeps_before_numpy_is_loaded() -> None:
    """OpenBLAS reads its setting when it is loaded, and never again."""
    code = "import sys, deri_gate.cli.main; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "False"


@pytest.mark.skipif(sys.platform != "linux", reason="glibc keeps what is freed")
def test_freed_memory_goes_back_when_it_is_asked_for() -> None:
    """By what the kernel says that the process holds; 100 arrays lie below one that stays."""
    code = """if True:
        import numpy as np
        from deri_gate.runtime.process import hand_back_freed, settle_in

        def held():
            return int(open("/proc/self/statm").read().split()[1]) * 4096 / 2**20

        settle_in()
        arrays = [np.ones(2**17) for _ in range(100)]
        above = np.ones(2**10)
        del arrays
        before = held()
        hand_back_freed()
        print(before - held())
    """
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert float(done.stdout) > 80
