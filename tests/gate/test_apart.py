"""The gate in a process of its own: the same answers, and what happens when it is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deri_gate import gate
from deri_gate.gate import worker
from deri_gate.gate.worker import LostError, WorkerProcess

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "expectations" / "dataset_gate.json"


@pytest.fixture
def apart(monkeypatch):
    """A process for a test that ends it, which loads none of what judges: that takes seconds."""
    loading = "from deri_gate.gate.serve import serve"
    assert loading in worker.STARTED
    spared = "from deri_gate.gate import serve as s; s.load_spared = int; serve = s.serve"
    monkeypatch.setattr(worker, "STARTED", worker.STARTED.replace(loading, spared))
    made = WorkerProcess()
    yield made
    made.close()


@pytest.fixture(scope="module")
def begun():
    """A process for all tests that leave it running, and the modules with which it began."""
    made = WorkerProcess()
    yield made, made.call(eval, "list(__import__('sys').modules)")
    made.close()


@pytest.fixture(scope="module")
def one(begun):
    return begun[0]


def test_what_is_asked_is_done_there(one):
    """Arguments go over, results come back, time after time."""
    assert one.call(os.getpid) != os.getpid()
    assert one.call(divmod, 17, 5) == (3, 2)


def test_what_is_raised_there_is_raised_here(one):
    """With the lines where it happened, and the process goes on."""
    with pytest.raises(ZeroDivisionError) as caught:
        one.call(divmod, 1, 0)

    assert "Traceback" in "".join(caught.value.__notes__)
    assert one.call(divmod, 1, 1) == (1, 0)


def test_a_process_that_is_gone_is_told_from_one_that_answers(apart):
    """As where the system takes its memory; whoever asked must not wait for ever."""
    os.kill(apart.call(os.getpid), signal.SIGKILL)

    with pytest.raises(LostError):
        apart.call(os.getpid)


@pytest.mark.parametrize(
    "code", ["lambda: 0", "(_ for _ in ()).throw(type('Odd', (Exception,), {}))"]
)
def test_what_cannot_be_sent_is_to_be_done_here(one, code):
    """An answer or an exception that pickle does not take must not look like a bug of ours."""
    with pytest.raises(LostError):
        one.call(eval, code)


UNUSED = ("altair.vegalite", "scipy.stats._stats_py", "azure", "boto3", "google", "sqlalchemy",
          "torch", "cv2", "deri_gate.metrics.catalogue")  # fmt: skip


def test_it_loads_nothing_that_no_limit_asks_for(begun):
    """Great Expectations imports clouds and databases where it finds them, and plots."""
    loaded = begun[1]

    assert {"great_expectations", "deri_gate.gate.judging"} <= {*loaded}
    assert {*UNUSED} & {*loaded} == set()


def test_what_is_used_after_all_is_loaded_then(one):
    """Nothing is taken from Great Expectations for good, nor from others."""
    place = "great_expectations.expectations.core.expect_column_kl_divergence_to_be_less_than"
    its = f"__import__({place!r}, fromlist=['stats'])"

    assert one.call(eval, f"{its}.stats.entropy([1, 1], base=2).item()") == 1.0
    assert one.call(eval, f"{its}.alt.Chart.__name__") == "Chart"
    assert one.call(eval, "__import__('scipy.stats').stats.norm.cdf(0).item()") == 0.5
    pytest.importorskip("boto3")
    assert one.call(eval, "__import__('boto3').__name__") == "boto3"


def test_closing_ends_it(apart):
    """Nothing is left behind."""
    process = apart.call(os.getpid)
    apart.close()

    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


JUDGED = f"""
from pathlib import Path
import os, signal, sys
import deri_gate.gate as gate
from deri_gate.gate.suite import check_suite
from deri_gate.metrics.catalogue import METRICS
from deri_gate.measuring.shares import SHARES

rows = [gate.Row(metric=m.name, raw=m.low, subscore=1.0, weight=0.1) for m in METRICS]
rows += [gate.Row(metric=name, raw=0.0, subscore=None, weight=None) for name in
         ("DERI1000", "U", *SHARES)]
suite = Path({str(SUITE)!r})
with gate.loaded_ahead():
    check_suite(suite, [row.metric for row in rows])
    for _ in range(2):
        found = gate.judge(rows, suite)
        print(found.verdict, len(found.checks), "great_expectations" in sys.modules)
        if gate._apart:
            os.kill(gate._apart.call(os.getpid), signal.SIGKILL)
"""


@pytest.mark.sweep
def test_judging_there_loads_nothing_here(tmp_path):
    """And where the process was lost, it is done here, with the same result."""
    script = tmp_path / "judged.py"
    script.write_text(JUDGED)
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True, text=True, check=False,
        env={**os.environ, "DERI_GATE_CACHE_SIZE": "0"},  # so that it is judged each time
    )  # fmt: skip
    there, here = (line.split() for line in done.stdout.splitlines())

    assert done.stderr == ""
    assert there[2] == "False"
    assert here == [*there[:2], "True"]


def test_it_ends_when_the_first_process_is_killed(tmp_path):
    """A job that is cancelled leaves nothing running on the machine."""
    script = tmp_path / "killed.py"
    script.write_text(
        "import os, signal\n"
        "from deri_gate.gate.worker import WorkerProcess\n"
        "print(WorkerProcess().call(os.getpid), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, check=False
    )
    process = int(done.stdout)

    for _ in range(100):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{process}/stat").read_text().split()[2] == "Z":  # only not collected yet
            return
        time.sleep(0.1)
    os.kill(process, signal.SIGKILL)
    pytest.fail("it is still there after ten seconds")


def test_nothing_is_taken_from_the_current_folder(tmp_path):
    """It may be the checkout of somebody's pull request, and hold a module of any name."""
    for name in ("pickle", "tqdm", "numpy", "great_expectations", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("open('taken', 'w').close()")
    code = "from deri_gate.gate.worker import WorkerProcess\nprint(WorkerProcess().call(divmod, 17, 5))\n"
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stdout == "(3, 2)\n", done.stderr
    assert not (tmp_path / "taken").exists()


def test_what_is_printed_there_is_no_answer(apart, capfd):
    """Great Expectations or a plugin may say something."""
    assert apart.call(print, "a word") is None
    assert apart.call(divmod, 17, 5) == (3, 2)
    apart.close()

    assert capfd.readouterr().out == ""


def test_where_it_is_loaded_already_nothing_is_started(monkeypatch):
    """Another process would gain nothing."""
    monkeypatch.setitem(sys.modules, gate.GREAT_EXPECTATIONS, sys)

    with gate.loaded_ahead():
        assert gate._apart is None
